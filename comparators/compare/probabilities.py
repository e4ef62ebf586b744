"""Kind "probabilities": a distribution over classes a row, vectorised over the rows of a batch of requests.

A row disagrees where its most probable class is another one. With a threshold, a row of two classes disagrees where the
last class is on its other side instead, and a row of more classes also where the top probability is. A row disagrees as
well where the candidate alone is no distribution (a number that is not finite or outside [0, 1], or a sum that is not
1), and where classes are other ones: another number of them, or other names. Of classes that are no further than TIED
apart on both sides none comes first: by which of them an answer begins is rounding.

Classes are aligned by name where both sides have names, else by index. Named classes stand in the order of the setting
`names`, then of the alphabet: which is the last of two does not depend on how an answer sorts them. A single number a
row is, with a threshold, the probability of the second of two classes. Distances are of rows that are distributions on
both sides; a request counts once, with the mean over these.
"""

from collections import defaultdict
from collections.abc import Sequence
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from comparators.compare import calibration
from comparators.compare.class_vectors import AlignedRow, Alignment, Vector, distributions, vectors
from comparators.compare.decided_rows import DecidedRows
from comparators.compare.distributions import are_distributions
from comparators.compare.finding import Finding, Kind
from comparators.compare.first_class import ahead, at, first, flips
from comparators.compare.fitting import Fit, Fitting
from comparators.compare.margins import PROBABILITIES
from comparators.compare.number_tensors import another_width
from comparators.compare.probability_sums import FAR, SERIOUS, ProbabilitySums
from comparators.compare.request_distances import RequestDistances
from comparators.compare.row_stack import Flags, Indices, Numbers, RowStack, parts
from comparators.compare.rules import HeadRules
from comparators.compare.unfit import another_length
from comparators.extract.output import Value
from comparators.settings import HeadSettings
from comparators.statistics.distances import distances
from comparators.statistics.sums import add_counts

TIED = 1e-6  # two probabilities, one of which 32-bit floats may make the larger one
# In the order in which they are told. Rows of the first two are not looked at further.
_KINDS: tuple[Kind, ...] = ("shape", "names", "invalid", "nan", "label", "decision")
# What is measured in each row, and added up as the mean over a request's rows: all in [0, 1].
_MEASURES = (
    "total_variation", "jensen_shannon", "l_infinity", "hellinger", "argmax_flips", "rise", "fall",
    "decision_flips", "serious_flips",
)  # fmt: skip

_CHUNK = 1 << 18  # numbers at a time
_LEAST = 1e-300  # less is none: half of the least float is no number


class _Classes(NamedTuple):
    """Of rows that have as many: those with a name or index, and whether the share of all others stands after them."""

    named: int
    has_rest: bool

    @property
    def are_two(self) -> bool:
        return self.named == 2 and not self.has_rest


class _ClassDecision(NamedTuple):
    """Of rows of as many classes: production's `top` class, and whether it `flipped`; the class that each side gives,
    by the top or of two classes by a threshold, and whether it is another one (`relabelled`, or `crossed` at a
    threshold); how far production was from the threshold, and from any other decision.
    """

    top: Indices
    flipped: Flags
    own: Indices
    other: Indices
    relabelled: Flags
    crossed: Flags
    from_threshold: Numbers
    margin: Numbers


class _ClassRows(RowStack[Vector]):
    """What is found in each row besides what disagrees."""

    def __init__(self, fits: Sequence[Fit[Vector]], names: Sequence[str]) -> None:
        super().__init__(fits, _KINDS)
        n = len(self.production)
        self.described, self.of_two = (np.zeros(n, dtype=np.bool_) for _ in range(2))  # of two classes alone
        self.decided = DecidedRows(n, names)
        self.measures = {name: np.zeros(n) for name in _MEASURES}
        self.looked_at = (np.zeros(n), np.zeros(n))  # each side's probability of the class that calibration looks at


def compare(
    pairs: Sequence[tuple[Value, Value]], rules: HeadRules, into: RequestDistances | None = None
) -> tuple[list[Finding], ProbabilitySums]:
    """One Finding a pair, in their order, and what they add up to. A distance is the total variation."""
    is_decided = rules.own.threshold is not None
    sums = ProbabilitySums()
    batch = Fitting(pairs, partial(vectors, is_decided=is_decided), rules.pointer, sums, another_length)
    fits = [fit for fit in batch.fits if fit.production]
    for fit in fits:
        if another_width(*pairs[fit.place]):
            batch.tell_agreeing(fit, "datatype")
    sums.n, sums.empty = len(fits), len(batch.fits) - len(fits)
    if fits:
        rows = _looked_at(fits, rules, sums)
        rows.tell(batch)
        _describe(rows, rules.own.threshold, sums, into)
    return batch.findings, sums


# ---- comparing


def _looked_at(fits: Sequence[Fit[Vector]], rules: HeadRules, sums: ProbabilitySums) -> _ClassRows:
    """Rows of as many classes together. No function below mixes rows, so that none depends on its neighbours."""
    found = _ClassRows(fits, rules.own.names)
    alignment = Alignment(rules.own)
    by_size: dict[tuple[int, bool], list[AlignedRow]] = defaultdict(list)
    for place, (p, c) in enumerate(zip(found.production, found.candidate, strict=True)):
        row = alignment.row(place, p, c)
        if isinstance(row, str):
            found.disagreeing[row][place] = True
            add_counts(sums.apart, {row: 1})
        else:
            size = row.production.size
            found.disagreeing["names"][place] = size > min(p.numbers.size, c.numbers.size) and not (
                row.has_rest and p.is_list
            )
            by_size[size, row.has_rest].append(row)
    without_classes = [*by_size.pop((0, False), []), *by_size.pop((1, True), [])]
    add_counts(sums.apart, {"invalid_both": len(without_classes)} if without_classes else {})
    for (size, _), rows in by_size.items():
        for part in parts(rows, size, _CHUNK):
            _measure(part, rules.own, found, sums)
    return found


