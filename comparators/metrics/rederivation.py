"""A metric's interval once more, from what a report shows: at another alpha, or of more requests like these. Pure.

So a check may pass at one alpha and fail at another, and a report that was stored can be judged by another policy.
"""

from collections.abc import Mapping

from comparators.metrics.definition import Definition
from comparators.metrics.metric import COUNT, Metric
from comparators.metrics.ways import Told
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
    again = definition.way.again
    effect = metric.sums.get("design_effect", 1.0) / times
    found = again(Told(metric.sums, sketches), alpha, effect) if again else None
    return UNKNOWN if found is None else found.interval
