"""What stands in several sections of a report's document: counts, reasons, versions, metrics, as lines."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from msgspec.structs import replace

from comparators.evidence.concurrency import COUNTED
from comparators.evidence.registry import REGISTRY
from comparators.evidence.report import HeadReport, PlanReport, Report
from comparators.extract.version import ModelVersion
from comparators.metrics.address import MetricAddress
from comparators.metrics.document import Code, Inline, Line, MetricValue, Note, Number
from comparators.metrics.metric import Metric


def count(number: int) -> Number:
    return Number(number, "count")


RATIO = "latency.paired_ratio_p50"


class MetricsAt(NamedTuple):
    """The metrics of one place: of all requests, of one kind, of one output. `at` names it, and no metric. `said`: a
    reason that the section says once, and not beside each of them.
    """

    at: MetricAddress
    metrics: Mapping[str, Metric]
    said: str = ""

    def value(self, name: str) -> MetricValue:
        found = MetricValue.of(self.at._replace(name=name), self.metrics[name], REGISTRY[name])
        return replace(found, reason="") if self.said and found.reason == self.said else found

    def values(self, names: Iterable[str]) -> tuple[MetricValue, ...]:
        """Those that there are."""
        return tuple(self.value(name) for name in names if name in self.metrics)


def of_all(report: Report) -> MetricsAt:
    return MetricsAt(MetricAddress("", route=report.route, candidate=report.candidate), report.metrics)


def of_kind(plan: PlanReport, report: Report) -> MetricsAt:
    return MetricsAt(of_all(report).at._replace(request=plan.plan), plan.metrics, why_no_ratio(plan.metrics))


def why_no_ratio(metrics: Mapping[str, Metric]) -> str:
    """Of latencies, where there are some; nothing where one is told."""
    ratio, counted = metrics[RATIO], metrics[COUNTED]
    return ratio.reason if ratio.value is None and counted.value is not None else ""


def reasons(counts: Mapping[str, int]) -> Line:
    """`name n, name n`, without those that did not occur; nothing where none did."""
    return joined(((f"{name} ", count(n)) for name, n in counts.items() if n), ", ")


def joined(lines: Iterable[Line], by: str) -> Line:
    """One line, with `by` between each two."""
    found: list[Inline] = []
    for line in lines:
        found += [by, *line] if found else line
    return tuple(found)


def version(told: ModelVersion) -> Line:
    """`1.2.0`, and the build where it is known."""
    named: Line = (Code(told.version),) if told.version else ("unversioned",)
    return (*named, " (", Code(told.build), ")") if told.build else named


def head_name(head: HeadReport) -> Line:
    return (Code(head.head),) if head.head else ("the body",)


def clipped(label: str, clip: Number) -> Note:
    """Where the values of a mean are clipped; `label` is that of the share of those beyond it."""
    return Note((f"{label}: more than ", clip, " either way, counted as that in the mean"), "aside")
