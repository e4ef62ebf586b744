"""Kind "probabilities": a distribution over classes a row, vectorised over the rows of a batch of requests.

A row disagrees where its most probable class is another one. With a threshold, a row of two classes disagrees where the
last class is on its other side instead (or the one that settings name, of any number of classes), and a row of more
classes also where the top probability is. A row disagrees as well where the candidate alone is no distribution (a
number that is not finite or outside [0, 1], or a sum that is not 1), and where classes are other ones: another number
of them, or other names. Of classes that are no further than TIED apart on both sides none comes first: by which of them
an answer begins is rounding.

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
from comparators.compare.class_vectors import AlignedRow, Alignment, Vector, distributions, labels_of, place_of, vectors
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
    """Of rows that have as many: those with a name or index, and of each row the class whose probability alone decides
    at a threshold; None where that of the first one does.
    """

    named: int
    deciding: Indices | None


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
        self.described, self.by_one = (np.zeros(n, dtype=np.bool_) for _ in range(2))  # decided by one class's number
        self.decided = DecidedRows(n, names)
        self.measures = {name: np.zeros(n) for name in _MEASURES}
        self.tops = (np.zeros(n), np.zeros(n))  # the largest probability of each side
        self.looked_at = (np.zeros(n), np.zeros(n))  # each side's probability of the class that calibration looks at


def compare(
    pairs: Sequence[tuple[Value, Value]], rules: HeadRules, into: RequestDistances | None = None
) -> tuple[list[Finding], ProbabilitySums]:
    """One Finding a pair, in their order, and what they add up to. A distance is the total variation."""
    is_decided = rules.own.threshold is not None
    sums = ProbabilitySums()
    batch = Fitting(pairs, partial(vectors, is_decided=is_decided), rules, sums, another_length)
    fits = [fit for fit in batch.fits if fit.production]
    for fit in fits:
        if another_width(*pairs[fit.place]):
            batch.tell_agreeing(fit, "datatype")
    sums.n, sums.empty = len(fits), len(batch.fits) - len(fits)
    sums.places.add_all(batch.rest())
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
    by_size: dict[tuple[int, bool, bool], list[AlignedRow]] = defaultdict(list)
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
            is_positive_known = (
                not rules.own.positive or size < 2 or place_of(rules.own.positive, row, rules.own.names) >= 0
            )
            sums.without_positive += not is_positive_known
            by_size[size, row.has_rest, is_positive_known].append(row)
    without_classes = [*by_size.pop((0, False, True), []), *by_size.pop((1, True, True), [])]
    add_counts(sums.apart, {"invalid_both": len(without_classes)} if without_classes else {})
    for (size, *_), rows in by_size.items():
        for part in parts(rows, size, _CHUNK):
            _measure(part, rules.own, found, sums)
    return found


def _measure(part: Sequence[AlignedRow], own: HeadSettings, found: _ClassRows, sums: ProbabilitySums) -> None:
    """Of rows of as many classes."""
    places, threshold = np.array([each.place for each in part]), own.threshold
    p, c = (distributions(rows, own) for rows in ([row.production for row in part], [row.candidate for row in part]))
    classes = _Classes(p.shape[1] - part[0].has_rest, _deciding(part, p.shape[1], own))
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
    found.decided.put(_of_two(part, own), decision.own, decision.other, changed, decision.margin)
    if both.any():
        rows = places[both]
        looked_at = decision.top if classes.deciding is None else classes.deciding
        found.described[rows], found.by_one[rows] = True, classes.deciding is not None
        serious = decision.crossed & (decision.from_threshold > SERIOUS)
        flags = {"argmax_flips": decision.flipped, "decision_flips": decision.crossed, "serious_flips": serious}
        measures = {name: flag[both] for name, flag in flags.items()}
        _describe_rows(_clipped(p[both]), _clipped(c[both]), looked_at[both], classes.named, rows, measures, found)


def _decision(p: Numbers, c: Numbers, classes: _Classes, threshold: float | None) -> _ClassDecision:
    named = p[:, : classes.named], c[:, : classes.named]
    own, other = map(first, named)
    flipped, top = flips(p, c, own, other, TIED), own
    with np.errstate(invalid="ignore"):
        margin = ahead(named[0], own)
    if threshold is None:
        nothing = np.zeros_like(flipped)
        return _ClassDecision(top, flipped, own, other, flipped, nothing, margin, margin)
    deciding = (own, other) if classes.deciding is None else (classes.deciding, classes.deciding)
    over, still = (at(side, each) >= threshold for side, each in zip((p, c), deciding, strict=True))
    from_threshold = np.abs(at(p, deciding[0]) - threshold)
    if classes.deciding is None:
        margin = np.minimum(margin, from_threshold)
        return _ClassDecision(top, flipped, own, other, flipped, over != still, from_threshold, margin)
    own, other = (side.astype(np.int_) for side in (over, still))
    nothing = np.zeros_like(flipped)
    return _ClassDecision(top, flipped, own, other, nothing, over != still, from_threshold, from_threshold)


def _deciding(part: Sequence[AlignedRow], width: int, own: HeadSettings) -> Indices | None:
    """The class that settings name, which all of these rows have or none; else the last one of two. A number that
    stands alone is of the second one.
    """
    if own.positive and part[0].production.size > 1:
        places = np.array([place_of(own.positive, row, own.names) for row in part])
        return places if places[0] >= 0 else None
    return np.ones(len(part), dtype=np.int_) if width == 2 and not part[0].has_rest else None


def _of_two(part: Sequence[AlignedRow], own: HeadSettings) -> Sequence[AlignedRow]:
    """Where settings name the class that a threshold decides for: whether a row is of it."""
    if own.threshold is None or not own.positive or part[0].production.size < 2:
        return part
    place = place_of(own.positive, part[0], own.names)
    if place < 0:
        return part
    names = f"not {own.positive}", labels_of(part[0], own.names)[place]
    return [row._replace(names=names) for row in part]


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
    looked_at: Indices,
    named: int,
    rows: Indices,
    measures: dict[str, Any],
    found: _ClassRows,
) -> None:
    """Of distributions: how far they are apart, and what calibration looks at: the class that alone decides, or the top
    one.
    """
    own, other = (side[:, :named].max(axis=1) for side in (p, c))
    change = other - own
    found.tops[0][rows], found.tops[1][rows] = own, other
    measures |= {**distances(p, c), "rise": np.maximum(change, 0.0), "fall": np.maximum(-change, 0.0)}
    for name, values in measures.items():
        found.measures[name][rows] = values
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
    own, other = found.tops
    sums.top.add_all(described.of(own), described.of(other))
    sums.far = int((means["total_variation"] > FAR).sum())
    sums.described = len(described)
    sums.decided = sums.described if threshold is not None else 0
    if found.by_one.any():
        p, c = (side[found.by_one] for side in found.looked_at)
        by_one = found.means(found.by_one)
        sums.thresholds.add_all(p, c, by_one.owner, by_one.counts, threshold)
    if sums.described:
        found.decided.add_to(sums.classes, sums.margins, found.described, described, PROBABILITIES)
    p, c = (side[found.described] for side in found.looked_at)
    sums.bin_n, sums.bin_production, sums.bin_candidate = calibration.binned(p, c, described)
