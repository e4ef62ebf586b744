"""The ways in which sums become a metric: each a method, and a function of some sums and alpha. Pure.

A definition names its sums and takes one of these; a kind of output may have ways of its own beside them. A function
answers None where there is no such metric today, and says otherwise why a value or a bound is not known.

Where requests have a unit, n of them tell as much as n / `effect` independent ones (statistics.clusters): each interval
is that of sums divided by it, and open where too little is left. The sums that are shown stay those of the requests.
"""

import math
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from comparators.metrics import metric
from comparators.metrics.metric import Derivation
from comparators.statistics import bets, quantiles, sequences
from comparators.statistics.clusters import MIN_INDEPENDENT
from comparators.statistics.edges import EdgeHistogram, of_signs
from comparators.statistics.estimate import UNKNOWN, Estimate, Interval
from comparators.statistics.exact import real
from comparators.statistics.sketch import Sketch

NO_PAIRS = "no pairs yet"
PART_T_OPT = 100  # requests for which a sequence is tuned that is about some of them, such as those of one class
IntervalOf = Callable[[EdgeHistogram, float, float], Interval]


class Scale(NamedTuple):
    """Of what is reported as `times` x + `plus`, where x lies in [0, 1]; `of` says what x is, where it is another."""

    times: float = 1.0
    plus: float = 0.0
    of: str = ""


class Quantile(NamedTuple):
    """The q-quantile of a sketch, which is called `of`."""

    q: float
    of: str


class Way(NamedTuple):
    """`derive` takes the values of a definition's sums, in their order, and alpha; and the design effect as `effect`,
    which is 1 where requests are taken as independent. `scale`: of a mean of values in [0, 1], one a request; its first
    sum adds these up in 2^-40, and its second one counts them. `quantile`: of its first sum, a sketch with one value a
    request.
    """

    method: str
    derive: Callable[..., Derivation | None]
    scale: Scale | None = None
    quantile: Quantile | None = None


def few_units(n: int, effect: float) -> str:
    """Why an interval is open where n requests of units with this effect tell too little; "" where they tell enough.
    Independent ones always do: their intervals are exact at any n, or have a minimum of their own.
    """
    if effect <= 1 or n == 0 or n / effect >= MIN_INDEPENDENT:
        return ""
    independent = f"{n / effect:.1f} independent ones, and it takes {MIN_INDEPENDENT}"
    return f"too few units: these {n:,} requests tell as much as {independent}"


# ---- rates: of values in [0, 1]


def rate(k: int, n: int, alpha: float, *, effect: float = 1.0) -> Derivation:
    """The mean of n values in [0, 1] that sum to `k` multiples of 2^-40 (statistics.exact), at any n."""
    return share(real(k), n, alpha, effect=effect)


def share(count: float, n: int, alpha: float, *, effect: float = 1.0) -> Derivation:
    """The share of n requests that `count` of them make up."""
    open_since = few_units(n, effect)
    interval = UNKNOWN if open_since else sequences.rate(count / effect, n / effect, alpha)
    estimate = Estimate(count / n if n else None, interval, open_since if n else NO_PAIRS)
    return Derivation(estimate, n, {"k": count, "n": n, **shown_effect(effect)})


def share_of_part(part: float, whole: float, alpha: float, *, effect: float = 1.0) -> Derivation:
    """The mean of x over that of y, where each request has 0 ≤ x ≤ y ≤ 1, from their sums: of the rows that are of some
    kind the share of those that differ. `n` is how many requests they come to.

    With a ratio r the martingale's factor (θ/r)^x ((1-θ)/(1-r))^(y-x) is convex in (x, y), so at most what it is at
    (0, 0), (1, 1) and (0, 1), weighted by 1-y, x and y-x; and the mean of that is 1 where the mean of x - ry is 0. So
    the rate's sequence of Σx among Σy holds, whatever x and y have to do with each other.
    """
    n = round(whole)
    open_since = few_units(n, effect)
    interval = UNKNOWN if open_since else sequences.rate(part / effect, whole / effect, alpha, PART_T_OPT)
    estimate = Estimate(part / whole if whole else None, interval, open_since if whole else NO_PAIRS)
    return Derivation(estimate, n, {"k": part, "n": whole, **shown_effect(effect)})


RATE = Way(metric.RATE, rate, Scale())
SHARE = Way(metric.RATE, share)


