"""Kind "embedding": vectors of which the direction counts, vectorised over the rows of a batch of requests.

A row disagrees where the cosine of the two vectors is below `min_cosine`, where they have different numbers of
dimensions, where one alone is all zeros, or where a number is NaN or infinite on one side only. A request counts
once, with the mean over its rows that are finite and have a direction on both sides; other rows are counted apart. A
value of one dimension is one vector, which disagrees in all of that value's rows.

Where a name says that these are embeddings, and settings do not, a row disagrees as well where its length changed by
more than a turn to `min_cosine` moves the end of a vector.

Two models whose vectors live in different spaces cannot be compared by cosine at all; that is told apart from a
candidate that is worse (`different_spaces`). The formulas are in statistics/directions.py.
"""

import math
from array import array
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

import numpy as np
from msgspec import field

from comparators.compare.detail import Detail, left_out
from comparators.compare.finding import Finding
from comparators.compare.fitting import Fit, Fitting, KindSums
from comparators.compare.request_distances import RequestDistances
from comparators.compare.row_stack import Flags, Indices, Numbers, RowStack, parts
from comparators.compare.rules import HeadRules
from comparators.extract.output import Column, Tensor, Value
from comparators.metrics import variants, ways
from comparators.metrics.definition import Definition
from comparators.metrics.metric import Derivation
from comparators.metrics.way import Way
from comparators.settings import HeadSettings
from comparators.statistics import exact
from comparators.statistics.directions import (
    RANDOM_BELOW,
    directions,
    distance,
    norm_ratio,
    nothing_in_common,
    without_not_finite,
)
from comparators.statistics.reports_alone import ReportsAlone
from comparators.statistics.sketch import Sketch
from comparators.statistics.sums import add_counts

MIN_DIMENSIONS = 64  # below it, random directions and related vectors are not told apart
MIN_REQUESTS = 100  # before anything is said about spaces
DIFFERENT_SPACES = "the two models embed into different spaces: cosine says nothing"
APART = {
    "dimension": "rows with another number of dimensions",
    "not_finite": "rows with NaN or infinite numbers",
    "zero_production": "rows that are zero at production alone",
    "zero_candidate": "rows that are zero at the candidate alone",
    "zero_both": "rows that are zero at both",
}

_CHUNK = 1 << 20  # numbers at a time


class EmbeddingSums(KindSums, tag="embedding", kw_only=True):
    """Terms are statistics.exact's, one a request: the mean over its rows."""

    measured: int = 0  # requests with a row that is described
    distance: int = 0  # of (1 - cosine) / 2
    distances: Sketch = field(default_factory=Sketch)  # of 1 - cosine
    norm_ratios: Sketch = field(default_factory=Sketch)  # the candidate's norm to production's
    wide: int = 0  # of these, those with MIN_DIMENSIONS or more
    alignment: int = 0  # over these, of dimensions * cosine²
    apart: ReportsAlone[dict[str, int]] = field(default_factory=dict)  # rows that are not described, by reason


class _VectorRows(RowStack[Numbers]):
    """What is found in each row besides what disagrees."""

    def __init__(self, fits: Sequence[Fit[Numbers]]) -> None:
        super().__init__(fits, ("dimension", "nan", "direction", "norm"))
        n = len(self.production)
        self.measured, self.wide = (np.zeros(n, dtype=np.bool_) for _ in range(2))
        self.distance, self.ratio, self.alignment = (np.zeros(n) for _ in range(3))


def compare(
    pairs: Sequence[tuple[Value, Value]], rules: HeadRules, into: RequestDistances | None = None
) -> tuple[list[Finding], EmbeddingSums]:
    """One Finding a pair, in their order, and what they add up to. A distance is half of 1 - cosine."""
    sums = EmbeddingSums()
    batch = Fitting(pairs, _vectors, rules, sums)
    for fit in batch.fits:
        if _of_another_width(*pairs[fit.place]):
            batch.tell_agreeing(fit, "datatype")
    sums.n = len(batch.fits)
    rows = _looked_at(batch.fits, rules.own, sums)
    rows.tell(batch)
    _describe(rows, sums, into)
    return batch.findings, sums


# ---- reading


