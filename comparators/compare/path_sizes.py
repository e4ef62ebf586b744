"""How far apart numbers of JSON documents are, path by path: an id that is new in every answer hides no price. Pure.

Of each request the number at a path that differs most counts, where any differs. Sizes are counted by quarters of an
octave, so that a quantile is right to a tenth; the largest is exact. Bounded: kept are paths as name_counts.py keeps
names, and sizes from 2^-64 to 2^64, those beyond being counted as the nearest of these.
"""

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any, Self

import numpy as np
from msgspec import field
from numpy.typing import NDArray

from comparators.compare.detail import Detail, DetailRow
from comparators.compare.difference_sizes import Farthest
from comparators.statistics.greatest import Greatest
from comparators.statistics.name_counts import beyond
from comparators.statistics.sums import Sums

MAX_PATHS = 16  # of one output
MAX_SHOWN = 10

Numbers = NDArray[Any]

_PARTS = 4  # of an octave
_NEAR = 0.2  # of production's number: two ids are nearer by chance in a fifth of the pairs
# Of mantissas from 1/2 to 1; by square roots, which are the same to the bit on every machine.
_QUARTERS = np.sqrt([math.sqrt(1 / 8), 1 / 2, math.sqrt(1 / 2)])
_MOST = 64 * _PARTS


class Sizes(Sums, kw_only=True):
    """Of `n` requests that differ at a path; `infinite` ones have no largest."""

    n: int = 0
    infinite: int = 0
    absolute: dict[str, int] = field(default_factory=dict)
    relative: dict[str, int] = field(default_factory=dict)
    largest: Greatest = field(default_factory=Greatest)

    def add_all(self, several: Sequence[Farthest]) -> None:
        """One of each request, and one at least."""
        absolute = np.array([each.absolute for each in several])
        self.n += len(several)
        _count(self.absolute, absolute)
        _count(self.relative, np.array([each.relative for each in several]))
        finite = absolute[np.isfinite(absolute)]
        self.infinite += len(absolute) - len(finite)
        if finite.size:
            self.largest.see(float(finite.max()))


class PathSizes(Sums, kw_only=True):
    """`other`: of paths that are not kept, so many times a request differs at one."""

    kept: dict[str, Sizes] = field(default_factory=dict)
    other: int = 0

    def add_all(self, requests: Sequence[Mapping[str, Farthest]]) -> None:
        by_path: dict[str, list[Farthest]] = defaultdict(list)
        for request in requests:
            for path, found in request.items():
                by_path[path].append(found)
        left_out = frozenset(beyond(self.kept.keys() | by_path.keys(), MAX_PATHS))
        for path, several in by_path.items():
            if path in left_out:
                self.other += len(several)
                continue
            self.kept.setdefault(path, Sizes()).add_all(several)
        self._trim()

    def merge(self, other: Self) -> None:
        super().merge(other)
        self._trim()

    def _trim(self) -> None:
        for path in beyond(self.kept, MAX_PATHS):
            self.other += self.kept.pop(path).n


def by_path(sums: PathSizes) -> list[Detail]:
    """Those that are farthest apart first, as shares of production's numbers. Nothing where there is one path."""
    rows = [_row(path, sizes) for path, sizes in sums.kept.items()]
    if len(rows) + bool(sums.other) < 2:
        return []
    rows.sort(key=lambda row: (-float(row[2]), row[0]))  # type: ignore[arg-type]  # a number in each
    detail = Detail(
        title="how far apart, by path: of requests that differ there; quantiles are right to a tenth",
        columns=("path", "requests", "p50 relative", "p50", "p99", "largest"),
        units=("path", "", "value", "value", "value", "value"),
        rows=rows[:MAX_SHOWN],
        not_listed=len(rows[MAX_SHOWN:]),
    )
    return [detail]


def is_near(sizes: Sizes) -> bool:
    """Whether most of them differ by little of what production's number is, as ids do not."""
    return _quantile(sizes.relative, 0.5) < _NEAR


def _row(path: str, sizes: Sizes) -> DetailRow:
    largest = None if sizes.infinite else sizes.largest.value
    most = math.inf if largest is None else largest
    absolute = (min(_quantile(sizes.absolute, q), most) for q in (0.5, 0.99))
    return (path, sizes.n, _quantile(sizes.relative, 0.5), *absolute, largest)


def _count(counts: dict[str, int], sizes: Numbers) -> None:
    parts, found = np.unique(_parts(sizes), return_counts=True)
    for part, count in zip(map(str, parts.tolist()), found.tolist(), strict=True):
        counts[part] = counts.get(part, 0) + count


def _parts(sizes: Numbers) -> Numbers:
    """The quarter of an octave in which each lies. No logarithm is taken: the same size is in the same one anywhere."""
    mantissa, exponent = np.frexp(sizes)
    parts = _PARTS * (exponent - 1) + np.searchsorted(_QUARTERS, mantissa, side="right")
    parts = np.where(sizes > 0, parts, -_MOST)
    return np.clip(np.where(np.isinf(sizes), _MOST, parts), -_MOST, _MOST)


def _quantile(counts: Mapping[str, int], q: float) -> float:
    """The middle of the quarter in which it lies."""
    rank, passed = max(1, math.ceil(q * sum(counts.values()))), 0
    for part in sorted(map(int, counts)):
        passed += counts[str(part)]
        if passed >= rank:
            return math.exp2((part + 0.5) / _PARTS)
    return 0.0
