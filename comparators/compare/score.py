"""Kind "score": numbers without a further meaning, such as a regression's result, vectorised over a batch of requests.

A row disagrees where any of its numbers is outside the tolerance (tolerance.py), or, where a threshold is set, on its
other side. Two whole-number tensors must be equal unless a tolerance is set for this output, and so must two numbers of
plain JSON that are both written as whole ones. They are compared as floats, and where that cannot tell them apart once
more as they came. Where both sides write numbers as text they are read as numbers (text_numbers.py). score_sums.py
says how far apart they are, score_changes.py adds that up, and score_decisions.py what they decide.
"""

import contextlib
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from comparators.compare import score_changes, score_decisions, whole_numbers
from comparators.compare.extent import NOT_TOLD, ClippedSize, Extent, of_numbers
from comparators.compare.finding import AGREES, Difference, Finding, Kind, difference, disagrees
from comparators.compare.first_class import first
from comparators.compare.number_pairs import NumberPairs, by_form
from comparators.compare.number_tensors import are_numbers, is_numeric, matrix
from comparators.compare.request_distances import RequestDistances
from comparators.compare.row_stack import Indices, Numbers
from comparators.compare.rows import mask, row_count, same_json
from comparators.compare.rules import HeadRules
from comparators.compare.score_sums import ScoreSums
from comparators.compare.text_numbers import as_numbers
from comparators.compare.unfit import by_equality
from comparators.extract.output import Value
from comparators.statistics import exact

MAX_NUMBERS = 10_000  # that tell the extent


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
        findings[place] = _settled(*pairs[place], rules)
    sums.unfit += len(unfit)
    sums.places.add_all([pairs[place] for place in unfit])
    return findings, sums


def extent(values: Sequence[Value]) -> Extent:
    """Of the first numbers of each, MAX_NUMBERS in all."""
    found: list[Numbers] = []
    for each in (as_numbers(value) or value for value in values):
        if is_numeric(each):
            with contextlib.suppress(ValueError, TypeError, OverflowError):  # something among them is not a number
                found.append(matrix([each.values[:MAX_NUMBERS]])[0])
    return of_numbers(np.concatenate(found)[:MAX_NUMBERS]) if found else NOT_TOLD


def _settled(production: Value, candidate: Value, rules: HeadRules) -> Finding:
    """What needs no arithmetic: one of them is no number, or of another form."""
    rows = row_count(production)
    if as_numbers(production) is not None and is_numeric(candidate):
        return disagrees("type", rules.pointer, rows)
    if not is_numeric(production):
        return by_equality(production, candidate, rules) or AGREES
    if not is_numeric(candidate) or not are_numbers(production.datatype, candidate.datatype):
        return disagrees("type", rules.pointer, rows)
    return disagrees("shape", rules.pointer, rows)


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
    sums.rows += len(p) * group.rows
    if rules.own.threshold is not None:
        sums.decided += len(p)
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
        sums.rows_disagreeing += int(rows.sum())
        sums.disagreement += sum(exact.share(count, group.rows) for count in rows.tolist() if count)
    if rules.own.threshold is None:
        sums.too_small += _too_small(p, c, tolerance.atol)
    if group.cells == group.rows and not group.whole:
        score_decisions.add_all(p, c, rules, sums)
    sums.differences.add_all(p, c, delta)
    sums.dimensions.add_all(delta, disagreeing, group.rows, rules.extent)
    score_changes.add_all(p, c, delta, tolerance, rules.extent, sums)
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
    sizes = np.abs(delta)
    known = ~np.isnan(sizes)
    counts = known.sum(axis=1)
    some = np.flatnonzero(counts)
    apart = np.minimum(sizes, 2.0**extent.clip) / 2.0**extent.clip
    means = [np.where(known, each, 0.0)[some].sum(axis=1) / counts[some] for each in (apart, sizes)]
    into.put([places[each] for each in some.tolist()], *means)


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
    tolerance = rules.tolerance.of_whole if group.whole else rules.tolerance
    same = same_json(whole_numbers.cells(production), whole_numbers.cells(candidate), tolerance.agree)
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


def apart(pairs: Sequence[tuple[Value, Value]], rules: HeadRules) -> list[Mapping[str, ClippedSize]]:
    """Of each request what ScoreSums has of it, by the fields there; nothing where it has no number that is finite on
    both sides, or one that is too large to square.
    """
    found: list[Mapping[str, ClippedSize]] = [{}] * len(pairs)
    clip = rules.extent.clip
    tops = {"bias": clip, "absolute": clip, "square": 2 * clip}
    for group in by_form(pairs)[0]:
        try:
            p, c = matrix(group.production), matrix(group.candidate)
        except (ValueError, TypeError, OverflowError):  # something among them is not a number
            continue
        known, means = _means_apart(p, c)
        for place, values in zip(known.tolist(), zip(*(each.tolist() for each in means), strict=True), strict=True):
            told = {name: ClippedSize(value, top) for (name, top), value in zip(tops.items(), values, strict=True)}
            found[group.places[place]] = {**told, "sizes": told["absolute"]}
    return found


def _means_apart(p: Numbers, c: Numbers) -> tuple[Indices, list[Numbers]]:
    """Which rows of numbers have any that count, and the means over these: of δ, of |δ|, and of δ²."""
    finite = np.isfinite(p) & np.isfinite(c)
    counts = finite.sum(axis=1)
    with np.errstate(over="ignore", invalid="ignore"):
        delta = np.where(finite, c - p, 0.0)
        means = [each.sum(axis=1) / np.maximum(counts, 1) for each in (delta, np.abs(delta), delta * delta)]
    known = np.flatnonzero((counts > 0) & np.isfinite(means[2]))
    return known, [each[known] for each in means]
