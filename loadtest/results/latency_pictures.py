"""Two pictures of latency: each percentile of it, and what production took against what the candidate took. No I/O."""

from collections.abc import Iterable, Iterator
from itertools import pairwise

import numpy as np

from comparators.evidence.load_metrics import QUANTILES
from comparators.evidence.report import Report
from comparators.render import words
from comparators.render.markup import Markup, joined, table, tag
from comparators.statistics import quantiles
from ground.plurals import counted
from loadtest.results.axes import Axis, exact_latency_axis, latency_axis, percentile_axis
from loadtest.results.panel import STRETCHED_WIDTH, Panel, absent, caption, legend, section, swatch, titled
from loadtest.results.rows import Column, ResultColumns
from loadtest.results.series import (
    CELLS,
    FEWEST,
    LatencyGrid,
    PercentileLine,
    latency_grid,
    recorded_line,
    response_line,
    service_line,
)

PERCENTILES = "latency by percentile"
SCATTER = "recorded against candidate"

_NAMES = {
    "recorded": "production, as recorded",
    "service": "candidate, without waiting",
    "response": "candidate, with waiting",
}
_DRAWN = ("recorded", "response", "service")  # upon each other: a broken line shows what is beneath it
_FINDINGS = ("p99", "p90", "p50")  # of which a finding speaks: the first that the requests tell
_SHOWN = ("p50", "p90", "p99", "p999")
_HOVERS = 48
_MANY = 0.01  # cut off: then a finding says so
_LEVELS = 4  # of darkness
_SHARES = (0.05, 0.2, 0.5, 1.0)  # of a cell's requests that disagree, by size
_LEAST_MS = 1e-3

Lines = dict[str, PercentileLine]


# ---- by percentile


def percentiles(rows: ResultColumns, report: Report) -> Markup:
    lines = {
        "recorded": recorded_line(rows, report.alpha),
        "service": service_line(rows, report.alpha, _effects(report, "service")),
        "response": response_line(rows, report.alpha, _effects(report, "response")),
    }
    if lines["response"].n - lines["response"].cut < FEWEST:
        return absent(PERCENTILES, _too_few(rows, lines["response"]))
    there = {name: line for name, line in lines.items() if len(line.ms)}
    panel = Panel(percentile_axis(max(line.n for line in there.values())), _latencies(there.values()), "tall")
    inside = [mark for name in _DRAWN if name in there for mark in _drawn(panel, name, there[name])]
    over = [
        *_carried(panel, lines["response"]),
        *_cut_off(panel, lines["response"]),
        *_marks(panel, report),
        *_hovers(panel, there),
    ]
    about = "Latency by percentile, on logarithmic axes. " + ". ".join(
        _summary(name, line) for name, line in there.items()
    )
    return section(
        _percentile_finding(there, report), PERCENTILES,
        _table(there),
        panel.drawn(about, inside, over),
        caption("Across: the percentile. With waiting: from when it was due; without: from when it was sent. "
                "Dots: the report's percentiles with their intervals; hollow where requests are too few."),
        *_left_out(lines),
    )  # fmt: skip


def _effects(report: Report, side: str) -> dict[str, float]:
    """By how much neighbours in the run tell less of each percentile than as many independent requests would."""
    metrics = {name: report.metrics.get(f"{side}.{name}_ms") for name in QUANTILES}
    return {name: each.sums.get("design_effect", 1.0) for name, each in metrics.items() if each is not None}


def _too_few(rows: ResultColumns, line: PercentileLine) -> str:
    answered = line.n - line.cut
    if not len(rows.n):
        return "No request counts, so there is no latency to show."
    if not answered:
        return f"None of {counted(len(rows.n), 'request')} was answered, so there is no latency to show."
    longest = words.number(float(line.ms[-1]), "ms")
    return f"{counted(answered, 'request')} answered, within {longest} from being due: too few for percentiles."


def _latencies(lines: Iterable[PercentileLine]) -> Axis:
    """What fewer than a few in a thousand stay below is left out: it would take the room of all else."""
    low = min(float(line.ms[np.searchsorted(line.beyond, 1.02)]) if line.n > 50 else line.ms[0] for line in lines)
    return latency_axis([max(_LEAST_MS, low), max(_LEAST_MS, *(float(line.ms[-1]) for line in lines))])


def _drawn(panel: Panel, name: str, line: PercentileLine) -> Iterator[Markup]:
    ms = np.maximum(line.ms, _LEAST_MS)
    carried = line.beyond <= line.carried
    last = int(np.count_nonzero(carried))
    if last:
        yield panel.line(line.beyond[:last], ms[:last], name)
    if last < len(ms):
        from_there = max(0, last - 1)
        yield panel.line(line.beyond[from_there:], ms[from_there:], f"{name} faint")


