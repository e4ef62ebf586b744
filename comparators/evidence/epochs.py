"""Epochs: which evidence may be pooled. Pure; the store numbers them, the same fingerprint always alike.

Pairs belong together while route, candidate, both versions and builds, the settings, the candidate's generation and the
revision of the plan are the same. Answers that failed tell no version: they belong to the version that answered this
kind of request last, as long as settings declare the same one.
"""

import hashlib
from collections.abc import Mapping
from typing import NamedTuple

import msgspec
from msgspec import Struct, structs

from comparators.extract.version import UNNAMED, VARIOUS, ModelVersion
from comparators.pairs.reads import PairReading, candidate_version, declared_version, production_version
from comparators.plans.plan import NO_REVISION
from records import documents

MAX_EPOCHS = 200  # of a candidate; an endpoint that claims more versions than that gets one epoch for the rest
MAX_GENERATIONS = 16  # remembered by a worker; pairs of two overlap for a moment, of more hardly ever


class Epoch(Struct, frozen=True, kw_only=True):
    """What makes evidence one. Its bytes are kept with its number, and say what the number stands for."""

    route: str
    candidate: str
    production_version: ModelVersion | None  # None: none of its answers was heard yet
    candidate_version: ModelVersion | None
    basis: str
    generation: int
    revision: int = NO_REVISION  # of the plan; NO_REVISION: the kind of request had none yet
    production_declared: ModelVersion = UNNAMED  # by settings, whatever answers tell
    candidate_declared: ModelVersion = UNNAMED

    def to_bytes(self) -> bytes:
        return msgspec.json.encode(self)

    @classmethod
    def from_bytes(cls, data: bytes) -> "Epoch":
        """Raises msgspec.DecodeError."""
        return documents.read(data, cls)

    def fingerprint(self) -> str:
        return hashlib.sha256(self.to_bytes()).hexdigest()[:32]

    def without_versions(self) -> "Epoch":
        return structs.replace(
            self,
            production_version=VARIOUS,
            candidate_version=VARIOUS,
            production_declared=UNNAMED,
            candidate_declared=UNNAMED,
        )


class Run(NamedTuple):
    """The requests of one kind during one generation of the candidate."""

    generation: int
    plan: str


Declared = tuple[ModelVersion, ModelVersion]  # what settings declare: production's, the candidate's
Standing = Mapping[Run, Epoch]  # where the evidence stands: the epoch of the last pair that told a version
NOWHERE: Standing = {}


class Attribution:
    """Which epoch a pair belongs to, in one partition: remembers what answered each kind of request last.

    Each kind for itself, because models behind one prefix have versions of their own; only kinds that have a plan,
    because paths are the clients' to choose; and each generation for itself, since a restart may have changed it.
    """

    def __init__(
        self, route: str, candidate: str, basis: str, standing: Standing = NOWHERE, unheard: ModelVersion | None = None
    ) -> None:
        """`unheard` is the version of what has told none yet."""
        self._start = Epoch(
            route=route,
            candidate=candidate,
            production_version=unheard,
            candidate_version=unheard,
            basis=basis,
            generation=0,
        )
        self._last = {run: structs.replace(epoch, basis=basis) for run, epoch in standing.items()}

    @property
    def standing(self) -> Standing:
        return self._last

    def epoch_of(self, each: PairReading) -> Epoch:
        """By what its answers say they are; the same object as long as nothing changes."""
        run = Run(each.pair.generation, each.key)
        declared = declared_version(each.pair.exchange.production), declared_version(each.pair.observation)
        last = self._last.get(run) or self._first(run.generation, declared)
        epoch = _told(last, production_version(each), candidate_version(each), declared, each.revision)
        if each.plan is not None and epoch is not self._last.get(run):
            self._remember(run, epoch)
        return epoch

    def _first(self, generation: int, declared: Declared) -> Epoch:
        production, candidate = declared
        return structs.replace(
            self._start, generation=generation, production_declared=production, candidate_declared=candidate
        )

    def _remember(self, run: Run, epoch: Epoch) -> None:
        self._last[run] = epoch
        oldest = run.generation - MAX_GENERATIONS
        for old in [known for known in self._last if known.generation <= oldest]:
            del self._last[old]


def _told(
    last: Epoch, production: ModelVersion | None, candidate: ModelVersion | None, declared: Declared, revision: int
) -> Epoch:
    """Who tells nothing is who answered last, unless settings declare another one since."""
    before = last.production_declared, last.candidate_declared
    if production is None and declared[0] == before[0]:
        production = last.production_version
    if candidate is None and declared[1] == before[1]:
        candidate = last.candidate_version
    told = (last.production_version, last.candidate_version, last.revision)
    if (production, candidate, revision) == told and declared == before:
        return last
    return structs.replace(
        last,
        production_version=production,
        candidate_version=candidate,
        revision=revision,
        production_declared=declared[0],
        candidate_declared=declared[1],
    )
