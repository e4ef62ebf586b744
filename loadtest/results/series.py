"""The numbers that pictures of a run show: sums over its rows, as many for a million of them as for a thousand. No I/O.

Quantiles are order statistics of the rows themselves (the inverted distribution function), so that each is a time that
was measured. A request that was cut off at its timeout took at least as long as was waited for it.
"""

import math
from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

import numpy as np

from comparators.evidence.load_metrics import NS_PER_MS, QUANTILES
from comparators.statistics import quantiles, sequences
from loadtest.results.rows import NEVER, Column, ResultColumns

FEWEST = 5  # requests of a picture: fewer are said, not drawn
MAX_POINTS = 300  # of a line of percentiles
MAX_BUCKETS = 120  # of a run's time
MAX_SPANS = 24  # in which disagreement is told
CELLS = 56  # of each side of the grid of two latencies
MAX_BINS = 64  # of the lag

NO_EFFECTS: Mapping[str, float] = MappingProxyType({})

_NS = 1_000_000_000
_LEAST_BUCKETS = 12
_BUCKET_REQUESTS = 100  # about: below, a p99 is the longest
_SPAN_REQUESTS = 200
_SERVER_ERROR = 500
_LEAST_MS = 1e-3  # of a logarithmic axis: 1 µs
_RARE = 0.001  # the share of values that may lie below an axis, and stand at its beginning
_HALVINGS = 40
_LEAST_BOUND = 1.25  # 1 / (1 - p) of p20
_PER_DECADE = 10  # bins of the lag


class PercentileLine(NamedTuple):
    """`ms` at `beyond`, which is 1 / (1 - p), rising: of `n` values, of which `cut` are only known to be longer than
    some time, and have no point. `carried`: up to which 1 / (1 - p) so many values bound a percentile from above.
    `at_ms`: by the names of QUANTILES, those that none of the cut off reach.
    """

    beyond: Column
    ms: Column
    n: int
    cut: int
    carried: float
    at_ms: dict[str, float]


class DisagreementSpan(NamedTuple):
    """Of `n` answers in a part of the run the share that disagrees, with its interval."""

    start_s: float
    end_s: float
    n: int
    rate: float
    lo: float
    hi: float


class RunSeries(NamedTuple):
    """What happened in each bucket of the run's time, between `edges_s`. Latencies are of the requests that were due in
    it and count, in ms, NaN without any; `failures` too. Rates and `in_flight`, the most at once, are of all requests.
    Until `warmup_s` none counts. `cut`: so many requests were cut off, and count with the time until then.
    """

    edges_s: Column
    requests: Column
    failures: Column
    response_p50: Column
    response_p99: Column
    service_p50: Column
    service_p99: Column
    planned_per_s: Column
    achieved_per_s: Column
    in_flight: Column
    warmup_s: float
    cut: int
    spans: tuple[DisagreementSpan, ...]


class LatencyGrid(NamedTuple):
    """Requests by how long production took (first axis) and the candidate (second), in cells between `edges_ms`, and
    those among them that disagree; of `unscored` that could not be told. `faster`: so many took the candidate less
    time.
    """

    edges_ms: Column
    requests: Column
    disagreeing: Column
    n: int
    unscored: int
    faster: int


class LagCounts(NamedTuple):
    """How many requests were late by so much, between `edges_ms`; those late by less than the first edge stand in the
    first bin.
    """

    edges_ms: Column
    counts: Column
    p50_ms: float
    p99_ms: float
    max_ms: float


def percentile_line(
    ns: Column, is_cut: Column, alpha: float, effects: Mapping[str, float] = NO_EFFECTS
) -> PercentileLine:
    """`effects`: by the names of QUANTILES, so many requests tell of one as much as a single independent one would."""
    n, cut = len(ns), int(np.count_nonzero(is_cut))
    if n == cut:
        return PercentileLine(np.empty(0), np.empty(0), n, cut, 1.0, {})
    highest = np.unique(np.geomspace(cut + 1, n, MAX_POINTS).astype(np.int64))[::-1]
    ordered = np.sort(np.where(is_cut, np.iinfo(np.int64).max, ns))
    ranks = {name: math.ceil(q * n) for name, q in QUANTILES.items()}
    at_ms = {name: float(ordered[rank - 1]) / NS_PER_MS for name, rank in ranks.items() if rank <= n - cut}
    return PercentileLine(n / highest, ordered[n - highest] / NS_PER_MS, n, cut, _carried(n, alpha, effects), at_ms)


def _carried(n: int, alpha: float, effects: Mapping[str, float]) -> float:
    """Up to the first percentile that is not bounded: a stall is one event, however many requests wait for it."""
    carried = bounded = 1.0
    for name, q in QUANTILES.items():
        bounded = _bounded(int(n / effects.get(name, 1.0)), alpha)
        if bounded < 1 / (1 - q):
            return max(carried, bounded)
        carried = 1 / (1 - q)
    return bounded


