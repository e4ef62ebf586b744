"""When two numbers agree, and which paths are not looked at. Compiled once from the settings.

|c - p| <= atol + rtol * |p|, as in numpy's allclose. Two NaN agree, a NaN and a number do not; infinities agree when
they are the same one. Whole numbers (labels, counts, ids) agree when they are equal, whatever the tolerance of all; one
that is set for their output alone is for them, too. They may have any number of digits: what no float can hold is
computed in fractions.
"""

import math
from collections.abc import Iterable
from fractions import Fraction
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from comparators.extract.template import folded
from comparators.settings import CompareSettings
from records.privacy.pointers import ANY, PointerTree, pointer_tree

ATOL, RTOL = 1e-5, 1e-4  # where settings say nothing: what 32-bit floats commonly cost, of numbers around 1
WHOLE_FLOATS = 2.0**53  # below it floats hold every whole number

Ignored = tuple[PointerTree, ...]  # where in the pointers a walk stands; () where none of them can lead further


class Rules(NamedTuple):
    """`whole_atol` and `whole_rtol` are between two whole numbers."""

    atol: float
    rtol: float
    ignored: Ignored
    whole_atol: float = 0.0
    whole_rtol: float = 0.0

    @classmethod
    def of(cls, settings: CompareSettings) -> "Rules":
        tree = pointer_tree(settings.ignore)
        return cls(first(settings.atol, ATOL), first(settings.rtol, RTOL), (tree,) if tree else ())

    @property
    def of_whole(self) -> "Rules":
        """For values that are whole numbers by their type."""
        return Rules(self.whole_atol, self.whole_rtol, (), self.whole_atol, self.whole_rtol)

    def agree(self, p: float, c: float) -> bool:
        if p == c:
            return True
        if type(p) is int and type(c) is int:
            return bool(self.whole_atol or self.whole_rtol) and _within(p, c, self.whole_atol, self.whole_rtol)
        if p != p or c != c:
            return p != p and c != c
        if type(p) is not type(c):  # one is a whole number
            return math.isfinite(p if type(p) is float else c) and _within(p, c, self.atol, self.rtol)
        difference = abs(c - p)  # infinite where either is, and then within no tolerance
        return difference <= self.atol + self.rtol * abs(p) and difference != float("inf")

    def disagree(self, p: NDArray[np.float64], c: NDArray[np.float64]) -> NDArray[np.bool_]:
        """`not agree`, element by element, for floats."""
        with np.errstate(invalid="ignore", over="ignore"):
            close = (np.abs(c - p) <= self.atol + self.rtol * np.abs(p)) & np.isfinite(p) & np.isfinite(c)
        same: NDArray[np.bool_] = close | (p == c) | (np.isnan(p) & np.isnan(c))
        return ~same


def _within(p: float, c: float, atol: float, rtol: float) -> bool:
    """Of finite numbers, exactly."""
    if not math.isfinite(atol + rtol):
        return True
    return abs(Fraction(c) - Fraction(p)) <= Fraction(atol) + Fraction(rtol) * abs(Fraction(p))


def first(*said: float | None) -> float:
    """The first of these that says anything; one of them does."""
    return next(each for each in said if each is not None)


def below(ignored: Ignored, token: str) -> Ignored | None:
    """What is ignored below `token`; None where the token itself is."""
    if not ignored:
        return ignored
    found = tuple(node.children[name] for node in ignored for name in (token, ANY) if name in node.children)
    return None if any(node.ends for node in found) else found


def pointer(tokens: Iterable[str]) -> str:
    """A JSON pointer (RFC 6901), with what looks like an id or an index folded to *: paths are few, whatever comes."""
    return "".join("/" + folded(token).replace("~", "~0").replace("/", "~1") for token in tokens)