def _carried(panel: Panel, line: PercentileLine) -> Iterator[Markup]:
    """Where the response's line becomes one of single requests, or events: beyond, there are too few for a bound."""
    if not 1 < line.carried < line.beyond[-1]:
        return
    yield panel.upright(line.carried, "limit")
    text = f"{line.n:,} requests bound it up to {words.number(1 - 1 / line.carried, 'share')}"
    yield panel.word(line.carried, panel.height - 9, f"{text}\N{NO-BREAK SPACE}", "note", "end")


def _cut_off(panel: Panel, line: PercentileLine) -> Iterator[Markup]:
    if line.cut:
        share = words.number(line.cut / line.n, "share")
        yield panel.upright(line.n / line.cut, "limit")
        yield panel.word(
            line.n / line.cut, 14, f"\N{NO-BREAK SPACE}{share} cut off at a timeout\N{NO-BREAK SPACE}", "note"
        )


def _marks(panel: Panel, report: Report) -> Iterator[Markup]:
    """As the report has them."""
    for name in _SHOWN:
        metric = report.metrics.get(f"response.{name}_ms")
        beyond = 1 / (1 - QUANTILES[name])
        if metric is None or metric.value is None or beyond > panel.x.hi:
            continue
        said = f"{_called(name)} {words.number(metric.value, 'ms')}"
        if metric.lo is None or metric.hi is None:
            yield panel.dot(beyond, metric.value, "response hollow", f"{said}: {metric.reason}")
            continue
        lo, hi = (words.number(end, "ms") for end in (metric.lo, metric.hi))
        yield panel.whisker(beyond, metric.lo, metric.hi, "response")
        yield panel.dot(beyond, metric.value, "response", f"{said}, between {lo} and {hi}")


def _hovers(panel: Panel, lines: Lines) -> Iterator[Markup]:
    edges = np.geomspace(1, panel.x.hi, _HOVERS + 1)
    for start, end in zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True):
        values = ", ".join(f"{name} {words.number(_value(line, start), 'ms')}" for name, line in lines.items())
        yield panel.shade(start, end, "hover", f"{words.number(1 - 1 / start, 'share')}: {values}")


def _value(line: PercentileLine, beyond: float) -> float | None:
    """None beyond the line's end."""
    place = int(np.searchsorted(line.beyond, beyond))
    return float(line.ms[place]) if place < len(line.ms) else None


def _table(lines: Lines) -> Markup:
    """Which line is which, and the percentiles that so many requests have."""
    rows = [
        (joined(swatch(name), _NAMES[name]), *(words.number(line.at_ms.get(each), "ms") for each in _SHOWN))
        for name, line in lines.items()
    ]
    return table(("", *map(_called, _SHOWN)), rows, frozenset(range(1, 1 + len(_SHOWN))))


def _summary(name: str, line: PercentileLine) -> str:
    told = (f"{_called(each)} {words.number(ms, 'ms')}" for each, ms in line.at_ms.items() if each in _SHOWN)
    return f"{_NAMES[name]}: {', '.join(told)}"


def _called(name: str) -> str:
    return "p99.9" if name == "p999" else name


def _percentile_finding(lines: Lines, report: Report) -> str:
    response = lines["response"]
    name = next((each for each in _FINDINGS if _is_told(response, each, report.alpha)), None)
    if name is None:
        return f"So many were cut off at a timeout, or so few came, that {response.n:,} requests tell no percentile"
    waiting, without = (_metric(report, side, name, lines[side]) for side in ("response", "service"))
    found = f"{name} is {words.number(waiting, 'ms')} with waiting, {words.number(without, 'ms')} without"
    if (own := _metric(report, "latency.production", name, lines.get("recorded"))) is not None:
        found += f"; production's was {words.number(own, 'ms')}"
    if response.cut > _MANY * response.n:
        found += f"; {words.number(response.cut / response.n, 'share')} were cut off at a timeout"
    return found


def _is_told(line: PercentileLine, name: str, alpha: float) -> bool:
    """The median always, where it is known: less than that there is not to say."""
    return name in line.at_ms and (name == "p50" or line.n >= quantiles.minimum(QUANTILES[name], alpha))


def _metric(report: Report, of: str, name: str, line: PercentileLine | None) -> float | None:
    """As the report says it, so that the page says one number once; else from the rows. None without any of these."""
    if line is None:
        return None
    metric = report.metrics.get(f"{of}.{name}_ms")
    return line.at_ms.get(name) if metric is None or metric.value is None else metric.value


def _left_out(lines: Lines) -> Iterator[Markup]:
    if not len(lines["recorded"].ms):
        yield caption("The source says of no request how long production took, so that line is missing.")
    if cut := lines["response"].cut:
        yield caption(f"{counted(cut, 'request')} cut off at a timeout: the candidate's lines end where these begin.")


