"""Of one kind of request: its outputs, where answers differ, and the slices of its requests."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, groupby

import msgspec

from comparators.compare.detail import Detail, DetailCell, Picture, RateCell
from comparators.compare.label_numbers import LEAST_LABELS
from comparators.evidence.document.grounds import agree_within, told_by
from comparators.evidence.document.lines import MetricsAt, clipped, count, head_name, joined
from comparators.evidence.metric_index import SLICED, requirements
from comparators.evidence.registry import NOISE_NAMES, OUTPUT_METRICS, REGISTRY
from comparators.evidence.report import DifferenceCount, DistanceSlice, HeadReport, PlanReport, PlanSlice
from comparators.metrics.address import MetricAddress
from comparators.metrics.document import (
    BarChart,
    Bars,
    Block,
    Code,
    Curve,
    Heading,
    Histogram,
    Inline,
    Line,
    Mark,
    Metrics,
    MetricValue,
    Note,
    Number,
    Rest,
    Side,
    Snippet,
    Table,
    TableColumn,
)
from comparators.plans.inference import is_named_label
from comparators.slices.finder import OverlappingSlice, Rate
from ground.plurals import counted
from ground.printable import escaped
from records.privacy.redaction import PREFIX

RATE = "disagreement.rate"
# Of a kind that leaves something out: the metric that says how much of it changed, and what is said of that.
_NOT_COUNTED = {
    "probabilities": ("probability.total_variation", "probabilities changed by ", " (mean total variation)"),
    "embedding": ("embedding.cosine_distance", "directions changed by ", " (mean cosine distance)"),
}
AS_SCORE = "whole numbers, taken for labels; where they are counts or amounts, settings make a score of them:"
_MAX_DECISIONS = 8  # outputs
_HOW_FAR = ("score.absolute_p50", "score.absolute_p99")  # the size of differences
_HIGHER, _FARTHER = "higher", "further apart"  # what a slice is named for
_BY_BOTH = "told by the mean, and by the power of two at which each difference lies"


def outputs(plan: PlanReport, at: MetricAddress) -> Iterator[Block]:
    for head in plan.heads:
        compared = f" (compared: {head.compared})" if head.compared else ""
        yield Heading(3, head_name(head), (f"{head.kind}{compared}",))
        if said := told_by(head):
            yield Note((said,), "aside")
        if said := agree_within(head):
            yield Note((said,), "aside")
        yield from _as_score(head)
        told = [name for name in head.metrics if name not in NOISE_NAMES]
        yield Metrics(MetricsAt(at._replace(output=head.head), head.metrics).values(told))
        yield from _rows(head)
        yield from _clips(head)
        hinted = chain.from_iterable(hint.details for hint in head.hints)
        yield from chain.from_iterable(_detail(each) for each in chain(hinted, head.details) if each.rows)


def _rows(head: HeadReport) -> Iterator[Block]:
    """Of all rows, where requests have several."""
    of = head.rows
    if of.rows > of.requests:
        said: Line = (count(of.disagreeing), " of ", count(of.rows), " rows disagree, ")
        without = ": without an interval, since rows of one request may resemble each other"
        yield Note((*said, Number(of.disagreeing / of.rows, "share"), without), "aside")


def _clips(head: HeadReport) -> Iterator[Block]:
    """What the metrics call the clip."""
    clips = {
        REGISTRY[name].passes_with: metric.sums["clip"]
        for name, metric in head.metrics.items()
        if name not in NOISE_NAMES and metric.sums.get("clip") and "of" not in metric.sums
    }
    yield from (clipped(REGISTRY[beyond].label, Number(clip, "value")) for beyond, clip in clips.items())


def _as_score(head: HeadReport) -> Iterator[Block]:
    """How to say that whole numbers are no labels, where only they themselves say so, and they are many for classes. A
    table of its own, which stands anywhere in a file.
    """
    by_values = head.decided_by == "values" and not is_named_label(head.head)
    if head.kind == "label" and by_values and head.grounds.are_whole and head.grounds.different >= LEAST_LABELS:
        yield Note((AS_SCORE,), "aside")
        if PREFIX not in head.head:
            pointer = escaped(msgspec.json.encode(head.head).decode())
            yield Snippet("toml", ("[[compare.heads]]", f"pointer = {pointer}", 'kind = "score"'))


def hints(plan: PlanReport) -> Iterator[Line]:
    """Where the rate would mislead: a line each, to stand by it."""
    for head in plan.heads:
        for hint in head.hints:
            far = ((REGISTRY[name], head.metrics[name].value) for name in hint.look_at)
            told = joined(((f"{about.label} ", Number(value, about.unit)) for about, value in far), ", ")
            yield (*head_name(head), f": {hint.words}", *((": ", *told) if told else ()))


def not_counted(plan: PlanReport) -> Iterator[Line]:
    """Of each output in which more changed than what makes a row disagree: one line, to stand by the rate."""
    for head in plan.heads:
        name, before, after = _NOT_COUNTED.get(head.kind, ("", "", ""))
        found = head.metrics.get(name)
        if found is not None and found.value:
            yield ("beside it, ", *head_name(head), ": ", before, Number(found.value, found.unit), after)


def decisions(plan: PlanReport) -> Line:
    """How many change, output by output, those that change most first; nothing where no output decides."""
    rates = [(head, head.metrics.get(OUTPUT_METRICS[head.kind][0].name)) for head in plan.heads if head.decides]
    found = [(head, rate.value) for head, rate in rates if rate is not None and rate.value is not None]
    known = sorted(found, key=lambda each: -each[1])
    told = ((*head_name(head), " ", Number(share, "share")) for head, share in known[:_MAX_DECISIONS])
    more = (f", and {counted(len(known) - _MAX_DECISIONS, 'other output')}",) if len(known) > _MAX_DECISIONS else ()
    return ("decisions that change: ", *joined(told, ", "), *more) if known else ()


def sizes(plan: PlanReport) -> Line:
    """How far apart numbers are, output by output, as many as decisions; nothing where there are none."""
    found = [head for head in plan.heads if any(size is not None for size in how_far(head))]
    told = ((*head_name(head), *_size(head)) for head in found[:_MAX_DECISIONS])
    more = (f", and {counted(len(found) - _MAX_DECISIONS, 'other output')}",) if len(found) > _MAX_DECISIONS else ()
    return ("size of differences: ", *joined(told, "; "), *more) if found else ()


def how_far(head: HeadReport) -> tuple[float | None, ...]:
    """p50 and p99 of |δ|, where the output is a number."""
    return tuple(head.metrics[name].value if name in head.metrics else None for name in _HOW_FAR)


def _size(head: HeadReport) -> Line:
    p50, p99 = how_far(head)
    return " p50 ", Number(p50, "value"), ", p99 ", Number(p99, "value")


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


def slices(found: Sequence[PlanSlice], apart: Sequence[DistanceSlice], at: MetricAddress) -> Iterator[Block]:
    """Where it disagrees more than elsewhere, what an operator asked for, and where answers are further apart."""
    if found or apart:
        yield Heading(3, ("Slices",), ("of requests, told by what they ask",))
    if found:
        head = (TableColumn("slice"), TableColumn("disagreement", drawn=True))
        columns = (*head, *map(TableColumn, ("elsewhere", "requests", "carries", "e-value", "")))
        yield Table((), columns, tuple(_slice(each, at) for each in found))
        yield from _needed(found, "carries: of all disagreement")
    for each in found:
        if each.also:
            yield Note(_together(each, map(_overlapping, each.also)), "aside")
    yield from _distance_slices(apart)


def _slice(each: PlanSlice, at: MetricAddress) -> Line:
    higher: Inline = Mark(_HIGHER, "worse") if each.named else ""
    address = at._replace(name=SLICED, slice=requirements(each))
    about = REGISTRY[SLICED]
    rates = (
        _side(side, where, about.label, about.unit, each.method)
        for side, where in ((each, str(address)), (each.complement, ""))
    )
    evidence = Number(each.e_value, "evidence")
    return (Code(each.words), *rates, count(each.n), Number(each.carries, "share"), evidence, higher)


def _distance_slices(found: Sequence[DistanceSlice]) -> Iterator[Block]:
    """Where both answers are further apart than elsewhere, output by output."""
    for (head, distance), several in groupby(found, lambda each: (each.head, each.distance)):
        own = list(several)
        title: Line = (f"{distance} of ", Code(head) if head else "the body", ", on average")
        columns = tuple(map(TableColumn, ("slice", distance, "elsewhere", "requests", "e-value", "")))
        yield Table(title, columns, tuple(map(_distance_slice, own)))
        yield Note((_BY_BOTH,), "aside")
        yield from _needed(own, mark=_FARTHER)
        yield from (Note(_together(each, ((Code(also),) for also in each.also)), "aside") for each in own if each.also)


def _distance_slice(each: DistanceSlice) -> Line:
    sides = (_side(side, "", each.distance, each.unit, each.method) for side in (each.within, each.elsewhere))
    return (Code(each.words), *sides, count(each.within.n), Number(each.e_value, "evidence"), Mark(_FARTHER, "worse"))


def _needed(found: Sequence[PlanSlice | DistanceSlice], carries: str = "", mark: str = _HIGHER) -> Iterator[Note]:
    """From which evidence on. Corners, and what was first seen later, have a bound of their own. `carries`: what shares
    of disagreement are of; of what was first seen later they are of that since then.
    """
    groups: dict[tuple[bool, bool, float], list[PlanSlice | DistanceSlice]] = {}
    for each in found:
        groups.setdefault((each.later, each.second is not None, each.e_value_needed), []).append(each)
    for place, ((later, is_corner, needed), several) in enumerate(sorted(groups.items(), key=lambda each: each[0])):
        parts: list[Line] = [(carries,)] if carries and place == 0 and not later else []
        if later:
            parts.append((*joined(((Code(each.words),) for each in several), ", "), ": counted since first seen"))
            parts += [(f"{carries} since then",)] if carries else []
        elif is_corner:
            parts.append(("of two conditions",))
        parts.append((f"{mark}: an e-value of ", Number(needed, "evidence"), " or more"))
        yield Note(joined(parts, "; "), "aside")


def _side(side: PlanSlice | Rate, address: str, label: str, unit: str, method: str) -> MetricValue:
    """Of a slice, or of its complement."""
    return MetricValue(
        address=address,
        label=label,
        value=side.value,
        lo=side.lo,
        hi=side.hi,
        n=side.n,
        unit=unit,
        method=method,
    )


def _overlapping(each: OverlappingSlice) -> Line:
    return (Code(each.words), *([" (counted since first seen)"] if each.later else []))


def _together(each: PlanSlice | DistanceSlice, also: Iterable[Line]) -> Line:
    overlapping = joined(also, ", ")
    more = (" and ", count(each.also_not_listed), " more") if each.also_not_listed else ()
    return ("together with ", Code(each.words), ": ", *overlapping, *more)


def _detail(detail: Detail) -> Iterator[Block]:
    title = " ".join(filter(None, (detail.title, f"({detail.note})" if detail.note else "")))
    if detail.bars is not None:
        title = detail.note
        yield _chart(detail, detail.bars)
    for each in detail.pictures:
        yield Note((f"{each.title}:",), "aside")
        yield _histogram(each)
    rest = Rest(detail.not_listed, "more") if detail.not_listed else None
    rows = tuple(tuple(map(_cell, row, detail.columns, detail.units)) for row in detail.rows)
    columns = tuple(TableColumn(each, drawn=at in detail.drawn) for at, each in enumerate(detail.columns))
    yield Table((title,) if title else (), columns, rows, rest)


def _chart(detail: Detail, drawn: tuple[int, int]) -> BarChart:
    """These columns, over the first one."""
    places, *shares = ([_number(row[at]) for row in detail.rows] for at in (0, *drawn))
    sides: tuple[Side, Side] = ("candidate", "production")
    series = (Bars(side, detail.columns[at], tuple(own)) for side, at, own in zip(sides, drawn, shares, strict=True))
    return BarChart(detail.title, detail.units[0], tuple(places), tuple(series), detail.set_rows)


def _histogram(picture: Picture) -> Histogram:
    curves = tuple(Curve(each.side, each.shares) for each in picture.curves)
    return Histogram(picture.title, picture.unit, picture.edges, curves, picture.scale)


def _number(cell: DetailCell) -> float:
    return float(cell) if isinstance(cell, int | float) else 0.0


def _cell(cell: DetailCell, title: str, unit: str) -> Inline:
    """Text came with the traffic, an integer is a count."""
    if isinstance(cell, str):
        return Code(cell)
    if isinstance(cell, RateCell):
        return _rate(cell, title, unit)
    return count(cell) if isinstance(cell, int) else Number(cell, unit)


def _rate(cell: RateCell, title: str, unit: str) -> MetricValue:
    return MetricValue(
        address="",
        label=title,
        value=cell.value,
        lo=cell.lo,
        hi=cell.hi,
        n=cell.n,
        unit=unit,
        method=cell.method,
        reason=cell.reason,
    )
