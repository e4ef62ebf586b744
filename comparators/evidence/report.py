"""The report: the JSON face of a candidate's evidence. Derived from a summary; everything a renderer prints is in it.

Keys are stable within SCHEMA, new ones may be added. Names that came with the traffic (paths, plans) are shown through
the view, which hides what a person must not see.
"""

import math
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Any, Literal

import msgspec
from msgspec import Struct, field

from comparators.compare.detail import Detail
from comparators.compare.finding import IN_WORDS
from comparators.compare.kinds import KINDS, HeadSums, kind_of
from comparators.compare.outcome import outcome_class
from comparators.evidence.breakage import Breakage, Parts
from comparators.evidence.gathering import Evidence, Versions, versions_of
from comparators.evidence.hints import VolatilePath, volatile_paths
from comparators.evidence.request_metrics import NS_PER_MS, coverage_metrics, head_metrics, metrics_of
from comparators.extract.version import ModelVersion
from comparators.metrics.metric import Metric
from comparators.pairs.examples import Example
from comparators.pairs.summary import LatencySummary, PlanSummary, Summary, disagreeing_kinds
from comparators.plans.plan import Plan
from comparators.slices.conditions import Conditions
from comparators.slices.finder import SliceReport, find
from comparators.slices.sums import SliceSums
from comparators.statistics.sketch import Sketch, edges, middle
from comparators.view import Shown, View
from records.silence import Silence

SCHEMA = 2
OTHER = "(other requests)"
MAX_SHOWN = 20  # differences and outcomes listed for one plan; the summary counts them all

COLUMNS = 48  # of the latency chart
CHART_MIN = 1.0  # shown at least, as a log ratio: a factor of e
COLUMN_MIN = 0.04  # narrowest column, as a log ratio: two to three bins of a sketch


class Window(Struct, frozen=True):
    """RFC 3339, of the first and the last request that was compared; None where there is none."""

    start: str | None = field(name="from")
    end: str | None = field(name="to")


class DifferenceCount(Struct, frozen=True, kw_only=True):
    """A kind of difference at a path, and in how many of the compared requests it was found."""

    kind: str
    path: str
    words: str
    requests: int
    share: float


class Outcome(Struct, frozen=True, kw_only=True):
    """What became of the same requests at both endpoints. `better`, `worse` or `same`, seen from the candidate."""

    production: str
    candidate: str
    pairs: int
    effect: str


class Distribution(Struct, frozen=True, kw_only=True):
    """[smallest, smallest above, count] for each bin; `censored` likewise for values known to be at least that."""

    unit: str
    n: int
    bins: list[tuple[float, float, int]]
    censored: list[tuple[float, float, int]]


class Chart(Struct, frozen=True, kw_only=True):
    """Both latency distributions over the same columns, equally wide on a log scale: shares of pairs."""

    edges_ms: list[float]
    production: list[float]
    candidate: list[float]
    candidate_cut_off: float  # share of the candidate's calls that ended in a timeout: right of every column


class HeadReport(Struct, frozen=True, kw_only=True):
    """One output: what it is, how its values differ, and what a person looks at besides. `compared`: what decides
    whether a row disagrees; "" where all of it does.
    """

    head: str
    kind: str
    decided_by: str
    compared: str
    metrics: dict[str, Metric]
    details: list[Detail]


class PlanReport(Struct, frozen=True, kw_only=True):
    """One kind of request behind the route's prefix: its rates are its own, undiluted by the others."""

    plan: str
    model: str
    epoch: int
    versions: dict[str, ModelVersion]  # as those of the report
    protocol: str
    decided_by: str
    pairs: int
    compared: int
    incomparable: dict[str, int]
    rows: int
    rows_disagreeing: int
    metrics: dict[str, Metric]
    heads: list[HeadReport]
    noise: list[DifferenceCount]  # where production differs from itself: candidates for `compare.ignore`
    noise_not_listed: int
    outcomes: list[Outcome]
    outcomes_not_listed: int
    differences: list[DifferenceCount]
    differences_not_listed: int
    volatile: list[VolatilePath]  # where ignoring a path would tell more
    latency_excluded: dict[str, int]
    distributions: dict[str, Distribution]
    chart: Chart | None


class PlanSlice(SliceReport, frozen=True, kw_only=True):
    """Requests of one kind, told by what they ask, and how much they disagree; `named`: more than the others."""

    plan: str


class Recomputed(Struct, frozen=True, kw_only=True):
    """Over which recorded pairs the metrics were computed anew: `pairs` of the `of` there were. Coverage is live."""

    over: Literal["all", "window", "control"]
    pairs: int
    of: int
    live_settings: bool  # compared as they were when they came; else by other settings


