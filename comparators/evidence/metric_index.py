"""Every metric of a report by its address: gate, dashboard and thresholds find one here. Pure."""

from collections.abc import Iterable, Iterator, Mapping

from comparators.errors import MeetingAddresses
from comparators.evidence import exceedance
from comparators.evidence.distributions import Distribution, sketches
from comparators.evidence.registry import REGISTRY
from comparators.evidence.report import PlanReport, PlanSlice, Report
from comparators.metrics.address import MetricAddress, Requirement
from comparators.metrics.definition import Definition
from comparators.metrics.metric import Metric
from comparators.slices.conditions import Condition
from comparators.slices.finder import OverlappingSlice

SLICED = "disagreement.rate"  # what is told of a slice


def addressed(report: Report) -> dict[MetricAddress, Metric]:
    """Names are as the report shows them: what is hidden there has no other name here. Raises MeetingAddresses."""
    found: dict[MetricAddress, Metric] = {}
    for address, metric in _metrics(report):
        own = address._replace(route=report.route, candidate=report.candidate)
        if own in found:
            raise MeetingAddresses(f"two metrics have the address {own}: what tells their names apart is hidden")
        found[own] = metric
    return found


def registry_with(names: Iterable[str]) -> Mapping[str, Definition]:
    """The registry, and of these names those of metrics at a limit of one's own."""
    own = {name: exceedance.definition_of(name) for name in names}
    return {**REGISTRY, **{name: definition for name, definition in own.items() if definition is not None}}


def addressed_with(report: Report, registry: Mapping[str, Definition]) -> dict[MetricAddress, Metric]:
    """All metrics, and those at a limit of one's own that `registry` has."""
    known = addressed(report)
    places = [address._replace(name="") for address in known if address.output is None and not address.slice]
    found = dict(known)
    for name in registry.keys() - REGISTRY.keys():
        for at in dict.fromkeys(places):
            address = at._replace(name=name)
            told = sketches(distributions_of(report, address))
            metric = exceedance.metric_of(registry[name], known, at, told)
            if metric is not None:
                found[address] = metric
    return found


def distributions_of(report: Report, address: MetricAddress) -> Mapping[str, Distribution]:
    """What the quantiles there are of, by name; none of a slice."""
    if address.request is None:
        return report.distributions
    plan = next((each for each in report.plans if each.plan == address.request), None)
    if plan is None or address.slice:
        return {}
    if address.output is None:
        return plan.distributions
    return next((head.distributions for head in plan.heads if head.head == address.output), {})


def _metrics(report: Report) -> Iterator[tuple[MetricAddress, Metric]]:
    for name, metric in report.metrics.items():
        yield MetricAddress(name), metric
    for plan in report.plans:
        yield from _of_plan(plan)
    for each in report.slices:
        yield from _of_slice(each)


def _of_plan(plan: PlanReport) -> Iterator[tuple[MetricAddress, Metric]]:
    for name, metric in plan.metrics.items():
        yield MetricAddress(name, request=plan.plan), metric
    for head in plan.heads:
        for name, metric in head.metrics.items():
            yield MetricAddress(name, request=plan.plan, output=head.head), metric


def _of_slice(leader: PlanSlice) -> Iterator[tuple[MetricAddress, Metric]]:
    """A slice, and those that stand under it."""
    all_of_them: tuple[PlanSlice | OverlappingSlice, ...] = (leader, *leader.also)
    for each in all_of_them:
        yield MetricAddress(SLICED, request=leader.plan, slice=requirements(each)), _rate(each, leader.method)


def requirements(found: PlanSlice | OverlappingSlice) -> tuple[Requirement, ...]:
    """What a slice's requests satisfy, as an address has it."""
    both = (found.condition, found.second)
    return tuple(_requirement(each) for each in both if each is not None)


def _requirement(condition: Condition) -> Requirement:
    dimension = (condition.source, condition.feature)
    if condition.kind == "range":
        return Requirement.within(*dimension, condition.lo, condition.hi)
    if condition.kind == "missing" or condition.value is None:
        return Requirement.missing(*dimension)
    return Requirement.equals(*dimension, condition.value)


def _rate(each: PlanSlice | OverlappingSlice, method: str) -> Metric:
    """Alpha is that of one of many intervals (slices/finder.py)."""
    return Metric(
        value=each.value,
        lo=each.lo,
        hi=each.hi,
        n=each.n,
        unit="share",
        method=method,
        alpha=each.alpha,
        sums=dict(each.sums),
    )