def _vectors(value: Value) -> list[Numbers] | None:
    """One a row; None where these are no vectors of numbers. An answer without rows is one empty vector."""
    try:
        if isinstance(value, Tensor) and (_is_numeric(value.datatype) or not len(value.values)):
            flat = _flat(value.values)
            return list(flat.reshape(value.shape[0], -1)) if len(value.shape) > 1 and flat.size else [flat]
        if isinstance(value, Column):
            rows = value.values
            return [_flat(row) for row in rows] if any(type(row) is list for row in rows) else [_flat(rows)]
    except (TypeError, ValueError, OverflowError):  # something among them is not a number
        return None
    return None


def _flat(values: Any) -> Numbers:
    """null becomes NaN: JSON has no other way to say it. Raises for what is no number, text included."""
    if isinstance(values, np.ndarray):
        return np.asarray(values, dtype=np.float64)
    if not isinstance(values, list | tuple):
        msg = "a vector is a list"
        raise TypeError(msg)
    try:
        return np.array(array("d", values), dtype=np.float64)
    except TypeError:
        return np.array([_number(each) for each in values], dtype=np.float64)


def _number(value: Any) -> float:
    if value is None:
        return math.nan
    if isinstance(value, int | float):
        return float(value)
    msg = "no number"
    raise TypeError(msg)


def _is_numeric(datatype: str) -> bool:
    return datatype.startswith(("FP", "BF")) or "INT" in datatype


def _of_another_width(production: Value, candidate: Value) -> bool:
    """Floats both. Whole numbers are left out: plain JSON writes a float so where it can."""
    if not isinstance(production, Tensor) or not isinstance(candidate, Tensor):
        return False
    types = production.datatype, candidate.datatype
    return types[0] != types[1] and all(each.startswith(("FP", "BF")) for each in types)


# ---- comparing


def _looked_at(fits: Sequence[Fit[Numbers]], own: HeadSettings, sums: EmbeddingSums) -> _VectorRows:
    found = _VectorRows(fits)
    by_size: dict[int, list[int]] = defaultdict(list)
    for row, (p, c) in enumerate(zip(found.production, found.candidate, strict=True)):
        if p.size == c.size:
            by_size[p.size].append(row)
        else:
            found.disagreeing["dimension"][row] = True
    _count_apart({"dimension": found.disagreeing["dimension"]}, sums)
    for size, rows in by_size.items():
        for part in parts(rows, size, _CHUNK):
            p, c = (np.stack([side[row] for row in part]) for side in (found.production, found.candidate))
            _measure(p, c, np.array(part), found, own, sums)
    return found


def _measure(
    p: Numbers, c: Numbers, rows: Indices, found: _VectorRows, settings: HeadSettings, sums: EmbeddingSums
) -> None:
    """Of vectors of one size: what is found at `rows`."""
    broken = np.zeros(len(p), dtype=np.bool_)
    if not (np.isfinite(p).all() and np.isfinite(c).all()):
        broken, found.disagreeing["nan"][rows] = without_not_finite(p, c)
    own, other = directions(p), directions(c)
    there_p, there_c = own.norms > 0, other.norms > 0
    far = distance(own, other)
    turned = np.where(there_p & there_c, 1 - far < settings.min_cosine, there_p != there_c)
    found.disagreeing["direction"][rows] = turned
    found.measured[rows] = there_p & there_c & ~broken
    found.wide[rows] = found.measured[rows] & (p.shape[1] >= MIN_DIMENSIONS)
    found.distance[rows] = far
    found.ratio[rows] = ratio = norm_ratio(own, other)
    if settings.kind is None:
        most = math.sqrt(2 * (1 - settings.min_cosine))  # the chord between two unit vectors with this cosine
        found.disagreeing["norm"][rows] = there_p & there_c & (np.abs(ratio - 1) > most)
    found.alignment[rows] = (1 - far) ** 2 * p.shape[1]
    apart = {
        "not_finite": broken,
        "zero_production": ~there_p & there_c & ~broken,
        "zero_candidate": there_p & ~there_c & ~broken,
        "zero_both": ~there_p & ~there_c & ~broken,
    }
    _count_apart(apart, sums)


