"""From sums to metrics: each has one value, one interval, its method, and the sums an interval at another alpha needs.

Names, units and methods are the JSON face's: policies, thresholds and Prometheus use them. Definitions only; the
statistics are in statistics/, and nothing here prints or judges.
"""

from collections.abc import Mapping
from typing import Any

from msgspec import Struct

from comparators.statistics import quantiles, sequences
from comparators.statistics.estimate import UNKNOWN, Estimate, Interval
from comparators.statistics.exact import real
from comparators.statistics.sketch import Sketch
from comparators.summary import LatencySummary, PlanSummary

QUANTILES = {"p50": 0.5, "p90": 0.9, "p99": 0.99}
NS_PER_MS = 1_000_000

_RATE = "beta_binomial_sequence"
_DIFFERENCE = "beta_binomial_sequences_combined"
_QUANTILE = "bernoulli_sequence_ranks"
_QUANTILE_RATIO = "bernoulli_sequence_ranks_combined"
_MEAN = "normal_mixture_sequence_asymptotic"
_COUNT = "count"
_NO_PAIRS = "no pairs yet"


class Metric(Struct, frozen=True, kw_only=True):
    """`lo` or `hi` None is unbounded; `reason` says why, or why there is no value. `unit`: share, ms, ratio."""

    value: float | None
    lo: float | None
    hi: float | None
    n: int
    unit: str
    method: str
    alpha: float
    sums: dict[str, Any]
    reason: str = ""


def metrics_of(summary: PlanSummary, alpha: float) -> dict[str, Metric]:
    """All that can be said of one plan's pairs, or of all of them together."""
    return {
        "disagreement.rate": disagreement_rate(summary, alpha),
        "errors.new_minus_fixed": new_minus_fixed(summary, alpha),
        **_latency(summary.latency, alpha),
    }


def disagreement_rate(summary: PlanSummary, alpha: float) -> Metric:
    """The mean over compared requests of the share of their rows that disagree."""
    n, k = summary.compared, real(summary.share)
    estimate = Estimate(k / n if n else None, sequences.rate(k, n, alpha), "" if n else _NO_PAIRS)
    return _metric(estimate, n, "share", _RATE, alpha, {"k": k, "n": n})


def new_minus_fixed(summary: PlanSummary, alpha: float) -> Metric:
    """Share of requests where the candidate failed and production did not, minus the reverse; of all pairs."""
    new, fixed, n = summary.new_failures, summary.fixed_failures, summary.pairs
    interval = sequences.rate_difference(new, fixed, n, alpha)
    estimate = Estimate((new - fixed) / n if n else None, interval, "" if n else _NO_PAIRS)
    return _metric(estimate, n, "share", _DIFFERENCE, alpha, {"new": new, "fixed": fixed, "n": n})


def coverage_ratio(coverage: Mapping[str, Any], alpha: float) -> Metric:
    """Compared requests, of those that were to be sampled. A count of everything: it has no uncertainty."""
    compared, of = coverage["compared"], coverage["requests"] - coverage["not_sampled"]
    value = compared / of if of > 0 else None
    estimate = Estimate(value, Interval(value, value), "" if of > 0 else "no requests yet")
    return _metric(estimate, max(0, of), "share", _COUNT, alpha, {"compared": compared, "of": of})


def _latency(latency: LatencySummary, alpha: float) -> dict[str, Metric]:
    found: dict[str, Metric] = {}
    sides = {"production": latency.production, "candidate": latency.candidate}
    for side, sketch in sides.items():
        for name, q in QUANTILES.items():
            found[f"latency.{side}.{name}_ms"] = _quantile_ms(sketch, f"latency.{side}", q, alpha)
    for name, q in QUANTILES.items():
        found[f"latency.{name}_ratio"] = _quantile_ratio(latency, q, alpha)
    found["latency.paired_mean_ms"] = _paired_mean(latency, alpha)
    found["latency.paired_ratio_p50"] = _paired_ratio(latency.ratio, alpha)
    return found


def _quantile_ms(sketch: Sketch, name: str, q: float, alpha: float) -> Metric:
    estimate = _scaled(quantiles.quantile(sketch, q, alpha), NS_PER_MS)
    return _metric(estimate, sketch.n, "ms", _QUANTILE, alpha, {"q": q, "distribution": name})


def _quantile_ratio(latency: LatencySummary, q: float, alpha: float) -> Metric:
    estimate = quantiles.quantile_ratio(latency.candidate, latency.production, q, alpha)
    sums = {"q": q, "distributions": ["latency.candidate", "latency.production"]}
    return _metric(estimate, latency.candidate.n, "ratio", _QUANTILE_RATIO, alpha, sums)


def _paired_ratio(sketch: Sketch, alpha: float) -> Metric:
    """The median over pairs of candidate / production: how many times slower it is on the same request."""
    estimate = quantiles.quantile(sketch, 0.5, alpha)
    return _metric(estimate, sketch.n, "ratio", _QUANTILE, alpha, {"q": 0.5, "distribution": "latency.paired_ratio"})


def _paired_mean(latency: LatencySummary, alpha: float) -> Metric:
    """The mean over pairs of candidate minus production. With censored pairs there is a lower bound, and no more."""
    n, total, squares = latency.production.n, latency.delta_total, latency.delta_squares
    estimate = _mean(n, total, sequences.mean(n, total, squares, alpha), latency.candidate.n_censored)
    sums = {"n": n, "total_ns": str(total), "squares_ns2": str(squares)}  # text: they outgrow a JSON reader's integers
    return _metric(_scaled(estimate, NS_PER_MS), n, "ms", _MEAN, alpha, sums)


def _mean(n: int, total: int, interval: Interval, censored: int) -> Estimate:
    if n == 0:
        return Estimate(None, UNKNOWN, _NO_PAIRS)
    if censored:
        reason = f"{censored:,} timeouts leave it open"
        return Estimate(None, Interval(interval.lo, None), reason)
    if interval is UNKNOWN:
        few = n < sequences.MEAN_MIN_N
        reason = f"needs at least {sequences.MEAN_MIN_N} pairs" if few else "all differences are equal"
        return Estimate(total / n, UNKNOWN, reason)
    return Estimate(total / n, interval)


def _scaled(estimate: Estimate, unit: float) -> Estimate:
    lo, hi = (None if each is None else each / unit for each in estimate.interval)
    return Estimate(None if estimate.value is None else estimate.value / unit, Interval(lo, hi), estimate.reason)


def _metric(estimate: Estimate, n: int, unit: str, method: str, alpha: float, sums: dict[str, Any]) -> Metric:
    return Metric(
        value=estimate.value,
        lo=estimate.interval.lo,
        hi=estimate.interval.hi,
        n=n,
        unit=unit,
        method=method,
        alpha=alpha,
        sums=sums,
        reason=estimate.reason,
    )