def difference(b: str, c: str) -> Way:
    """The mean of b - c over n requests, of paired values in [0, 1], from both sums; what they are called there."""

    def derive(sum_b: float, sum_c: float, n: int, alpha: float, *, effect: float = 1.0) -> Derivation:
        return paired_difference(sum_b, sum_c, n, alpha, (b, c), effect=effect)

    return Way(metric.DIFFERENCE, derive)


def difference_of_shares(b: str, c: str) -> Way:
    """Likewise, from sums in multiples of 2^-40."""

    def derive(sum_b: int, sum_c: int, n: int, alpha: float, *, effect: float = 1.0) -> Derivation:
        return paired_difference(real(sum_b), real(sum_c), n, alpha, (b, c), effect=effect)

    return Way(metric.DIFFERENCE, derive)


def on(scale: Scale) -> Way:
    """The mean of values in [0, 1], on this scale."""
    return stretched(RATE, *scale) if scale.of else RATE


def paired_difference(
    b: float, c: float, n: int, alpha: float, names: tuple[str, str], *, effect: float = 1.0
) -> Derivation:
    open_since = few_units(n, effect)
    interval = UNKNOWN if open_since else sequences.rate_difference(b / effect, c / effect, n / effect, alpha)
    estimate = Estimate((b - c) / n if n else None, interval, open_since if n else NO_PAIRS)
    return Derivation(estimate, n, {names[0]: b, names[1]: c, "n": n, **shown_effect(effect)})


def difference_of_counts(b: int, c: int, n: int, alpha: float, effects: Mapping[str, float]) -> Derivation:
    """The share of n requests that `b` of them make up, less that of `c`, where each has a design effect of its own; by
    what they are called, in this order.
    """
    open_since = few_units(n, max(effects.values()))
    each = [
        sequences.rate(count / effect, n / effect, alpha / 2)
        for count, effect in zip((b, c), effects.values(), strict=True)
    ]
    interval = UNKNOWN if open_since else sequences.difference_of(*each)
    estimate = Estimate((b - c) / n if n else None, interval, open_since if n else NO_PAIRS)
    shown = {f"design_effect_of_{name}": effect for name, effect in effects.items() if effect > 1}
    return Derivation(estimate, n, {**dict(zip(effects, (b, c), strict=True)), "n": n, **shown})


# ---- means: of values of any size, each clipped


def clipped_mean(values: EdgeHistogram, alpha: float, *, effect: float = 1.0) -> Derivation:
    """The mean of values that are never negative, clipped; an interval from any number of them on."""
    return _clipped(values, bets.clipped_mean, alpha, effect)


def clipped_difference(values: EdgeHistogram, alpha: float, *, effect: float = 1.0) -> Derivation:
    """Likewise, of values of either sign."""
    return _clipped(values, bets.clipped_difference, alpha, effect)


CLIPPED_MEAN = Way(metric.CLIPPED_MEAN, clipped_mean)
CLIPPED_DIFFERENCE = Way(metric.CLIPPED_MEAN, clipped_difference)


def root_of_mean(way: Way) -> Way:
    """The root of a mean of squares, or of a difference of two, which it has the sign of; interval's ends likewise."""
    return with_sums_of(changed(way, lambda each: math.copysign(math.sqrt(abs(each)), each)), "δ²")


def excess(scale: Scale) -> Way:
    """The mean of paired differences of values in [0, 1] that are told on this scale; of how many is the last sum. They
    lie in [-1, 1]: none is clipped.
    """

    def derive(difference: EdgeHistogram, n: int, alpha: float, *, effect: float = 1.0) -> Derivation:
        found = clipped_difference(difference, alpha, effect=effect)
        return found._replace(sums={"n": n, "edges": difference.told(), **shown_effect(effect)})

    told = Way(metric.PAIRED_MEAN, derive)
    return stretched(told, scale.times, 0.0, scale.of) if scale.of else told


def more_less(more: int, less: int, n: int, alpha: float, *, effect: float = 1.0) -> Derivation:
    """The share of n requests that `more` of them make up, less the share of `less` others."""
    found = clipped_difference(of_signs(more, less, n - more - less), alpha, effect=effect)
    return found._replace(sums={"more": more, "less": less, "n": n, **shown_effect(effect)})


MORE_LESS = Way(metric.PAIRED_MEAN, more_less)


def _clipped(values: EdgeHistogram, interval_of: IntervalOf, alpha: float, effect: float) -> Derivation:
    n, clip = values.n, None if values.top is None else 2.0**values.top
    estimate = Estimate(values.mean(), interval_of(values, alpha, effect), "" if n else NO_PAIRS)
    sums = {"n": n, "clip": clip, "edges": values.told(), **shown_effect(effect)}
    return Derivation(_opened(estimate, few_units(n, effect)), n, sums)


