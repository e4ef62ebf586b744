"""One picture of a run from its beginning to its end: latency, disagreement, rate and requests in flight. No I/O."""

from collections.abc import Iterator, Sequence
from itertools import pairwise

import numpy as np

from comparators.evidence.report import Report
from comparators.render import words
from comparators.render.markup import Markup
from ground.plurals import counted
from loadtest.results.axes import Axis, elapsed, latency_axis, linear_axis, share_axis, time_axis
from loadtest.results.panel import Panel, absent, caption, legend, section
from loadtest.results.rows import Column, ResultColumns
from loadtest.results.series import FEWEST, DisagreementSpan, RunSeries, run_series

TIMELINE = "the run over its time"

_RISES = 3.0  # times the median p99: then the run has a peak, and else a range
_LEAST_MS = 1e-3
_MANY = (0.01, 0.1)  # the shares of a bucket's requests from which on their failure has a larger mark
_LINES = ("response_p50", "service_p50", "response_p99", "service_p99")  # upon each other
_LESS = 0.9  # of the response's p99: then waiting is told


def timeline(rows: ResultColumns, report: Report) -> Markup:
    """`rows` with those that warm up."""
    if len(rows.n) < FEWEST:
        return absent(TIMELINE, f"{counted(len(rows.n), 'request')} sent: too few to show how the run went.")
    copies = 1.0 if report.load is None else report.load.copies
    run = run_series(rows, report.alpha, copies)
    x = time_axis(float(run.edges_s[-1]))
    return section(
        _finding(run), TIMELINE,
        *_latency(run, x), *_disagreement(run, x, report.alpha), *_rate(run, x, rows), *_in_flight(run, x),
        caption("Across: time since the start of the run; a request stands where it was due."),
    )  # fmt: skip


# ---- latency


def _latency(run: RunSeries, x: Axis) -> Iterator[Markup]:
    if not np.isfinite(run.response_p99).any():
        return
    panel = Panel(x, _latencies(run), "high")
    middles = (run.edges_s[:-1] + run.edges_s[1:]) / 2
    p50, p99 = (np.maximum(each, _LEAST_MS) for each in (run.response_p50, run.response_p99))
    inside = [panel.band(middles, p50, p99, "band")]
    for name in _LINES:
        side, which = name.split("_")
        ms = np.maximum(getattr(run, name), _LEAST_MS)
        inside.append(panel.line(middles, ms, side if which == "p99" else f"{side} median"))
    lone = np.flatnonzero(_lone(p99))
    dots = [panel.dot(float(middles[at]), float(p99[at]), "response") for at in lone.tolist()]
    over = [*_warmup(panel, run), *dots, *_failures(panel, run, middles), *_hovers(panel, run)]
    yield caption("Latency, logarithmic; p99 as strong lines, p50 as thin ones, and the room between them")
    entries = [("response", "with waiting, from when it was due"), ("service", "without, from when it was sent")]
    failures = int(run.failures.sum())
    if failures:
        entries.append(("failed", f"{counted(failures, 'request')} failed; larger from 1 % and from 10 % on"))
    yield legend(*entries)
    yield panel.drawn(f"Latency over the time of the run. {_finding(run)}", inside, over)
    if run.cut:
        yield caption(f"{counted(run.cut, 'request')} cut off at a timeout count with the time until then.")


def _nothing_answered(run: RunSeries) -> str:
    counting, failures = int(run.requests.sum()), int(run.failures.sum())
    if not counting:
        return "No latency: all requests warm up"
    failed = f", and {failures:,} failed" if failures else ""
    return f"No latency: none of {counted(counting, 'request')} was answered{failed}"


def _latencies(run: RunSeries) -> Axis:
    told = np.concatenate([getattr(run, name) for name in _LINES])
    return latency_axis(np.maximum(told[np.isfinite(told)], _LEAST_MS).tolist())