def _count_apart(reasons: dict[str, Flags], sums: EmbeddingSums) -> None:
    counted = {name: int(where.sum()) for name, where in reasons.items()}
    add_counts(sums.apart, {name: count for name, count in counted.items() if count})


def _describe(found: _VectorRows, sums: EmbeddingSums, into: RequestDistances | None) -> None:
    measured, wide = found.means(found.measured), found.means(found.wide)
    distances = measured.of(found.distance)
    if into is not None:
        into.put([found.fits[place].place for place in measured.places()], distances / 2, distances)
    sums.measured = len(measured)
    sums.wide = len(wide)
    sums.distances.add_all(distances)
    sums.norm_ratios.add_all(measured.of(found.ratio))
    sums.add_totals(distance=distances / 2, alignment=wide.of(found.alignment))


# ---- what the sums say


def different_spaces(wide: int, alignment: int) -> bool:
    """Whether the candidate's vectors are random directions to production's: by MIN_REQUESTS, of MIN_DIMENSIONS."""
    return wide >= MIN_REQUESTS and nothing_in_common(exact.real(alignment) / wide)


def _in_one_space(way: Way) -> Way:
    """Where spaces differ, the number stands, and its reason says that it means nothing."""

    def derive(*sums: Any, effect: float = 1.0) -> Derivation | None:
        *own, wide, alignment, alpha = sums
        derived = way.derive(*own, alpha, effect=effect)
        if derived is None or not different_spaces(wide, alignment):
            return derived
        return derived._replace(estimate=derived.estimate._replace(reason=DIFFERENT_SPACES))

    return way._replace(derive=derive)


def _alignment(alignment: int, wide: int) -> Derivation:
    known = {"n": wide, "total": str(alignment), "scale": 2**-exact.BITS}
    reason = "" if wide else f"no vectors of {MIN_DIMENSIONS} dimensions or more"
    return ways.described(_aligned(alignment, wide), wide, known, reason)


def _aligned(alignment: int, wide: int) -> float | None:
    return math.sqrt(exact.real(alignment) / wide) if wide else None


_SPACES = ("wide", "alignment")
METRICS = (
    Definition(
        "embedding.disagreement", "share", "lower", "disagreement",
        _in_one_space(ways.RATE), ("disagreement", "n", *_SPACES),
        "The mean over requests of the share of their vectors with a cosine below `min_cosine`, or of another length "
        "where settings do not say what they are.",
    ),
    Definition(
        "embedding.cosine_distance", "value", "lower", "cosine distance",
        _in_one_space(variants.stretched(ways.RATE, 2, 0, "(1 - cosine) / 2")), ("distance", "measured", *_SPACES),
        "The mean of 1 - cosine; the interval is that of (1 - cosine) / 2, doubled.",
    ),
    Definition(
        "embedding.cosine_distance_p95", "value", "lower", "p95 of cosine distance",
        _in_one_space(ways.quantile(0.95, "embedding.cosine_distance")), ("distances", *_SPACES),
        "The p95 of 1 - cosine.",
    ),
    Definition(
        "embedding.norm_ratio", "ratio", "neither", "median norm ratio",
        ways.quantile(0.5, "embedding.norm_ratio"), ("norm_ratios",),
        "The median of the length of the candidate's vector over that of production's.",
    ),
    Definition(
        "embedding.alignment", "ratio", "higher", "alignment", ways.descriptive(_alignment), ("alignment", "wide"),
        "How large the cosines are against those of random directions: 1 is by chance, √dimensions is the same vector.",
    ),
)  # fmt: skip


def tables(sums: EmbeddingSums) -> list[Detail]:
    found: list[Detail] = []
    if different_spaces(sums.wide, sums.alignment):
        rows = [
            ("root mean square of cosine · √dimensions", _aligned(sums.alignment, sums.wide)),
            ("by chance", 1.0),
            ("limit", RANDOM_BELOW),
        ]
        found.append(Detail(title=DIFFERENT_SPACES, columns=("", "value"), units=("", "value"), rows=list(rows)))
    apart = {APART[reason]: count for reason, count in sorted(sums.apart.items())}
    return [*found, *left_out({**apart, "requests without vectors, or with another number of them": sums.unfit})]
