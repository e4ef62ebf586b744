"""A metric: one value, one interval, its method, and the sums an interval at another alpha needs.

Here is what a report says of one quantity. What a quantity is stands in its definition (definition.py), how sums become
a value in ways.py. `method` names are the JSON face's; docs/statistics.md has one section for each.
"""

import math
from typing import Any, NamedTuple

from msgspec import Struct

from comparators.statistics.estimate import Estimate

RATE = "beta_binomial_sequence"
DIFFERENCE = "beta_binomial_sequences_combined"
QUANTILE = "bernoulli_sequence_ranks"
QUANTILES_COMBINED = "bernoulli_sequence_ranks_combined"
CLIPPED_MEAN = "clipped_betting_sequence"
PAIRED_MEAN = "paired_betting_sequence"
COUNT = "count"
DESCRIPTIVE = "descriptive"  # of these requests, without a claim about others

TOO_LARGE = "beyond the largest number of 64 bits"


class Derivation(NamedTuple):
    """What sums say: an estimate, on how many requests it rests, and the sums an interval at another alpha needs."""

    estimate: Estimate
    n: int
    sums: dict[str, Any]


class Metric(Struct, frozen=True, kw_only=True):
    """`lo` or `hi` None is unbounded; `reason` says why, or why there is no value. `unit`: definition.Unit.

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

    @classmethod
    def of(cls, derived: Derivation, unit: str, method: str, alpha: float) -> "Metric":
        estimate, n, sums = derived
        numbers = (estimate.value, *estimate.interval)
        value, lo, hi = (each if each is None or math.isfinite(each) else None for each in numbers)
        reason = estimate.reason if (value, lo, hi) == numbers else TOO_LARGE
        return cls(value=value, lo=lo, hi=hi, n=n, unit=unit, method=method, alpha=alpha, sums=sums, reason=reason)
