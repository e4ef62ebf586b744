"""Two pictures of the load itself: disagreement and latency against it, and by what the generator was late. No I/O."""

from collections.abc import Iterator, Sequence

import numpy as np

from comparators.evidence.load import LoadWindow
from comparators.evidence.load_metrics import NS_PER_MS
from comparators.evidence.report import Report
from comparators.render import words
from comparators.render.markup import Markup
from ground.plurals import counted
from loadtest.results.axes import Axis, exact_latency_axis, latency_axis, linear_axis, share_axis
from loadtest.results.panel import Panel, absent, caption, legend, section
from loadtest.results.rows import NEVER, ResultColumns
from loadtest.results.series import LagCounts, lag_counts
from loadtest.validity import LEAST_LAG_MS, MOST_LAG

CURVE = "disagreement against load"
LAG = "the generator's own lag"
_LEAST_MS = 1e-3
_ROOM = 0.27  # of an axis, that a word beside a line takes


# ---- against load


def against_load(report: Report) -> Markup:
    curve = [] if report.load is None else sorted(report.load.curve, key=lambda each: each.per_s)
    told = [each for each in curve if each.disagreement is not None]
    if len(curve) < 2:
        return absent(CURVE, "The run has no two stretches with clearly different numbers of requests a second.")
    if not told:
        return absent(CURVE, "None of the answers was scored.")
    x = linear_axis(1.02 * curve[-1].per_s, lambda per_s: f"{per_s:,.10g}/s", 5)
    return section(_curve_finding(told), CURVE, *_disagreement(told, x, report.alpha), *_latency(curve, x))


def _disagreement(curve: Sequence[LoadWindow], x: Axis, alpha: float) -> Iterator[Markup]:
    panel = Panel(x, share_axis((_ends(each)[1], each.n) for each in curve), "high")
    points = np.array([[each.per_s, each.disagreement] for each in curve])
    inside = [panel.line(points[:, 0], points[:, 1], "rate thin")]
    over = [mark for each in curve for mark in _point(panel, each)]
    yield legend(
        ("rate", f"disagreement, with intervals that together hold with {words.number(1 - alpha, 'share')} confidence")
    )
    yield panel.drawn(f"Disagreement against requests a second. {_curve_finding(curve)}", inside, over)


def _point(panel: Panel, each: LoadWindow) -> Iterator[Markup]:
    lo, hi = _ends(each)
    value = each.disagreement or 0.0
    share, first, last = (words.number(each, "share") for each in (value, lo, hi))
    about = f"{share} of {counted(each.n, 'answer')}, between {first} and {last}"
    yield panel.whisker(each.per_s, lo, hi, "rate")
    yield panel.dot(each.per_s, value, "rate", f"{words.number(each.per_s, 'per_s')}: {about}")


def _ends(each: LoadWindow) -> tuple[float, float]:
    return (0.0 if each.lo is None else each.lo), (1.0 if each.hi is None else each.hi)


def _latency(curve: Sequence[LoadWindow], x: Axis) -> Iterator[Markup]:
    told = [each for each in curve if each.p50_ms is not None and each.p99_ms is not None]
    if not told:
        return
    points = np.array([[each.per_s, each.p50_ms, each.p99_ms] for each in told], np.float64)
    points[:, 1:] = np.maximum(points[:, 1:], _LEAST_MS)
    panel = Panel(x, latency_axis(points[:, 1:].ravel().tolist(), 5), "low")
    inside = [
        panel.line(points[:, 0], points[:, 2], "response"),
        panel.line(points[:, 0], points[:, 1], "response median"),
    ]
    over = [
        panel.dot(per_s, ms, "response", f"{words.number(per_s, 'per_s')}: {which} {words.number(ms, 'ms')}")
        for per_s, *both in points.tolist()
        for which, ms in zip(("p50", "p99"), both, strict=True)
    ]
    yield caption("and the response time: p99 above, p50 below, logarithmic")
    first, last = (words.number(each.p99_ms, "ms") for each in (told[0], told[-1]))
    yield panel.drawn(
        f"Response time against requests a second: p99 {first} at the lowest, {last} at the highest", inside, over
    )
    yield caption("Across: requests a second.")


