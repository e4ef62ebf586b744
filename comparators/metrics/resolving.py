"""From an address with parts left out to that of one metric of a report. Pure."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from difflib import get_close_matches

from comparators.errors import AbsentMetric, AmbiguousAddress, UnknownMetric
from comparators.metrics.address import PARTS, MetricAddress
from comparators.metrics.definition import Definition
from ground.near import did_you_mean

MAX_TOLD = 8  # addresses named in an error


def resolve(
    wanted: MetricAddress, known: Collection[MetricAddress], registry: Mapping[str, Definition]
) -> MetricAddress:
    """The metric that fits; of several the one that is about most: all requests rather than a kind of them, a kind
    rather than its slices. Raises UnknownMetric, AmbiguousAddress, AbsentMetric.
    """
    definition = defined(wanted, registry)
    fitting = [each for each in known if _fits(each, wanted)]
    if not fitting:
        raise AbsentMetric(_why_absent(wanted, known, definition))
    least = min(map(_depth, fitting))
    found = [each for each in fitting if _depth(each) == least]
    if len(found) > 1:
        raise AmbiguousAddress(f"{wanted} fits {len(found):,} metrics: {_listed(found, len(found))}")
    return found[0]


def defined(wanted: MetricAddress, registry: Mapping[str, Definition]) -> Definition:
    """What it is that is wanted. Raises UnknownMetric where no report can have it."""
    definition = registry.get(wanted.name)
    if definition is None:
        raise UnknownMetric(f"there is no metric {wanted.name}{_meant(wanted.name, registry)}")
    if not _is_told(wanted, definition):
        raise UnknownMetric(f"there is no {wanted}: {wanted.name} is told {_told_of(definition)}{_of_both(wanted)}")
    return definition


def _meant(name: str, registry: Collection[str]) -> str:
    """A part of a name stands for the first that has it: `mae` for `score.mae`, `disagreement` for its rate."""
    whole = next((each for each in registry if name in each.split(".")), None)
    return f"; did you mean {whole}?" if whole else did_you_mean(name, registry)


def _fits(each: MetricAddress, wanted: MetricAddress) -> bool:
    given = ((getattr(each, part), getattr(wanted, part)) for part in PARTS[:-1])
    return (
        each.name == wanted.name
        and all(theirs is None or own == theirs for own, theirs in given)
        and (not wanted.slice or frozenset(each.slice) == frozenset(wanted.slice))
    )


def _depth(address: MetricAddress) -> int:
    return (address.request is not None) + (address.output is not None) + len(address.slice)


def _is_told(wanted: MetricAddress, definition: Definition) -> bool:
    """Whether any report may have this metric of what the address asks for."""
    if wanted.slice:  # whose metrics are of all outputs together
        return "slice" in definition.scopes and wanted.output is None
    if wanted.output is not None:
        return "output" in definition.scopes
    return wanted.request is None or definition.scopes != ("route",)


def _told_of(definition: Definition) -> str:
    words = {"route": "all requests", "request": "a kind of request", "output": "an output", "slice": "a slice"}
    return "of " + ", ".join(words[each] for each in definition.scopes)


def _of_both(wanted: MetricAddress) -> str:
    return "; no metric is of an output and a slice" if wanted.slice and wanted.output is not None else ""


def _why_absent(wanted: MetricAddress, known: Iterable[MetricAddress], definition: Definition) -> str:
    there = {str(_told_as(wanted, each)) for each in known if each.name == wanted.name}
    if there:
        near = get_close_matches(str(wanted), sorted(there), n=MAX_TOLD, cutoff=0.0)
        return f"this report has no {wanted}; the nearest it has: {_listed(near, len(there))}"
    where = f": it is there only where {definition.only_where}" if definition.only_where else ""
    return f"this report has no {wanted.name} yet{where}"


def _told_as(wanted: MetricAddress, each: MetricAddress) -> MetricAddress:
    """With the parts alone that are wanted."""
    parts = {part: getattr(each, part) for part in PARTS[:-1] if getattr(wanted, part) is not None}
    return MetricAddress(each.name, **parts, slice=each.slice if wanted.slice else ())


def _listed(addresses: Sequence[object], of: int) -> str:
    told = ", ".join(map(str, addresses[:MAX_TOLD]))
    return told + (f" and {of - MAX_TOLD:,} more" if of > MAX_TOLD else "")
