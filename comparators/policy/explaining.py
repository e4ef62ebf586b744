"""Every metric of a report that a policy can check, as it stands: what to write into a policy, and what to expect."""

import math
from collections.abc import Iterator, Mapping
from itertools import groupby

from comparators.evidence.distributions import sketches
from comparators.evidence.exceedance import EXAMPLE
from comparators.evidence.metric_index import addressed, distributions_of
from comparators.evidence.registry import REGISTRY
from comparators.evidence.report import Report
from comparators.metrics.address import MetricAddress
from comparators.metrics.document import Block, Blocks, Code, Heading, Line, MetricValue, Note, Table, TableColumn
from comparators.metrics.metric import COUNT, DESCRIPTIVE, Metric
from comparators.metrics.rederivation import interval_at
from comparators.policy.growth import times_needed
from comparators.render import words
from comparators.statistics.sketch import Sketch


def explanation(report: Report) -> Blocks:
    """What `gate --explain` prints."""
    return tuple(_blocks(report))


def _blocks(report: Report) -> Iterator[Block]:
    yield Heading(1, ("What a policy can check of ", Code(report.candidate)), (f"{_compared(report):,} pairs",))
    yield Note(("a check passes where the whole interval is within its limit, and fails where it is beyond",))
    yield Note((f"{EXAMPLE} is there at any limit: how much more often the candidate takes longer than that",))
    checkable = [each for each in addressed(report).items() if each[1].method != DESCRIPTIVE]
    for place, of_place in groupby(checkable, key=lambda each: _place(each[0])):
        where: Line = ("for each of these, ", Code(f"NAME{place}")) if place else ("over all requests",)
        yield Heading(2, where)
        columns = tuple(map(TableColumn, ("name", "value", "interval", "requests", "needs")))
        yield Table((), columns, tuple(_row(report, *each) for each in of_place))


def _place(address: MetricAddress) -> str:
    """What stands behind the name; route and candidate are those of the report."""
    return str(address._replace(route=None, candidate=None)).removeprefix(address.name)


def _row(report: Report, address: MetricAddress, metric: Metric) -> tuple[Code, str, str, str, str]:
    told = MetricValue.of(address, metric, REGISTRY[address.name])
    interval = "open" if metric.lo is None and metric.hi is None else words.interval(told)
    return Code(address.name), words.value(told), interval, f"{metric.n:,}", _needs(report, address, metric)


def _needs(report: Report, address: MetricAddress, metric: Metric) -> str:
    """How many more pairs before both ends of its interval are known; why they are not, where none will do."""
    if metric.method == COUNT or (metric.lo is not None and metric.hi is not None):
        return ""
    times = _times(metric, address, sketches(distributions_of(report, address)))
    return (
        metric.reason if times is None else f"about {max(1, math.ceil((times - 1) * _compared(report))):,} more pairs"
    )


def _times(metric: Metric, address: MetricAddress, told: Mapping[str, Sketch]) -> float | None:
    definition = REGISTRY[address.name]
    return times_needed(lambda times: None not in interval_at(metric.alpha, metric, definition, told, times))


def _compared(report: Report) -> int:
    return report.metrics["disagreement.rate"].n
