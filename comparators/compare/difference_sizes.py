"""How far apart numbers are, in absolute terms and as a share of production's: the whole distribution. Pure.

A request counts once, with that number of its own that differs most: it is outside a tolerance where any of its numbers
is. That is what numpy's allclose asks with this tolerance as `atol` alone, and as `rtol` alone. A number that is finite
on one side only is infinitely far, and so is whatever stands for a zero of production's in relative terms: half
precision fails by its infinities first. Two NaN are equal, and so are two infinities of one sign.
"""

import math
from collections.abc import Collection, Sequence

import numpy as np
from msgspec import field

from comparators.compare.detail import Detail, DetailRow, Picture, PictureCurve, RateCell
from comparators.compare.row_stack import Numbers
from comparators.metrics import metric, ways
from comparators.statistics.greatest import Greatest
from comparators.statistics.sketch import Sketch, bin_of, middle
from comparators.statistics.sums import Sums

TOLERANCES = (1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 1e-1)
QUANTILES = {"p50": 0.5, "p90": 0.9, "p99": 0.99}

COLUMNS = 48  # of the picture
DECADES = 12  # that it shows at most, from the largest down
_MOST = 2.0**1000  # what is larger counts as infinite
_EQUAL = bin_of(0.0)
_LIMITS = np.array(TOLERANCES)


class DifferenceSizes(Sums, kw_only=True):
    """Of `n` requests: how far each is, `infinite` ones apart from the others; and how many are outside each of
    TOLERANCES, in their order. The largest is of those that are not infinite.
    """

    n: int = 0
    infinite: int = 0
    finite: Sketch = field(default_factory=Sketch)
    largest: Greatest = field(default_factory=Greatest)
    outside: list[int] = field(default_factory=list)

    def add_equal(self, n: int) -> None:
        """Of so many requests whose numbers are all equal."""
        if n:
            self.n += n
            self.finite.counts[_EQUAL] = self.equal + n
            self.largest.see(0.0)
            self.outside = self.outside or [0] * len(TOLERANCES)

    def add_all(self, sizes: Numbers) -> None:
        """One a request; none is negative or NaN."""
        if not sizes.size:
            return
        finite = sizes[sizes <= _MOST]
        self.n += len(sizes)
        self.infinite += len(sizes) - len(finite)
        inside = np.searchsorted(np.sort(sizes), _LIMITS, side="right").tolist()
        self.outside = [a + len(sizes) - b for a, b in zip(self.outside or [0] * len(inside), inside, strict=True)]
        if finite.size:
            self.finite.add_all(finite)
            self.largest.see(float(finite.max()))

    @property
    def equal(self) -> int:
        return self.finite.counts.get(_EQUAL, 0)

    def quantile(self, q: float) -> float | None:
        """Within a bin of the sketch; None where it is infinite, or nothing was added."""
        rank = max(1, math.ceil(q * self.n))
        found = self.finite.order().known.bin_at(rank)
        return None if found is None else min(middle(found), self.largest.value or 0.0)


class DifferenceSums(Sums, kw_only=True):
    absolute: DifferenceSizes = field(default_factory=DifferenceSizes)
    relative: DifferenceSizes = field(default_factory=DifferenceSizes)

    def add_all(self, p: Numbers, c: Numbers, delta: Numbers) -> None:
        """A row of numbers for each request, which has some; `delta`: c - p, in which rounding may have been undone."""
        apart = np.abs(delta)
        absolute = apart.max(axis=1)
        if (odd := ~np.isfinite(absolute)).any():
            apart[odd] = _or_same(apart[odd], p[odd], c[odd])
            absolute = apart.max(axis=1)
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            relative = (apart / np.abs(p)).max(axis=1)
            if (odd := np.isnan(relative)).any():  # a zero is where it was, or both are infinite
                shares = apart[odd] / np.abs(p[odd])
                relative[odd] = np.where(apart[odd] == 0, 0.0, np.where(np.isnan(shares), np.inf, shares)).max(axis=1)
        self.absolute.add_all(absolute)
        self.relative.add_all(relative)

    def add_farthest(self, found: "Sequence[Farthest]", n: int) -> None:
        """Of `n` requests; all but these are equal."""
        self.absolute.add_equal(n - len(found))
        self.relative.add_equal(n - len(found))
        self.absolute.add_all(np.array([each.absolute for each in found], dtype=np.float64))
        self.relative.add_all(np.array([each.relative for each in found], dtype=np.float64))


