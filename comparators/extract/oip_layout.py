"""Where the numbers of a binary answer lie, by the JSON before them. oip.py calls this.

A server writes the same JSON before the numbers of each answer, but for an id where it was asked for one. So what was
made of these bytes is kept, within a bound, and the next answer costs a view of its numbers and no more.
"""

from functools import lru_cache
from math import prod
from typing import Any, NamedTuple

import numpy as np

from comparators.extract.oip_elements import number_of
from comparators.extract.output import Reading, Tensor, Value

MAX_BYTES = 4_096  # of JSON that is remembered


class Part(NamedTuple):
    """One output: so many numbers, from `start` on."""

    pointer: str
    datatype: str
    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    numbers: int
    start: int


class Layout(NamedTuple):
    parts: tuple[Part, ...]
    size: int  # of JSON and numbers together
    version: str

    def reading(self, data: bytes) -> Reading:
        """Of an answer of this `size`, which begins with the JSON that this is the layout of."""
        heads: dict[str, Value] = {}
        for pointer, datatype, shape, dtype, numbers, start in self.parts:
            values: Any = np.frombuffer(data, dtype, numbers, start)
            heads[pointer] = Tensor(datatype, shape, values)
        return Reading(heads, self.version)


@lru_cache(maxsize=256)
def remembered(head: bytes) -> list[Layout]:
    """The place for what was made of this JSON: empty until somebody put it there."""
    del head
    return []


def layout_of(reading: Reading, json_length: int, size: int) -> Layout | None:
    """Of an answer that was read in full; None where it holds anything but numbers after its JSON."""
    parts = []
    start = json_length
    for pointer, value in reading.heads.items():
        number = number_of(value.datatype) if isinstance(value, Tensor) else None
        if not isinstance(value, Tensor) or number is None or isinstance(value.values, list) or not len(value.values):
            return None
        dtype, width = number
        parts.append(Part(pointer, value.datatype, value.shape, dtype, prod(value.shape), start))
        start += width * prod(value.shape)
    return Layout(tuple(parts), size, reading.version) if start == size else None
