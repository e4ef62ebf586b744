"""One kind of request in a report's document: how often it disagrees and where, how it fails, how long it takes."""

from collections.abc import Iterator

import msgspec

from comparators.evidence import concurrency
from comparators.evidence.document import noise, outputs
from comparators.evidence.document.lines import (
    RATIO,
    MetricsAt,
    clipped,
    count,
    of_kind,
    reasons,
    version,
    why_no_ratio,
)
from comparators.evidence.hints import AlwaysOtherPath
from comparators.evidence.registry import REGISTRY
from comparators.evidence.report import Outcome, PlanReport, Report
from comparators.evidence.request_metrics import NS_PER_MS, QUANTILES
from comparators.metrics.document import (
    Block,
    Code,
    Curve,
    Heading,
    Histogram,
    IntervalBar,
    Line,
    Listing,
    Mark,
    Metrics,
    MetricValue,
    Note,
    Number,
    Rest,
    Snippet,
    Table,
    TableColumn,
)
from comparators.plans.plan import ENOUGH
from ground.plurals import counted
from ground.printable import escaped
from records.privacy.redaction import PREFIX

DESIGN_EFFECT, FAILURES = "disagreement.design_effect", "errors.new_minus_fixed"
UNITS = ("disagreement.units", DESIGN_EFFECT)
PAIRED = (
    "latency.paired_mean_ms",
    "latency.paired_beyond",
    "latency.paired_p50_ms",
    "latency.paired_p99_ms",
    RATIO,
)
QUANTILE_COLUMNS = ("latency.production.{}_ms", "latency.candidate.{}_ms", "latency.{}_ratio")
CONCURRENCY = tuple(each.name for each in concurrency.METRICS)
_IN_SECTIONS = {outputs.RATE, *UNITS, FAILURES, *PAIRED, *CONCURRENCY, *noise.NAMES} | {
    column.format(name) for column in QUANTILE_COLUMNS for name in QUANTILES
}
# Two answers of one program differ by so much, or by less.
FLOOR = "differences of less than 0.15 ms, or 5 % where the endpoints share a machine, are the instrument's"
_SCALES = (0.01, 0.05, 0.1, 0.25, 0.5, 1.0)  # where an interval bar ends
_MARKS = {"worse": Mark("new failure", "worse"), "better": Mark("fixed", "better")}
WHERE_TO_IGNORE = (
    "Settings that leave them out, in the file of {} --config FILE: this line in [compare] (in the route's own, "
    "where it has one), in place of what it ignores so far{}; {}:"
)
_LIVE = ("serve", "understudy report --recompute --config FILE shows what is left")
_REPLAYED = ("replay", "sent once more with it, the same plan shows what is left")
OF_A_REPLAY = (
    "under this replay's load, against what production took when it was recorded: not at equal concurrency; sent to "
    "production too, the same plan tells what it takes under this load"
)
ALWAYS_OTHER = (
    "Always another value; where that is not the model's answer, ignore = [PATH, …] in [compare] leaves it out:"
)
BESIDE = ", with the paths that it names"


def blocks(plan: PlanReport, report: Report) -> Iterator[Block]:
    read_as = f"read as {plan.protocol}, told by its {plan.decided_by}" if plan.protocol else ""
    yield Heading(2, (Code(plan.plan),), (read_as,) if read_as else ())
    if plan.protocol:
        yield Note(_rests_on(plan), "warning" if plan.provisional else "aside")
    if plan.versions != report.versions:
        yield Note(_own_versions(plan), "aside")
    own = of_kind(plan, report)
    yield from _disagreement(plan, own)
    yield from _differences(plan, report)
    yield from outputs.slices(
        [each for each in report.slices if each.plan == plan.plan],
        [each for each in report.distance_slices if each.plan == plan.plan],
        own.at,
    )
    yield from noise.noise(plan, own)
    yield from outputs.outputs(plan, own.at)
    yield from _status(plan, own)
    yield from _latency(plan, own, why_no_ratio(report.metrics), is_replay=report.load is not None)
    yield from _others(own)


def _rests_on(plan: PlanReport) -> Line:
    """How many answers spoke for the way in which all of this is read and compared."""
    revised = f" (revision {plan.revision})" if plan.revision > 1 else ""
    rests = f"the plan{revised} rests on {counted(plan.answers, 'answer')}"
    if not plan.provisional:
        return (rests,)
    return (f"provisional: {rests}; from {ENOUGH} on it is decided, and may read and compare them otherwise",)


def _own_versions(plan: PlanReport) -> Line:
    """What answered this kind of request, where it is not what the report's head says."""
    production, candidate = (version(plan.versions[side]) for side in ("production", "candidate"))
    return ("candidate ", *candidate, " against ", *production, f", epoch {plan.epoch}")


def _disagreement(plan: PlanReport, own: MetricsAt) -> Iterator[Block]:
    rate = own.value(outputs.RATE)
    yield Heading(3, ("Disagreement ", rate))
    yield _bar(rate)
    if plan.rows > plan.compared:
        yield Note((count(plan.rows_disagreeing), " of ", count(plan.rows), " rows disagree"), "aside")
    yield from (Note(line) for line in outputs.hints(plan))
    if decisions := outputs.decisions(plan):
        yield Note(decisions)
    if sizes := outputs.sizes(plan):
        yield Note(sizes)
    yield from (Note(line, "aside") for line in outputs.not_counted(plan))
    if of_units := own.values(UNITS):
        yield Metrics(of_units)
    if missed := reasons(plan.incomparable):
        yield Note(("not comparable: ", *missed), "aside")


