"""One kind of request in a report, from its sums: its metrics, its outputs, what became of it and where it differs."""

from functools import partial
from typing import Any, NamedTuple

import msgspec

from comparators.compare.detail import Detail
from comparators.compare.finding import IN_WORDS
from comparators.compare.kinds import KINDS, HeadSums, kind_of
from comparators.compare.outcome import outcome_class
from comparators.evidence.breakage import Parts
from comparators.evidence.distributions import Distribution, chart, told
from comparators.evidence.gathering import Evidence
from comparators.evidence.hints import always_other_paths, volatile_paths
from comparators.evidence.noise import noise_metrics, noise_sketches, path_excesses
from comparators.evidence.output_hints import HintedOutput, OutputHint, output_hints
from comparators.evidence.report import DifferenceCount, HeadReport, Outcome, PlanReport, RowCounts
from comparators.evidence.request_metrics import metrics_of, output_metrics, output_sketches, request_sketches
from comparators.evidence.tolerances import Tolerance, tolerance_of
from comparators.evidence.versions import Versions, versions_of
from comparators.extract.version import ModelVersion
from comparators.metrics.metric import Metric
from comparators.pairs.summary import PlanSummary, disagreeing_kinds
from comparators.plans.grounds import Grounds
from comparators.plans.inference import is_named_label
from comparators.plans.plan import NO_REVISION, Plan
from comparators.view import Shown, View

OTHER = "(other requests)"
MAX_SHOWN = 20  # differences and outcomes listed for one plan; the summary counts them all


def plan_report(
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
    found = disagreeing_kinds(own.differences)
    noise, noise_not_listed = path_excesses(own, view)
    outcomes = own.outcomes.most()
    known = _tolerances(plan, evidence, view)
    proposed = volatile_paths(own, view)
    return PlanReport(
        plan=name,
        model=view.model(plan) if plan else "",
        epoch=0 if epoch is None else evidence.numbers.get(epoch, 0),
        versions=shown_versions(versions_of(epoch), plan.protocol if plan else "", view),
        protocol=plan.protocol if plan else "",
        decided_by=plan.decided_by if plan else "",
        revision=plan.revision if plan else NO_REVISION,
        answers=plan.answers if plan else 0,
        provisional=plan.is_provisional if plan else False,
        pairs=own.pairs,
        compared=own.compared,
        incomparable=dict(sorted(own.incomparable.items())),
        rows=own.rows,
        rows_disagreeing=own.rows_disagreeing,
        metrics=metrics_of(own, alpha),
        heads=[_head(name, pointer, own, plan, known.get(pointer), view, parts) for pointer in sorted(own.heads)],
        noise=noise,
        noise_not_listed=noise_not_listed,
        outcomes=[_outcome(words, count) for words, count in outcomes[:MAX_SHOWN]],
        outcomes_not_listed=sum(count for _, count in outcomes[MAX_SHOWN:]) + own.outcomes.other,
        differences=[_difference(*each, own.compared, view) for each in found[:MAX_SHOWN]],
        differences_not_listed=sum(count for *_, count in found[MAX_SHOWN:]) + own.differences.other,
        volatile=proposed,
        always_other=always_other_paths(own, proposed, view),
        latency_excluded=dict(sorted(own.latency.excluded.items())),
        distributions=told(request_sketches(own)),
        chart=parts.made(name, "latency chart", partial(chart, own.latency), None),
    )


def _tolerances(plan: Plan | None, evidence: Evidence, view: View) -> dict[str, Tolerance | None]:
    """By output; nothing where the settings that are known are not those by which the answers were compared."""
    if plan is None or evidence.summary.basis != view.compare.basis():
        return {}
    return {head.pointer: tolerance_of(head, view.compare) for head in plan.heads}


def _head(
    plan_name: str,
    pointer: str,
    own: PlanSummary,
    plan: Plan | None,
    tolerance: Tolerance | None,
    view: View,
    parts: Parts,
) -> HeadReport:
    sums = own.heads[pointer]
    planned = next((head for head in plan.heads if head.pointer == pointer), None) if plan else None
    name = view.shown_path(pointer)
    cell = _ShownCells(partial(view.shown_cell, pointer), view.shown_path)
    tables = partial(_details, sums, view.alpha, own.design_effect().greatest)
    metrics: dict[str, Metric] = parts.made(plan_name, name, partial(output_metrics, own, pointer, view.alpha), {})
    hinted = HintedOutput(sums, metrics, _types(own, pointer), own.compared, own.design_effect().greatest)
    if planned:
        by_values = planned.decided_by == "values" and not is_named_label(pointer)
        hinted = hinted._replace(boxes=planned.boxes, extent=planned.extent, by_values=by_values)
    return HeadReport(
        head=name,
        kind=kind_of(sums),
        decided_by=planned.decided_by if planned else "",
        grounds=planned.grounds if planned else Grounds(),
        compared=KINDS[kind_of(sums)].compared,
        decides=parts.made(plan_name, name, partial(KINDS[kind_of(sums)].decides, sums), False),
        rows=parts.made(plan_name, name, partial(_row_counts, sums), RowCounts()),
        metrics={
            **metrics,
            **parts.made(plan_name, name, partial(noise_metrics, own, pointer, view.alpha), {}),
        },
        distributions=parts.made(plan_name, name, partial(_spreads, own, pointer), {}),
        details=parts.made(plan_name, name, lambda: [_detail(each, cell) for each in tables()], []),
        hints=parts.made(plan_name, name, lambda: [_hint(each, cell) for each in output_hints(hinted)], []),
        tolerance=tolerance,
    )


def _spreads(own: PlanSummary, pointer: str) -> dict[str, Distribution]:
    return told({**output_sketches(own, pointer), **noise_sketches(own, pointer)})


def _types(own: PlanSummary, pointer: str) -> dict[tuple[str, str], int]:
    """Of one output, where both sides' values are of two types."""
    parted = ((each.split("\n", 2), count) for each, count in own.types.most())
    return {(production, candidate): count for (production, candidate, at), count in parted if at == pointer}


class _ShownCells(NamedTuple):
    """How texts in an output's tables are shown: its values, and paths."""

    value: Shown
    path: Shown


def _hint(hint: OutputHint, shown: _ShownCells) -> OutputHint:
    return msgspec.structs.replace(hint, details=[_detail(each, shown) for each in hint.details])


def _row_counts(sums: HeadSums) -> RowCounts:
    return RowCounts(requests=int(sums.n), rows=int(sums.rows), disagreeing=int(sums.rows_disagreeing))


def _details(sums: HeadSums, alpha: float, effect: float) -> list[Detail]:
    about = KINDS[kind_of(sums)]
    with_intervals = (*about.magnitudes(sums, alpha, effect), *about.decisions(sums, alpha, effect))
    return [*with_intervals, *about.tables(sums)]


def _detail(detail: Detail, shown: _ShownCells) -> Detail:
    by_column = [shown.path if unit == "path" else shown.value for unit in detail.units]
    rows = [
        tuple(show(cell) if isinstance(cell, str) else cell for show, cell in zip(by_column, row, strict=True))
        for row in detail.rows
    ]
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


def shown_versions(versions: Versions, protocol: str, view: View) -> dict[str, ModelVersion]:
    return {side: view.version(each, protocol) for side, each in versions._asdict().items()}
