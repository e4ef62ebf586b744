"""When two numbers agree, and which paths are not looked at. Compiled once from the settings.

|c - p| <= atol + rtol * |p|, as in numpy's allclose. Two NaN agree, a NaN and a number do not; infinities agree when
they are the same one. Whole numbers (labels, counts, ids) agree when they are equal, whatever the tolerance.
"""

from collections.abc import Iterable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from comparators.extract.template import folded
from comparators.settings import CompareSettings

Ignored = dict[str, Any]  # pointer token -> what is below it; a token that maps to {} ends a pointer

_ALL: Ignored = {}


class Rules(NamedTuple):
    atol: float
    rtol: float
    ignored: Ignored

    @classmethod
    def of(cls, settings: CompareSettings) -> "Rules":
        return cls(settings.atol, settings.rtol, _tree(settings.ignore))

    def agree(self, p: float, c: float) -> bool:
        if p == c:
            return True
        if type(p) is int and type(c) is int:
            return False
        if p != p or c != c:
            return p != p and c != c
        difference = abs(c - p)  # infinite where either is, and then within no tolerance
        return difference <= self.atol + self.rtol * abs(p) and difference != float("inf")

    def disagree(self, p: NDArray[np.float64], c: NDArray[np.float64]) -> NDArray[np.bool_]:
        """`not agree`, element by element, for floats."""
        with np.errstate(invalid="ignore", over="ignore"):
            close = (np.abs(c - p) <= self.atol + self.rtol * np.abs(p)) & np.isfinite(p) & np.isfinite(c)
        same: NDArray[np.bool_] = close | (p == c) | (np.isnan(p) & np.isnan(c))
        return ~same


def below(nodes: tuple[Ignored, ...], token: str) -> tuple[Ignored, ...] | None:
    """What is ignored below `token`; None where the token itself is."""
    found = tuple(node[name] for node in nodes for name in (token, "*") if name in node)
    return None if any(not node for node in found) else found


def pointer(tokens: Iterable[str]) -> str:
    """A JSON pointer (RFC 6901), with what looks like an id or an index folded to *: paths are few, whatever comes."""
    return "".join("/" + folded(token).replace("~", "~0").replace("/", "~1") for token in tokens)


def _tree(pointers: Iterable[str]) -> Ignored:
    root: Ignored = {}
    for each in sorted(pointers, key=len):
        node = root
        *way, last = [token.replace("~1", "/").replace("~0", "~") for token in each.split("/")[1:]]
        for token in way:
            node = node.setdefault(token, {})
        node[last] = _ALL
    return root
