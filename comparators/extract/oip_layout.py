"""Where the numbers of a binary answer lie, by the JSON before them. oip.py calls this.

Answers with the same JSON and of the same size differ in their numbers alone, so only these are looked for in them.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from comparators.extract.oip_elements import number_of
from comparators.extract.output import Reading, Tensor, Value

MAX_JOINED = 512  # bytes of an answer: to copy more of them into rows of one array costs more than an array of each


class NumberSpan(NamedTuple):
    """One output: so many numbers, from `start` on."""

    pointer: str
    datatype: str
    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    numbers: int
    start: int

    def arrays(self, bodies: Sequence[bytes]) -> list[Any]:
        """An array of each, none of them to be written to."""
        if len(bodies[0]) > MAX_JOINED:
            return [np.frombuffer(data, self.dtype, self.numbers, self.start) for data in bodies]
        joined = np.frombuffer(b"".join(bodies), np.uint8).reshape(len(bodies), -1)
        end = self.start + self.numbers * self.dtype.itemsize
        return list(np.ascontiguousarray(joined[:, self.start : end]).view(self.dtype))


class Layout(NamedTuple):
    parts: tuple[NumberSpan, ...]
    version: str

    def readings(self, bodies: Sequence[bytes]) -> list[Reading]:
        """Of answers with the JSON and of the size that this is the layout of."""
        heads: list[dict[str, Value]] = [{} for _ in bodies]
        for part in self.parts:
            pointer, datatype, shape = part.pointer, part.datatype, part.shape
            for head, values in zip(heads, part.arrays(bodies), strict=True):
                head[pointer] = Tensor(datatype, shape, values)
        return [Reading(each, self.version) for each in heads]


def layout_of(reading: Reading, json_length: int, size: int) -> Layout | None:
    """Of an answer that was read in full; None where it holds anything but numbers after its JSON."""
    parts = []
    start = json_length
    for pointer, value in reading.heads.items():
        number = number_of(value.datatype) if isinstance(value, Tensor) else None
        if not isinstance(value, Tensor) or number is None or isinstance(value.values, list) or not len(value.values):
            return None
        dtype, width = number
        parts.append(NumberSpan(pointer, value.datatype, value.shape, dtype, len(value.values), start))
        start += width * len(value.values)
    return Layout(tuple(parts), reading.version) if start == size else None
