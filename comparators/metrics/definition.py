"""The definition of a metric: all that is said of it anywhere, once. Pure.

A definition stands where its sums do (evidence/request_metrics.py, compare/); evidence/registry.py has all of them. Who
prints, judges or exports a metric reads label, unit and help here, and knows no metric by its name.
"""

from collections.abc import Iterable, Mapping
from functools import cache
from operator import attrgetter
from typing import Any, Literal, NamedTuple

from msgspec.structs import replace

from comparators.metrics.metric import DIFFERENCE, Metric
from comparators.metrics.way import NO_PAIRS, Way
from comparators.statistics.sketch import Sketch

# What a metric is about: all of a candidate's requests, one kind of request, one output of that, or a slice of it.
Scope = Literal["route", "request", "output", "slice"]
Unit = Literal["share", "ms", "ratio", "bytes", "tokens", "per_s", "value"]  # value: the output's own
Better = Literal["lower", "higher", "neither"]

REQUESTS: tuple[Scope, ...] = ("route", "request")
ENDPOINTS = {"production": "production's", "candidate": "the candidate's"}


class Definition(NamedTuple):
    """`name` is a promise: report, policies and Prometheus know the metric by it.

    `label` names it in a list or a table, where its kind of output stands above; `help` is one sentence. `sums` are
    fields of the sums it is made of, given to the way in this order. `only_where` says when there is such a metric, ""
    where there always is one. `passes_with`: the metric that has to pass a check too, before any check passes on this
    one; of a mean of clipped values it is the share of those beyond the clip. `signed`: it is a difference, said with
    its sign; of two rates it is one anyway.
    `headline`: of all requests together it is one of the few that a reader looks for first.
    """

    name: str
    unit: Unit
    better: Better
    label: str
    way: Way
    sums: tuple[str, ...]
    help: str
    only_where: str = ""
    passes_with: str = ""
    scopes: tuple[Scope, ...] = ("output",)
    signed: bool = False
    headline: bool = False

    @property
    def method(self) -> str:
        return self.way.method

    @property
    def is_difference(self) -> bool:
        return self.signed or self.method == DIFFERENCE

    def metric(self, sums: Any, alpha: float, effect: float = 1.0) -> Metric | None:
        """None where there is no such metric today. `effect`: the design effect, as ways have it."""
        derived = self.way.derive(*[_read(sums, each) for each in self.sums], alpha, effect=effect)
        return None if derived is None else Metric.of(derived, self.unit, self.method, alpha)


class NamedSketch(NamedTuple):
    """`unit` is that of its values: of times it is nanoseconds."""

    unit: Unit | Literal["ns"]
    sketch: Sketch


def sketches(definitions: Iterable[Definition], sums: Any) -> dict[str, NamedSketch]:
    """Those that metrics of these are quantiles of, by the names under which they are told; none that is empty."""
    named = (
        (name, NamedSketch("ns" if each.unit == "ms" else each.unit, _read(sums, field)))
        for each in definitions
        for name, field in zip(each.way.sketches, each.sums, strict=False)
    )
    return {name: found for name, found in named if found.sketch.n}


def derive(
    definitions: Iterable[Definition], sums: Any, alpha: float, pairs: int = 0, *, effect: float = 1.0
) -> dict[str, Metric]:
    """Of these there are today, by name and in this order. Where there are `pairs`, and a metric is of none of them, it
    says so.
    """
    found = ((each.name, each.metric(sums, alpha, effect)) for each in definitions)
    return {name: _of_none(metric, pairs) for name, metric in found if metric is not None}


def _of_none(metric: Metric, pairs: int) -> Metric:
    if metric.n or not pairs or metric.reason != NO_PAIRS:
        return metric
    return replace(metric, reason=f"none of {pairs:,} pairs counts here")


def _read(sums: Any, name: str) -> Any:
    """Counts come as a mapping, all other sums as fields."""
    return sums[name] if isinstance(sums, Mapping) else _field(name)(sums)


_field = cache(attrgetter)  # as many as definitions name
