"""How often a candidate is slower than a limit where production is not: `latency.over_200ms`, at any limit. Pure.

The limit is a policy's to choose, so there is one such metric for each, which no list can hold. It is made of the
latency distributions that a report tells. The share of requests above the limit, less production's, is the share of
those that only the candidate is above it on, less the share of the reverse: the means of both sides say that, too.
"""

import re
from collections.abc import Mapping
from typing import NamedTuple

from comparators.metrics.address import MetricAddress
from comparators.metrics.definition import REQUESTS, Definition
from comparators.metrics.metric import DIFFERENCE, Derivation, Metric
from comparators.metrics.way import Again, ShownSums, Way, few_units, shown_effect
from comparators.statistics import sequences
from comparators.statistics.estimate import UNKNOWN, Estimate, Interval
from comparators.statistics.sketch import Sketch, edges

EXAMPLE = "latency.over_200ms"

_NAME = re.compile(r"latency\.over_(\d+(?:\.\d+)?)ms")
_SIDES = ("latency.candidate", "latency.production")
_LIKE, _EFFECT = "latency.paired_ratio_p50", "latency.candidate.p99_ms"  # where it stands whether, and how, these count
_NS_PER_MS = 1_000_000


class _Over(NamedTuple):
    """Of a sketch's values, how many are surely above a limit, and how many may be: those of the limit's own bin, and
    what was cut off before it.
    """

    surely: int
    at_most: int

    @classmethod
    def of(cls, sketch: Sketch, limit_ns: float) -> "_Over":
        surely = at_most = 0
        for number, count in sketch.counts.items():
            lo, above = edges(number)
            surely += count * (lo >= limit_ns)
            at_most += count * (above > limit_ns)
        cut = sum(count for number, count in sketch.censored.items() if edges(number)[0] >= limit_ns)
        return cls(surely + cut, at_most + sketch.n_censored)


def definition_of(name: str) -> Definition | None:
    """Where it is the name of one of these."""
    found = _NAME.fullmatch(name)
    if found is None:
        return None
    limit_ms = float(found[1])
    if not limit_ms:
        return None  # everything takes longer
    way = Way(DIFFERENCE, _from_nothing_else, again=_again(limit_ms * _NS_PER_MS), sketches=_SIDES)
    return Definition(
        name, "share", "lower", f"slower than {limit_ms:g} ms, less production's", way, (),
        f"The share of requests on which the candidate takes longer than {limit_ms:g} ms, less that of production, at "
        "equal concurrency.",
        scopes=REQUESTS,
    )  # fmt: skip


def metric_of(
    definition: Definition, known: Mapping[MetricAddress, Metric], at: MetricAddress, sketches: Mapping[str, Sketch]
) -> Metric | None:
    """At a place whose other metrics are `known`; None where no latency was measured there."""
    like, measured = known.get(at._replace(name=_LIKE)), known.get(at._replace(name=_EFFECT))
    if like is None or measured is None or definition.way.again is None:
        return None
    effect = measured.sums.get("design_effect", 1.0)
    estimate = definition.way.again(ShownSums({}, sketches), like.alpha, effect)
    if estimate is None or (like.value, like.lo, like.hi) == (None, None, None):
        estimate = Estimate(None, UNKNOWN, like.reason)
    return Metric.of(
        Derivation(estimate, measured.n, shown_effect(effect)), definition.unit, definition.method, like.alpha
    )


def _again(limit_ns: float) -> Again:
    def again(told: ShownSums, alpha: float, effect: float) -> Estimate | None:
        if not all(side in told.sketches for side in _SIDES):
            return None
        candidate, production = (_Over.of(told.sketches[side], limit_ns) for side in _SIDES)
        n = told.sketches[_SIDES[0]].n
        open_since = few_units(n, effect)
        interval = UNKNOWN if open_since else _difference(candidate, production, n / effect, alpha, effect)
        return Estimate((candidate.surely - production.surely) / n, interval, open_since)

    return again


def _difference(candidate: _Over, production: _Over, n: float, alpha: float, effect: float) -> Interval:
    """Each side at alpha / 2."""
    ends = [
        sequences.rate(count / effect, n, alpha / 2)
        for count in (candidate.surely, candidate.at_most, production.surely, production.at_most)
    ]
    surely, at_most, production_surely, production_at_most = ends
    assert surely.lo is not None and production_at_most.hi is not None  # noqa: S101, PT018 - a rate's ends are known
    assert at_most.hi is not None and production_surely.lo is not None  # noqa: S101, PT018
    return Interval(surely.lo - production_at_most.hi, at_most.hi - production_surely.lo)


def _from_nothing_else(*_sums: object, **_: float) -> Derivation | None:
    """It is made of what a report tells alone."""
    return None
