"""What requests of a kind taught, as it is stored: conditions, and how the first requests themselves disagreed.

Conditions follow from requests alone, so the requests that the first ones were enumerated from may be counted by them.
Nobody could know then, so they are counted here, once for all; a recomputation counts the same ones by their ids. What
is enumerated later (later.py) counts only what comes after it.
"""

import msgspec
from msgspec import Struct, field

from comparators.slices.conditions import Conditions
from comparators.slices.sums import SliceSums
from records import documents


class LearnedSlices(Struct, frozen=True):
    """`first`: ids of the exchanges that `sums` are of, by name (slicing.name_of)."""

    conditions: Conditions
    first: tuple[str, ...] = ()
    sums: dict[str, SliceSums] = field(default_factory=dict)

    def to_bytes(self) -> bytes:
        return msgspec.json.encode(self)

    @classmethod
    def from_bytes(cls, data: bytes) -> "LearnedSlices":
        """Raises msgspec.DecodeError."""
        return documents.read(data, cls)