class Farthest:
    """How far those numbers of a request are apart that differ most. Whole ones may have any number of digits."""

    __slots__ = ("absolute", "relative")

    def __init__(self, absolute: float = 0.0, relative: float = 0.0) -> None:
        self.absolute, self.relative = absolute, relative

    def see(self, p: float, c: float) -> None:
        """Two numbers that are not equal."""
        try:
            apart = float(abs(c - p))
            if apart > self.absolute:
                self.absolute = apart
            if apart > self.relative * abs(p):
                self.relative = apart / abs(p) if p else math.inf
            if not apart < math.inf:  # one of them is not finite
                self._see_odd(p, c)
        except OverflowError:  # a whole number that no float can hold
            self.absolute = self.relative = math.inf

    def _see_odd(self, p: float, c: float) -> None:
        if p == p or c == c:
            self.absolute = self.relative = math.inf

    def __bool__(self) -> bool:
        return bool(self.absolute)


def farthest_of(several: Collection[Farthest]) -> Farthest:
    """Of one request's, of which there is one at least."""
    return Farthest(max([each.absolute for each in several]), max([each.relative for each in several]))


def _or_same(apart: Numbers, p: Numbers, c: Numbers) -> Numbers:
    """In place of what is not finite: zero where both sides have it, else infinitely far."""
    same = (p == c) | (np.isnan(p) & np.isnan(c))
    found: Numbers = np.where(np.isfinite(apart), apart, np.where(same, 0.0, np.inf))
    return found


# ---- what the sums say

_TERMS = ("absolute", "relative")


def magnitudes(sums: DifferenceSums, alpha: float, effect: float, *, is_drawn: bool = True) -> list[Detail]:
    """Nothing where no request has numbers. `effect`: the design effect, as ways have it. `is_drawn`: with pictures."""
    return [_spread(sums, is_drawn), _outside(sums, alpha, effect)] if sums.absolute.n else []


def _of(sums: DifferenceSums) -> list[tuple[str, DifferenceSizes]]:
    return list(zip(_TERMS, (sums.absolute, sums.relative), strict=True))


def _spread(sums: DifferenceSums, is_drawn: bool) -> Detail:
    infinite = (f"{each.infinite:,} in {name} terms" for name, each in _of(sums) if each.infinite)
    told = ", ".join(infinite)
    return Detail(
        title="how far apart: of each request the number that differs most",
        columns=("", *QUANTILES, "largest", "equal"),
        units=("", *("value" for _ in QUANTILES), "value", "share"),
        rows=[(name, *_quantiles(each), each.equal / each.n) for name, each in _of(sums)],
        pictures=tuple(_picture(name, each) for name, each in _of(sums) if is_drawn and each.finite.n > each.equal),
        note=f"infinitely far: {told}" if told else "",
    )


def _quantiles(sizes: DifferenceSizes) -> tuple[float | None, ...]:
    largest = None if sizes.infinite else sizes.largest.value
    return *(sizes.quantile(q) for q in QUANTILES.values()), largest


def _outside(sums: DifferenceSums, alpha: float, effect: float) -> Detail:
    """Which precision is good enough. The intervals hold for all of them at once."""
    each_alpha = alpha / (len(_TERMS) * len(TOLERANCES))
    rows: list[DetailRow] = []
    for at, tolerance in enumerate(TOLERANCES):
        shares = (ways.share(each.outside[at], each.n, each_alpha, effect=effect) for _, each in _of(sums))
        rows.append((tolerance, *(RateCell.of(share, metric.RATE, each_alpha) for share in shares)))
    return Detail(
        title="requests outside a tolerance; the intervals hold for all of them at once",
        columns=("tolerance", "absolute", "relative"),
        units=("value", "share", "share"),
        rows=rows,
    )


def _picture(name: str, sizes: DifferenceSizes) -> Picture:
    """Those that differ, over columns that are equally wide on a log scale; the first one has all smaller ones."""
    known = {middle(number): count for number, count in sizes.finite.counts.items() if number}
    high = math.ceil(math.log10(max(known)))
    low = max(min(math.floor(math.log10(min(known))), high - 1), high - DECADES)
    wide = COLUMNS // (high - low)
    number = wide * (high - low)
    counts = [0] * number
    for value, count in known.items():
        counts[min(number - 1, max(0, math.floor((math.log10(value) - low) * wide)))] += count
    return Picture(
        title=f"{name} difference",
        unit="value",
        scale="log",
        edges=tuple(10.0 ** (low + at / wide) for at in range(number + 1)),
        curves=(PictureCurve("candidate", tuple(count / sizes.n for count in counts)),),
    )
