"""The document of a report: head, coverage, each kind of request, examples. Here their order is decided."""

from collections.abc import Iterable, Iterator
from itertools import chain

from msgspec.structs import asdict

from comparators.evidence.document import load, outputs, requests
from comparators.evidence.document.lines import count, head_name, joined, of_all, of_kind, reasons, version
from comparators.evidence.gathering import LEFT_OUT
from comparators.evidence.output_hints import IN_SHORT
from comparators.evidence.registry import HEADLINE
from comparators.evidence.report import PlanReport, RecomputationScope, Report, SilenceReport
from comparators.metrics.document import (
    Block,
    Blocks,
    Code,
    ExampleBlock,
    Excerpt,
    Heading,
    Line,
    Metrics,
    Moment,
    Note,
    Number,
    Side,
    Table,
    TableColumn,
)
from comparators.pairs.examples import Example, ExampleSide
from comparators.plans.plan import ENOUGH
from comparators.settings import UNIT_HEADER
from ground.plurals import counted
from records.privacy.withheld_headers import in_words

MAX_MEANWHILE = 8  # versions that answered while the current ones did
RATE = "disagreement.rate"
MAX_SIZES = 3  # kinds of request below the first metrics; the table of kinds has all
MAX_SLICES = MAX_PATHS = 3  # in a summary
MAX_HINTS = 8  # below the first metrics; each stands with its kind of request
_STEPS = ("requests", "recorded", "mirrored", "compared")
_REASONS = {
    "not_sampled_by": "not sampled",
    "shed": "shed",
    "skipped": "skipped",
    "incomparable": "incomparable",
    "latency_excluded": "latency not counted",
}
INDEPENDENT = "requests are taken as independent; name a unit if users send several"
RESEMBLING = (
    "Requests of one unit count for less than independent ones: in disagreement by how much they resemble each other, "
    "in all else as if they were alike."
)
_UNDER_WAY = ("held", "waiting", "uncompared")


def document_of(report: Report) -> Blocks:
    parts = (
        _head, _verdict_on_load, _broken, _headline, _load, _coverage, _overview, _kinds, _examples, _farthest, _foot,
    )  # fmt: skip
    return tuple(chain.from_iterable(part(report) for part in parts))


def summary_of(report: Report) -> Blocks:
    """Of a replay: what it says of the candidate in short."""
    parts = (_head, _verdict_on_load, _broken, _headline, _where, _load, _coverage, _foot)
    return tuple(chain.from_iterable(part(report) for part in parts))


def _where(report: Report) -> Iterator[Block]:
    """In which paths of the answers, what of these says nothing of the model, and in which slices: a line each, of what
    a reader asks first when answers differ.
    """
    for plan in report.plans[:MAX_SIZES]:
        if found := plan.differences[:MAX_PATHS]:
            paths: list[Line] = [
                (Code(each.path) if each.path else "(whole)", " ", Number(each.share, "share")) for each in found
            ]
            yield Note((Code(plan.plan), ": answers differ at ", *joined(paths, ", ")))
    if any(plan.volatile for plan in report.plans):
        yield from requests.proposal(report)
    for each in [each for each in report.slices if each.named][:MAX_SLICES]:
        shares = Number(each.value, "share"), Number(each.complement.value, "share")
        line: Line = (
            Code(each.plan),
            ": ",
            shares[0],
            " disagree where ",
            Code(each.words),
            ", ",
            shares[1],
            " elsewhere",
        )
        yield Note(line)


def _head(report: Report) -> Iterator[Block]:
    production, candidate = (version(report.versions[side]) for side in ("production", "candidate"))
    yield Heading(1, (Code(report.candidate),), ("against production, route ", Code(report.route)))
    yield Note(("candidate ", *candidate, " against production ", *production), "aside")
    yield Note((*_window(report), f", epoch {report.epoch}"), "aside")
    yield from _chosen(report)
    yield from _meanwhile(report)
    if report.recomputed:
        yield Note(_recomputed(report.recomputed), "aside")


def _verdict_on_load(report: Report) -> Iterable[Block]:
    return () if report.load is None else load.verdict_on(report.load)


def _load(report: Report) -> Iterable[Block]:
    return () if report.load is None else load.section(report, report.load)


