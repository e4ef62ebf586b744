"""A metric's interval once more, from what a report shows: at another alpha, or of more requests like these. Pure.

So a check may pass at one alpha and fail at another, and a report that was stored can be judged by another policy.
"""

from collections.abc import Mapping

from comparators.metrics.definition import Definition
from comparators.metrics.metric import COUNT, Metric
from comparators.metrics.way import ShownSums
from comparators.statistics.estimate import UNKNOWN, Interval
from comparators.statistics.sketch import Sketch


def interval_at(
    alpha: float, metric: Metric, definition: Definition, sketches: Mapping[str, Sketch], times: float = 1.0
) -> Interval:
    """As it would be with `times` as many requests like these. Both ends are open where nothing can be said again: of a
    metric without an interval, and of a quantile whose sketch is not told.
    """
    if metric.value is None and metric.lo is None and metric.hi is None:
        return UNKNOWN
    if metric.method == COUNT:  # of everything: it has no uncertainty
        return Interval(metric.lo, metric.hi)
    way, effect = definition.way, metric.sums.get("design_effect", 1.0)
    if way.again is None:
        return UNKNOWN
    if way.sketches:
        told = {name: _grown(sketches[name], times) for name in way.sketches if name in sketches}
        found = way.again(ShownSums(metric.sums, told), alpha, effect)
    else:
        found = way.again(ShownSums(metric.sums, {}), alpha, effect / times)
    return UNKNOWN if found is None else found.interval


def farthest(metric: Metric, definition: Definition, sign: int) -> float | None:
    """Where a mean of clipped values would be if each of them were at the clip, above or below; None of anything else.
    No limit beyond it can be missed.
    """
    clip, again = metric.sums.get("clip"), definition.way.again
    if clip is None or again is None:
        return None
    found = again(ShownSums({**metric.sums, "edges": [(sign * clip, 1.0)]}, {}), metric.alpha, 1.0)
    return None if found is None else found.value


def _grown(sketch: Sketch, times: float) -> Sketch:
    """Ranks are whole numbers: a sketch is not divided by an effect below 1."""
    if times == 1.0:
        return sketch
    counts, censored = (
        {number: round(count * times) for number, count in each.items()} for each in (sketch.counts, sketch.censored)
    )
    return Sketch(counts=counts, censored=censored)
