"""The report for a pull request or a job summary. What came with the traffic stands in code spans only."""

from collections.abc import Iterable, Sequence

from comparators.evidence.report import HeadReport, PlanReport, PlanSlice, Report
from comparators.evidence.request_metrics import QUANTILES
from comparators.metrics.metric import Metric
from comparators.render import words

_LABELS = {
    "disagreement.rate": "Disagreement",
    "errors.new_minus_fixed": "New minus fixed failures",
    "latency.paired_mean_ms": "Latency, same request, mean difference",
    "latency.paired_ratio_p50": "Latency, same request, median ratio",
}


def render(report: Report) -> str:
    lines = [*_head(report), *_coverage(report)]
    for plan in report.plans:
        lines += _plan(plan, words.own_versions(plan, report))
        lines += _slices([each for each in report.slices if each.plan == plan.plan])
    lines += [line for each in words.broken(report) for line in (_code(each), "")]
    lines += [f"Each interval holds at every look at once, with {words.confidence(report.alpha)} confidence.", ""]
    return "\n".join(lines)


def _head(report: Report) -> Iterable[str]:
    yield f"## {_code(report.candidate)} against production on {_code(report.route)}"
    yield ""
    rows = [
        (side, _code(words.version(each.version, each.build)))
        for side, each in ((side, report.versions[side]) for side in ("production", "candidate"))
    ]
    window = f"{words.window(report.window.start, report.window.end)}, epoch {report.epoch}"
    rows.append(("requests", window))
    if report.recomputed:
        rows.append(("recomputed", words.recomputed(report.recomputed)))
    yield from _table(("", ""), rows)


def _coverage(report: Report) -> Iterable[str]:
    found, ratio = report.coverage, report.metrics["coverage.ratio"]
    steps = [f"{words.count(found[step])} {step}" for step in ("requests", "recorded", "mirrored", "compared")]
    yield f"**Coverage {words.number(ratio.value, ratio.unit)}**: {' → '.join(steps)}"
    missed = [
        f"{group.removesuffix('_by').replace('_', ' ')}: {words.reasons(found[group])}"
        for group in ("not_sampled_by", "shed", "skipped", "incomparable")
        if words.reasons(found[group])
    ]
    if missed:
        yield f"({'; '.join(missed)})"
    if left := words.left_out(report):
        yield from ("", left)
    yield ""
    if report.not_answering:
        yield from (_code(words.not_answering(report.not_answering)), "")


def _plan(plan: PlanReport, versions: str) -> Iterable[str]:
    yield f"### {_code(plan.plan)}" + (f", read as {plan.protocol}" if plan.protocol else "")
    yield ""
    if versions:
        yield from (_code(versions), "")
    rows = [_row(label, plan.metrics[name]) for name, label in _LABELS.items()]
    rows += [_row(f"Latency {name}, ratio", plan.metrics[f"latency.{name}_ratio"]) for name in QUANTILES]
    yield from _table(("metric", "value", "interval", "pairs", ""), rows)
    for line in words.not_counted(plan):
        yield from (_code(line), "")
    if plan.differences:
        found = [
            (words.number(each.share, "share"), words.count(each.requests), _code(each.path or "(whole)"), each.words)
            for each in plan.differences
        ]
        yield from _table(("share", "requests", "path", "difference"), found)
    if plan.volatile:
        yield "These paths say nothing of the model:"
        yield ""
        yield from (f"- {_code(each.path)}: {each.words}" for each in plan.volatile)
        yield ""
        yield words.WHERE_TO_IGNORE
        yield ""
        yield from ("```toml", *words.ignoring(plan), "```")
        yield ""
    yield from _noise(plan)
    for head in plan.heads:
        yield from _output(head)
    seen = [(each.production, each.candidate, words.count(each.pairs), each.effect) for each in plan.outcomes]
    yield from _table(("production", "candidate", "pairs", "candidate is"), seen)


def _noise(plan: PlanReport) -> Iterable[str]:
    names = {"disagreement.sampled": "Disagreement", "disagreement.noise": "Noise", "disagreement.excess": "Excess"}
    rows = [_row(label, plan.metrics[name]) for name, label in names.items() if name in plan.metrics]
    if rows:
        yield "**Noise**: of the requests that production was asked twice"
        yield ""
        yield from _table(("metric", "value", "interval", "pairs", ""), rows)


def _slices(found: Sequence[PlanSlice]) -> Iterable[str]:
    if found:
        yield "**Slices**"
        yield ""
        rows = [
            (
                _code(words.sliced(each)),
                words.count(each.n),
                words.number(each.carries, "share"),
                "higher" if each.named else "",
            )
            for each in found
        ]
        yield from _table(("requests", "how many", "of all disagreement", ""), rows)


def _output(head: HeadReport) -> Iterable[str]:
    yield f"**{_code(head.head or 'the body')}** as {words.kind(head)}"
    yield ""
    yield from _table(("figure", "value", "interval"), words.figures(head.metrics))
    for detail in head.details:
        yield f"{detail.title}:"
        yield ""
        rows = [
            [
                _code(cell) if isinstance(cell, str) else words.cell(cell, unit)
                for cell, unit in zip(row, detail.units, strict=True)
            ]
            for row in detail.rows
        ]
        yield from _table(detail.columns, rows)


def _row(label: str, metric: Metric) -> tuple[str, ...]:
    value = words.number(metric.value, metric.unit)
    return label, value, words.interval(metric), words.count(metric.n), metric.reason


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterable[str]:
    yield f"| {' | '.join(head)} |"
    yield f"|{'---|' * len(head)}"
    for row in rows:
        yield f"| {' | '.join(row)} |"
    yield ""


def _code(text: str) -> str:
    """A code span that the text cannot end: nothing in it is markup, and no cell of a table breaks."""
    clean = words.safe(text).replace("`", "'").replace("|", "¦")
    return f"`{clean}`"
