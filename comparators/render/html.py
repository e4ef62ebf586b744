"""The report as one self-contained page: no script, nothing fetched, and a policy in the page that forbids both.

Recorded content is hostile. All text passes through markup.tag, which escapes it; the style is pinned by its hash.
"""

import base64
import hashlib
from collections.abc import Iterable, Sequence

from comparators.evidence.report import PlanReport, PlanSlice, Report
from comparators.evidence.request_metrics import QUANTILES
from comparators.metrics.metric import Metric
from comparators.pairs.examples import Example
from comparators.render import charts, html_outputs, words
from comparators.render.markup import Markup, joined, table, tag
from comparators.render.style import STYLE
from ground.counted import counted

_STYLE_HASH = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
CONTENT_SECURITY_POLICY = f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; base-uri 'none'; form-action 'none'"

_LABELS = {
    "disagreement.rate": "Disagreement",
    "errors.new_minus_fixed": "New minus fixed failures",
    "latency.paired_mean_ms": "Same request, mean difference",
    "latency.paired_ratio_p50": "Same request, median ratio",
}


def render(report: Report) -> str:
    title = f"{report.candidate} against production"
    head = tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", http_equiv="Content-Security-Policy", content=CONTENT_SECURITY_POLICY),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("title", title),
        tag("style", Markup(STYLE)),
    )
    main = tag("main", *_head(report), *_plans(report), *_examples(report.examples), _foot(report))
    return f"<!doctype html>\n{tag('html', head, tag('body', main), lang='en')}\n"


def _head(report: Report) -> Iterable[Markup]:
    production, candidate = (report.versions[side] for side in ("production", "candidate"))
    yield tag("h1", report.candidate, tag("small", f" against production, route {report.route}"))
    versions = f"{words.version(candidate.version, candidate.build)} against "
    versions += words.version(production.version, production.build)
    window = f"{words.window(report.window.start, report.window.end)}, epoch {report.epoch}"
    yield tag("p", versions, class_="soft")
    yield tag("p", window, class_="soft")
    if report.recomputed:
        yield tag("p", f"recomputed {words.recomputed(report.recomputed)}", class_="soft")
    yield from (tag("p", each) for each in words.broken(report))
    yield tag("div", *_figures(report), class_="figures")
    yield from _coverage(report)


def _figures(report: Report) -> Iterable[Markup]:
    metrics = report.metrics
    names = ("disagreement.rate", "errors.new_minus_fixed", "latency.paired_ratio_p50", "coverage.ratio")
    labels = ("of answers disagree", "new minus fixed failures", "as long, same request", "of requests compared")
    for name, label in zip(names, labels, strict=True):
        metric = metrics[name]
        about = f"{counted(metric.n, 'request')}" if metric.method == "count" else words.interval_or_reason(metric)
        value = words.change(metric) if name == "errors.new_minus_fixed" else words.number(metric.value, metric.unit)
        yield tag("div", tag("b", value), label, tag("small", about), class_="figure")


def _coverage(report: Report) -> Iterable[Markup]:
    found = report.coverage
    steps = [f"{words.count(found[step])} {step}" for step in ("requests", "recorded", "mirrored", "compared")]
    missed = [
        f"{group.removesuffix('_by').replace('_', ' ')}: {words.reasons(found[group])}"
        for group in ("not_sampled_by", "shed", "skipped", "incomparable")
        if words.reasons(found[group])
    ]
    waiting = f"on their way: {words.count(found['waiting'])} waiting, {words.count(found['uncompared'])} uncompared"
    if found["waiting"] or found["uncompared"]:
        missed.append(waiting)
    yield tag("h2", "Coverage")
    yield tag("p", " → ".join(steps))
    if missed:
        yield tag("p", "; ".join(missed), class_="soft")
    if report.not_answering:
        yield tag("p", tag("b", words.not_answering(report.not_answering)))
    if left := words.left_out(report):
        yield tag("p", left, class_="soft")


def _plans(report: Report) -> Iterable[Markup]:
    if len(report.plans) > 1:
        yield tag("h2", "Kinds of request ", tag("small", "the figures above are over all kinds together"))
        rows = [
            (
                tag("code", plan.plan),
                words.count(plan.pairs),
                _value(plan.metrics["disagreement.rate"]),
                words.interval(plan.metrics["disagreement.rate"]),
                _value(plan.metrics["latency.p50_ratio"]),
            )
            for plan in report.plans
        ]
        yield table(("", "requests", "disagreement", "interval", "p50 latency"), rows, frozenset({1, 2, 3, 4}))
    for plan in report.plans:
        own = [each for each in report.slices if each.plan == plan.plan]
        yield from _plan(plan, words.own_versions(plan, report), own)


def _plan(plan: PlanReport, versions: str, slices: Sequence[PlanSlice]) -> Iterable[Markup]:
    read_as = f" read as {plan.protocol}, told by its {plan.decided_by}" if plan.protocol else ""
    yield tag("h2", tag("code", plan.plan), tag("small", read_as))
    if versions:
        yield tag("p", versions, class_="soft")
    yield from _disagreement(plan)
    yield from html_outputs.slices(slices)
    yield from html_outputs.noise(plan)
    yield from html_outputs.outputs(plan)
    yield from _status(plan)
    yield from _latency(plan)


