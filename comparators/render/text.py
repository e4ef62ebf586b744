"""The report for a terminal: plain text of any width from 64 columns, without colours, safe to pipe and to paste."""

import textwrap
from collections.abc import Iterable
from textwrap import wrap

from comparators.evidence.report import Chart, PlanReport, Report
from comparators.evidence.request_metrics import QUANTILES
from comparators.metrics.metric import Metric
from comparators.pairs.examples import Example
from comparators.render import text_outputs, words
from ground.counted import counted

MIN_WIDTH, MAX_WIDTH = 64, 110
MAX_EXAMPLES = 3
_SCALES = (0.01, 0.05, 0.1, 0.25, 0.5, 1.0)
_EIGHTHS = " ▁▂▃▄▅▆▇█"


def render(report: Report, width: int = 88) -> str:
    width = min(MAX_WIDTH, max(MIN_WIDTH, width))
    lines = [*_head(report, width), *_coverage(report)]
    if len(report.plans) > 1:
        lines += _overview(report, width)
    for plan in report.plans:
        lines += _plan(plan, words.own_versions(plan, report), width)
        lines += text_outputs.slices([each for each in report.slices if each.plan == plan.plan])
    lines += _examples(report.examples, width)
    lines += ["", *words.broken(report)] if report.broken else []
    lines += ["", f"Each interval holds at every look at once, with {words.confidence(report.alpha)} confidence."]
    return "\n".join(part for line in lines for part in _within(line, width)) + "\n"


def _head(report: Report, width: int) -> Iterable[str]:
    production, candidate = (report.versions[side] for side in ("production", "candidate"))
    yield "━" * width
    yield f"{report.candidate} against production · route {report.route}"
    yield "━" * width
    yield f"  production  {words.version(production.version, production.build)}"
    yield f"  candidate   {words.version(candidate.version, candidate.build)}"
    yield f"  requests    {words.window(report.window.start, report.window.end)}, epoch {report.epoch}"
    if report.recomputed:
        yield f"  recomputed  {words.recomputed(report.recomputed)}"


def _coverage(report: Report) -> Iterable[str]:
    found, ratio = report.coverage, report.metrics["coverage.ratio"]
    yield from _title("Coverage")
    steps = [f"{words.count(found[step])} {step}" for step in ("requests", "recorded", "mirrored", "compared")]
    yield f"  {' → '.join(steps)}   {words.number(ratio.value, ratio.unit)}"
    for group in ("not_sampled_by", "shed", "skipped", "incomparable"):
        if missed := words.reasons(found[group]):
            yield f"  {group.removesuffix('_by').replace('_', ' ')}: {missed}"
    if left := words.left_out(report):
        yield f"  {left}"
    if found["waiting"] or found["uncompared"]:
        yield f"  on their way: {words.count(found['waiting'])} waiting, {words.count(found['uncompared'])} uncompared"
    if report.not_answering:
        yield f"  {words.not_answering(report.not_answering)}"


def _overview(report: Report, width: int) -> Iterable[str]:
    yield from _title("Kinds of request")
    room = width - 46
    yield f"  {'':{room}}  {'requests':>9}  {'disagreement':>13}  {'p50 latency':>12}"
    for plan in report.plans:
        rate, ratio = plan.metrics["disagreement.rate"], plan.metrics["latency.p50_ratio"]
        numbers = f"{words.count(plan.pairs):>9}  {words.number(rate.value, rate.unit):>13}"
        yield f"  {_fit(plan.plan, room):{room}}  {numbers}  {words.number(ratio.value, ratio.unit):>12}"


def _plan(plan: PlanReport, versions: str, width: int) -> Iterable[str]:
    read_as = f" · {plan.protocol}" if plan.protocol else ""
    yield ""
    yield f"── {_fit(plan.plan, width - 8 - len(read_as))}{read_as} ".ljust(width, "─")
    if versions:
        yield f"  {versions}"
    yield from _disagreement(plan, width)
    yield from _differences(plan, width)
    yield from text_outputs.noise(plan)
    yield from text_outputs.outputs(plan)
    yield from _failures(plan)
    yield from _latency(plan)


def _disagreement(plan: PlanReport, width: int) -> Iterable[str]:
    rate = plan.metrics["disagreement.rate"]
    yield from _title("Disagreement")
    said = f"{words.number(rate.value, rate.unit)}  {words.interval(rate)}"
    yield f"  {said:<24} of {counted(rate.n, 'request')}" + (f"  ({rate.reason})" if rate.reason else "")
    yield f"  {_scale(rate, width - 12)}"
    if plan.rows > plan.compared:
        yield f"  {words.count(plan.rows_disagreeing)} of {words.count(plan.rows)} rows"
    yield from (f"  {_fit(line, width - 2)}" for line in words.not_counted(plan))
    if missed := words.reasons(plan.incomparable):
        yield f"  not comparable: {missed}"