def _bounded(n: int, alpha: float) -> float:
    """The highest 1 / (1 - q) at which n values bound their q-quantile from above; 1 where they bound none."""
    low, high = math.log(_LEAST_BOUND), math.log(max(_LEAST_BOUND, n))
    if n < quantiles.minimum(1 - 1 / _LEAST_BOUND, alpha):
        return 1.0
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        if quantiles.ranks(-math.expm1(-middle), n, alpha).hi <= n:
            low = middle
        else:
            high = middle
    return math.exp(low)


def service_line(rows: ResultColumns, alpha: float, effects: Mapping[str, float] = NO_EFFECTS) -> PercentileLine:
    return _waited(rows, rows.done - rows.sent, alpha, effects)


def response_line(rows: ResultColumns, alpha: float, effects: Mapping[str, float] = NO_EFFECTS) -> PercentileLine:
    return _waited(rows, rows.done - rows.due, alpha, effects)


def recorded_line(rows: ResultColumns, alpha: float) -> PercentileLine:
    known = rows.recorded[rows.recorded != NEVER]
    return percentile_line(known, np.zeros(len(known), np.bool_), alpha)


def _waited(rows: ResultColumns, ns: Column, alpha: float, effects: Mapping[str, float]) -> PercentileLine:
    told = _answered(rows) | _cut_off(rows)
    return percentile_line(np.maximum(ns[told], 0), _cut_off(rows)[told], alpha, effects)


def _answered(rows: ResultColumns) -> Column:
    answered: Column = (rows.done != NEVER) & ~rows.failed
    return answered


def _cut_off(rows: ResultColumns) -> Column:
    cut_off: Column = rows.timed_out & (rows.sent != NEVER) & (rows.done != NEVER)
    return cut_off


# ---- over the run's time


def run_series(rows: ResultColumns, alpha: float, copies: float) -> RunSeries:
    """Of all rows, of which there are FEWEST or more; `copies` as in measuring.curve."""
    edges = _edges(rows)
    counting = rows.counting()
    told = _answered(counting) | _cut_off(counting)
    at = _bucket(counting.due, edges)
    response = _quantiles(at[told], (counting.done - counting.due)[told], edges)
    service = _quantiles(at[told], (counting.done - counting.sent)[told], edges)
    width_s = (edges[1] - edges[0]) / _NS
    size = len(edges) - 1
    return RunSeries(
        edges_s=edges / _NS,
        requests=np.bincount(at, minlength=size),
        failures=np.bincount(at[counting.failed | (counting.status >= _SERVER_ERROR)], minlength=size),
        response_p50=response[0],
        response_p99=response[1],
        service_p50=service[0],
        service_p99=service[1],
        planned_per_s=np.bincount(_bucket(rows.due, edges), minlength=size) / width_s,
        achieved_per_s=np.bincount(_bucket(rows.issued, edges), minlength=size) / width_s,
        in_flight=_in_flight(rows, edges),
        warmup_s=float(rows.due[rows.warmup].max()) / _NS if rows.warmup.any() else 0.0,
        cut=int(np.count_nonzero(_cut_off(counting))),
        spans=_spans(counting, at, edges, alpha, copies),
    )


