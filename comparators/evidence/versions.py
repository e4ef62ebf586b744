"""Which versions evidence is of, and which of them are asked for. Pure."""

from collections.abc import Collection
from typing import NamedTuple

from msgspec import Struct

from comparators.evidence.epochs import Epoch
from comparators.extract.version import UNNAMED, VARIOUS, ModelVersion, named


class Versions(NamedTuple):
    production: ModelVersion
    candidate: ModelVersion


class VersionChoice(Struct, frozen=True):
    """The versions that evidence is to be of, each by its version or its build; "" is whichever answered last."""

    candidate: str = ""
    production: str = ""

    @property
    def any(self) -> bool:
        """Whether any is asked for."""
        return bool(self.candidate or self.production)

    def includes(self, epoch: Epoch) -> bool:
        if not self.any:
            return True
        versions = versions_of(epoch)
        return _is(self.candidate, versions.candidate) and _is(self.production, versions.production)


WHICHEVER = VersionChoice()


class HeardVersions(NamedTuple):
    """As answers tell them, else as settings declare them; None: nothing was heard, and nothing is declared."""

    production: ModelVersion | None
    candidate: ModelVersion | None


class Contradiction(NamedTuple):
    """Settings declare another version, or build, than answers tell, which counts."""

    side: str
    declared: ModelVersion
    told: ModelVersion


def heard_of(epoch: Epoch) -> HeardVersions:
    return HeardVersions(
        named(epoch.production_version, epoch.production_declared),
        named(epoch.candidate_version, epoch.candidate_declared),
    )


def versions_of(epoch: Epoch | None) -> Versions:
    """What has not been heard has no name."""
    production, candidate = (None, None) if epoch is None else heard_of(epoch)
    return Versions(production or UNNAMED, candidate or UNNAMED)


def contradictions(epoch: Epoch) -> list[Contradiction]:
    sides = (
        ("production", epoch.production_declared, epoch.production_version),
        ("candidate", epoch.candidate_declared, epoch.candidate_version),
    )
    return [Contradiction(side, declared, told) for side, declared, told in sides if told and _differ(declared, told)]


def common(versions: Collection[ModelVersion | None]) -> ModelVersion:
    """One that answers without a version is none of those that are named; what has not been heard may be any."""
    told = [each for each in versions if each is not None] or [UNNAMED]
    return told[0] if len(told) == 1 else VARIOUS


def _differ(declared: ModelVersion, told: ModelVersion) -> bool:
    return named(told, declared) != named(declared, told)


def _is(asked: str, version: ModelVersion) -> bool:
    return not asked or asked in (version.version, version.build)
