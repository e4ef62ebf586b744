"""Kind "score": numbers without a further meaning, such as a regression's result, vectorised over a batch of requests.

A row disagrees where any of its numbers is outside the tolerance (tolerance.py), or, where a threshold is set, on its
other side. Two whole-number tensors must be equal unless a tolerance is set for this output, and so must two numbers of
plain JSON that are both written as whole ones. They are compared as floats, and where that cannot tell them apart once
more as they came. The sums describe how far apart the numbers are: a request counts once, with the mean over its
numbers; it rose or fell where that mean changed by more than the tolerance.

Rank agreement is Kendall's tau-b (Biometrika 33(3), "The treatment of ties in ranking problems") over a joint histogram
of both scores (joint_histogram.py), in which a candidate's number within `rtol` of production's counts as the same.
"""

import contextlib
import math
from collections.abc import Sequence

import numpy as np
from msgspec import field
from numpy.typing import NDArray

from comparators.compare import whole_numbers
from comparators.compare.detail import Detail, DetailRow, left_out
from comparators.compare.extent import NOT_TOLD, Extent, of_numbers
from comparators.compare.finding import AGREES, Difference, Finding, Kind, difference, disagrees
from comparators.compare.first_class import first
from comparators.compare.number_pairs import NumberPairs, by_form
from comparators.compare.number_tensors import are_numbers, is_numeric, matrix
from comparators.compare.request_distances import RequestDistances
from comparators.compare.row_stack import Numbers
from comparators.compare.rows import mask, row_count, same_json
from comparators.compare.rules import HeadRules
from comparators.compare.tolerance import Rules
from comparators.compare.unfit import by_equality
from comparators.extract.output import Value
from comparators.metrics import metric, ways
from comparators.metrics.definition import Definition
from comparators.metrics.metric import Derivation
from comparators.metrics.ways import Way
from comparators.statistics import agreement, exact
from comparators.statistics.edges import EdgeHistogram
from comparators.statistics.joint_histogram import JointHistogram
from comparators.statistics.sketch import Sketch
from comparators.statistics.sums import Sums

MEAN = "score.mae"
FARTHER = "score.farther_minus_closer"  # a metric of requests that production was asked twice
MAX_NUMBERS = 10_000  # that tell the extent

_LEFT_OUT = {
    "nan_production": "numbers of production that are not a number",
    "nan_candidate": "numbers of the candidate that are not a number",
    "nan_both": "numbers that are not a number on both sides",
    "infinite": "numbers that are infinite",
    "too_large": "requests whose numbers are too large to square",
}


class ScoreSums(Sums, tag="score", kw_only=True):
    """Of each request the mean over its numbers that are finite on both sides, δ being c - p. Differences are clipped
    as the plan's extent says, squares at the square of that; moments are statistics.exact's, of numbers in units of the
    extent's scale.
    """

    compared: int = 0
    unfit: int = 0  # requests beside them: no numbers, or another shape
    disagreement: int = field(default=0, name="disagreeing")  # shares of rows
    n: int = 0  # requests with numbers that are finite on both sides
    bias: EdgeHistogram = field(default_factory=EdgeHistogram)  # of δ
    absolute: EdgeHistogram = field(default_factory=EdgeHistogram)  # of |δ|
    square: EdgeHistogram = field(default_factory=EdgeHistogram)  # of δ²
    beyond: int = 0  # requests of which any of the three is beyond its clip
    sizes: Sketch = field(default_factory=Sketch)  # of |δ|
    production: int = 0
    production_squares: int = 0
    candidate: int = 0
    candidate_squares: int = 0
    product: int = 0
    rose: int = 0  # requests whose mean rose beyond the tolerance
    fell: int = 0
    upward: int = 0  # requests with a number that moved up across the threshold
    downward: int = 0
    vectors: int = 0  # requests with several numbers a row
    argmax_flips: int = 0  # shares of their rows with another largest number
    too_small: int = 0  # requests whose numbers are within atol of zero on both sides, but for those that are all zero
    not_finite: dict[str, int] = field(default_factory=dict)  # numbers, by side
    joint: JointHistogram = field(default_factory=JointHistogram)  # of production's mean and the candidate's