# ---- recorded against candidate


def scatter(rows: ResultColumns) -> Markup:
    if len(rows.n) and not (rows.recorded >= 0).any():
        return absent(SCATTER, "The source says of no request how long production took.")
    grid = latency_grid(rows)
    if grid is None:
        return absent(
            SCATTER, f"The candidate answered fewer than {FEWEST} of the requests whose time in production is known."
        )
    axis = exact_latency_axis(float(grid.edges_ms[0]), float(grid.edges_ms[-1]))
    panel = Panel(axis, axis, "square")
    ends = np.array([axis.lo, axis.hi])
    inside = [*_cells(panel, grid), panel.line(ends, ends, "diagonal")]
    return section(
        _scatter_finding(grid), SCATTER, legend(*_kinds(grid)), panel.drawn(_scatter_about(grid), inside),
        caption(f"Across: how long production took when recorded. Up: the candidate, from when it was sent. "
                f"A square stands for {_range(1, int(grid.requests.max()))}, the stronger the more. "
                "A diamond is the larger, the larger the part of them that disagrees."),
    )  # fmt: skip


def _cells(panel: Panel, grid: LatencyGrid) -> Iterator[Markup]:
    """Upon each cell's square, where some of it disagrees, a diamond."""
    for level, (least, to) in enumerate(_levels(grid), 1):
        found = (grid.requests >= least) & (grid.requests <= to)
        yield from _marks_of(panel, "others", level, found, f"{_range(least, to)} a mark")
    shares = grid.disagreeing / np.maximum(1, grid.requests)
    for level, (above, most) in enumerate(pairwise((0.0, *_SHARES)), 1):
        found = (shares > above) & (shares <= most)
        yield from _marks_of(panel, "apart", level, found, f"up to {words.number(most, 'share')} of a mark disagree")


def _marks_of(panel: Panel, name: str, level: int, found: Column, title: str) -> Iterator[Markup]:
    if found.any():
        cells = np.argwhere(found).tolist()
        path = "".join(_mark(name, level, across, CELLS - 1 - up, panel.height) for across, up in cells)
        yield tag("path", titled(title), d=path, class_=f"{name} level-{level}")


def _mark(name: str, level: int, across: int, down: int, height: int) -> str:
    """In a cell: a square, whose darkness says how many it stands for, or a diamond, whose size says how many of them
    disagree.
    """
    wide, high = STRETCHED_WIDTH / CELLS, height / CELLS
    if name == "others":
        return f"M{across * wide:.0f} {down * high:.1f}h{wide - 2:.0f}v{high - 0.8:.1f}h{2 - wide:.0f}z"
    part = 0.12 + 0.12 * level
    x, y = part * wide, part * high
    edges = f"l{x:.1f} {y:.1f} {-x:.1f} {y:.1f} {-x:.1f} {-y:.1f}z"
    return f"M{(across + 0.5) * wide:.0f} {(down + 0.5) * high - y:.1f}{edges}"


def _levels(grid: LatencyGrid) -> list[tuple[int, int]]:
    """Of how many requests a mark, from one to the most: each about as many times more than the one before."""
    ends = np.unique(np.geomspace(1, int(grid.requests.max()), _LEVELS).round().astype(np.int64)).tolist()
    return [(1 if place == 0 else ends[place - 1] + 1, end) for place, end in enumerate(ends)]


def _range(least: int, to: int) -> str:
    return counted(to, "request") if least == to else f"{least:,} to {to:,} requests"


def _kinds(grid: LatencyGrid) -> Iterator[tuple[str, str]]:
    apart = int(grid.disagreeing.sum())
    agreeing = grid.n - apart - grid.unscored
    others = [f"{agreeing:,} agree"] if agreeing else []
    if grid.unscored:
        others.append(f"{grid.unscored:,} not scored")
    if others:
        yield "others level-3", ", ".join(others)
    if apart:
        yield "apart level-3", f"{apart:,} disagree"
    yield "diagonal", "as long as in production; above, the candidate is slower"


def _scatter_finding(grid: LatencyGrid) -> str:
    faster = words.number(grid.faster / grid.n, "share")
    found = f"The candidate took less time than production for {faster} of {counted(grid.n, 'request')}"
    apart = int(grid.disagreeing.sum())
    return found if grid.unscored == grid.n else f"{found}; {apart:,} disagree"


def _scatter_about(grid: LatencyGrid) -> str:
    kinds = ", ".join(text for _, text in list(_kinds(grid))[:-1])
    first, last = (words.number(float(end), "ms") for end in (grid.edges_ms[0], grid.edges_ms[-1]))
    slower = f"the candidate took less time for {grid.faster:,} of {grid.n:,}"
    return (
        f"Each request by production's latency and by the candidate's, both from {first} to {last}: {kinds}; {slower}"
    )