class NotAnswering(Struct, frozen=True, kw_only=True):
    """`calls` in a row were not answered, from `since` to `last` (RFC 3339). `why` is ours: nothing of the traffic."""

    since: str
    last: str
    calls: int
    why: str

    @classmethod
    def of(cls, silence: Silence | None) -> "NotAnswering | None":
        if silence is None:
            return None
        since, last = moment(silence.since_ns), moment(silence.last_ns)
        return cls(since=since, last=last, calls=silence.calls, why=silence.why)


class Report(Struct, frozen=True, kw_only=True):
    """`metrics` are over all plans together; with several plans behind one prefix, look at each of them.

    `epoch` is that of the latest pair. `versions`, of production and the candidate, are those of all plans, and
    "(various)" where the plans, which have them as well, tell different ones.
    """

    candidate: str
    route: str
    epoch: int
    alpha: float
    versions: dict[str, ModelVersion]
    window: Window
    coverage: dict[str, Any]
    not_answering: NotAnswering | None  # the candidate, to its mirror: what is recorded waits meanwhile
    left_out: dict[str, int]  # pairs that were compared and are in none of the metrics, by reason (evidence.LEFT_OUT)
    metrics: dict[str, Metric]
    distributions: dict[str, Distribution]
    plans: list[PlanReport]
    slices: list[PlanSlice]
    examples: list[Example]
    features: dict[str, Any]
    broken: list[Breakage] = field(default_factory=list)
    recomputed: Recomputed | None = None
    schema: int = SCHEMA


def build(
    evidence: Evidence,
    *,
    candidate: str,
    route: str,
    coverage: Mapping[str, Any],
    silence: Silence | None = None,
    plans: Mapping[str, Plan],
    examples: Sequence[Example],
    view: View,
    conditions: Mapping[str, Conditions] | None = None,
    recomputed: Recomputed | None = None,
) -> Report:
    alpha = view.alpha
    parts = Parts()
    no_slices: list[PlanSlice] = []
    total = evidence.summary.total()
    named = sorted(evidence.summary.plans.items(), key=lambda each: (-each[1].pairs, each[0]))
    return Report(
        candidate=candidate,
        route=route,
        epoch=evidence.number,
        alpha=alpha,
        versions=_versions(evidence.versions, "", view),
        window=Window(_time(total.span.first_ns), _time(total.span.last_ns)),
        coverage=dict(coverage),
        not_answering=NotAnswering.of(silence),
        left_out=evidence.all_left_out(coverage["compared"]),
        metrics=overall(total, coverage, alpha),
        distributions=_distributions(total.latency),
        plans=[
            _plan_report(key, own, evidence, plans.get(key or ""), view, parts)
            for key, own in _with_others(named, evidence.summary)
        ],
        slices=[
            each
            for key, own in named
            if conditions is not None and key in conditions
            for each in parts.made(
                view.key(key), "slices", partial(_slices, key, own, conditions[key], view), no_slices
            )
        ],
        examples=list(examples),
        features={"findings": []},
        broken=parts.broken,
        recomputed=recomputed,
    )


def overall(total: PlanSummary, coverage: Mapping[str, Any], alpha: float) -> dict[str, Metric]:
    """The metrics over all kinds of request together."""
    return {**metrics_of(total, alpha), **coverage_metrics(coverage, alpha)}


def _with_others(
    named: Sequence[tuple[str, PlanSummary]], summary: Summary
) -> Sequence[tuple[str | None, PlanSummary]]:
    return [*named, *([] if summary.other is None else [(None, summary.other)])]


def _versions(versions: Versions, protocol: str, view: View) -> dict[str, ModelVersion]:
    return {side: view.version(each, protocol) for side, each in versions._asdict().items()}


def _plan_report(
    key: str | None,
    own: PlanSummary,
    evidence: Evidence,
    plan: Plan | None,
    view: View,
    parts: Parts,
) -> PlanReport:
    alpha = view.alpha
    name = view.key(key) if key is not None else OTHER
    epoch = evidence.epoch_of(key)
    found, noise = disagreeing_kinds(own.differences), disagreeing_kinds(own.noise.differences)
    outcomes = own.outcomes.most()
    return PlanReport(
        plan=name,
        model=view.model(plan) if plan else "",
        epoch=0 if epoch is None else evidence.numbers.get(epoch, 0),
        versions=_versions(versions_of(epoch), plan.protocol if plan else "", view),
        protocol=plan.protocol if plan else "",
        decided_by=plan.decided_by if plan else "",
        pairs=own.pairs,
        compared=own.compared,
        incomparable=dict(sorted(own.incomparable.items())),
        rows=own.rows,
        rows_disagreeing=own.rows_disagreeing,
        metrics=metrics_of(own, alpha),
        heads=[_head(name, pointer, sums, plan, view, parts) for pointer, sums in sorted(own.heads.items())],
        noise=[_difference(*each, own.noise.n, view) for each in noise[:MAX_SHOWN]],
        noise_not_listed=sum(count for *_, count in noise[MAX_SHOWN:]) + own.noise.differences.other,
        outcomes=[_outcome(words, count) for words, count in outcomes[:MAX_SHOWN]],
        outcomes_not_listed=sum(count for _, count in outcomes[MAX_SHOWN:]) + own.outcomes.other,
        differences=[_difference(*each, own.compared, view) for each in found[:MAX_SHOWN]],
        differences_not_listed=sum(count for *_, count in found[MAX_SHOWN:]) + own.differences.other,
        volatile=volatile_paths(own, view),
        latency_excluded=dict(sorted(own.latency.excluded.items())),
        distributions=_distributions(own.latency),
        chart=parts.made(name, "latency chart", partial(_chart, own.latency), None),
    )