def compare(
    pairs: Sequence[tuple[Value, Value]], rules: HeadRules, into: RequestDistances | None = None
) -> tuple[list[Finding], ScoreSums]:
    """A distance is the mean of |δ|, clipped, as a share of the clip."""
    findings = [AGREES] * len(pairs)
    sums = ScoreSums()
    groups, unfit = by_form(pairs)
    for group in groups:
        sums.compared += len(group.places)
        if group.retyped:
            for place in group.places:
                findings[place] = Finding(0, (difference("datatype", rules.pointer),))
        if group.cells:
            _compare_numbers(group, rules, findings, sums, into)
    for place in unfit:
        findings[place] = _settled(*pairs[place], rules.pointer)
    sums.unfit += len(unfit)
    return findings, sums


def extent(values: Sequence[Value]) -> Extent:
    """Of the first numbers of each, MAX_NUMBERS in all."""
    found: list[Numbers] = []
    for each in values:
        if is_numeric(each):
            with contextlib.suppress(ValueError, TypeError, OverflowError):  # something among them is not a number
                found.append(matrix([each.values[:MAX_NUMBERS]])[0])
    return of_numbers(np.concatenate(found)[:MAX_NUMBERS]) if found else NOT_TOLD


def _settled(production: Value, candidate: Value, pointer: str) -> Finding:
    """What needs no arithmetic: one of them is no number, or of another form."""
    rows = row_count(production)
    if not is_numeric(production):
        return by_equality(production, candidate, pointer) or AGREES
    if not is_numeric(candidate) or not are_numbers(production.datatype, candidate.datatype):
        return disagrees("type", pointer, rows)
    return disagrees("shape", pointer, rows)


def _compare_numbers(
    group: NumberPairs, rules: HeadRules, findings: list[Finding], sums: ScoreSums, into: RequestDistances | None
) -> None:
    try:
        p, c = matrix(group.production), matrix(group.candidate)
    except (ValueError, TypeError, OverflowError):  # something among them is not a number
        _one_by_one(group, rules, findings, sums, into)
        return
    tolerance = rules.tolerance.of_whole if group.whole else rules.tolerance_of(*group.datatypes)
    disagreeing = tolerance.disagree(p, c)
    with np.errstate(over="ignore", invalid="ignore"):
        delta = c - p
    if group.whole or group.may_be:
        whole_numbers.correct(group.production, group.candidate, p, c, tolerance, disagreeing, delta)
    _count_flips(p, c, disagreeing, group.rows, sums)
    alone = np.isnan(p) != np.isnan(c)
    if rules.own.threshold is not None:
        crossed = ((p >= rules.own.threshold) != (c >= rules.own.threshold)) & ~alone
        _book(group, disagreeing & alone, "nan", rules.pointer, findings)
        _book(group, crossed, "decision", rules.pointer, findings)
        sums.upward += int((crossed & (c > p)).any(axis=1).sum())
        sums.downward += int((crossed & (c < p)).any(axis=1).sum())
        disagreeing = (disagreeing & alone) | crossed
    elif disagreeing.any():
        _book(group, disagreeing & alone, "nan", rules.pointer, findings)
        _book(group, disagreeing & ~alone, "value", rules.pointer, findings)
    if disagreeing.any():
        rows = disagreeing.reshape(len(disagreeing), group.rows, -1).any(axis=2).sum(axis=1)
        sums.disagreement += sum(exact.share(count, group.rows) for count in rows.tolist() if count)
    if rules.own.threshold is None:
        sums.too_small += _too_small(p, c, tolerance.atol)
    _describe(p, c, delta, tolerance, rules.extent, sums)
    if into is not None:
        _put_distances(group.places, delta, rules.extent, into)