def _lone(ys: Column) -> Column:
    """Where a value has no neighbour: a line would not show it."""
    known = np.isfinite(np.concatenate([[np.nan], ys, [np.nan]]))
    lone: Column = known[1:-1] & ~known[:-2] & ~known[2:]
    return lone


def _failures(panel: Panel, run: RunSeries, middles: Column) -> Iterator[Markup]:
    for at in np.flatnonzero(run.failures).tolist():
        size = 1 + sum(run.failures[at] >= share * run.requests[at] for share in _MANY)
        yield panel.word(float(middles[at]), 11, "\N{MULTIPLICATION SIGN}", f"failed size-{size}", "middle")


def _warmup(panel: Panel, run: RunSeries) -> Iterator[Markup]:
    if run.warmup_s > 0:
        yield panel.shade(
            0.0, run.warmup_s, "warmup", f"until {_at(run, run.warmup_s)} requests warm up, and don't count"
        )


def _hovers(panel: Panel, run: RunSeries) -> Iterator[Markup]:
    for at, (start, end) in enumerate(_buckets(run)):
        values = {name: float(getattr(run, name)[at]) for name in _LINES}
        told = [f"{name.replace('_', ' ')} {words.number(ms, 'ms')}" for name, ms in values.items() if ms == ms]
        failed = [f"{int(run.failures[at]):,} failed"] if run.failures[at] else []
        about = [counted(int(run.requests[at]), "request"), *failed, *told]
        yield panel.shade(start, end, "hover", _between(run, start, end), *about)


def _buckets(run: RunSeries) -> Iterator[tuple[float, float]]:
    return pairwise(run.edges_s.tolist())


def _finding(run: RunSeries) -> str:
    p99 = run.response_p99
    told = np.flatnonzero(np.isfinite(p99))
    if not len(told):
        return _nothing_answered(run)
    peak, middle = int(told[np.argmax(p99[told])]), float(np.median(p99[told]))
    lowest, highest = (words.number(float(ms), "ms") for ms in (p99[told].min(), p99[peak]))
    if lowest == highest:
        return f"Response p99 is {highest} throughout"
    if p99[peak] < _RISES * middle:
        return f"Response p99 stays between {lowest} and {highest} throughout"
    where = _between(run, float(run.edges_s[peak]), float(run.edges_s[peak + 1]))
    service, usual = (words.number(float(ms), "ms") for ms in (run.service_p99[peak], middle))
    without = f" ({service} without waiting)" if run.service_p99[peak] < _LESS * p99[peak] else ""
    return f"Response p99 rises to {highest} at {where}{without}; in half of the run it is at most {usual}"


def _between(run: RunSeries, start_s: float, end_s: float) -> str:
    return f"{_at(run, start_s).split()[0]}\N{EN DASH}{_at(run, end_s)}"


def _at(run: RunSeries, time_s: float) -> str:
    return elapsed(time_s, float(run.edges_s[-1]))


# ---- disagreement


def _disagreement(run: RunSeries, x: Axis, alpha: float) -> Iterator[Markup]:
    spans = run.spans
    if not spans:
        yield caption("No disagreement: none of the answers was scored.")
        return
    overall = sum(each.rate * each.n for each in spans) / sum(each.n for each in spans)
    panel = Panel(x, share_axis(((each.hi, each.n) for each in spans), 3), "low")
    inside = [mark for each in spans for mark in _span(panel, each)]
    over = [panel.level(overall, "overall"), *_warmup(panel, run), *(_span_hover(panel, run, each) for each in spans)]
    found = _disagreement_finding(run, spans, overall)
    yield caption(f"{found}")
    yield legend(
        ("rate", "disagreement"),
        ("interval", f"its interval; all together hold with {words.number(1 - alpha, 'share')} confidence"),
        ("overall", "of the whole run"),
    )
    yield panel.drawn(f"Disagreement over the time of the run. {found}", inside, over)


def _span(panel: Panel, each: DisagreementSpan) -> Iterator[Markup]:
    ends = np.array([each.start_s, each.end_s])
    yield panel.band(ends, np.full(2, each.lo), np.full(2, each.hi), "interval")
    yield panel.line(ends, np.full(2, each.rate), "rate")