# ---- quantiles


def quantile(q: float, distribution: str) -> Way:
    """The q-quantile of what a sketch holds, which the report shows under this name."""

    def derive(sketch: Sketch, alpha: float, *, effect: float = 1.0) -> Derivation:
        n = sketch.n
        estimate = _opened(quantiles.quantile(sketch, q, alpha, effect), few_units(n, effect))
        return Derivation(estimate, n, {"q": q, "distribution": distribution, **shown_effect(effect)})

    return Way(metric.QUANTILE, derive, quantile=Quantile(q, distribution))


def quantile_ratio(q: float, over: str, under: str) -> Way:
    """Of the q-quantiles of two sketches; their names in the report."""
    return _of_two_quantiles(quantiles.quantile_ratio, q, over, under)


def quantile_difference(q: float, more: str, less: str) -> Way:
    """Likewise: that of the first sketch, less that of the second."""
    return _of_two_quantiles(quantiles.quantile_difference, q, more, less)


def _of_two_quantiles(combined: Callable[..., Estimate], q: float, first: str, second: str) -> Way:
    def derive(one: Sketch, other: Sketch, alpha: float, *, effect: float = 1.0) -> Derivation:
        n = one.n
        estimate = _opened(combined(one, other, q, alpha, effect), few_units(n, effect))
        return Derivation(estimate, n, {"q": q, "distributions": [first, second], **shown_effect(effect)})

    return Way(metric.QUANTILES_COMBINED, derive)


# ---- without an interval


def descriptive(derive: Callable[..., Derivation | None]) -> Way:
    """Of the requests compared: it is shown, and no check can pass on it. `derive` takes no alpha."""
    return Way(metric.DESCRIPTIVE, lambda *sums, **_: derive(*sums[:-1]))


def described(value: float | None, n: int, sums: dict[str, Any], reason: str = "") -> Derivation:
    """What such a function answers."""
    missing = reason or (NO_PAIRS if value is None else "descriptive: no interval")
    return Derivation(Estimate(value, UNKNOWN, missing), n, sums)


# ---- ways made of others


def where_any(way: Way) -> Way:
    """Absent while its last sum, the number of requests, is 0."""

    def derive(*sums: Any, effect: float = 1.0) -> Derivation | None:
        *_, n, _alpha = sums
        return way.derive(*sums, effect=effect) if n else None

    return way._replace(derive=derive)


def where_known(way: Way) -> Way:
    """Absent while its first sum, a histogram or a sketch, is empty."""

    def derive(*sums: Any, effect: float = 1.0) -> Derivation | None:
        return way.derive(*sums, effect=effect) if sums[0].n else None

    return way._replace(derive=derive)


def in_units(way: Way, unit: float) -> Way:
    """Value and interval in multiples of `unit`."""
    return changed(way, lambda each: each / unit)


def changed(way: Way, change: Callable[[float], float]) -> Way:
    """Value and ends of the interval, each put through what keeps their order."""

    def derive(*sums: Any, effect: float = 1.0) -> Derivation | None:
        derived = way.derive(*sums, effect=effect)
        if derived is None:
            return None
        value, (lo, hi), reason = derived.estimate
        value, lo, hi = (None if each is None else change(each) for each in (value, lo, hi))
        return derived._replace(estimate=Estimate(value, Interval(lo, hi), reason))

    return Way(way.method, derive)


def stretched(way: Way, times: float, plus: float, of: str) -> Way:
    """Of `times` x + `plus`, where `way` is of x in [0, 1], which is `of` what is reported; the sums say so."""
    told = with_sums_of(changed(way, lambda each: times * each + plus), of)
    return told._replace(scale=way.scale and Scale(times, plus, of))


def with_sums_of(way: Way, of: str) -> Way:
    """Whose sums are `of` something else than what is reported, and say so."""

    def derive(*sums: Any, effect: float = 1.0) -> Derivation | None:
        derived = way.derive(*sums, effect=effect)
        return derived and derived._replace(sums={"of": of, **derived.sums})

    return way._replace(derive=derive)


def _opened(estimate: Estimate, reason: str) -> Estimate:
    """Without its interval, where there is a reason."""
    return estimate._replace(interval=UNKNOWN, reason=reason) if reason else estimate


def shown_effect(effect: float) -> dict[str, float]:
    """Among a metric's sums: with them and it the interval at another alpha can be had."""
    return {"design_effect": effect} if effect > 1 else {}