def _edges(rows: ResultColumns) -> Column:
    """Buckets of equal width in ns, the end of one of which is the last due time: what is planned fills each of them.
    What ends in less than half a bucket behind the last one counts there.
    """
    planned = max(1, int(rows.due.max()))
    end = max(planned, int(rows.issued.max()), int(rows.done.max()))
    count = min(MAX_BUCKETS, max(_LEAST_BUCKETS, len(rows.n) // _BUCKET_REQUESTS))
    of_plan = max(1, round(count * planned / end))
    if of_plan == 1:  # all was due at once, or nearly: the plan fills no bucket
        return np.linspace(0, end, count + 1)
    width = planned / of_plan
    beyond = math.floor((end - planned) / width + 0.5)
    return np.arange(of_plan + beyond + 1) * width


def _bucket(ns: Column, edges: Column) -> Column:
    width = edges[1] - edges[0]
    bucket: Column = np.clip((ns / width).astype(np.int64), 0, len(edges) - 2)
    return bucket


def _quantiles(at: Column, ns: Column, edges: Column) -> tuple[Column, Column]:
    """The p50 and the p99 of each bucket, in ms."""
    counts = np.bincount(at, minlength=len(edges) - 1)
    begins = np.cumsum(counts) - counts
    ordered = np.append(ns[np.lexsort((ns, at))], 0)
    p50, p99 = (
        np.where(counts > 0, ordered[begins + np.maximum(0, np.ceil(q * counts).astype(np.int64) - 1)], np.nan)
        for q in (0.5, 0.99)
    )
    return p50 / NS_PER_MS, p99 / NS_PER_MS


def _in_flight(rows: ResultColumns, edges: Column) -> Column:
    """The most that were sent and had not ended: at the beginning of each bucket, and whenever one was sent in it."""
    was_sent = rows.sent != NEVER
    sent, done = np.sort(rows.sent[was_sent]), np.sort(rows.done[was_sent & (rows.done != NEVER)])
    most = np.searchsorted(sent, edges[:-1]) - np.searchsorted(done, edges[:-1])
    at_sending = np.arange(1, len(sent) + 1) - np.searchsorted(done, sent, side="right")
    np.maximum.at(most, _bucket(sent, edges), at_sending)
    return most


def _spans(rows: ResultColumns, at: Column, edges: Column, alpha: float, copies: float) -> tuple[DisagreementSpan, ...]:
    """As many buckets together as have SPAN_REQUESTS answers to tell, each with an interval at its share of alpha."""
    told = ~np.isnan(rows.disagrees)
    size = len(edges) - 1
    count = min(MAX_SPANS, max(1, int(np.count_nonzero(told)) // _SPAN_REQUESTS))
    together = math.ceil(size / count)
    counts = np.bincount(at[told] // together)
    totals = np.bincount(at[told] // together, weights=rows.disagrees[told])
    there = np.flatnonzero(counts)
    return tuple(
        _span(edges, place, together, int(counts[place]), float(totals[place]), alpha / len(there), copies)
        for place in there.tolist()
    )


def _span(
    edges: Column, place: int, together: int, n: int, total: float, alpha: float, copies: float
) -> DisagreementSpan:
    ends = sequences.rate(total / copies, n / copies, alpha)
    first, last = place * together, min((place + 1) * together, len(edges) - 1)
    lo, hi = (0.0 if ends.lo is None else ends.lo), (1.0 if ends.hi is None else ends.hi)
    return DisagreementSpan(float(edges[first]) / _NS, float(edges[last]) / _NS, n, total / n, lo, hi)


# ---- recorded against candidate


def latency_grid(rows: ResultColumns) -> LatencyGrid | None:
    """Of the requests that both answered; None with fewer than FEWEST."""
    both = _answered(rows) & (rows.sent != NEVER) & (rows.recorded != NEVER)
    if np.count_nonzero(both) < FEWEST:
        return None
    recorded, service = rows.recorded[both], (rows.done - rows.sent)[both]
    edges = _log_edges(np.concatenate([recorded, service]) / NS_PER_MS, CELLS)
    cell = _log_bin(recorded / NS_PER_MS, edges) * CELLS + _log_bin(service / NS_PER_MS, edges)
    disagrees = rows.disagrees[both]
    requests, apart = (np.bincount(some, minlength=CELLS * CELLS) for some in (cell, cell[disagrees > 0]))
    return LatencyGrid(
        edges_ms=edges,
        requests=requests.reshape(CELLS, CELLS),
        disagreeing=apart.reshape(CELLS, CELLS),
        n=len(recorded),
        unscored=int(np.count_nonzero(np.isnan(disagrees))),
        faster=int(np.count_nonzero(service < recorded)),
    )


def _log_edges(ms: Column, bins: int) -> Column:
    """Equally wide on a logarithmic axis; the few lowest values need not have a place of their own."""
    low = max(_LEAST_MS, float(np.quantile(ms, _RARE, method="inverted_cdf")))
    high = max(low * 1.5, float(ms.max()))
    return np.geomspace(low / 1.1, high * 1.1, bins + 1)


def _log_bin(ms: Column, edges: Column) -> Column:
    found: Column = np.clip(np.searchsorted(edges, ms, side="right") - 1, 0, len(edges) - 2)
    return found


# ---- the generator


def lag_counts(rows: ResultColumns) -> LagCounts | None:
    """None with fewer than FEWEST."""
    if len(rows.n) < FEWEST:
        return None
    ms = np.maximum(rows.lag, 0) / NS_PER_MS
    low = max(_LEAST_MS, float(np.quantile(ms, _RARE, method="inverted_cdf")))
    decades = math.log10(max(float(ms.max()), low) / low)
    edges = _log_edges(ms, min(MAX_BINS, max(6, round(_PER_DECADE * decades))))
    p50, p99 = (float(np.quantile(ms, q, method="inverted_cdf")) for q in (0.5, 0.99))
    counts = np.bincount(_log_bin(ms, edges), minlength=len(edges) - 1)
    return LagCounts(edges, counts, p50, p99, float(ms.max()))
