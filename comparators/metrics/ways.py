"""The ways in which sums become a metric: each a method, and a function of some sums and alpha. Pure.

A definition names its sums and takes one of these; a kind of output may have ways of its own beside them. A function
answers None where there is no such metric today, and says otherwise why a value or a bound is not known.
"""

import math
from collections.abc import Callable, Mapping
from typing import Any

from comparators.metrics import metric
from comparators.metrics.metric import Derivation
from comparators.metrics.variants import changed, stretched, with_sums_of
from comparators.metrics.way import NO_PAIRS, Again, Quantile, Scale, ShownSums, Way, few_units, opened, shown_effect
from comparators.statistics import bets, quantiles, sequences
from comparators.statistics.edges import EdgeHistogram, of_signs
from comparators.statistics.estimate import UNKNOWN, Estimate, Interval
from comparators.statistics.exact import real
from comparators.statistics.sketch import Sketch

_EFFECT_OF = "design_effect_of_"  # among sums
PART_T_OPT = 100  # requests for which a sequence is tuned that is about some of them, such as those of one class
IntervalOf = Callable[[EdgeHistogram, float, float], Interval]


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


def _share_again(told: ShownSums, alpha: float, effect: float) -> Estimate:
    return share(told.sums["k"], told.sums["n"], alpha, effect=effect).estimate


RATE = Way(metric.RATE, rate, Scale(), again=_share_again)
SHARE = Way(metric.RATE, share, again=_share_again)


def difference(b: str, c: str) -> Way:
    """The mean of b - c over n requests, of paired values in [0, 1], from both sums; what they are called there."""

    def derive(sum_b: float, sum_c: float, n: int, alpha: float, *, effect: float = 1.0) -> Derivation:
        return paired_difference(sum_b, sum_c, n, alpha, (b, c), effect=effect)

    return Way(metric.DIFFERENCE, derive, again=difference_again(b, c))


def difference_of_shares(b: str, c: str) -> Way:
    """Likewise, from sums in multiples of 2^-40."""

    def derive(sum_b: int, sum_c: int, n: int, alpha: float, *, effect: float = 1.0) -> Derivation:
        return paired_difference(real(sum_b), real(sum_c), n, alpha, (b, c), effect=effect)

    return Way(metric.DIFFERENCE, derive, again=difference_again(b, c))


def difference_again(b: str, c: str) -> Again:
    """Of the sums that paired_difference() shows under these names."""

    def again(told: ShownSums, alpha: float, effect: float) -> Estimate:
        sums = told.sums
        return paired_difference(sums[b], sums[c], sums["n"], alpha, (b, c), effect=effect).estimate

    return again


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
    shown = {f"{_EFFECT_OF}{name}": effect for name, effect in effects.items() if effect > 1}
    return Derivation(estimate, n, {**dict(zip(effects, (b, c), strict=True)), "n": n, **shown})


def difference_of_counts_again(told: ShownSums, alpha: float, effect: float) -> Estimate:
    """Of the sums that it shows; `effect` beside those that are shown."""
    counts = {name: value for name, value in told.sums.items() if name != "n" and not name.startswith(_EFFECT_OF)}
    effects = {name: effect * told.sums.get(f"{_EFFECT_OF}{name}", 1.0) for name in counts}
    b, c = counts.values()
    return difference_of_counts(b, c, told.sums["n"], alpha, effects).estimate


# ---- means: of values of any size, each clipped


def clipped_mean(values: EdgeHistogram, alpha: float, *, effect: float = 1.0) -> Derivation:
    """The mean of values that are never negative, clipped; an interval from any number of them on."""
    return _clipped(values, bets.clipped_mean, alpha, effect)


def clipped_difference(values: EdgeHistogram, alpha: float, *, effect: float = 1.0) -> Derivation:
    """Likewise, of values of either sign."""
    return _clipped(values, bets.clipped_difference, alpha, effect)


def _mean_again(told: ShownSums, alpha: float, effect: float) -> Estimate:
    return clipped_mean(told_values(told), alpha, effect=effect).estimate


def _values_again(told: ShownSums, alpha: float, effect: float) -> Estimate:
    return clipped_difference(told_values(told), alpha, effect=effect).estimate


