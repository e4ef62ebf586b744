"""How far apart numbers of JSON documents are, path by path: an id that is new in every answer hides no price. Pure.

Of each request the number at a path that differs most counts, where any differs. Sizes are counted by quarters of an
octave, so that a quantile is right to a tenth; the largest is exact. Bounded: kept are paths as name_counts.py keeps
names, and sizes from 2^-64 to 2^64, those beyond being counted as the nearest of these.
"""

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Self

from msgspec import field

from comparators.compare.detail import Detail, DetailRow
from comparators.compare.difference_sizes import Farthest
from comparators.statistics.greatest import Greatest
from comparators.statistics.name_counts import beyond
from comparators.statistics.sums import Sums

MAX_PATHS = 16  # of one output
MAX_SHOWN = 10

_PARTS = 4  # of an octave
_MOST = 64 * _PARTS


class Sizes(Sums, kw_only=True):
    """Of `n` requests that differ at a path; `infinite` ones have no largest."""

    n: int = 0
    infinite: int = 0
    absolute: dict[str, int] = field(default_factory=dict)
    relative: dict[str, int] = field(default_factory=dict)
    largest: Greatest = field(default_factory=Greatest)

    def add(self, found: Farthest) -> None:
        self.n += 1
        for counts, size in ((self.absolute, found.absolute), (self.relative, found.relative)):
            part = str(_part(size))
            counts[part] = counts.get(part, 0) + 1
        if math.isfinite(found.absolute):
            self.largest.see(found.absolute)
        else:
            self.infinite += 1


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
            sizes = self.kept.setdefault(path, Sizes())
            for found in several:
                sizes.add(found)
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


def _row(path: str, sizes: Sizes) -> DetailRow:
    largest = None if sizes.infinite else sizes.largest.value
    most = math.inf if largest is None else largest
    absolute = (min(_quantile(sizes.absolute, q), most) for q in (0.5, 0.99))
    return (path, sizes.n, _quantile(sizes.relative, 0.5), *absolute, largest)


def _part(size: float) -> int:
    if not 0 < size < math.inf:
        return _MOST if size else -_MOST
    return max(-_MOST, min(_MOST, math.floor(_PARTS * math.log2(size))))


def _quantile(counts: Mapping[str, int], q: float) -> float:
    """The middle of the quarter in which it lies."""
    rank, passed = max(1, math.ceil(q * sum(counts.values()))), 0
    for part in sorted(map(int, counts)):
        passed += counts[str(part)]
        if passed >= rank:
            return math.exp2((part + 0.5) / _PARTS)
    return 0.0
