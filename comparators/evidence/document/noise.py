"""What the candidate does beyond noise, in the document: by whole requests, by path, and by output."""

from collections.abc import Iterator

from msgspec.structs import replace

from comparators.evidence.document.lines import MetricsAt, head_name
from comparators.evidence.noise import AGAINST_NOISE, PathExcess, PathShare
from comparators.evidence.registry import REGISTRY
from comparators.evidence.report import HeadReport, PlanReport
from comparators.metrics.address import MetricAddress
from comparators.metrics.document import (
    Block,
    Code,
    Heading,
    Line,
    Mark,
    Metrics,
    MetricValue,
    Note,
    Number,
    Rest,
    Table,
    TableColumn,
)
from comparators.metrics.metric import PAIRED_MEAN, RATE

NAMES = ("disagreement.sampled", "disagreement.noise", "disagreement.excess", "disagreement.excess_at_paths")
SATURATED = 0.5  # where production disagrees with itself on so many requests, whole requests tell little

_SIDES = ("candidate", "production itself", "beyond noise")


def noise(plan: PlanReport, own: MetricsAt) -> Iterator[Block]:
    """Where production was asked twice; nothing else."""
    found = own.values(NAMES)
    if not found:
        return
    yield Heading(3, ("Noise",), ("requests that production was asked twice",))
    yield Metrics(found)
    itself = own.metrics["disagreement.noise"].value
    if itself is not None and itself >= SATURATED:
        yield Note(_saturated(itself))
    if plan.noise:
        rest = Rest(plan.noise_not_listed, "at further paths") if plan.noise_not_listed else None
        yield Table(("by path",), _columns("path", *_SIDES, ""), tuple(map(_path, plan.noise)), rest)
    for head in plan.heads:
        if rows := tuple(_output(head, own.at)):
            yield Table(head_name(head), _columns("", *_SIDES), rows)


def _saturated(itself: float) -> Line:
    instead = "whole requests tell little of the candidate: look at paths, and at how similar texts are."
    return ("production disagrees with itself on ", Number(itself, "share"), f" of these requests, so {instead}")


def _columns(*titles: str) -> tuple[TableColumn, ...]:
    return tuple(map(TableColumn, titles))


def _path(each: PathExcess) -> Line:
    path = Code(each.path) if each.path else "(whole)"
    sides = (_share(each.candidate, each.n), _share(each.noise, each.n), _excess(each.excess, each.n))
    return (path, *sides, Mark("beyond noise", "worse") if each.named else "")


def _share(told: PathShare, n: int) -> MetricValue:
    """Of a path, which has no address."""
    return MetricValue(address="", label="", value=told.value, lo=told.lo, hi=told.hi, n=n, unit="share", method=RATE)


def _excess(told: PathShare, n: int) -> MetricValue:
    return replace(_share(told, n), method=PAIRED_MEAN, signed=True)


def _output(head: HeadReport, at: MetricAddress) -> Iterator[Line]:
    """A line for each metric that is told against noise; of some there is the difference alone."""
    own = MetricsAt(at._replace(output=head.head), head.metrics)
    for name, told in AGAINST_NOISE.get(head.kind, {}).items():
        if values := own.values([each.name for each in told]):
            yield (REGISTRY[name].label, *[""] * (len(_SIDES) - len(values)), *values)
