"""Makes a report: evidence, coverage, plans, examples in; the JSON face of all that out. Derived from a summary."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple, TypeVar

from comparators.evidence.breakage import Parts
from comparators.evidence.distributions import told
from comparators.evidence.gathering import Evidence
from comparators.evidence.kind_of_request import OTHER, plan_report, shown_versions
from comparators.evidence.load import LoadReport
from comparators.evidence.load_metrics import LoadSums, load_metrics, load_sketches
from comparators.evidence.meanwhile import OtherEvidence
from comparators.evidence.report import (
    DistanceSlice,
    OtherVersions,
    PlanSlice,
    RecomputationScope,
    Report,
    SilenceReport,
    Window,
)
from comparators.evidence.request_metrics import coverage_metrics, metrics_of, request_sketches
from comparators.evidence.request_slices import distance_slices_of, slices_of
from comparators.metrics.metric import Metric
from comparators.pairs.examples import Example
from comparators.pairs.farthest_pairs import FarthestPair
from comparators.pairs.summary import PlanSummary, Summary
from comparators.plans.plan import Plan
from comparators.slices.conditions import Conditions
from comparators.view import View
from ground.moments import moment
from records.silence import Silence

MAX_INSTEAD = 10


class Replay(NamedTuple):
    """That pairs come from a replay: how it went, and what its times come to."""

    report: LoadReport
    sums: LoadSums


Slice = TypeVar("Slice", PlanSlice, DistanceSlice)


def build(
    evidence: Evidence,
    *,
    candidate: str,
    route: str,
    coverage: Mapping[str, Any],
    silence: Silence | None = None,
    plans: Mapping[str, Plan],
    examples: Sequence[Example],
    farthest: Sequence[FarthestPair] = (),
    view: View,
    conditions: Mapping[str, Sequence[Conditions]] | None = None,
    recomputed: RecomputationScope | None = None,
    replay: Replay | None = None,
) -> Report:
    alpha = view.alpha
    parts = Parts()
    total = evidence.summary.total()
    named = sorted(evidence.summary.plans.items(), key=lambda each: (-each[1].pairs, each[0]))
    return Report(
        candidate=candidate,
        route=route,
        epoch=evidence.number,
        alpha=alpha,
        versions=shown_versions(evidence.versions, "", view),
        window=Window.of(total.span),
        coverage=dict(coverage),
        not_answering=SilenceReport.of(silence),
        left_out=evidence.all_left_out(coverage["compared"]),
        metrics={**overall(total, coverage, alpha), **(load_metrics(replay.sums, alpha) if replay else {})},
        distributions=told({**request_sketches(total), **(load_sketches(replay.sums) if replay else {})}),
        plans=[
            plan_report(key, own, evidence, plans.get(key or ""), view, parts)
            for key, own in _with_others(named, evidence.summary)
        ],
        slices=_slices(slices_of, named, conditions or {}, view, parts),
        distance_slices=_slices(distance_slices_of, named, conditions or {}, view, parts),
        examples=list(examples),
        farthest=list(farthest),
        features={"findings": []},
        asked=evidence.asked,
        instead=[shown_versions(each, "", view) for each in evidence.instead[:MAX_INSTEAD]],
        since=None if evidence.since_ns is None else moment(evidence.since_ns),
        meanwhile=[_other_versions(each, plans, view) for each in evidence.meanwhile],
        ignored=list(map(view.shown_path, view.ignored)),
        broken=parts.broken,
        recomputed=recomputed,
        unit=view.shown(view.compare.unit),
        withheld=list(map(view.shown, view.withheld)),
        load=replay.report if replay else None,
    )


def overall(total: PlanSummary, coverage: Mapping[str, Any], alpha: float) -> dict[str, Metric]:
    """The metrics over all kinds of request together."""
    return {**metrics_of(total, alpha), **coverage_metrics(coverage, alpha)}


def _other_versions(other: OtherEvidence, plans: Mapping[str, Plan], view: View) -> OtherVersions:
    plan = plans.get(other.plan or "")
    return OtherVersions(
        plan=OTHER if other.plan is None else view.key(other.plan),
        versions=shown_versions(other.versions, plan.protocol if plan else "", view),
        pairs=other.pairs,
        until=moment(other.until_ns),
    )


def _with_others(
    named: Sequence[tuple[str, PlanSummary]], summary: Summary
) -> Sequence[tuple[str | None, PlanSummary]]:
    return [*named, *([] if summary.other is None else [(None, summary.other)])]


def _slices(
    of: Callable[[str, PlanSummary, Sequence[Conditions], View], list[Slice]],
    named: Sequence[tuple[str, PlanSummary]],
    conditions: Mapping[str, Sequence[Conditions]],
    view: View,
    parts: Parts,
) -> list[Slice]:
    none: list[Slice] = []
    told = [(key, partial(of, key, own, conditions[key], view)) for key, own in named if key in conditions]
    return [each for key, make in told for each in parts.made(view.key(key), "slices", make, none)]