def _curve_finding(curve: Sequence[LoadWindow]) -> str:
    first, last = curve[0], curve[-1]
    low, high = (
        f"{words.number(each.disagreement, 'share')} at {words.number(each.per_s, 'per_s')}" for each in (first, last)
    )
    if first is last:
        return f"Disagreement is {low}; no other load was scored"
    if _ends(last)[0] > _ends(first)[1]:
        return f"Disagreement rises with load: {low}, {high}"
    if _ends(last)[1] < _ends(first)[0]:
        return f"Disagreement falls with load: {low}, {high}"
    return f"Disagreement is {low} and {high}: no difference that so few requests can tell"


# ---- the generator


def lag(rows: ResultColumns) -> Markup:
    found = lag_counts(rows)
    if found is None:
        return absent(LAG, f"Of {counted(len(rows.n), 'request')} there is too little to show how late it was.")
    limit = _limit_ms(rows)
    x = exact_latency_axis(float(found.edges_ms[0]), max(float(found.edges_ms[-1]), 1.1 * limit))
    shares = found.counts / len(rows.n)
    panel = Panel(x, share_axis([(float(shares.max()), 1)]), "high")
    inside = [panel.columns(found.edges_ms, shares, "lag")]
    return section(
        _lag_finding(found, limit), LAG,
        legend(("lag", "share of requests"), ("limit", f"limit of the p99: {words.number(limit, 'ms')}")),
        panel.drawn(f"Histogram of the lag. {_lag_finding(found, limit)}", inside,
                    [*_uprights(panel, found, limit), *_bins(panel, found)]),
        caption("Across: by how much the generator was late to send, logarithmic; its own fault, not the candidate's."),
    )  # fmt: skip


def _uprights(panel: Panel, found: LagCounts, limit_ms: float) -> Iterator[Markup]:
    for name, ms, row, side in (("p50", found.p50_ms, 12, "end"), ("p99", found.p99_ms, 27, "start")):
        at = max(ms, panel.x.lo)
        anchor = side if _ROOM < panel.x.part(at) < 1 - _ROOM else ""
        yield panel.upright(at, "quantile")
        said = f"\N{NO-BREAK SPACE}{name} {words.number(ms, 'ms')}\N{NO-BREAK SPACE}"
        yield panel.word(at, row, said, "note", anchor)
    yield panel.upright(limit_ms, "limit")


def _bins(panel: Panel, found: LagCounts) -> Iterator[Markup]:
    edges, total = found.edges_ms.tolist(), int(found.counts.sum())
    for count, start, end in zip(found.counts.tolist(), edges[:-1], edges[1:], strict=True):
        share = words.number(count / total, "share")
        between = f"{words.number(start, 'ms')} to {words.number(end, 'ms')}"
        yield panel.shade(start, end, "hover", between, f"{counted(count, 'request')}, {share}")


def _limit_ms(rows: ResultColumns) -> float:
    """Above which validity.py calls the run no evidence."""
    response = (rows.done - rows.due)[(rows.done != NEVER) & ~rows.failed]
    p99 = float(np.quantile(response, 0.99, method="inverted_cdf")) / NS_PER_MS if len(response) else 0.0
    return max(LEAST_LAG_MS, MOST_LAG * p99)


def _lag_finding(found: LagCounts, limit_ms: float) -> str:
    p50, p99 = (words.number(each, "ms") for each in (found.p50_ms, found.p99_ms))
    verdict = "" if found.p99_ms <= limit_ms else f": more than the {words.number(limit_ms, 'ms')} that evidence allows"
    return f"Half of the requests were sent at most {p50} late, 99 % at most {p99}{verdict}"
