"""When two numbers agree, and which paths are not looked at. Compiled once from the settings.

|c - p| <= atol + rtol * |p|, as in numpy's allclose. Two NaN agree, a NaN and a number do not; infinities agree when
they are the same one. Whole numbers (labels, counts, ids) agree when they are equal, whatever the tolerance. They may
have any number of digits: what no float can hold is computed in fractions.
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

WHOLE_FLOATS = 2.0**53  # below it floats hold every whole number

Ignored = tuple[PointerTree, ...]  # where in the pointers a walk stands; () where none of them can lead further


class Rules(NamedTuple):
    atol: float
    rtol: float
    ignored: Ignored

    @classmethod
    def of(cls, settings: CompareSettings) -> "Rules":
        tree = pointer_tree(settings.ignore)
        return cls(settings.atol, settings.rtol, (tree,) if tree else ())

    def agree(self, p: float, c: float) -> bool:
        if p == c:
            return True
        if type(p) is int and type(c) is int:
            return False
        if p != p or c != c:
            return p != p and c != c
        if type(p) is not type(c):  # one is a whole number
            return self._agree_exactly(p, c)
        difference = abs(c - p)  # infinite where either is, and then within no tolerance
        return difference <= self.atol + self.rtol * abs(p) and difference != float("inf")

    def _agree_exactly(self, p: float, c: float) -> bool:
        if not (math.isfinite(p) if type(p) is float else math.isfinite(c)):
            return False
        if not math.isfinite(self.atol + self.rtol):
            return True
        difference = abs(Fraction(c) - Fraction(p))
        return difference <= Fraction(self.atol) + Fraction(self.rtol) * abs(Fraction(p))

    def disagree(self, p: NDArray[np.float64], c: NDArray[np.float64]) -> NDArray[np.bool_]:
        """`not agree`, element by element, for floats."""
        with np.errstate(invalid="ignore", over="ignore"):
            close = (np.abs(c - p) <= self.atol + self.rtol * np.abs(p)) & np.isfinite(p) & np.isfinite(c)
        same: NDArray[np.bool_] = close | (p == c) | (np.isnan(p) & np.isnan(c))
        return ~same


def below(ignored: Ignored, token: str) -> Ignored | None:
    """What is ignored below `token`; None where the token itself is."""
    if not ignored:
        return ignored
    found = tuple(node.children[name] for node in ignored for name in (token, ANY) if name in node.children)
    return None if any(node.ends for node in found) else found


def pointer(tokens: Iterable[str]) -> str:
    """A JSON pointer (RFC 6901), with what looks like an id or an index folded to *: paths are few, whatever comes."""
    return "".join("/" + folded(token).replace("~", "~0").replace("/", "~1") for token in tokens)