def _head(plan_name: str, pointer: str, sums: HeadSums, plan: Plan | None, view: View, parts: Parts) -> HeadReport:
    planned = next((head for head in plan.heads if head.pointer == pointer), None) if plan else None
    name = view.shown_path(pointer)
    cell = partial(view.shown_cell, pointer)
    tables = partial(KINDS[kind_of(sums)].tables, sums)
    return HeadReport(
        head=name,
        kind=kind_of(sums),
        decided_by=planned.decided_by if planned else "",
        compared=KINDS[kind_of(sums)].compared,
        metrics=parts.made(plan_name, name, partial(head_metrics, sums, view.alpha), {}),
        details=parts.made(plan_name, name, lambda: [_detail(each, cell) for each in tables()], []),
    )


def _slices(key: str, own: PlanSummary, conditions: Conditions, view: View) -> list[PlanSlice]:
    sums = own.slices.get(conditions.fingerprint(), SliceSums())
    return [
        PlanSlice(plan=view.key(key), **msgspec.structs.asdict(each)) for each in find(conditions, sums, view).slices
    ]


def _detail(detail: Detail, shown: Shown) -> Detail:
    rows = [tuple(shown(cell) if isinstance(cell, str) else cell for cell in row) for row in detail.rows]
    return msgspec.structs.replace(detail, rows=rows)


def _difference(kind: Any, path: str, count: int, compared: int, view: View) -> DifferenceCount:
    return DifferenceCount(
        kind=kind,
        path=view.shown_path(path),
        words=IN_WORDS[kind],
        requests=count,
        share=count / compared if compared else 0.0,
    )


def _outcome(words: str, count: int) -> Outcome:
    production, _, candidate = words.partition(" ")
    ranks = [outcome_class(each) in {"2xx", "3xx"} for each in (production, candidate)]
    effect = "same" if ranks[0] == ranks[1] else "worse" if ranks[0] else "better"
    return Outcome(production=production, candidate=candidate, pairs=count, effect=effect)


def _distributions(latency: LatencySummary) -> dict[str, Distribution]:
    return {
        "latency.production": _distribution(latency.production, "ns"),
        "latency.candidate": _distribution(latency.candidate, "ns"),
        "latency.paired_ratio": _distribution(latency.ratio, "ratio"),
    }


def _distribution(sketch: Sketch, unit: str) -> Distribution:
    bins, censored = (
        [(*edges(number), count) for number, count in sorted(counts.items())]
        for counts in (sketch.counts, sketch.censored)
    )
    return Distribution(unit=unit, n=sketch.n, bins=bins, censored=censored)


def _chart(latency: LatencySummary) -> Chart | None:
    """The sketches' bins gathered into columns; None where nothing was measured. The outer columns hold the tails."""
    finite = (Sketch(counts=side.counts) for side in (latency.production, latency.candidate))
    ends = [sketch.quantile(q) for sketch in finite for q in (0.001, 0.999)]
    measured = [max(end, 1.0) for end in ends if end is not None]
    if not measured:
        return None
    low, high = math.log(min(measured)), math.log(max(measured))
    margin = max(COLUMN_MIN, (CHART_MIN - (high - low)) / 2)
    low, high = low - margin, high + margin
    columns = min(COLUMNS, int((high - low) / COLUMN_MIN))
    step = (high - low) / columns

    def shares(sketch: Sketch) -> list[float]:
        counts = [0] * columns
        for number, count in sketch.counts.items():
            place = int((math.log(max(middle(number), 1.0)) - low) / step)
            counts[min(columns - 1, max(0, place))] += count
        return [count / max(1, sketch.n) for count in counts]

    return Chart(
        edges_ms=[math.exp(low + step * column) / NS_PER_MS for column in range(columns + 1)],
        production=shares(latency.production),
        candidate=shares(latency.candidate),
        candidate_cut_off=latency.candidate.n_censored / max(1, latency.candidate.n),
    )


def _time(wall_ns: int | None) -> str | None:
    return None if wall_ns is None else moment(wall_ns)


def moment(wall_ns: int) -> str:
    """RFC 3339."""
    return datetime.fromtimestamp(wall_ns / 1e9, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