def _differences(plan: PlanReport, width: int) -> Iterable[str]:
    if not plan.differences:
        return
    yield from _title("Where they differ")
    room = min(max(len(each.path) for each in plan.differences), width // 2)
    for each in plan.differences:
        where = f"{_fit(each.path, room):{room}}  {each.words}"
        yield f"  {words.number(each.share, 'share'):>9}  {words.count(each.requests):>8}  {where}"
    if plan.differences_not_listed:
        yield f"  {'':>9}  {words.count(plan.differences_not_listed):>8}  at further paths"
    if plan.volatile:
        yield "  These paths say nothing of the model:"
        yield from (f"    {each.path}  {each.words}" for each in plan.volatile)
        yield from textwrap.wrap(words.WHERE_TO_IGNORE, width, initial_indent="  ", subsequent_indent="  ")
        yield from (f"    {line}" for line in words.ignoring(plan))


def _failures(plan: PlanReport) -> Iterable[str]:
    error = plan.metrics["errors.new_minus_fixed"]
    yield from _title("Status")
    for each in plan.outcomes:
        mark = {"worse": "  ◀ new failure", "better": "  ◁ fixed"}.get(each.effect, "")
        yield f"  {each.production:>18} → {each.candidate:<18} {words.count(each.pairs):>9}{mark}"
    if plan.outcomes_not_listed:
        yield f"  {'further ones':>39} {words.count(plan.outcomes_not_listed):>9}"
    yield f"  new minus fixed failures: {words.change(error)}  {words.interval(error)}"


def _latency(plan: PlanReport) -> Iterable[str]:
    yield from _title("Latency")
    yield f"  {'':4} {'production':>12} {'candidate':>12} {'ratio':>9}"
    for name in QUANTILES:
        production, candidate = (plan.metrics[f"latency.{side}.{name}_ms"] for side in ("production", "candidate"))
        ratio = plan.metrics[f"latency.{name}_ratio"]
        values = " ".join(
            f"{words.number(metric.value, metric.unit):>{room}}"
            for metric, room in ((production, 12), (candidate, 12), (ratio, 9))
        )
        yield f"  {name:4} {values}  {words.interval_or_reason(ratio)}"
    mean, median = plan.metrics["latency.paired_mean_ms"], plan.metrics["latency.paired_ratio_p50"]
    yield f"  same request, mean    {words.change(mean):>10}  {words.interval_or_reason(mean)}"
    yield f"  same request, median  {words.number(median.value, median.unit):>10}  {words.interval_or_reason(median)}"
    if plan.chart:
        yield ""
        yield from _columns(plan.chart)
    if missed := words.reasons(plan.latency_excluded):
        yield f"  not counted: {missed}"


def _columns(chart: Chart) -> Iterable[str]:
    top = max(*chart.production, *chart.candidate) or 1.0
    for side, shares in (("production", chart.production), ("candidate", chart.candidate)):
        drawn = "".join(_EIGHTHS[_eighth(share / top)] for share in shares)
        cut = f" {words.number(chart.candidate_cut_off, 'share')} cut off" if side == "candidate" else ""
        yield f"  {side:>10} {drawn}{cut if chart.candidate_cut_off else ''}"
    low, high = (words.number(edge, "ms") for edge in (chart.edges_ms[0], chart.edges_ms[-1]))
    yield f"  {'':10} {low}{high:>{max(1, len(chart.production) - len(low))}}"


def _eighth(share: float) -> int:
    """What is there at all is seen."""
    return min(8, max(1, round(8 * share))) if share else 0


def _examples(examples: Iterable[Example], width: int) -> Iterable[str]:
    for number, each in enumerate(examples):
        if number == MAX_EXAMPLES:
            return
        if number == 0:
            yield from _title("Examples")
        places = ", ".join(f"{place.kind} {place.path}".strip() for place in each.differences)
        yield f"  {_fit(f'{each.id}  {words.time(each.at)}  {each.request}', width - 2)}"
        yield f"    {_fit(places, width - 4)}"
        for side, seen in (("production", each.production), ("candidate", each.candidate)):
            yield f"    {_fit(f'{side:<10} {seen.outcome}  {seen.excerpt}', width - 4)}"


def _scale(metric: Metric, width: int) -> str:
    """Solid up to what is certain, shaded up to what is possible, on a scale that holds it."""
    hi, lo = metric.hi if metric.hi is not None else 1.0, metric.lo or 0.0
    end = next(scale for scale in _SCALES if scale >= min(hi, 1.0))
    certain, possible = round(width * lo / end), max(1, round(width * min(hi, 1.0) / end))
    return f"{'█' * certain}{'▒' * (possible - certain)}{'·' * (width - possible)} {words.number(end, 'share')}"


def _title(text: str) -> tuple[str, str]:
    return "", text.upper()


def _within(line: str, width: int) -> list[str]:
    """The line without control characters, on several lines where it is too long."""
    return wrap(words.safe(line), width, subsequent_indent="      ", tabsize=1) or [""]


def _fit(text: str, width: int) -> str:
    clean = words.safe(text)
    return clean if len(clean) <= width else clean[: max(0, width - 1)] + "…"
