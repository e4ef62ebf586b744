"""Kind "logits": a number a class, of which the largest decides: what a softmax or a sigmoid is taken of, or logarithms
of probabilities. Vectorised over the rows of a batch of requests.

A row disagrees where another class has the largest number, where a number is NaN on one side alone, and where there are
other classes. Of classes that are no further than TIED apart on both sides none comes first. Of a single number a row,
the sign decides, or the side of a threshold that is set. How far apart all the numbers are does not disagree: a
constant added to a row's numbers changes nothing that is made of them.

The margin is how far production's first class is ahead of its next one, on either side: nothing, where another class
is ahead at the candidate. A request counts once, with the mean over its rows.
"""

from collections import defaultdict
from collections.abc import Sequence
from functools import partial
from typing import NamedTuple

import numpy as np
from msgspec import field
from msgspec.structs import replace

from comparators.compare import class_flips, margins
from comparators.compare.class_flips import ClassSums
from comparators.compare.class_vectors import AlignedRow, Alignment, Vector, class_rows, distributions
from comparators.compare.decided_rows import DecidedRows
from comparators.compare.detail import Detail, left_out
from comparators.compare.finding import Finding, Kind
from comparators.compare.first_class import ahead, first, flips
from comparators.compare.fitting import Fit, Fitting, KindSums
from comparators.compare.label_places import PlaceSums
from comparators.compare.margins import LOGITS, MarginSums
from comparators.compare.number_tensors import another_width
from comparators.compare.request_distances import RequestDistances
from comparators.compare.row_stack import Flags, Indices, Numbers, RowStack, parts
from comparators.compare.rules import HeadRules
from comparators.compare.unfit import another_length
from comparators.extract.output import Value
from comparators.metrics import ways
from comparators.metrics.definition import Definition
from comparators.settings import HeadSettings
from comparators.statistics.reports_alone import ReportsAlone
from comparators.statistics.sketch import Sketch
from comparators.statistics.sums import add_counts

TIED = 1e-5  # two logits, one of which the rounding of 32-bit floats may make the larger one
CLEAR = 1.0  # a class that is further ahead is e times as probable as the next one
MAX_MARGIN = 1e100  # a larger one is a class that was masked out
APART = {
    "shape": "rows with another number of classes",
    "names": "rows with names of classes on one side",
    "not_finite": "rows with NaN, or without a finite number",
}

_KINDS: tuple[Kind, ...] = ("shape", "names", "nan", "label", "decision")  # rows of the first two: no further
_CHUNK = 1 << 18  # numbers at a time


class LogitsSums(KindSums, tag="logits", kw_only=True):
    """Terms are statistics.exact's, one a request: the mean over its rows that have numbers on both sides."""

    empty: int = 0  # pairs beside the `n` requests: no rows
    described: int = 0  # requests with such rows
    clear_flips: int = 0  # shares of rows whose first class was clearly ahead, and lost
    total_variation: int = 0  # between the softmaxes, or the sigmoids
    production_margins: Sketch = field(default_factory=Sketch)
    candidate_margins: Sketch = field(default_factory=Sketch)  # of production's first class
    # which come first; 1 is above the threshold of a single one
    classes: ReportsAlone[ClassSums] = field(default_factory=ClassSums)
    margins: ReportsAlone[MarginSums] = field(default_factory=MarginSums)
    places: ReportsAlone[PlaceSums] = field(default_factory=PlaceSums)  # of the unfit
    apart: ReportsAlone[dict[str, int]] = field(default_factory=dict)  # rows that are not described, by reason


class _LogitRows(RowStack[Vector]):
    """What is found in each row besides what disagrees."""

    def __init__(self, fits: Sequence[Fit[Vector]], names: Sequence[str]) -> None:
        super().__init__(fits, _KINDS)
        n = len(self.production)
        self.decided = DecidedRows(n, names)
        self.described, self.clear = (np.zeros(n, dtype=np.bool_) for _ in range(2))
        self.far, self.own_margin, self.other_margin = (np.zeros(n) for _ in range(3))


class _Decision(NamedTuple):
    """Of rows of one number of classes: the class of both sides, whether it is another one, and both margins."""

    own: Indices
    other: Indices
    flips: Flags
    own_margin: Numbers
    other_margin: Numbers


def compare(
    pairs: Sequence[tuple[Value, Value]], rules: HeadRules, into: RequestDistances | None = None
) -> tuple[list[Finding], LogitsSums]:
    """One Finding a pair, in their order, and what they add up to. A distance is the total variation."""
    sums = LogitsSums()
    batch = Fitting(pairs, partial(class_rows, is_decided=False), rules, sums, another_length)
    fits = [fit for fit in batch.fits if fit.production]
    for fit in fits:
        if another_width(*pairs[fit.place]):
            batch.tell_agreeing(fit, "datatype")
    sums.n, sums.empty = len(fits), len(batch.fits) - len(fits)
    sums.places.add_all(batch.rest())
    if fits:
        rows = _looked_at(fits, rules.own, sums)
        rows.tell(batch)
        _describe(rows, sums, into)
    return batch.findings, sums


# ---- comparing