def _count_flips(p: Numbers, c: Numbers, disagreeing: NDArray[np.bool_], rows: int, sums: ScoreSums) -> None:
    """Of several numbers a row: whether another one is the largest, in rows that are not within the tolerance."""
    width = p.shape[1] // rows
    if width < 2:
        return
    sums.vectors += len(p)
    if disagreeing.any():
        own, other = (first(side.reshape(-1, width)) for side in (p, c))
        flips = (own != other) & disagreeing.reshape(-1, width).any(axis=1)
        sums.argmax_flips += sum(exact.share(count, rows) for count in flips.reshape(-1, rows).sum(axis=1).tolist())


def _put_distances(places: Sequence[int], delta: Numbers, extent: Extent, into: RequestDistances) -> None:
    """Of the requests with a number that is known on both sides; one that is infinite on one side is clipped."""
    apart = np.minimum(np.abs(delta), 2.0**extent.clip) / 2.0**extent.clip
    known = ~np.isnan(apart)
    counts = known.sum(axis=1)
    some = np.flatnonzero(counts)
    into.put([places[each] for each in some.tolist()], np.where(known, apart, 0.0)[some].sum(axis=1) / counts[some])


def _one_by_one(
    group: NumberPairs, rules: HeadRules, findings: list[Finding], sums: ScoreSums, into: RequestDistances | None
) -> None:
    """So that a value that is no number spoils its own request alone."""
    places, production, candidate = group.places, group.production, group.candidate
    if len(places) > 1:
        for place, p, c in zip(places, production, candidate, strict=True):
            alone = group._replace(places=[place], production=[p], candidate=[c])
            _compare_numbers(alone, rules, findings, sums, into)
        return
    same = same_json(whole_numbers.cells(production), whole_numbers.cells(candidate))
    findings[places[0]] = AGREES if same else disagrees("value", rules.pointer, group.rows)
    sums.compared -= 1
    sums.unfit += 1


def _book(
    group: NumberPairs, disagreeing: NDArray[np.bool_], kind: Kind, pointer: str, findings: list[Finding]
) -> None:
    if not disagreeing.any():
        return
    told: Difference = difference(kind, pointer)
    for number in np.flatnonzero(disagreeing.any(axis=1)).tolist():
        by_row: list[bool] = disagreeing[number].reshape(group.rows, -1).any(axis=1).tolist()
        before = findings[group.places[number]]
        findings[group.places[number]] = Finding(before.disagreeing | mask(by_row), (*before.differences, told))


def _too_small(p: Numbers, c: Numbers, atol: float) -> int:
    largest = np.maximum(np.abs(p), np.abs(c)).max(axis=1)
    return int(((largest > 0) & (largest <= atol)).sum())


def _describe(p: Numbers, c: Numbers, delta: Numbers, tolerance: Rules, extent: Extent, sums: ScoreSums) -> None:
    finite = np.isfinite(p) & np.isfinite(c)
    if not finite.all():
        _count_not_finite(p, c, sums)
        kept = finite.any(axis=1)
        p, c, delta, finite = p[kept], c[kept], delta[kept], finite[kept]
        if not len(p):
            return
        p, c, delta = (np.where(finite, each, 0.0) for each in (p, c, delta))
    counts = finite.sum(axis=1)
    with np.errstate(over="ignore", invalid="ignore"):
        means = [_means(each, counts) for each in (delta, np.abs(delta), delta * delta, p, c)]
        means += [np.ldexp(each, -extent.scale) for each in means[3:]]
    if not all(np.isfinite(each).all() for each in means):
        small = np.logical_and.reduce([np.isfinite(each) for each in means])
        sums.not_finite["too_large"] = sums.not_finite.get("too_large", 0) + int((~small).sum())
        means = [each[small] for each in means]
    bias, absolute, square, p, c, own, other = means
    _add(sums, extent, bias, absolute, square, own, other)
    _add_directions(sums, p, bias, tolerance)
    _add_ranks(sums, p, c, tolerance)


