"""A way in which sums become a metric: what it is, and what all of them share. Pure.

A way may say its interval `again`, from the sums that a report shows and not from the state itself: at another alpha,
or of more requests like these.

Where requests have a unit, n of them tell as much as n / `effect` independent ones (statistics.clusters): each interval
is that of sums divided by it, and open where too little is left. The sums that are shown stay those of the requests.
"""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from comparators.metrics.metric import Derivation
from comparators.statistics.clusters import MIN_INDEPENDENT
from comparators.statistics.estimate import UNKNOWN, Estimate
from comparators.statistics.sketch import Sketch

NO_PAIRS = "no pairs yet"


class Scale(NamedTuple):
    """Of what is reported as `times` x + `plus`, where x lies in [0, 1]; `of` says what x is, where it is another."""

    times: float = 1.0
    plus: float = 0.0
    of: str = ""


class Quantile(NamedTuple):
    """The q-quantile of a sketch, which is called `of`."""

    q: float
    of: str


class ShownSums(NamedTuple):
    """What a report shows of a metric: its sums, and by name the sketches that these speak of."""

    sums: Mapping[str, Any]
    sketches: Mapping[str, Sketch]


Again = Callable[[ShownSums, float, float], Estimate | None]


class Way(NamedTuple):
    """`derive` takes the values of a definition's sums, in their order, and alpha; and the design effect as `effect`,
    which is 1 where requests are taken as independent. `scale`: of a mean of values in [0, 1], one a request; its first
    sum adds these up in 2^-40, and its second one counts them. `quantile`: of its first sum, a sketch with one value a
    request. `again` makes the estimate of what is told, alpha and the design effect; None where the sketch is not told.
    It is left out where there is no interval, or none of what is told. `sketches` are the names under which the first
    sums are told.
    """

    method: str
    derive: Callable[..., Derivation | None]
    scale: Scale | None = None
    quantile: Quantile | None = None
    again: Again | None = None
    sketches: tuple[str, ...] = ()


def few_units(n: int, effect: float) -> str:
    """Why an interval is open where n requests of units with this effect tell too little; "" where they tell enough.
    Independent ones always do: their intervals are exact at any n, or have a minimum of their own.
    """
    if effect <= 1 or n == 0 or n / effect >= MIN_INDEPENDENT:
        return ""
    independent = f"{n / effect:.1f} independent ones, and it takes {MIN_INDEPENDENT}"
    return f"too few units: these {n:,} requests tell as much as {independent}"


def opened(estimate: Estimate, reason: str) -> Estimate:
    """Without its interval, where there is a reason."""
    return estimate._replace(interval=UNKNOWN, reason=reason) if reason else estimate


def shown_effect(effect: float) -> dict[str, float]:
    """Among a metric's sums: with them and it the interval at another alpha can be had."""
    return {"design_effect": effect} if effect > 1 else {}
