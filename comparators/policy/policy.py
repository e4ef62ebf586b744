"""A policy: what a candidate has to keep to, as an operator writes it; and what of it could never be judged."""

import math
from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from typing import Annotated, Any, Literal, NamedTuple

from msgspec import Meta, Struct

from comparators.errors import MisspeltAddress
from comparators.evidence.metric_index import registry_with
from comparators.metrics.address import MetricAddress, parse
from comparators.metrics.definition import Definition
from comparators.metrics.metric import DESCRIPTIVE
from comparators.metrics.resolving import defined
from comparators.policy.ranges import Bound, why_too_large

Severity = Literal["fail", "warn"]

NotNegative = Annotated[float, Meta(ge=0)]
Positive = Annotated[float, Meta(gt=0)]
Alpha = Annotated[float, Meta(ge=1e-9, le=0.5)]


class Check(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One metric and its limit, in the metric's own unit."""

    metric: Annotated[
        str, Meta(description="The metric's address, as a report and `gate --explain` print it.",
                  examples=["disagreement.rate"])
    ]  # fmt: skip
    max: Annotated[float | None, Meta(description="It has to be at most this.", examples=[0.02])] = None
    min: Annotated[float | None, Meta(description="It has to be at least this.", examples=[0.98])] = None
    severity: Annotated[
        Severity, Meta(description="Whether missing the limit fails the candidate, or is told alone.")
    ] = "fail"
    why: Annotated[str, Meta(description="Why this limit, in a line: it is printed where the check fails.")] = ""

    @property
    def bound(self) -> Bound:
        return "min" if self.max is None else "max"

    @property
    def limit(self) -> float:
        limit = self.min if self.max is None else self.max
        assert limit is not None  # noqa: S101 - problems() refuses a check without one
        return limit


class Policy(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A candidate passes where all checks of severity `fail` pass and there is this much evidence."""

    min_pairs: Annotated[int, Meta(ge=1, description="Compared pairs before anything may pass.")] = 1_000
    min_duration_s: Annotated[
        NotNegative, Meta(description="How far the first and the last of them have to lie apart.", examples=[3600.0])
    ] = 0.0
    min_coverage: Annotated[
        float, Meta(ge=0, le=1, description="Compared requests over those to be sampled, before anything may pass.")
    ] = 0.9  # fmt: skip
    max_duration_s: Annotated[
        Positive | None,
        Meta(description="After this long without a decision `on_timeout` decides.", examples=[86400.0]),
    ] = None
    on_timeout: Annotated[
        Literal["fail", "inconclusive"], Meta(description="The verdict then. No policy passes for want of evidence.")
    ] = "fail"
    max_evidence_age_s: Annotated[
        Positive | None,
        Meta(description="Evidence that is older does not count; whole hours are left out.", examples=[86400.0]),
    ] = None
    require_version: Annotated[
        bool, Meta(description="Whether a candidate that names no version is refused a verdict.")
    ] = False
    alpha: Annotated[
        Alpha | None, Meta(description="The chance of a wrong verdict; left out, it is the report's.", examples=[0.05])
    ] = None
    checks: Annotated[tuple[Check, ...], Meta(min_length=1, max_length=10_000, description="What is judged.")]

    def registry(self) -> Mapping[str, Definition]:
        """All metrics, and those at a limit that its checks name."""
        return registry_with(check.metric.partition("@")[0] for check in self.checks)


class PolicyProblem(NamedTuple):
    """Where in the policy, what stands there, and what would be right."""

    path: str
    value: Any
    right: str


_MOST_BEYOND = 0.1  # the clip
_Place = tuple[MetricAddress | None, Severity]


def problems(policy: Policy) -> Iterator[PolicyProblem]:
    """Whatever could never be judged, whichever report there is."""
    registry, judged = policy.registry(), {_place(check) for check in policy.checks if _bounds_a_share(check)}
    for place, check in enumerate(policy.checks):
        path = f"checks[{place}]"
        yield from _limit_problems(path, check)
        yield from _metric_problems(path, check, judged, registry)
    if policy.max_duration_s is not None and policy.max_duration_s <= policy.min_duration_s:
        right = f"more than min_duration_s, which is {policy.min_duration_s:g}: before that nothing can pass"
        yield PolicyProblem("max_duration_s", policy.max_duration_s, right)
    if all(check.severity == "warn" for check in policy.checks):
        right = "at least one check of severity fail: a policy that only warns would pass any candidate"
        yield PolicyProblem("checks", None, right)


def _limit_problems(path: str, check: Check) -> Iterator[PolicyProblem]:
    limits = [each for each in (check.max, check.min) if each is not None]
    if len(limits) != 1:
        yield PolicyProblem(path, None, f"one limit, either max or min, for {check.metric}")
    for limit in limits:
        if not math.isfinite(limit):
            yield PolicyProblem(
                f"{path}.{check.bound}", limit, "a finite number: without a limit there is nothing to judge"
            )


def _has_limit(check: Check) -> bool:
    return (check.max is None) != (check.min is None) and math.isfinite(check.limit)


def _metric_problems(
    path: str, check: Check, judged: AbstractSet[_Place], registry: Mapping[str, Definition]
) -> Iterator[PolicyProblem]:
    try:
        address = parse(check.metric)
        definition = defined(address, registry)
    except MisspeltAddress as error:
        yield PolicyProblem(f"{path}.metric", check.metric, str(error))
        return
    if definition.method == DESCRIPTIVE:
        yield PolicyProblem(f"{path}.metric", check.metric, _without_interval(definition, registry))
    elif _has_limit(check) and (right := why_too_large(definition, check.bound, check.limit)):
        yield PolicyProblem(f"{path}.{check.bound}", check.limit, right)
    beside = definition.passes_with
    if beside and (address._replace(name=beside), check.severity) not in judged:
        right = (
            f"beside it a check of severity {check.severity} on {address._replace(name=beside)}, of max = "
            f"{_MOST_BEYOND} or less: "
            f"{address.name} is a mean of clipped values, and says nothing of those beyond the clip"
        )
        yield PolicyProblem(f"{path}.metric", check.metric, right)


def _bounds_a_share(check: Check) -> bool:
    """Whether it says that few are beyond: without that a clipped mean says nothing."""
    return check.max is not None and check.max <= _MOST_BEYOND


def _place(check: Check) -> _Place:
    """What the check is about, and what missing its limit means; None for a misspelt address."""
    try:
        return parse(check.metric), check.severity
    except MisspeltAddress:
        return None, check.severity


def _without_interval(definition: Definition, registry: Mapping[str, Definition]) -> str:
    """What of the same kind could be judged instead."""
    kind = definition.name.partition(".")[0]
    judgeable = (name for name, each in registry.items() if each.method != DESCRIPTIVE)
    others = [name for name in judgeable if name.startswith(f"{kind}.")]
    instead = f"; of {kind} there are {', '.join(others[:8])}" if others else ""
    return f"a metric with an interval: {definition.name} describes these requests and decides nothing{instead}"