def _looked_at(fits: Sequence[Fit[Vector]], own: HeadSettings, sums: LogitsSums) -> _LogitRows:
    """Rows of as many classes together. No function below mixes rows."""
    settings = replace(own, logits=True, threshold=own.threshold or 0.0)
    found = _LogitRows(fits, own.names)
    alignment = Alignment(settings)
    by_size: dict[int, list[AlignedRow]] = defaultdict(list)
    for place, (p, c) in enumerate(zip(found.production, found.candidate, strict=True)):
        row = alignment.row(place, p, c)
        if isinstance(row, str):
            found.disagreeing[row][place] = True
            add_counts(sums.apart, {row: 1})
        else:
            found.disagreeing["names"][place] = row.production.size > min(p.numbers.size, c.numbers.size)
            by_size[row.production.size].append(row)
    if without_classes := by_size.pop(0, []):
        add_counts(sums.apart, {"not_finite": len(without_classes)})
    for classes, rows in by_size.items():
        for part in parts(rows, classes, _CHUNK):
            _measure(part, settings, found, sums)
    return found


def _measure(part: Sequence[AlignedRow], settings: HeadSettings, found: _LogitRows, sums: LogitsSums) -> None:
    places = np.array([row.place for row in part])
    p, c = (np.stack(rows) for rows in ([row.production for row in part], [row.candidate for row in part]))
    alone = p.shape[1] == 1
    found.disagreeing["nan"][places] = nan = (np.isnan(p) != np.isnan(c)).any(axis=1)
    with np.errstate(invalid="ignore", over="ignore"):
        decision = _by_side(p[:, 0], c[:, 0], settings.threshold or 0.0) if alone else _by_first(p, c)
    found.disagreeing["decision" if alone else "label"][places] = decision.flips & ~nan
    described = np.isfinite(p).any(axis=1) & np.isfinite(c).any(axis=1)
    described &= ~(np.isnan(p) | np.isnan(c) | np.isposinf(p) | np.isposinf(c)).any(axis=1)
    if out := int((~described).sum()):
        add_counts(sums.apart, {"not_finite": out})
    found.described[places] = described
    found.clear[places] = decision.flips & (decision.own_margin > CLEAR)
    own, other = (np.minimum(each, MAX_MARGIN) for each in (decision.own_margin, decision.other_margin))
    found.own_margin[places], found.other_margin[places] = own, other
    if described.any():
        softmaxes = [distributions(list(side[described]), settings) for side in (p, c)]
        found.far[places[described]] = np.abs(softmaxes[0] - softmaxes[1]).sum(axis=1) / 2
    found.decided.put(part, decision.own, decision.other, decision.flips, own)


def _by_side(p: Numbers, c: Numbers, threshold: float) -> _Decision:
    crossed = (p >= threshold) != (c >= threshold)
    own, other = np.abs(p - threshold), np.abs(c - threshold)
    flipped = crossed & ~(np.maximum(own, other) <= TIED)
    before, after = ((side >= threshold).astype(np.int_) for side in (p, c))
    return _Decision(before, after, flipped, own, np.where(crossed, 0.0, other))


def _by_first(p: Numbers, c: Numbers) -> _Decision:
    own, other = first(p), first(c)
    return _Decision(own, other, flips(p, c, own, other, TIED), ahead(p, own), np.maximum(ahead(c, own), 0.0))


# ---- sums


def _describe(found: _LogitRows, sums: LogitsSums, into: RequestDistances | None) -> None:
    means = found.means(found.described)
    sums.described = len(means)
    if sums.described:
        found.decided.add_to(sums.classes, sums.margins, found.described, means, LOGITS)
    far = means.of(found.far)
    sums.add_totals(clear_flips=means.of(found.clear.astype(np.float64)), total_variation=far)
    if into is not None:
        into.put([found.fits[place].place for place in means.places()], far)
    sums.production_margins.add_all(means.of(found.own_margin))
    sums.candidate_margins.add_all(means.of(found.other_margin))


# ---- what the sums say


METRICS = (
    Definition(
        "logits.disagreement", "share", "lower", "disagreement", ways.RATE, ("disagreement", "n"),
        "The mean over requests of the share of their rows in which another class comes first, or a single logit is on "
        "the other side.",
    ),
    Definition(
        "logits.clear_flips", "share", "lower", "clear flips", ways.RATE, ("clear_flips", "described"),
        "The mean over requests of the share of their rows in which a class comes first no more that was ahead by more "
        f"than {CLEAR:g}: e times as probable as the next one.",
    ),
    Definition(
        "logits.total_variation", "value", "lower", "total variation", ways.RATE, ("total_variation", "described"),
        "The mean total variation ½Σ|p - q| between the softmaxes of both sides; of single logits, between the "
        "sigmoids.",
    ),
    Definition(
        "logits.production.margin_p50", "value", "neither", "production's median margin",
        ways.quantile(0.5, "logits.production.margin"), ("production_margins",),
        "The median of how far production's first class is ahead of the next one.",
    ),
    Definition(
        "logits.candidate.margin_p50", "value", "neither", "the candidate's median margin",
        ways.quantile(0.5, "logits.candidate.margin"), ("candidate_margins",),
        "The median of how far production's first class is ahead of the next one at the candidate; 0 where it is not.",
    ),
)  # fmt: skip


def decisions(sums: LogitsSums, alpha: float, effect: float) -> list[Detail]:
    """Which decisions change: by margin, and of each class."""
    return [
        *margins.tables(sums.margins, LOGITS, sums.described),
        *class_flips.told(sums.classes, sums.described, alpha, effect),
    ]


def tables(sums: LogitsSums) -> list[Detail]:
    """What is not in these metrics."""
    apart = {APART[reason]: count for reason, count in sorted(sums.apart.items())}
    whole = {
        "requests without logits, or with another number of rows": sums.unfit,
        "requests without rows": sums.empty,
    }
    return left_out({**apart, **whole})