def _means(values: Numbers, counts: NDArray[np.int_]) -> Numbers:
    return values[:, 0] if values.shape[1] == 1 else values.sum(axis=1) / counts


def _add(
    sums: ScoreSums, extent: Extent, bias: Numbers, absolute: Numbers, square: Numbers, p: Numbers, c: Numbers
) -> None:
    sums.n += len(bias)
    sums.bias.add_all(bias, extent.clip)
    sums.absolute.add_all(absolute, extent.clip)
    sums.square.add_all(square, 2 * extent.clip)
    sums.beyond += int((square > 2.0 ** (2 * extent.clip)).sum())  # a mean of squares is the largest of the three
    sums.sizes.add_all(absolute)
    sums.add_moments(production=p, candidate=c)
    sums.product += exact.product(p, c)


def _add_directions(sums: ScoreSums, p: Numbers, bias: Numbers, tolerance: Rules) -> None:
    beyond = np.abs(bias) > tolerance.atol + tolerance.rtol * np.abs(p)
    sums.rose += int((beyond & (bias > 0)).sum())
    sums.fell += int((beyond & (bias < 0)).sum())


def _add_ranks(sums: ScoreSums, p: Numbers, c: Numbers, tolerance: Rules) -> None:
    """Where rounding tells two equal numbers of production's apart, their order is not the candidate's. It is relative:
    below `atol` order may be all that small scores say.
    """
    rounding = Rules(0.0, tolerance.rtol, ())
    sums.joint.add_all(p, np.where(rounding.disagree(p, c), c, p))


def _count_not_finite(p: Numbers, c: Numbers, sums: ScoreSums) -> None:
    nan = {
        "nan_production": np.isnan(p) & ~np.isnan(c),
        "nan_candidate": np.isnan(c) & ~np.isnan(p),
        "nan_both": np.isnan(p) & np.isnan(c),
        "infinite": np.isinf(p) | np.isinf(c),
    }
    for name, where in nan.items():
        if count := int(where.sum()):
            sums.not_finite[name] = sums.not_finite.get(name, 0) + count


def apart(pairs: Sequence[tuple[Value, Value]]) -> list[float | None]:
    """The mean of |δ| of each request, over its numbers that are finite on both sides; None where there is none."""
    found: list[float | None] = [None] * len(pairs)
    for group in by_form(pairs)[0]:
        try:
            p, c = matrix(group.production), matrix(group.candidate)
        except (ValueError, TypeError, OverflowError):  # something among them is not a number
            continue
        with np.errstate(over="ignore", invalid="ignore"):
            sizes = np.abs(c - p)
        finite = np.isfinite(sizes)
        totals = np.where(finite, sizes, 0.0).sum(axis=1)
        for place, total, count in zip(group.places, totals.tolist(), finite.sum(axis=1).tolist(), strict=True):
            found[place] = total / count if count else None
    return found


# ---- what the sums say


def _across(upward: int, downward: int, n: int, alpha: float, *, effect: float = 1.0) -> Derivation | None:
    if not (upward or downward):
        return None
    return ways.paired_difference(upward, downward, n, alpha, ("upward", "downward"), effect=effect)


def _concordance(n: int, *moments: int) -> Derivation:
    value = agreement.concordance(n, *moments)
    return ways.described(value, n, {"n": n}, "neither side varies" if value is None and n else "")


def _rank_agreement(joint: JointHistogram) -> Derivation:
    n = joint.n
    value = agreement.tau_b(joint)
    return ways.described(value, n, {"n": n}, "one side does not vary" if value is None and n else "")


