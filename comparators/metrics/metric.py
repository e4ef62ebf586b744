"""A metric: one value, one interval, its method, and the sums an interval at another alpha needs.

Here are its shape and the few ways in which sums become one; which metrics there are is said by
evidence/metrics.py and by the kinds of output (compare/). `method` names are the JSON face's;
docs/statistics.md has one section for each.
"""

import math
from typing import Any

from msgspec import Struct, structs

from comparators.statistics import quantiles, sequences
from comparators.statistics.estimate import UNKNOWN, Estimate, Interval
from comparators.statistics.exact import BITS, ONE, ratio, real
from comparators.statistics.sketch import Sketch

RATE = "beta_binomial_sequence"
DIFFERENCE = "beta_binomial_sequences_combined"
QUANTILE = "bernoulli_sequence_ranks"
QUANTILE_RATIO = "bernoulli_sequence_ranks_combined"
MEAN = "normal_mixture_sequence_asymptotic"
COUNT = "count"
DESCRIPTIVE = "descriptive"  # a figure of these requests, without a claim about others
NO_PAIRS = "no pairs yet"
TOO_LARGE = "beyond the largest number of 64 bits"


class Metric(Struct, frozen=True, kw_only=True):
    """`lo` or `hi` None is unbounded; `reason` says why, or why there is no value. `unit`: share, ms, ratio, value.

    No number is infinite or NaN, for which JSON has no word: what is beyond all floats is None, and has its reason.
    """

    value: float | None
    lo: float | None
    hi: float | None
    n: int
    unit: str
    method: str
    alpha: float
    sums: dict[str, Any]
    reason: str = ""


def rate(k: int, n: int, alpha: float, unit: str = "share") -> Metric:
    """The mean of n values in [0, 1] that sum to `k` multiples of 2^-40 (statistics.exact), at any n."""
    return of_estimate(_rate(real(k), n, alpha), n, unit, RATE, alpha, {"k": real(k), "n": n})


def share_of(count: int, n: int, alpha: float) -> Metric:
    """The share of n requests that `count` of them make up."""
    return of_estimate(_rate(count, n, alpha), n, "share", RATE, alpha, {"k": count, "n": n})


def difference(b: float, c: float, n: int, alpha: float, names: tuple[str, str] = ("b", "c")) -> Metric:
    """The mean of b - c over n requests, for paired values in [0, 1]: counts, or sums of shares."""
    interval = sequences.rate_difference(b, c, n, alpha)
    estimate = Estimate((b - c) / n if n else None, interval, "" if n else NO_PAIRS)
    return of_estimate(estimate, n, "share", DIFFERENCE, alpha, {names[0]: b, names[1]: c, "n": n})


def difference_of_shares(b: int, c: int, n: int, alpha: float, names: tuple[str, str] = ("b", "c")) -> Metric:
    """The mean of b - c over n requests, for paired values in [0, 1] that sum to multiples of 2^-40."""
    return difference(real(b), real(c), n, alpha, names)


def mean(total: int, squares: int, n: int, alpha: float, unit: str = "value", events: int | None = None) -> Metric:
    """The mean of n values of any size, from statistics.exact.moments of them; `events` of them are not zero.

    Asymptotic: no interval below sequences.MEAN_MIN_N values or MEAN_MIN_EVENTS events, nor where all values are equal.
    """
    sums = {"n": n, "total": str(total), "squares": str(squares), "scale": 2**-BITS}  # text: beyond a reader's integers
    if n == 0:
        return of_estimate(Estimate(None, UNKNOWN, NO_PAIRS), n, unit, MEAN, alpha, sums)
    rare = events is not None and events < sequences.MEAN_MIN_EVENTS
    interval = UNKNOWN if rare else sequences.mean(n, total, squares, alpha, scale=ONE)
    reason = "" if interval.lo is not None else why_no_mean(n, events)
    return of_estimate(Estimate(ratio(total, n * ONE), interval, reason), n, unit, MEAN, alpha, sums)


def scaled(interval: Interval, unit: float) -> Interval:
    """In multiples of `unit`."""
    return Interval(*(None if each is None else each / unit for each in interval))


def why_no_mean(n: int, events: int | None = None) -> str:
    if n < sequences.MEAN_MIN_N:
        return f"needs at least {sequences.MEAN_MIN_N} pairs"
    if events is not None and 0 < events < sequences.MEAN_MIN_EVENTS:
        return f"needs at least {sequences.MEAN_MIN_EVENTS} pairs that differ"
    return "all of them are equal"


def quantile(sketch: Sketch, q: float, alpha: float, unit: str, name: str) -> Metric:
    """The q-quantile of what the sketch, which the report shows under `name`, holds."""
    estimate = quantiles.quantile(sketch, q, alpha)
    return of_estimate(estimate, sketch.n, unit, QUANTILE, alpha, {"q": q, "distribution": name})


def descriptive(value: float | None, n: int, alpha: float, unit: str, sums: dict[str, Any], reason: str = "") -> Metric:
    """A figure of the requests compared, without an interval: it is shown, and no check can pass on it."""
    missing = reason or (NO_PAIRS if value is None else "descriptive: no interval")
    return of_estimate(Estimate(value, UNKNOWN, missing), n, unit, DESCRIPTIVE, alpha, sums)


def of_estimate(estimate: Estimate, n: int, unit: str, method: str, alpha: float, sums: dict[str, Any]) -> Metric:
    known = [each is None or math.isfinite(each) for each in (estimate.value, *estimate.interval)]
    value, lo, hi = (
        each if is_known else None for each, is_known in zip((estimate.value, *estimate.interval), known, strict=True)
    )
    reason = estimate.reason if all(known) else TOO_LARGE
    return Metric(value=value, lo=lo, hi=hi, n=n, unit=unit, method=method, alpha=alpha, sums=sums, reason=reason)


def _rate(k: float, n: int, alpha: float) -> Estimate:
    return Estimate(k / n if n else None, Interval(*sequences.rate(k, n, alpha)), "" if n else NO_PAIRS)


def in_units(metric: Metric, unit: float) -> Metric:
    """Value and interval in multiples of `unit`."""
    interval = scaled(Interval(metric.lo, metric.hi), unit)
    return with_values(metric, None if metric.value is None else metric.value / unit, interval)


def mapped(metric: Metric, times: float, plus: float, of: str) -> Metric:
    """Of `times` x + `plus`, where `metric` is of x in [0, 1], which is `of` what is reported; its sums say so."""
    value, lo, hi = (None if each is None else times * each + plus for each in (metric.value, metric.lo, metric.hi))
    return structs.replace(metric, value=value, lo=lo, hi=hi, sums={"of": of, **metric.sums})


def with_values(metric: Metric, value: float | None, interval: Interval) -> Metric:
    """The same metric in another unit."""
    return structs.replace(metric, value=value, lo=interval.lo, hi=interval.hi)