def _disagreement(plan: PlanReport) -> Iterable[Markup]:
    rate = plan.metrics["disagreement.rate"]
    about = f" {words.interval(rate)} of {counted(rate.n, 'request')} {rate.reason}"
    yield tag("h3", f"Disagreement {_value(rate)}", tag("small", about))
    yield charts.scale(rate)
    if plan.rows > plan.compared:
        rows = f"{words.count(plan.rows_disagreeing)} of {words.count(plan.rows)} rows disagree"
        yield tag("p", rows, class_="soft")
    yield from (tag("p", line, class_="soft") for line in words.not_counted(plan))
    if missed := words.reasons(plan.incomparable):
        yield tag("p", f"not comparable: {missed}", class_="soft")
    if plan.differences:
        found: list[tuple[str, ...]] = [
            (
                words.number(each.share, "share"),
                charts.share(each.share),
                words.count(each.requests),
                joined(tag("code", each.path), " " if each.path else "", each.words),
            )
            for each in plan.differences
        ]
        yield table(("share", "", "requests", "where they differ"), found, frozenset({0, 2}))
    if plan.differences_not_listed:
        yield tag("p", f"and {words.count(plan.differences_not_listed)} at further paths", class_="soft")
    if plan.volatile:
        items = [tag("li", tag("code", each.path), " ", each.words) for each in plan.volatile]
        yield tag("p", "These paths say nothing of the model:")
        yield tag("ul", *items)
        yield tag("p", words.WHERE_TO_IGNORE)
        table_line, setting = words.ignoring(plan)
        yield tag("pre", table_line, Markup("\n"), setting)


def _status(plan: PlanReport) -> Iterable[Markup]:
    error = plan.metrics["errors.new_minus_fixed"]
    yield tag("h3", f"New minus fixed failures {words.change(error)}", tag("small", f" {words.interval(error)}"))
    marks = {"worse": "new failure", "better": "fixed", "same": ""}
    rows: list[tuple[str, ...]] = [
        (each.production, each.candidate, words.count(each.pairs), tag("span", marks[each.effect], class_=each.effect))
        for each in plan.outcomes
    ]
    if plan.outcomes_not_listed:
        rows.append(("further ones", "", words.count(plan.outcomes_not_listed), ""))
    yield table(("production", "candidate", "requests", ""), rows, frozenset({2}))


def _latency(plan: PlanReport) -> Iterable[Markup]:
    yield tag("h3", "Latency")
    if plan.chart:
        keys = (tag("span", side, class_=f"key {side}") for side in ("production", "candidate"))
        cut = f"{words.number(plan.chart.candidate_cut_off, 'share')} of the candidate's calls were cut off"
        yield tag("p", *keys, cut if plan.chart.candidate_cut_off else "", class_="soft")
        yield charts.distributions(plan.chart)
    rows: list[tuple[str, ...]] = []
    for name in QUANTILES:
        sides = (plan.metrics[f"latency.{side}.{name}_ms"] for side in ("production", "candidate"))
        cells = [cell for metric in sides for cell in (_value(metric), _interval_cell(metric))]
        ratio = plan.metrics[f"latency.{name}_ratio"]
        rows.append((name, *cells, _value(ratio), _interval_cell(ratio)))
    head = ("", "production", "interval", "candidate", "interval", "ratio", "interval")
    yield table(head, rows, frozenset(range(1, 7)))
    for name in ("latency.paired_mean_ms", "latency.paired_ratio_p50"):
        metric = plan.metrics[name]
        value = words.change(metric) if metric.unit == "ms" else _value(metric)
        yield tag("p", f"{_LABELS[name]}: ", tag("b", value), " ", tag("small", words.interval_or_reason(metric)))
    if missed := words.reasons(plan.latency_excluded):
        yield tag("p", f"not counted: {missed}", class_="soft")


def _examples(examples: Iterable[Example]) -> Iterable[Markup]:
    shown = list(examples)
    if shown:
        yield tag("h2", "Examples ", tag("small", "the first few of each kind of difference"))
    for each in shown:
        kinds = ", ".join(f"{place.kind} {place.path}".strip() for place in each.differences)
        yield tag(
            "details",
            tag("summary", tag("code", each.id), f" {words.time(each.at)} ", tag("small", kinds)),
            tag("p", each.request, class_="soft"),
            tag("pre", each.asked),
            *_side("production", each.production.outcome, each.production.excerpt),
            *_side("candidate", each.candidate.outcome, each.candidate.excerpt),
        )


def _side(side: str, outcome: str, excerpt: str) -> tuple[Markup, Markup]:
    return tag("p", tag("span", f"{side} {outcome}", class_=f"key {side}")), tag("pre", excerpt)


def _foot(report: Report) -> Markup:
    said = f"Each interval holds at every look at once, with {words.confidence(report.alpha)} confidence."
    return tag("footer", tag("p", said), tag("p", f"Report schema {report.schema}, by Understudy."))


def _value(metric: Metric) -> str:
    return words.number(metric.value, metric.unit)


def _interval_cell(metric: Metric) -> Markup:
    known = words.interval(metric) if metric.hi is not None or metric.lo else ""
    return joined(known, tag("small", metric.reason) if metric.reason else "")