_BEYOND = "score.beyond"
METRICS = (
    Definition(
        "score.disagreement", "share", "lower", "disagreement", ways.RATE, ("disagreement", "compared"),
        "The mean over requests of the share of their rows with a number beyond the tolerance or, with a threshold, on "
        "its other side.",
    ),
    Definition(
        "score.bias", "value", "neither", "bias", ways.CLIPPED_DIFFERENCE, ("bias",),
        "The mean of δ, the candidate's number less production's, clipped.", signed=True, passes_with=_BEYOND,
    ),
    Definition(
        MEAN, "value", "lower", "mean absolute difference", ways.CLIPPED_MEAN, ("absolute",),
        "The mean of |δ|, clipped.", passes_with=_BEYOND,
    ),
    Definition(
        "score.rmse", "value", "lower", "root mean square difference",
        ways.with_sums_of(ways.changed(ways.CLIPPED_MEAN, math.sqrt), "δ²"), ("square",),
        "The root of the mean of δ², each clipped at the square of the clip; the interval's ends are rooted likewise.",
        passes_with=_BEYOND,
    ),
    Definition(
        _BEYOND, "share", "lower", "beyond the clip", ways.SHARE, ("beyond", "n"),
        "The share of requests whose δ is beyond the clip, and counts in the means as the clip.",
    ),
    Definition(
        "score.absolute_p50", "value", "lower", "median absolute difference",
        ways.quantile(0.5, "score.absolute"), ("sizes",), "The p50 of |δ|.",
    ),
    Definition(
        "score.absolute_p99", "value", "lower", "p99 absolute difference",
        ways.quantile(0.99, "score.absolute"), ("sizes",), "The p99 of |δ|.",
    ),
    Definition(
        "score.above_minus_below", "share", "neither", "above minus below",
        ways.difference("above", "below"), ("rose", "fell", "n"),
        "The share of requests whose mean rose by more than the tolerance, less the share of those whose mean fell so.",
    ),
    Definition(
        "score.concordance", "value", "higher", "concordance", ways.descriptive(_concordance),
        ("n", "production", "production_squares", "candidate", "candidate_squares", "product"),
        "Lin's coefficient 2 s_pc / (s_p² + s_c² + (p̄ - c̄)²) (Biometrics 45(1), 1989).",
    ),
    Definition(
        "score.rank_agreement", "value", "higher", "rank agreement", ways.descriptive(_rank_agreement), ("joint",),
        "Kendall's τ-b over a joint histogram of at most 64 bins a side, as fine as the scores need; numbers within "
        "`rtol` of each other are equal.",
    ),
    Definition(
        "score.argmax_flips", "share", "lower", "argmax flips", ways.where_any(ways.RATE), ("argmax_flips", "vectors"),
        "The mean over requests of the share of their rows in which another number is the largest: as of logits.",
        only_where="rows have several numbers",
    ),
    Definition(
        "score.upward_minus_downward", "share", "neither", "upward minus downward",
        Way(metric.DIFFERENCE, _across), ("upward", "downward", "n"),
        "The share of requests with a number that moved up across the threshold, less the share of the reverse.",
        only_where="a threshold is set, and a number crossed it",
    ),
)  # fmt: skip


def tables(sums: ScoreSums) -> list[Detail]:
    not_finite = {_LEFT_OUT[name]: count for name, count in sorted(sums.not_finite.items())}
    missing = left_out({**not_finite, "requests without numbers, or with another shape": sums.unfit})
    return [*_within_atol(sums), *missing]


def _within_atol(sums: ScoreSums) -> list[Detail]:
    """Where no difference of most requests could be found."""
    if 2 * sums.too_small <= sums.n:
        return []
    title = "within atol of zero on both sides, so that no difference counts: set a smaller atol for this output"
    rows: list[DetailRow] = [("all numbers of a request", sums.too_small)]
    return [Detail(title=title, columns=("", "requests"), units=("", ""), rows=rows)]
