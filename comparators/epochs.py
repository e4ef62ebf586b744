"""Epochs: which evidence may be pooled. Pure; the store numbers them, the same fingerprint always alike.

Pairs belong together while route, candidate, both versions and builds, the settings and the candidate's generation
are the same. Answers that failed tell no version: they belong to the version that answered last.
"""

import hashlib

import msgspec
from msgspec import Struct

from comparators.comparison import Version

MAX_EPOCHS = 200  # of a candidate; an endpoint that claims more versions than that gets one epoch for the rest
VARIOUS = Version("(various)")


class Epoch(Struct, frozen=True, kw_only=True):
    """What makes evidence one. Its bytes are kept with its number, and say what the number stands for."""

    route: str
    candidate: str
    production_version: Version
    candidate_version: Version
    basis: str
    generation: int

    def to_bytes(self) -> bytes:
        return msgspec.json.encode(self)

    @classmethod
    def from_bytes(cls, data: bytes) -> "Epoch":
        """Raises msgspec.DecodeError."""
        return msgspec.json.decode(data, type=cls)

    def fingerprint(self) -> str:
        return hashlib.sha256(self.to_bytes()).hexdigest()[:32]

    def without_versions(self) -> "Epoch":
        return msgspec.structs.replace(self, production_version=VARIOUS, candidate_version=VARIOUS)


class Attribution:
    """Which epoch a comparison belongs to, in one partition: remembers what each endpoint last said it was."""

    def __init__(self, route: str, candidate: str, basis: str, last: Epoch | None = None) -> None:
        """`last`: where the evidence before this stood."""
        self._route = route
        self._candidate = candidate
        self._basis = basis
        self._production_version = last.production_version if last else Version()
        self._candidate_version = last.candidate_version if last else Version()
        self._told: tuple[Version | None, Version | None, int] | None = None
        self._epoch: Epoch | None = last

    @property
    def last(self) -> Epoch | None:
        """Where the evidence stands: the epoch of the pair before."""
        return self._epoch

    def epoch_of(self, production: Version | None, candidate: Version | None, generation: int) -> Epoch:
        """Of a pair, by what its answers say they are; the same object as long as nothing changes."""
        told = (production, candidate, generation)
        if self._epoch is None or told != self._told:
            self._production_version = production or self._production_version
            self._candidate_version = candidate or self._candidate_version
            self._told, self._epoch = told, self._made(generation)
        return self._epoch

    def _made(self, generation: int) -> Epoch:
        return Epoch(
            route=self._route,
            candidate=self._candidate,
            production_version=self._production_version,
            candidate_version=self._candidate_version,
            basis=self._basis,
            generation=generation,
        )
