"""Within which values a metric lies: a limit beyond them is a mistake, such as 5 where 5 % was meant."""

import math
from typing import Literal

from comparators.metrics.definition import Definition
from comparators.metrics.metric import COUNT, DIFFERENCE, PAIRED_MEAN, RATE
from comparators.render import words

Bound = Literal["max", "min"]


def greatest_value(definition: Definition) -> float:
    """That the metric can have; infinity where it has no such bound."""
    scale = definition.way.scale
    if definition.method == RATE and scale is not None:
        return max(scale.plus, scale.plus + scale.times)
    is_share = definition.unit == "share" and definition.method in (DIFFERENCE, PAIRED_MEAN, COUNT)
    return 1.0 if definition.method == RATE or is_share else math.inf


def why_too_large(definition: Definition, bound: Bound, limit: float) -> str:
    """In words, for who wrote the limit; "" where it is none of these."""
    greatest = greatest_value(definition)
    if limit <= greatest:
        return ""
    what = "no value can miss this limit" if bound == "max" else "no value can keep to this limit"
    share = "; 5 % is 0.05" if definition.unit == "share" else ""
    return f"expected at most {words.number(greatest, 'value')}: {what}{share}"