def _span_hover(panel: Panel, run: RunSeries, each: DisagreementSpan) -> Markup:
    rate, lo, hi = (words.number(value, "share") for value in (each.rate, each.lo, each.hi))
    about = f"{rate} of {counted(each.n, 'answer')}, between {lo} and {hi}"
    return panel.shade(each.start_s, each.end_s, "hover", _between(run, each.start_s, each.end_s), about)


def _disagreement_finding(run: RunSeries, spans: Sequence[DisagreementSpan], overall: float) -> str:
    """Whether a part of the run is told from the whole."""
    whole = words.number(overall, "share")
    if len(spans) == 1:
        return f"Disagreement is {whole} of {counted(spans[0].n, 'answer')}: too few to tell how it changes"
    most = max(spans, key=lambda each: each.lo)
    if most.lo > overall:
        where = _between(run, most.start_s, most.end_s)
        return f"Disagreement rises to {words.number(most.rate, 'share')} at {where}, from {whole} over the run"
    return f"Disagreement is {whole}, and no part of the run is told from that"


# ---- load


def _rate(run: RunSeries, x: Axis, rows: ResultColumns) -> Iterator[Markup]:
    is_closed = bool((rows.due == rows.issued).all())  # then each was due when there was a place for it
    highest = float(max(run.planned_per_s.max(), run.achieved_per_s.max()))
    panel = Panel(x, linear_axis(highest, lambda per_s: f"{per_s:,.10g}/s"), "low")
    inside = [] if is_closed else [panel.columns(run.edges_s, run.planned_per_s, "planned")]
    inside.append(panel.steps(run.edges_s, run.achieved_per_s, "achieved"))
    found = _rate_finding(rows, is_closed)
    entries = [("achieved", "requests a second, as sent")]
    yield caption(found)
    yield legend(*entries, *([] if is_closed else [("planned", "as planned")]))
    yield panel.drawn(f"Rate over the time of the run. {found}", inside, [*_rate_hovers(panel, run)])


def _rate_hovers(panel: Panel, run: RunSeries) -> Iterator[Markup]:
    for at, (start, end) in enumerate(_buckets(run)):
        planned, achieved = (words.number(float(each[at]), "per_s") for each in (run.planned_per_s, run.achieved_per_s))
        in_flight = f"{int(run.in_flight[at]):,} in flight"
        yield panel.shade(
            start, end, "hover", _between(run, start, end), f"sent {achieved}, planned {planned}", in_flight
        )


def _rate_finding(rows: ResultColumns, is_closed: bool) -> str:
    sent, planned = (_mean_rate(each) for each in (rows.issued, rows.due))
    if sent is None or planned is None:
        return "All was sent at one moment" if len(rows.n) > 1 else "One request was sent"
    said = words.number(sent, "per_s")
    return f"{said} were sent, as fast as answers came" if is_closed else (
        f"{said} were sent on average, of {words.number(planned, 'per_s')} planned"
    )  # fmt: skip


def _mean_rate(ns: Column) -> float | None:
    lasted_s = float(ns.max() - ns.min()) / 1e9
    return (len(ns) - 1) / lasted_s if lasted_s > 0 else None


def _in_flight(run: RunSeries, x: Axis) -> Iterator[Markup]:
    most = int(run.in_flight.max())
    if not most:
        yield caption("None was ever in flight: no connection came about.")
        return
    panel = Panel(x, linear_axis(float(most), lambda n: f"{n:,.10g}", 3), "low")
    found = f"At most {counted(most, 'request')} in flight at once"
    yield caption(f"{found}; here the most in each moment")
    yield panel.drawn(
        f"Requests in flight over the time of the run. {found}",
        [panel.columns(run.edges_s, run.in_flight.astype(np.float64), "in-flight")], _rate_hovers(panel, run),
    )  # fmt: skip