def _chosen(report: Report) -> Iterator[Block]:
    """What of the evidence was asked for."""
    asked: list[Line] = [(f"{side} ", Code(name)) for side, name in asdict(report.asked).items() if name]
    if asked:
        yield Note(("only of ", *joined(asked, " against "), ", as asked for"), "aside")
    if report.since:
        yield Note(("only of the hours since ", Moment(report.since), " UTC: older evidence does not count"), "aside")


def _meanwhile(report: Report) -> Iterator[Block]:
    """Replicas of several versions behind one address: the numbers are those of the one that answered last."""
    for each in report.meanwhile[:MAX_MEANWHILE]:
        production, candidate = (version(each.versions[side]) for side in ("production", "candidate"))
        pairs = f" UTC ({counted(each.pairs, 'pair')}, in no number below)"
        last: Line = (" answered meanwhile, last at ", Moment(each.until), pairs)
        yield Note((Code(each.plan), ": candidate ", *candidate, " against production ", *production, *last), "warning")
    if more := len(report.meanwhile[MAX_MEANWHILE:]):
        yield Note((count(more), " more versions answered meanwhile"), "warning")


def _window(report: Report) -> Line:
    start, end = report.window.start, report.window.end
    return (Moment(start), " to ", Moment(end), " UTC") if start and end else ("none compared yet",)


def _recomputed(over: RecomputationScope) -> Line:
    """Which pairs the report was computed anew from, how many, and by what."""
    some: Line = (count(over.pairs), f" of {counted(over.of, 'pair')}")
    pairs: dict[str, Line] = {
        "all": (f"all {counted(over.pairs, 'recorded pair')}",),
        "window": ("the newest complete ones, ", *some),
        "control": ("a uniform control sample, ", *some),
    }
    settings = "the settings of the live report" if over.live_settings else "settings other than the live report's"
    return ("recomputed over ", *pairs[over.over], f", with {settings}")


def _broken(report: Report) -> Iterator[Block]:
    """What of the report could not be made."""
    for each in report.broken:
        part: Line = (Code(each.part),) if each.part else ("the body",)
        yield Note((*part, " of ", Code(each.plan), " is broken: ", Code(each.error)), "warning")


def _headline(report: Report) -> Iterator[Block]:
    yield Metrics(of_all(report).values(HEADLINE), headline=True)
    for plan in report.plans[:MAX_SIZES]:
        if sizes := outputs.sizes(plan):
            yield Note((Code(plan.plan), ", ", *sizes))
    hinted = [(plan, head, hint) for plan in report.plans for head in plan.heads for hint in head.hints]
    for plan, head, hint in hinted[:MAX_HINTS]:
        line: Line = (Code(plan.plan), ", ", *head_name(head), f": {IN_SHORT[hint.hint]}")
        yield Note(line, "plain" if hint.hint == "saturated" else "warning")
    if more := len(hinted[MAX_HINTS:]):
        yield Note((count(more), " more, each by the disagreement of its kind of request"), "aside")


def _coverage(report: Report) -> Iterator[Block]:
    found = report.coverage
    yield Heading(2, ("Coverage",))
    steps = _STEPS if report.load is None else (_STEPS[0], _STEPS[-1])
    yield Note(joined(((count(found[step]), f" {step}") for step in steps), " → "))
    for group, said in _REASONS.items():
        if missed := reasons(found[group]):
            yield Note((f"{said}: ", *missed), "aside")
    under_way = [(count(found[step]), f" {step}") for step in _UNDER_WAY if found.get(step)]
    if under_way:
        yield Note(("on their way: ", *joined(under_way, ", ")), "aside")
    if undecided := found["uncompared_by"].get("undecided"):
        yield Note(_undecided(undecided), "aside")
    if report.withheld:
        yield Note(("withheld from the candidate: ", in_words(report.withheld)), "warning")
    if report.not_answering:
        yield Note(_not_answering(report.not_answering), "warning")
    if any(report.left_out.values()):
        yield Note(_left_out(report), "aside")


def _undecided(pairs: int) -> Line:
    few = f"fewer than {ENOUGH} answers have said how their kind of request is to be read and compared"
    return (count(pairs), f" of these wait for a plan: {few}")


def _not_answering(silence: SilenceReport) -> Line:
    """Since when, why, and by how many calls that was found."""
    tried = f"{counted(silence.calls, 'call')} in a row"
    since: Line = ("the candidate has not answered since ", Moment(silence.since), f" UTC ({tried}, the last at ")
    return (*since, Moment(silence.last), "): ", Code(silence.why))


