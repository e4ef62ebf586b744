"""From the rows of a run to the sums that its metrics are made of, and to the curve of disagreement against load. Pure.

Neighbouring requests wait in the same queue, so a run's times tell less than as many independent ones. How much less is
measured between stretches of the run: by how much more the counts beyond a quantile differ between STRETCHES equal
parts than those of independent requests would (statistics/clusters.py has the estimate of a ratio between clusters). A
stretch as a whole tells at least as much as one request, so the effect is at most its length.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from comparators.evidence.load import LoadWindow
from comparators.evidence.load_metrics import NS_PER_MS, QUANTILES, LoadSums, PaceSums
from comparators.metrics.way import few_units
from comparators.pairs.stretches import STRETCHES
from comparators.statistics import clusters, sequences
from comparators.statistics.estimate import UNKNOWN
from comparators.statistics.sketch import Sketch
from loadtest.results.rows import NEVER, ResultColumns

_LEAST = 10  # requests of a stretch; with fewer nothing is known of how stretches differ
_UPPER = 1.38  # as in statistics/clusters.py: 63 over the 5 % quantile of chi-square with 63 degrees of freedom
_NS = 1_000_000_000
_WINDOW_NS = _NS  # whose rate is taken
MAX_WINDOWS = 8
_APART = 1.25
_LEAST_OF_WINDOW = 50  # requests


def load_sums(rows: ResultColumns, copies: float = 1.0) -> LoadSums:
    """Of the rows that count, in the order in which they were due. `copies`: how often each request was sent, on
    average; whether it fails is told by it once.
    """
    answered = (rows.done != NEVER) & ~rows.failed
    found = LoadSums(
        requests=len(rows.n),
        failures=int(np.count_nonzero(rows.without_success())),
        planned=_pace(rows.due),
        achieved=_pace(rows.issued),
        right=_right(rows, answered),
    )
    cut_off = rows.timed_out & (rows.done != NEVER)
    found.effects["failures.rate"] = max(copies, bursts(rows.without_success()))
    waited = {"response": rows.done - rows.due, "service": rows.done - rows.sent}
    for name, values in waited.items():
        sent = rows.sent != NEVER if name == "service" else True
        found.effects |= _add(getattr(found, name), name, values, answered, cut_off & sent)
    began = rows.first_byte != NEVER
    to_first = np.where(began, rows.first_byte - rows.sent, rows.done - rows.sent)
    asked = cut_off & (rows.sent != NEVER)
    found.effects |= _add(found.first_byte, "first_byte", to_first, began, asked & ~began)
    _add_tokens(found, rows, asked)
    found.effects |= _add(found.lag, "lag", rows.lag, np.ones_like(answered), np.zeros_like(answered))
    return found


def _add_tokens(sums: LoadSums, rows: ResultColumns, asked: NDArray[np.bool_]) -> None:
    """Of a stream that was cut off before its first token nobody knows when that came: not before anything did. Of one
    that was cut off later the next pause is at least as long as was waited. `asked`: was sent, and cut off.
    """
    streams, began = rows.tokens != NEVER, rows.first_token != NEVER
    silent = (rows.bytes_in == 0) | (rows.first_byte == NEVER)
    at_least = np.where(silent, rows.done, rows.first_byte)
    first = np.where(began, rows.first_token, at_least) - rows.sent
    sums.effects |= _add(sums.first_token, "first_token", first, began, asked & streams & ~began)
    is_pending = asked & (rows.last_token != NEVER)
    several = (rows.last_token != NEVER) & (rows.token_events > 1) & ~is_pending
    until, pauses = np.where(is_pending, rows.done, rows.last_token), rows.token_events - 1 + is_pending
    pause = (until - rows.first_token) // np.maximum(1, pauses)
    sums.effects |= _add(sums.between_tokens, "between_tokens", pause, several, is_pending)
    if streams.any():
        sums.tokens = PaceSums(int(rows.tokens[streams].sum()), _span(rows))


def _add(
    sketch: Sketch, name: str, values: NDArray[Any], known: NDArray[np.bool_], at_least: NDArray[np.bool_]
) -> dict[str, float]:
    """The design effects by metric, for which what is only known to be longer stands above all others."""
    sketch.add_all(np.maximum(values[known], 0).astype(np.float64))
    for value in values[at_least].tolist():
        sketch.add_censored(float(max(0, value)))
    told = np.where(at_least, np.iinfo(np.int64).max, values)[known | at_least]
    return {f"{name}.{short}_ms": design_effect(told, q) for short, q in QUANTILES.items()}


def design_effect(values: NDArray[Any], q: float) -> float:
    """Of how many `values`, in their order in time, lie beyond their q-quantile."""
    n = len(values)
    if n < STRETCHES * _LEAST:
        return max(1.0, n / STRETCHES)
    quantile = np.quantile(values, q, method="inverted_cdf")
    beyond = values > quantile
    return effect_of(beyond if beyond.any() else values >= quantile)


def effect_of(beyond: NDArray[np.bool_]) -> float:
    """Of what holds of some requests, in their order in time."""
    n = len(beyond)
    if n < STRETCHES * _LEAST:
        return max(1.0, n / STRETCHES)
    ends = np.linspace(0, n, STRETCHES + 1).astype(np.int64)
    counts = np.add.reduceat(beyond, ends[:-1], dtype=np.float64)
    sizes = np.diff(ends)
    rate = counts.sum() / n
    variance = n * rate * (1 - rate)
    if variance <= 0:
        return 1.0
    between = STRETCHES / (STRETCHES - 1) * float(np.sum((counts - rate * sizes) ** 2)) / variance
    return float(min(max(1.0, _UPPER * between), n / STRETCHES))


def bursts(shares: NDArray[Any], variance: float | None = None, fitted: int = 1) -> float:
    """The design effect of values in [0, 1] of requests in the order in which they were due, as a replay's report has
    it of its disagreement (comparators/pairs/stretches.py). `variance`, `fitted`: as clusters.effect_between has them.
    """
    parts = np.array_split(shares, STRETCHES)
    sizes, totals = [len(each) for each in parts], [float(np.sum(each)) for each in parts]
    return clusters.effect_between(sizes, totals, variance, fitted)


def curve(rows: ResultColumns, alpha: float, effect: float = 1.0) -> list[LoadWindow]:
    """Seconds of the run, those with about as many requests together; each with an interval at its share of alpha.
    `effect`: so many requests tell as much as an independent one, by whose they are; by when they were sent is measured
    here, of what is left of each window's rate: what differs with the load is not chance.
    """
    if not len(rows.n):
        return []
    second = (rows.issued - rows.issued.min()) // _WINDOW_NS
    per_s = np.bincount(second)
    kinds = _alike(per_s)
    if len(kinds) < 2:
        return []
    windows = [np.isin(second, some) for some in kinds]
    effect = max(effect, _bursts_within(rows.disagrees, windows))
    share = alpha / len(kinds)
    return [_window(rows, own, per_s[some], share, effect) for own, some in zip(windows, kinds, strict=True)]


def _bursts_within(disagrees: NDArray[np.float64], windows: Sequence[NDArray[np.bool_]]) -> float:
    """The design effect over the whole run, each request beside the rate of its own window: a window that is short, or
    in which no burst came, shares what the others know.
    """
    told = ~np.isnan(disagrees)
    rate = np.zeros(len(disagrees))
    for own in windows:
        if (known := own & told).any():
            rate[known] = np.mean(disagrees[known])
    if not told.any():
        return 1.0
    return bursts((disagrees - rate)[told], float(np.mean((rate * (1 - rate))[told])), len(windows))


def _window(
    rows: ResultColumns, own: NDArray[np.bool_], per_s: NDArray[np.int64], alpha: float, effect: float
) -> LoadWindow:
    disagrees = rows.disagrees[own & ~np.isnan(rows.disagrees)]
    n, total = len(disagrees), float(np.sum(disagrees))
    ends = UNKNOWN if few_units(n, effect) else sequences.rate(total / effect, n / effect, alpha)
    ended = own & (rows.done != NEVER) & (~rows.failed | rows.timed_out)
    response = np.where(rows.timed_out, np.inf, rows.done - rows.due)[ended]
    p50, p99 = (_quantile(response, q) for q in (0.5, 0.99))
    return LoadWindow(
        per_s=float(np.mean(per_s)),
        n=n,
        disagreement=total / n if n else None,
        lo=ends.lo,
        hi=ends.hi,
        alpha=alpha,
        p50_ms=p50,
        p99_ms=p99,
    )


def _quantile(response: NDArray[np.float64], q: float) -> float | None:
    """In ms; None of nothing, and where it is among those that were cut off."""
    value = float(np.quantile(response, q, method="inverted_cdf")) if len(response) else np.inf
    return value / NS_PER_MS if np.isfinite(value) else None


def _alike(per_s: NDArray[np.int64]) -> list[NDArray[np.int64]]:
    """Seconds in groups, by their requests: none has more than _APART times those of another in its group, unless there
    are too many groups; then all have as many seconds.
    """
    order = np.argsort(per_s, kind="stable")
    order = order[per_s[order] > 0]
    begins: list[int] = []
    least = 0.0
    for place, rate in enumerate(per_s[order].tolist()):
        if not begins or rate > _APART * least:
            begins.append(place)
            least = rate
    if len(begins) > MAX_WINDOWS:
        return np.array_split(order, MAX_WINDOWS)
    return _large_enough(np.split(order, begins[1:]), per_s)


def _large_enough(groups: list[NDArray[np.int64]], per_s: NDArray[np.int64]) -> list[NDArray[np.int64]]:
    """A few seconds with hardly a request, as at a run's end, go with those that have more."""
    found: list[NDArray[np.int64]] = []
    for some in groups:
        if found and per_s[found[-1]].sum() < _LEAST_OF_WINDOW:
            found[-1] = np.concatenate([found[-1], some])
        else:
            found.append(some)
    return found


def _pace(times: NDArray[np.int64]) -> PaceSums:
    return PaceSums(len(times), int(times.max() - times.min())) if len(times) else PaceSums()


def _right(rows: ResultColumns, answered: NDArray[np.bool_]) -> PaceSums:
    """Nothing is known of it where nothing was scored."""
    if len(rows.n) and np.isnan(rows.disagrees).all():
        return PaceSums()
    return PaceSums(int(np.count_nonzero(answered & (rows.disagrees <= 0))), _span(rows))


def _span(rows: ResultColumns) -> int:
    """From when the first was due to the last end."""
    ends: Sequence[int] = rows.done[rows.done != NEVER]
    return int(max(ends) - rows.due.min()) if len(ends) else 0