def _bar(rate: MetricValue) -> IntervalBar:
    lo, hi = rate.lo or 0.0, min(1.0, rate.hi if rate.hi is not None else 1.0)
    return IntervalBar(rate.value, lo, hi, next(end for end in _SCALES if end >= hi))


def _differences(plan: PlanReport, report: Report) -> Iterator[Block]:
    if plan.differences:
        rest = plan.differences_not_listed
        yield Heading(3, ("Where they differ",))
        yield outputs.places(plan.differences, Rest(rest, "at further paths") if rest else None)
    if plan.volatile:
        yield Note(("These paths say nothing of the model:",))
        yield Listing(tuple((Code(each.path), f" {each.words}") for each in plan.volatile))
        yield from proposal(report)
    if plan.always_other:
        yield Note((ALWAYS_OTHER,))
        yield Listing(tuple(map(_always_other, plan.always_other)))


def _always_other(each: AlwaysOtherPath) -> Line:
    such = "such as " if each.how == "number" else ""
    values: Line = (f" ({such}production ", Code(each.production), ", the candidate ", Code(each.candidate), ")")
    return (Code(each.path), f" {each.words}", *values)


def proposal(report: Report) -> Iterator[Block]:
    """Settings that leave out what says nothing of the model."""
    if lines := ignoring(report):
        hides_some = any(PREFIX in each for each in report.ignored)
        command, then = _LIVE if report.load is None else _REPLAYED
        yield Note((WHERE_TO_IGNORE.format(command, BESIDE if hides_some else "", then),))
        yield Snippet("toml", lines)


def ignoring(report: Report) -> tuple[str, ...]:
    """The line of the settings that leaves out what they leave out now, and what says nothing of the model in any kind
    of request: to stand alone, whatever else a file has in this table. None where every path holds a pseudonym, by
    which no setting finds anything. TOML's strings are JSON's.
    """
    found = [each.path for plan in report.plans for each in plan.volatile if PREFIX not in each.path]
    known = [each for each in report.ignored if PREFIX not in each]
    paths = list(dict.fromkeys([*known, *found]))
    return (f"ignore = {escaped(msgspec.json.encode(paths).decode())}",) if found else ()


def _status(plan: PlanReport, own: MetricsAt) -> Iterator[Block]:
    yield Heading(3, ("New minus fixed failures ", own.value(FAILURES)))
    rest = Rest(plan.outcomes_not_listed, "with further outcomes") if plan.outcomes_not_listed else None
    columns = ("production", "candidate", "requests", "")
    yield Table((), tuple(map(TableColumn, columns)), tuple(map(_outcome, plan.outcomes)), rest)


def _outcome(each: Outcome) -> Line:
    return (each.production, each.candidate, count(each.pairs), _MARKS.get(each.effect, ""))


def _latency(plan: PlanReport, own: MetricsAt, said_of_all: str, *, is_replay: bool) -> Iterator[Block]:
    yield Heading(3, ("Latency",))
    if plan.chart:
        production = Curve("production", tuple(plan.chart.production))
        candidate = Curve("candidate", tuple(plan.chart.candidate), plan.chart.candidate_cut_off)
        title = "Latency distributions of production and the candidate"
        yield Histogram(title, "ms", tuple(plan.chart.edges_ms), (production, candidate), "log")
    columns = ("", "production", "candidate", "ratio", "pairs")
    yield Table((), tuple(map(TableColumn, columns)), tuple(_quantile(own, name) for name in QUANTILES))
    yield Metrics(own.values(PAIRED))
    yield from _clip(own)
    yield from _no_ratio(own.said, said_of_all)
    if is_replay:
        yield Note((OF_A_REPLAY,), "aside")
    else:
        yield from _concurrency(own)
    if missed := reasons(plan.latency_excluded):
        yield Note(("not counted: ", *missed), "aside")


def _clip(own: MetricsAt) -> Iterator[Block]:
    mean, *_ = PAIRED
    clip = own.metrics[mean].sums["clip"]
    if clip:
        yield clipped(REGISTRY[REGISTRY[mean].passes_with].label, Number(clip / NS_PER_MS, "ms"))


def _no_ratio(why: str, said_of_all: str) -> Iterator[Block]:
    """Why there is none, unless the head of the report has said it: of all requests, or of all traffic."""
    if not why:
        return
    is_said = why == said_of_all or all(each.endswith(concurrency.OF_ALL_TRAFFIC) for each in (why, said_of_all))
    yield Note(("no ratio is told: the head of this report says why",), "aside") if is_said else Note((why,), "warning")


def _concurrency(own: MetricsAt) -> Iterator[Block]:
    """How both were asked: what a ratio is about."""
    if own.metrics[concurrency.COUNTED].value is None:
        return
    yield Note(("at equal concurrency: of requests sent with as many in hand; ", FLOOR), "aside")
    yield Metrics(own.values(CONCURRENCY))


def _quantile(own: MetricsAt, name: str) -> Line:
    production, candidate, ratio = (own.value(column.format(name)) for column in QUANTILE_COLUMNS)
    return (name, production, candidate, ratio, count(ratio.n))


def _others(own: MetricsAt) -> Iterator[Block]:
    """Whatever is known beside what has a section of its own."""
    names = [name for name, metric in own.metrics.items() if metric.n and name not in _IN_SECTIONS]
    if names:
        yield Heading(3, ("Other metrics",))
        yield Metrics(own.values(names))