def _left_out(report: Report) -> Line:
    """How many compared pairs are in none of the numbers, and why."""
    of = count(report.coverage["compared"])
    why = joined(((count(n), f" {LEFT_OUT[reason]}") for reason, n in report.left_out.items() if n), ", ")
    return (count(sum(report.left_out.values())), " of ", of, " compared pairs are in no number below: ", *why)


def _overview(report: Report) -> Iterator[Block]:
    if len(report.plans) < 2:
        return
    yield Heading(2, ("Kinds of request",), ("the metrics above are over all kinds together",))
    sizes = {plan.plan: _most_apart(plan) for plan in report.plans}
    some = any(sizes.values())
    columns = ("kind", "requests", "disagreement", *(("size p50", "size p99") if some else ()), "p50 latency")
    rows = tuple(
        (
            Code(plan.plan),
            count(plan.pairs),
            of_kind(plan, report).value(RATE),
            *((Number(size, "value") for size in sizes[plan.plan] or (None, None)) if some else ()),
            of_kind(plan, report).value("latency.p50_ratio"),
        )
        for plan in report.plans
    )
    yield Table((), tuple(map(TableColumn, columns)), rows)
    if some:
        yield Note(("size: of differences, in that output of numbers whose are largest",), "aside")


def _most_apart(plan: PlanReport) -> tuple[float | None, ...]:
    """In its output whose differences are largest; nothing where none is a number."""
    told = [size for size in map(outputs.how_far, plan.heads) if any(each is not None for each in size)]
    return max(told, key=lambda size: [each or 0.0 for each in reversed(size)], default=())


def _kinds(report: Report) -> Iterable[Block]:
    return chain.from_iterable(requests.blocks(plan, report) for plan in report.plans)


def _examples(report: Report) -> Iterator[Block]:
    if report.examples:
        yield Heading(2, ("Examples",), ("the first few of each kind of difference",))
    yield from map(_example, report.examples)


def _farthest(report: Report) -> Iterator[Block]:
    if report.farthest:
        yield Heading(2, ("Farthest apart",), ("of each output, the pairs whose answers are farthest from each other",))
    for each in report.farthest:
        size: Line = ("infinite",) if each.size is None else (Number(each.size, each.unit),)
        output: Line = (Code(each.head),) if each.head else ("the body",)
        yield _example(each.example, (f"{each.distance} ", *size, " in ", *output))


def _example(each: Example, *before: Line) -> ExampleBlock:
    places: list[Line] = [*before]
    places += [((f"{place.kind} ", Code(place.path)) if place.path else (place.kind,)) for place in each.differences]
    excerpts = (
        Excerpt("", "asked", each.asked, each.asked_left_out),
        _excerpt("production", each.production),
        _excerpt("candidate", each.candidate),
    )
    return ExampleBlock(each.id, each.at, each.request, each.request_left_out, tuple(places), excerpts)


def _excerpt(side: Side, answered: ExampleSide) -> Excerpt:
    return Excerpt(side, answered.outcome, answered.excerpt, answered.left_out)


def _foot(report: Report) -> Iterator[Block]:
    confidence = Number(1 - report.alpha, "share")
    yield Note(("Each interval holds at every look at once, with ", confidence, " confidence."), "aside")
    yield Note(_units(report), "aside")


def _units(report: Report) -> Line:
    """What intervals take requests for."""
    effect = report.metrics.get(requests.DESIGN_EFFECT)
    if effect is None:
        return _without_units(report)
    of = effect.sums["of"]
    some: Line = (count(effect.n), " of ", count(of), " have a unit; the others count as independent. ")
    return (*(some if effect.n < of else ()), RESEMBLING)


def _without_units(report: Report) -> Line:
    """Where settings say whose a request is, why that tells nothing."""
    compared = report.metrics[RATE].n
    if not report.unit or not compared:
        return (INDEPENDENT,)
    none: Line = ("none of these ", counted(compared, "request"), " has a unit at ", Code(report.unit))
    if not report.unit.startswith(UNIT_HEADER):
        return (*none, ": requests are taken as independent")
    return (
        *none,
        ", which is recorded with a request from when the setting is in force: these are taken as independent",
    )
