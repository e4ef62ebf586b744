"""Ways made of others: absent where there is nothing, in another unit, or of something else than their sums. Pure."""

from collections.abc import Callable
from typing import Any

from comparators.metrics.metric import Derivation
from comparators.metrics.way import Scale, ShownSums, Way
from comparators.statistics.estimate import Estimate, Interval


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
        return derived._replace(estimate=_changed(derived.estimate, change))

    def again(told: ShownSums, alpha: float, effect: float) -> Estimate | None:
        estimate = way.again(told, alpha, effect) if way.again else None
        return None if estimate is None else _changed(estimate, change)

    return Way(way.method, derive, again=again if way.again else None, sketches=way.sketches)


def _changed(estimate: Estimate, change: Callable[[float], float]) -> Estimate:
    value, (lo, hi), reason = estimate
    value, lo, hi = (None if each is None else change(each) for each in (value, lo, hi))
    return Estimate(value, Interval(lo, hi), reason)


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
