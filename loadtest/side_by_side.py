"""Two runs of one plan side by side, request by request: which of them answers sooner, fails less, agrees more. Pure.

Both were sent the same at the same times, so what differs is the target's. Pairs of neighbours resemble each other as a
run's times do: measuring.py says what that costs.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from comparators.evidence.report import Report
from comparators.metrics import metric
from comparators.metrics.document import (
    Block,
    Blocks,
    Code,
    Heading,
    Line,
    Metrics,
    MetricValue,
    Note,
    Table,
    TableColumn,
)
from comparators.metrics.document import Number as Told
from comparators.metrics.way import few_units
from comparators.statistics import quantiles, sequences
from comparators.statistics.estimate import UNKNOWN
from comparators.statistics.sketch import Sketch
from loadtest.errors import SourceError
from loadtest.measuring import bursts, design_effect
from loadtest.results.rows import NEVER, ResultColumns

NAMES = (
    "response.p50_ms", "response.p99_ms", "service.p50_ms", "service.p99_ms", "first_token.p50_ms",
    "first_token.p99_ms", "failures.rate", "rate.achieved", "goodput", "rate.tokens", "disagreement.rate",
)  # fmt: skip
_SHORT = 12
_ERRORS = 400  # and more
_QUANTILES = {"median": 0.5, "p90": 0.9, "p99": 0.99}


class PlannedRun(NamedTuple):
    """A run that was kept: its plan's hash, rows, report, and what it is called here. `judged_by`: a fingerprint of how
    its answers were compared, "" where it is not known.
    """

    name: str
    plan_sha256: str
    rows: ResultColumns
    report: Report
    judged_by: str = ""


class PairedValue(Struct, frozen=True, kw_only=True):
    """Of the requests that both runs have: a value with an interval at `alpha`; the JSON face of one row."""

    name: str
    value: float | None
    lo: float | None
    hi: float | None
    n: int
    unit: str
    alpha: float
    reason: str = ""


def compared(first: PlannedRun, second: PlannedRun) -> list[PairedValue]:
    """How the second differs from the first. Raises SourceError where their plans differ."""
    if first.plan_sha256 != second.plan_sha256:
        hashes = f"{first.plan_sha256[:_SHORT]} and {second.plan_sha256[:_SHORT]}"
        raise SourceError(
            f"{first.name} and {second.name} are runs of different plans ({hashes}), so what differs may be the load: "
            "replay both with the same source, rhythm and seed"
        )
    one, other = _joined(first.rows.counting(), second.rows.counting())
    alpha = first.report.alpha
    return [*_ratios(one, other, alpha), *_differences(one, other, alpha, (first.report, second.report))]


def notes_on(first: PlannedRun, second: PlannedRun) -> Iterator[str]:
    """What is to be known before any number."""
    for run in (first, second):
        load = run.report.load
        for why in load.invalid_because if load else ():
            yield f"{run.name} is no valid evidence: {why}"
    if first.judged_by and second.judged_by and first.judged_by != second.judged_by:
        yield "their answers were compared by different settings, so what differs in disagreement may be these alone"


def document_of(first: PlannedRun, second: PlannedRun, found: list[PairedValue]) -> Blocks:
    return tuple(_blocks(first, second, found))


def _blocks(first: PlannedRun, second: PlannedRun, found: list[PairedValue]) -> Iterator[Block]:
    plan = Code(first.plan_sha256[:_SHORT])
    yield Heading(1, (Code(second.name), " against ", Code(first.name)), ("two runs of plan ", plan))
    for note in notes_on(first, second):
        yield Note((note,), "warning")
    yield Metrics(tuple(map(_shown, found)))
    yield Heading(2, ("Each by itself",))
    columns = tuple(map(TableColumn, ("metric", "first", "second")))
    rows: tuple[Line, ...] = tuple(
        (name, *(Told(each.report.metrics[name].value, each.report.metrics[name].unit) for each in (first, second)))
        for name in NAMES
        if name in first.report.metrics and name in second.report.metrics
    )
    yield Table((), columns, rows)


def _shown(found: PairedValue) -> MetricValue:
    signed = found.unit == "share"
    return MetricValue(
        address="", label=found.name, value=found.value, lo=found.lo, hi=found.hi, n=found.n, unit=found.unit,
        method=metric.DIFFERENCE if signed else metric.QUANTILE, reason=found.reason, signed=signed,
    )  # fmt: skip


def _joined(one: ResultColumns, other: ResultColumns) -> tuple[ResultColumns, ResultColumns]:
    """The rows that both have, in the order of their plan."""
    _, places, others = np.intersect1d(one.n, other.n, return_indices=True)
    return ResultColumns(*(each[places] for each in one)), ResultColumns(*(each[others] for each in other))


def _ratios(one: ResultColumns, other: ResultColumns, alpha: float) -> Iterator[PairedValue]:
    answered = _succeeded(one) & _succeeded(other)
    for name, since in (("response", "due"), ("service", "sent")):
        own, theirs = ((each.done - getattr(each, since))[answered] for each in (one, other))
        ratios = np.maximum(theirs, 1) / np.maximum(own, 1)
        for label, q in _QUANTILES.items():
            yield _quantile(f"same request, {label} of {name} ratios", ratios, q, alpha)


def _succeeded(rows: ResultColumns) -> NDArray[np.bool_]:
    """An error that comes at once is no quick answer."""
    found: NDArray[np.bool_] = (rows.done != NEVER) & ~rows.failed & (rows.status < _ERRORS)
    return found


def _quantile(name: str, values: NDArray[np.float64], q: float, alpha: float) -> PairedValue:
    sketch = Sketch()
    sketch.add_all(values)
    found = quantiles.quantile(sketch, q, alpha, design_effect(values, q)) if len(values) else None
    return PairedValue(
        name=name, value=found and found.value, lo=found and found.interval.lo, hi=found and found.interval.hi,
        n=len(values), unit="ratio", alpha=alpha, reason=found.reason if found else "none succeeded in both",
    )  # fmt: skip


def _differences(
    one: ResultColumns, other: ResultColumns, alpha: float, reports: Sequence[Report]
) -> Iterator[PairedValue]:
    """Of what one run has and the other has not, less the reverse."""
    effect = _effect("errors.new_minus_fixed", reports)
    yield _difference(
        "fails in the second alone, less in the first", one.without_success(), other.without_success(), alpha, effect
    )
    told = ~np.isnan(one.disagrees) & ~np.isnan(other.disagrees)
    before, now = one.disagrees[told] > 0, other.disagrees[told] > 0
    effect = _effect("disagreement.rate", reports)
    yield _difference("disagrees in the second alone, less in the first", before, now, alpha, effect)


def _effect(name: str, reports: Sequence[Report]) -> float:
    """Whose requests these are, and how often each was sent, is told by the reports alone, not by their rows."""
    copies = [each.load.copies for each in reports if each.load]
    sums = [each.metrics[name].sums for each in reports if name in each.metrics]
    effects = [float(own[key]) for own in sums for key in own if key.startswith("design_effect")]
    return max([1.0, *copies, *effects])


def _difference(
    name: str, before: NDArray[np.bool_], now: NDArray[np.bool_], alpha: float, effect: float
) -> PairedValue:
    """`effect`: as many requests tell as much as one, at least."""
    n = len(before)
    new, gone = now & ~before, before & ~now
    effect = max(effect, bursts(new), bursts(gone))
    count, reverse = int(np.count_nonzero(new)), int(np.count_nonzero(gone))
    reason = few_units(n, effect) if n else "no request is in both"
    known = (count / effect, reverse / effect, n / effect)
    ends = UNKNOWN if reason else sequences.rate_difference(*known, alpha)
    return PairedValue(
        name=name, value=(count - reverse) / n if n else None, lo=ends.lo, hi=ends.hi, n=n, unit="share", alpha=alpha,
        reason=reason,
    )  # fmt: skip
