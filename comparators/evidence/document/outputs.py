"""Of one kind of request: its outputs, what production answers differently itself, and the slices of its requests."""

from collections.abc import Iterator, Sequence

from comparators.compare.detail import Detail
from comparators.evidence.document.lines import MetricsAt, count, joined
from comparators.evidence.metric_index import SLICED, requirement
from comparators.evidence.registry import REGISTRY
from comparators.evidence.report import DifferenceCount, HeadReport, PlanReport, PlanSlice
from comparators.metrics.address import MetricAddress
from comparators.metrics.document import (
    Block,
    Code,
    Heading,
    Inline,
    Line,
    Mark,
    Metrics,
    MetricValue,
    Note,
    Number,
    Rest,
    Table,
    TableColumn,
)
from comparators.slices.finder import Rate

RATE = "disagreement.rate"
NOISE = ("disagreement.sampled", "disagreement.noise", "disagreement.excess")
# Of a kind that leaves something out: the metric that says how much of it changed, and what is said of that.
_NOT_COUNTED = {
    "probabilities": ("probability.total_variation", "probabilities changed by ", " (mean total variation)"),
    "embedding": ("embedding.cosine_distance", "directions changed by ", " (mean cosine distance)"),
}


def outputs(plan: PlanReport, at: MetricAddress) -> Iterator[Block]:
    for head in plan.heads:
        compared = f" (compared: {head.compared})" if head.compared else ""
        yield Heading(3, _name(head), (f"{head.kind}{compared}",))
        yield Metrics(MetricsAt(at._replace(output=head.head), head.metrics).values(head.metrics))
        yield from (_table(each) for each in head.details if each.rows)


def not_counted(plan: PlanReport) -> Iterator[Line]:
    """Of each output in which more changed than what makes a row disagree: one line, to stand by the rate."""
    for head in plan.heads:
        name, before, after = _NOT_COUNTED.get(head.kind, ("", "", ""))
        found = head.metrics.get(name)
        if found is not None and found.value:
            yield ("beside it, ", *_name(head), ": ", before, Number(found.value, found.unit), after)


def noise(plan: PlanReport, own: MetricsAt) -> Iterator[Block]:
    """Production against itself, where it was asked twice; and what could be ignored."""
    found = own.values(NOISE)
    if not found:
        return
    yield Heading(3, ("Noise",), ("requests that production was asked twice",))
    yield Metrics(found)
    if plan.noise:
        yield Note(("Production differs from itself at these paths; ids and times belong in compare.ignore.",))
        rest = plan.noise_not_listed
        yield places(plan.noise, Rest(rest, "at further paths") if rest else None)


def places(found: Sequence[DifferenceCount], rest: Rest | None) -> Table:
    """Where answers differ, and how often."""
    columns = (TableColumn("share", drawn=True), *map(TableColumn, ("requests", "path", "difference")))
    rows = tuple(
        (
            Number(each.share, "share"),
            count(each.requests),
            Code(each.path) if each.path else "(whole)",
            each.words,
        )
        for each in found
    )
    return Table((), columns, rows, rest)


def slices(found: Sequence[PlanSlice], at: MetricAddress) -> Iterator[Block]:
    """Where it disagrees more than elsewhere, and what an operator asked for."""
    if not found:
        return
    yield Heading(3, ("Slices",), ("of requests, told by what they ask",))
    head = (TableColumn("slice"), TableColumn("disagreement", drawn=True))
    columns = (*head, *map(TableColumn, ("elsewhere", "requests", "of all disagreement", "e-value", "")))
    yield Table((), columns, tuple(_slice(each, at) for each in found))
    yield Note(("higher: an e-value of ", Number(found[0].e_value_needed, "value"), " or more"), "aside")
    yield from (Note(_together(each), "aside") for each in found if each.also)


def _slice(each: PlanSlice, at: MetricAddress) -> Line:
    higher: Inline = Mark("higher", "worse") if each.named else ""
    address = at._replace(name=SLICED, slice=(requirement(each.condition),))
    rates = _rate(each, str(address), each.method), _rate(each.complement, "", each.method)
    evidence = Number(each.e_value, "value")
    return (Code(each.words), *rates, count(each.n), Number(each.carries, "share"), evidence, higher)


def _rate(side: PlanSlice | Rate, address: str, method: str) -> MetricValue:
    """Of a slice, or of its complement."""
    return MetricValue(
        address=address,
        label=REGISTRY[SLICED].label,
        value=side.value,
        lo=side.lo,
        hi=side.hi,
        n=side.n,
        unit=REGISTRY[SLICED].unit,
        method=method,
    )


def _together(each: PlanSlice) -> Line:
    also = joined(((Code(other.words),) for other in each.also), ", ")
    more = (" and ", count(each.also_not_listed), " more") if each.also_not_listed else ()
    return ("together with ", Code(each.words), ": ", *also, *more)


def _name(head: HeadReport) -> Line:
    return (Code(head.head),) if head.head else ("the body",)


def _table(detail: Detail) -> Table:
    rest = Rest(detail.not_listed, "more") if detail.not_listed else None
    rows = tuple(tuple(map(_cell, row, detail.units)) for row in detail.rows)
    return Table((detail.title,), tuple(map(TableColumn, detail.columns)), rows, rest)


def _cell(cell: str | float | None, unit: str) -> Inline:
    """Text came with the traffic, an integer is a count."""
    if isinstance(cell, str):
        return Code(cell)
    return count(cell) if isinstance(cell, int) else Number(cell, unit)