def _measure(part: Sequence[AlignedRow], own: HeadSettings, found: _ClassRows, sums: ProbabilitySums) -> None:
    """Of rows of as many classes."""
    places, threshold = np.array([each.place for each in part]), own.threshold
    p, c = (distributions(rows, own) for rows in ([row.production for row in part], [row.candidate for row in part]))
    classes = _Classes(p.shape[1] - part[0].has_rest, part[0].has_rest)
    valid_p, valid_c = are_distributions(p), are_distributions(c)
    both = valid_p & valid_c
    _count_apart(valid_p, valid_c, sums)
    found.disagreeing["invalid"][places] = valid_p & ~valid_c
    found.disagreeing["nan"][places] = ~valid_p & (np.isnan(p) != np.isnan(c)).any(axis=1)
    decision = _decision(p, c, classes, threshold)
    settled = found.disagreeing["invalid"][places] | found.disagreeing["nan"][places]
    found.disagreeing["label"][places] = decision.relabelled & ~settled
    found.disagreeing["decision"][places] = decision.crossed & ~settled
    changed = decision.relabelled | decision.crossed
    found.decided.put(part, decision.own, decision.other, changed, decision.margin)
    if both.any():
        rows = places[both]
        found.described[rows], found.of_two[rows] = True, classes.are_two
        serious = decision.crossed & (decision.from_threshold > SERIOUS)
        flags = {"argmax_flips": decision.flipped, "decision_flips": decision.crossed, "serious_flips": serious}
        measures = {name: flag[both] for name, flag in flags.items()}
        _describe_rows(_clipped(p[both]), _clipped(c[both]), decision.top[both], classes, rows, measures, found)


def _decision(p: Numbers, c: Numbers, classes: _Classes, threshold: float | None) -> _ClassDecision:
    named = p[:, : classes.named], c[:, : classes.named]
    own, other = map(first, named)
    flipped, top = flips(p, c, own, other, TIED), own
    with np.errstate(invalid="ignore"):
        margin = ahead(named[0], own)
    if threshold is None:
        nothing = np.zeros_like(flipped)
        return _ClassDecision(top, flipped, own, other, flipped, nothing, margin, margin)
    decides = [side[:, -1] if classes.are_two else at(side, top) for side, top in ((p, own), (c, other))]
    over, still = (side >= threshold for side in decides)
    from_threshold = np.abs(decides[0] - threshold)
    if classes.are_two:
        relabelled, own, other, margin = (
            np.zeros_like(flipped),
            over.astype(np.int_),
            still.astype(np.int_),
            from_threshold,
        )
    else:
        relabelled, margin = flipped, np.minimum(margin, from_threshold)
    return _ClassDecision(top, flipped, own, other, relabelled, over != still, from_threshold, margin)


def _clipped(p: Numbers) -> Numbers:
    return np.where(p < _LEAST, 0.0, np.minimum(p, 1.0))


def _count_apart(valid_p: Flags, valid_c: Flags, sums: ProbabilitySums) -> None:
    counted = {
        "invalid_production": int((~valid_p & valid_c).sum()),
        "invalid_candidate": int((valid_p & ~valid_c).sum()),
        "invalid_both": int((~valid_p & ~valid_c).sum()),
    }
    add_counts(sums.apart, {name: count for name, count in counted.items() if count})


def _describe_rows(
    p: Numbers,
    c: Numbers,
    top: Indices,
    classes: _Classes,
    rows: Indices,
    measures: dict[str, Any],
    found: _ClassRows,
) -> None:
    """Of distributions: how far they are apart, and what calibration looks at, the second of two classes or the top."""
    change = c[:, : classes.named].max(axis=1) - p[:, : classes.named].max(axis=1)
    measures |= {**distances(p, c), "rise": np.maximum(change, 0.0), "fall": np.maximum(-change, 0.0)}
    for name, values in measures.items():
        found.measures[name][rows] = values
    looked_at = np.ones_like(top) if classes.are_two else top
    for kept, side in zip(found.looked_at, (p, c), strict=True):
        kept[rows] = at(side, looked_at)


# ---- sums


def _describe(found: _ClassRows, threshold: float | None, sums: ProbabilitySums, into: RequestDistances | None) -> None:
    """Means over the rows of a request that are described."""
    described = found.means(found.described)
    means = {name: described.of(values) for name, values in found.measures.items()}
    sums.add_totals(**means)
    if into is not None:
        into.put([found.fits[place].place for place in described.places()], means["total_variation"])
    sums.far = int((means["total_variation"] > FAR).sum())
    sums.described = len(described)
    sums.decided = sums.described if threshold is not None else 0
    if found.of_two.any():
        p, c = (side[found.of_two] for side in found.looked_at)
        of_two = found.means(found.of_two)
        sums.thresholds.add_all(p, c, of_two.owner, of_two.counts, threshold)
    if sums.described:
        found.decided.add_to(sums.classes, sums.margins, found.described, described, PROBABILITIES)
    p, c = (side[found.described] for side in found.looked_at)
    sums.bin_n, sums.bin_production, sums.bin_candidate = calibration.binned(p, c, described)
