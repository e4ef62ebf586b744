"""Whether whole numbers that are compared as labels come again, as labels do. Pure.

Of n values drawn from K labels most are different where all labels are equally frequent; whatever their frequencies,
more than LOOKS says are different with probability ALPHA / 7 at most. So K labels, each seen again and again, are ever
taken for numbers with probability ALPHA at most, and more than K different ones are sooner or later always. K is what
the tables of labels hold. Of an answer one number counts, as rows of one answer may resemble each other.
"""

from collections.abc import Sequence
from hashlib import blake2b
from typing import Any

from comparators.compare.class_flips import MAX_CLASSES
from comparators.compare.label_names import name_of
from comparators.compare.text_numbers import has_point, number_of
from comparators.extract.output import Column, Tensor, Value

LABELS = MAX_CLASSES
ALPHA = 0.001
# After so many numbers so many are different, and more labels than LABELS; the tests compute these anew.
LOOKS = {256: 243, 512: 431, 1_024: 685, 2_048: 919, 4_096: 1_019, 8_192: 1_025, 16_384: 1_025}

_LAST = max(LOOKS)
_HASH_BYTES = 2  # of a number; those that fall together count as one


class Recurrence:
    """Of one output: how many `n` numbers were seen, and how many different ones."""

    __slots__ = ("_seen", "different", "n")

    def __init__(self) -> None:
        self._begin()

    def see(self, value: Value | None) -> bool:
        """Whether, with this answer, they are too many for labels. Counted anew after the last look."""
        number = _number(value)
        if number is None:
            return False
        if self.n == _LAST:
            self._begin()
        bit = 1 << _hashed(number)
        self.different += not self._seen & bit
        self._seen |= bit
        self.n += 1
        return self.different >= LOOKS.get(self.n, _LAST)

    def _begin(self) -> None:
        self._seen = self.different = self.n = 0


def _number(value: Value | None) -> float | None:
    """The first one, also as text that has a point. (One with a point that is no text does not fit labels.)"""
    values: Sequence[Any] = value.values[:1] if isinstance(value, Tensor | Column) else ()
    plain = values.tolist() if hasattr(values, "tolist") else values
    read = (number_of(each) if type(each) is str and has_point(each) else each for each in plain)
    return next((each for each in read if type(each) in (int, float)), None)


def _hashed(number: float) -> int:
    name = name_of(number) or repr(number)
    return int.from_bytes(blake2b(name.encode(), digest_size=_HASH_BYTES).digest(), "big")