def told_values(told: ShownSums) -> EdgeHistogram:
    """The edges that a mean shows."""
    return EdgeHistogram.of_told(told.sums["edges"], told.sums.get("clip", 1.0))


CLIPPED_MEAN = Way(metric.CLIPPED_MEAN, clipped_mean, again=_mean_again)
CLIPPED_DIFFERENCE = Way(metric.CLIPPED_MEAN, clipped_difference, again=_values_again)


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

    told = Way(metric.PAIRED_MEAN, derive, again=_values_again)
    return stretched(told, scale.times, 0.0, scale.of) if scale.of else told


def more_less(more: int, less: int, n: int, alpha: float, *, effect: float = 1.0) -> Derivation:
    """The share of n requests that `more` of them make up, less the share of `less` others."""
    found = clipped_difference(of_signs(more, less, n - more - less), alpha, effect=effect)
    return found._replace(sums={"more": more, "less": less, "n": n, **shown_effect(effect)})


def _more_less_again(told: ShownSums, alpha: float, effect: float) -> Estimate:
    more, less, n = (told.sums[each] for each in ("more", "less", "n"))
    return more_less(more, less, n, alpha, effect=effect).estimate


MORE_LESS = Way(metric.PAIRED_MEAN, more_less, again=_more_less_again)


def _clipped(values: EdgeHistogram, interval_of: IntervalOf, alpha: float, effect: float) -> Derivation:
    n, clip = values.n, None if values.top is None else 2.0**values.top
    estimate = Estimate(values.mean(), interval_of(values, alpha, effect), "" if n else NO_PAIRS)
    sums = {"n": n, "clip": clip, "edges": values.told(), **shown_effect(effect)}
    return Derivation(opened(estimate, few_units(n, effect)), n, sums)


# ---- quantiles


def quantile(q: float, distribution: str) -> Way:
    """The q-quantile of what a sketch holds, which the report shows under this name."""

    def derive(sketch: Sketch, alpha: float, *, effect: float = 1.0) -> Derivation:
        n = sketch.n
        estimate = opened(quantiles.quantile(sketch, q, alpha, effect), few_units(n, effect))
        return Derivation(estimate, n, {"q": q, "distribution": distribution, **shown_effect(effect)})

    return _of_sketches(Way(metric.QUANTILE, derive, quantile=Quantile(q, distribution)), distribution)


def quantile_ratio(q: float, over: str, under: str) -> Way:
    """Of the q-quantiles of two sketches; their names in the report."""
    return _of_two_quantiles(quantiles.quantile_ratio, q, over, under)


def quantile_difference(q: float, more: str, less: str) -> Way:
    """Likewise: that of the first sketch, less that of the second."""
    return _of_two_quantiles(quantiles.quantile_difference, q, more, less)


def _of_two_quantiles(combined: Callable[..., Estimate], q: float, first: str, second: str) -> Way:
    def derive(one: Sketch, other: Sketch, alpha: float, *, effect: float = 1.0) -> Derivation:
        n = one.n
        estimate = opened(combined(one, other, q, alpha, effect), few_units(n, effect))
        return Derivation(estimate, n, {"q": q, "distributions": [first, second], **shown_effect(effect)})

    return _of_sketches(Way(metric.QUANTILES_COMBINED, derive), first, second)


def _of_sketches(way: Way, *names: str) -> Way:
    """Which are told under these names: all of them, or nothing can be said again."""

    def again(told: ShownSums, alpha: float, effect: float) -> Estimate | None:
        own = [told.sketches[name] for name in names if name in told.sketches]
        derived = way.derive(*own, alpha, effect=effect) if len(own) == len(names) else None
        return None if derived is None else derived.estimate

    return way._replace(again=again, sketches=names)


# ---- without an interval


def descriptive(derive: Callable[..., Derivation | None]) -> Way:
    """Of the requests compared: it is shown, and no check can pass on it. `derive` takes no alpha."""
    return Way(metric.DESCRIPTIVE, lambda *sums, **_: derive(*sums[:-1]))


def described(value: float | None, n: int, sums: dict[str, Any], reason: str = "") -> Derivation:
    """What such a function answers."""
    missing = reason or (NO_PAIRS if value is None else "descriptive: no interval")
    return Derivation(Estimate(value, UNKNOWN, missing), n, sums)
