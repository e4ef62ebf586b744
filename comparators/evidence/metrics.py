"""Which metrics there are about a plan's pairs: names, units and definitions as in the JSON face.

Policies, thresholds and Prometheus use the names. The ways in which sums become a metric are metric.py's; those of a
kind of output stand with the kind. Nothing here prints or judges.
"""

from collections.abc import Mapping
from typing import Any

from comparators.compare import size
from comparators.compare.kinds import KINDS, HeadSums, kind_of
from comparators.metrics import metric
from comparators.metrics.metric import COUNT, MEAN, NO_PAIRS, QUANTILE_RATIO, Metric
from comparators.pairs.summary import LatencySummary, NoiseSums, PlanSummary
from comparators.statistics import clusters, quantiles, sequences
from comparators.statistics.estimate import UNKNOWN, Estimate, Interval
from comparators.statistics.exact import ONE, real
from comparators.statistics.sketch import Sketch

QUANTILES = {"p50": 0.5, "p90": 0.9, "p99": 0.99}
NS_PER_MS = 1_000_000


def metrics_of(summary: PlanSummary, alpha: float) -> dict[str, Metric]:
    """All that can be said of one plan's pairs, or of all of them together, apart from their outputs."""
    return {
        "disagreement.rate": disagreement_rate(summary, alpha),
        **_noise(summary.noise, alpha),
        **_design_effect(summary, alpha),
        "errors.new_minus_fixed": new_minus_fixed(summary, alpha),
        **_latency(summary.latency, alpha),
        **size.metrics(summary.size, alpha),
    }


def head_metrics(sums: HeadSums, alpha: float) -> dict[str, Metric]:
    """Of one output, under its kind's name."""
    return KINDS[kind_of(sums)].metrics(sums, alpha)


def disagreement_rate(summary: PlanSummary, alpha: float) -> Metric:
    """The mean over compared requests of the share of their rows that disagree."""
    return metric.rate(summary.disagreement, summary.compared, alpha)


def new_minus_fixed(summary: PlanSummary, alpha: float) -> Metric:
    """Share of requests where the candidate failed and production did not, minus the reverse; of all pairs."""
    return metric.difference(summary.new_failures, summary.fixed_failures, summary.pairs, alpha, ("new", "fixed"))


def coverage_ratio(coverage: Mapping[str, Any], alpha: float) -> Metric:
    """Compared requests, of those that were to be sampled. A count of everything: it has no uncertainty."""
    compared, of = coverage["compared"], coverage["requests"] - coverage["not_sampled"]
    value = compared / of if of > 0 else None
    estimate = Estimate(value, Interval(value, value), "" if of > 0 else "no requests yet")
    return metric.of_estimate(estimate, max(0, of), "share", COUNT, alpha, {"compared": compared, "of": of})


def _noise(noise: NoiseSums, alpha: float) -> dict[str, Metric]:
    """Of the requests that production was asked twice, and of these alone: raw, noise, and what is beyond noise."""
    if not noise.n:
        return {}
    return {
        "disagreement.sampled": metric.rate(noise.disagreement, noise.n, alpha),
        "disagreement.noise": metric.rate(noise.noise, noise.n, alpha),
        "disagreement.excess": metric.difference_of_shares(
            noise.disagreement, noise.noise, noise.n, alpha, ("disagreement", "noise")
        ),
    }


def _design_effect(summary: PlanSummary, alpha: float) -> dict[str, Metric]:
    """How much more the rate varies between groups of users than between independent requests (clusters.py)."""
    if not summary.bucket_n:
        return {}
    n, totals = sum(summary.bucket_n), [real(each) for each in summary.bucket_disagreement]
    value = clusters.design_effect(summary.bucket_n, totals, summary.disagreement_squares / ONE**2)
    needs = f"needs {clusters.MIN_CLUSTERS} groups of users and {clusters.MIN_EVENTS} disagreements"
    sums = {"n": list(summary.bucket_n), "k": totals}
    return {
        "disagreement.design_effect": metric.descriptive(value, n, alpha, "ratio", sums, needs if value is None else "")
    }


def _latency(latency: LatencySummary, alpha: float) -> dict[str, Metric]:
    found: dict[str, Metric] = {}
    sides = {"production": latency.production, "candidate": latency.candidate}
    for side, sketch in sides.items():
        for name, q in QUANTILES.items():
            found[f"latency.{side}.{name}_ms"] = _quantile_ms(sketch, f"latency.{side}", q, alpha)
    for name, q in QUANTILES.items():
        found[f"latency.{name}_ratio"] = _quantile_ratio(latency, q, alpha)
    found["latency.paired_mean_ms"] = _paired_mean(latency, alpha)
    # The median over pairs of candidate / production: how many times slower it is on the same request.
    found["latency.paired_ratio_p50"] = metric.quantile(latency.ratio, 0.5, alpha, "ratio", "latency.paired_ratio")
    return found


def _quantile_ms(sketch: Sketch, name: str, q: float, alpha: float) -> Metric:
    return metric.in_units(metric.quantile(sketch, q, alpha, "ms", name), NS_PER_MS)


def _quantile_ratio(latency: LatencySummary, q: float, alpha: float) -> Metric:
    estimate = quantiles.quantile_ratio(latency.candidate, latency.production, q, alpha)
    sums = {"q": q, "distributions": ["latency.candidate", "latency.production"]}
    return metric.of_estimate(estimate, latency.candidate.n, "ratio", QUANTILE_RATIO, alpha, sums)


def _paired_mean(latency: LatencySummary, alpha: float) -> Metric:
    """The mean over pairs of candidate minus production. With censored pairs there is a lower bound, and no more."""
    n, total, squares = latency.production.n, latency.delta_total, latency.delta_squares
    estimate = _mean(n, total, sequences.mean(n, total, squares, alpha), latency.candidate.n_censored)
    sums = {"n": n, "total_ns": str(total), "squares_ns2": str(squares)}  # text: they outgrow a JSON reader's integers
    return metric.in_units(metric.of_estimate(estimate, n, "ms", MEAN, alpha, sums), NS_PER_MS)


def _mean(n: int, total: int, interval: Interval, censored: int) -> Estimate:
    if n == 0:
        return Estimate(None, UNKNOWN, NO_PAIRS)
    if censored:
        reason = f"{censored:,} timeouts leave it open"
        return Estimate(None, Interval(interval.lo, None), reason)
    if interval is UNKNOWN:
        return Estimate(total / n, UNKNOWN, metric.why_no_mean(n))
    return Estimate(total / n, interval)
