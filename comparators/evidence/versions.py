"""Which versions evidence is of, and which of them are asked for. Pure."""

from collections.abc import Collection
from typing import NamedTuple

from msgspec import Struct

from comparators.evidence.epochs import Epoch
from comparators.extract.version import UNNAMED, VARIOUS, ModelVersion


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

    def includes(self, versions: Versions) -> bool:
        return _is(self.candidate, versions.candidate) and _is(self.production, versions.production)


WHICHEVER = VersionChoice()


def versions_of(epoch: Epoch | None) -> Versions:
    """What has not been heard has no name."""
    if epoch is None:
        return Versions(UNNAMED, UNNAMED)
    return Versions(epoch.production_version or UNNAMED, epoch.candidate_version or UNNAMED)


def common(versions: Collection[ModelVersion | None]) -> ModelVersion:
    """One that answers without a version is none of those that are named; what has not been heard may be any."""
    told = [each for each in versions if each is not None] or [UNNAMED]
    return told[0] if len(told) == 1 else VARIOUS


def _is(asked: str, version: ModelVersion) -> bool:
    return not asked or asked in (version.version, version.build)
