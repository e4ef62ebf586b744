"""The ways in which sums become a metric: each a method, and a function of some sums and alpha. Pure.

A definition names its sums and takes one of these; a kind of output may have ways of its own beside them. A function
answers None where there is no such metric today, and says otherwise why a value or a bound is not known.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

from comparators.metrics import metric
from comparators.metrics.metric import Derivation
from comparators.statistics import quantiles, sequences
from comparators.statistics.estimate import UNKNOWN, Estimate, Interval
from comparators.statistics.exact import BITS, ONE, ratio, real
from comparators.statistics.sketch import Sketch

NO_PAIRS = "no pairs yet"


class Way(NamedTuple):
    """`derive` takes the values of a definition's sums, in their order, and alpha."""

    method: str
    derive: Callable[..., Derivation | None]


# ---- rates: of values in [0, 1]


def rate(k: int, n: int, alpha: float) -> Derivation:
    """The mean of n values in [0, 1] that sum to `k` multiples of 2^-40 (statistics.exact), at any n."""
    return Derivation(_rate(real(k), n, alpha), n, {"k": real(k), "n": n})


def share(count: int, n: int, alpha: float) -> Derivation:
    """The share of n requests that `count` of them make up."""
    return Derivation(_rate(count, n, alpha), n, {"k": count, "n": n})


RATE = Way(metric.RATE, rate)
SHARE = Way(metric.RATE, share)


def difference(b: str, c: str) -> Way:
    """The mean of b - c over n requests, of paired values in [0, 1], from both sums; what they are called there."""

    def derive(sum_b: float, sum_c: float, n: int, alpha: float) -> Derivation:
        return paired_difference(sum_b, sum_c, n, alpha, (b, c))

    return Way(metric.DIFFERENCE, derive)


def difference_of_shares(b: str, c: str) -> Way:
    """Likewise, from sums in multiples of 2^-40."""

    def derive(sum_b: int, sum_c: int, n: int, alpha: float) -> Derivation:
        return paired_difference(real(sum_b), real(sum_c), n, alpha, (b, c))

    return Way(metric.DIFFERENCE, derive)


def paired_difference(b: float, c: float, n: int, alpha: float, names: tuple[str, str]) -> Derivation:
    interval = sequences.rate_difference(b, c, n, alpha)
    estimate = Estimate((b - c) / n if n else None, interval, "" if n else NO_PAIRS)
    return Derivation(estimate, n, {names[0]: b, names[1]: c, "n": n})


# ---- means: of values of any size


def mean(total: int, squares: int, n: int, events: int, alpha: float) -> Derivation:
    """The mean of n values of any size, from statistics.exact.moments of them; `events` of them are not zero.

    Asymptotic: no interval below sequences.MEAN_MIN_N values or MEAN_MIN_EVENTS events, nor where all values are equal.
    """
    sums = {"n": n, "total": str(total), "squares": str(squares), "scale": 2**-BITS}  # text: beyond a reader's integers
    if n == 0:
        return Derivation(Estimate(None, UNKNOWN, NO_PAIRS), n, sums)
    rare = events < sequences.MEAN_MIN_EVENTS
    interval = UNKNOWN if rare else sequences.mean(n, total, squares, alpha, scale=ONE)
    reason = "" if interval.lo is not None else why_no_mean(n, events)
    return Derivation(Estimate(ratio(total, n * ONE), interval, reason), n, sums)


MEAN = Way(metric.MEAN, mean)


def why_no_mean(n: int, events: int = 0) -> str:
    if n < sequences.MEAN_MIN_N:
        return f"needs at least {sequences.MEAN_MIN_N} pairs"
    if 0 < events < sequences.MEAN_MIN_EVENTS:
        return f"needs at least {sequences.MEAN_MIN_EVENTS} pairs that differ"
    return "all of them are equal"


# ---- quantiles


def quantile(q: float, distribution: str) -> Way:
    """The q-quantile of what a sketch holds, which the report shows under this name."""

    def derive(sketch: Sketch, alpha: float) -> Derivation:
        return Derivation(quantiles.quantile(sketch, q, alpha), sketch.n, {"q": q, "distribution": distribution})

    return Way(metric.QUANTILE, derive)


def quantile_ratio(q: float, over: str, under: str) -> Way:
    """Of the q-quantiles of two sketches; their names in the report."""

    def derive(top: Sketch, bottom: Sketch, alpha: float) -> Derivation:
        estimate = quantiles.quantile_ratio(top, bottom, q, alpha)
        return Derivation(estimate, top.n, {"q": q, "distributions": [over, under]})

    return Way(metric.QUANTILE_RATIO, derive)


# ---- without an interval


def descriptive(derive: Callable[..., Derivation | None]) -> Way:
    """Of the requests compared: it is shown, and no check can pass on it. `derive` takes no alpha."""
    return Way(metric.DESCRIPTIVE, lambda *sums: derive(*sums[:-1]))


def described(value: float | None, n: int, sums: dict[str, Any], reason: str = "") -> Derivation:
    """What such a function answers."""
    missing = reason or (NO_PAIRS if value is None else "descriptive: no interval")
    return Derivation(Estimate(value, UNKNOWN, missing), n, sums)


# ---- ways made of others


def where_any(way: Way) -> Way:
    """Absent while its last sum, the number of requests, is 0."""
    return Way(way.method, lambda *sums: way.derive(*sums) if sums[-2] else None)


def in_units(way: Way, unit: float) -> Way:
    """Value and interval in multiples of `unit`."""
    return changed(way, lambda each: each / unit)


def changed(way: Way, change: Callable[[float], float]) -> Way:
    """Value and ends of the interval, each put through what keeps their order."""

    def derive(*sums: Any) -> Derivation | None:
        derived = way.derive(*sums)
        if derived is None:
            return None
        value, (lo, hi), reason = derived.estimate
        value, lo, hi = (None if each is None else change(each) for each in (value, lo, hi))
        return derived._replace(estimate=Estimate(value, Interval(lo, hi), reason))

    return Way(way.method, derive)


def stretched(way: Way, times: float, plus: float, of: str) -> Way:
    """Of `times` x + `plus`, where `way` is of x in [0, 1], which is `of` what is reported; the sums say so."""

    def derive(*sums: Any) -> Derivation | None:
        derived = scaled.derive(*sums)
        return derived and derived._replace(sums={"of": of, **derived.sums})

    scaled = changed(way, lambda each: times * each + plus)
    return Way(way.method, derive)


def _rate(k: float, n: int, alpha: float) -> Estimate:
    return Estimate(k / n if n else None, Interval(*sequences.rate(k, n, alpha)), "" if n else NO_PAIRS)
