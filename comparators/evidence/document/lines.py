"""What stands in several sections of a report's document: counts, reasons, versions, metrics, as lines."""

from collections.abc import Iterable, Mapping

from comparators.evidence.registry import REGISTRY
from comparators.extract.version import ModelVersion
from comparators.metrics.document import Code, Inline, Line, MetricValue, Number
from comparators.metrics.metric import Metric


def count(number: int) -> Number:
    return Number(number, "count")


def value(metrics: Mapping[str, Metric], name: str) -> MetricValue:
    about = REGISTRY[name]
    return MetricValue.of(name, about.label, metrics[name], signed=about.is_difference)


def values(metrics: Mapping[str, Metric], names: Iterable[str]) -> tuple[MetricValue, ...]:
    """Those that there are."""
    return tuple(value(metrics, name) for name in names if name in metrics)


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
