"""The timeline, the counts and the verdict of a run, as text. Judges nothing."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from benchmarks.soak.clients import ClientTally, Trouble
from benchmarks.soak.memory import MIB, Growth
from benchmarks.tables import Table

MAX_SHOWN = 50  # groups of errors


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One fault of the timeline."""

    at_s: float  # since the run began
    name: str
    lasted_s: float  # until all was ready again


def clock(seconds: float) -> str:
    return f"{int(seconds) // 60:02d}:{int(seconds) % 60:02d}"


def line_of(line: Line) -> str:
    return f"{clock(line.at_s)}  {line.name}, {line.lasted_s:.1f} s until all was ready"


def counts(told: ClientTally, coverage: Mapping[str, Any] | None) -> Iterator[str]:
    yield (
        f"clients: {told.sent:,} sent, {told.answered:,} answered, {told.right:,} of them right, "
        f"{told.unknown:,} without a byte of an answer, {told.withheld:,} withheld for want of a connection"
    )
    if coverage is not None:
        yield "coverage: " + ", ".join(f"{name} {_value(value)}" for name, value in coverage.items() if value)


def _value(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{name} {count:,}" for name, count in value.items()) + "}"
    return f"{value:,}" if isinstance(value, int) else str(value)


def explained(found: Counter[tuple[str, str]], reasons: Mapping[tuple[str, str], str]) -> Iterator[str]:
    for (fault, kind), count in sorted(found.items()):
        yield f"explained: {count:,} x `{kind}` by {fault}: {reasons[fault, kind]}"


def unexplained(troubles: Sequence[Trouble], lines: Sequence[Line], began_s: float) -> Iterator[str]:
    """By kind and the fault that had begun last, with the time of the first, so that it is found on the timeline."""
    groups: dict[tuple[str, str], list[Trouble]] = {}
    for trouble in troubles:
        before = [line.name for line in lines if line.at_s <= trouble.ended_s - began_s]
        groups.setdefault((trouble.kind, before[-1] if before else "the start"), []).append(trouble)
    for (kind, fault), some in list(groups.items())[:MAX_SHOWN]:
        first = some[0].ended_s - began_s
        longest = max(each.ended_s - each.began_s for each in some)
        yield (
            f"unexplained: {len(some):,} x `{kind}` from {clock(first)} on, after {fault} began; "
            f"the longest after {longest:.2f} s"
        )


def memory_table(grown: Mapping[str, Growth], *, judged: bool) -> Table:
    rows = [
        (
            role,
            f"{found.middle / MIB:.1f}",
            f"{found.growth / MIB:+.2f}",
            f"{found.seconds / 60:.1f}",
            "flat" if found.flat else "GROWS",
        )
        for role, found in grown.items()
    ]
    header = ("role", "MiB", "grown by MiB", "within minutes", "")
    notes = () if judged else ("Not judged: in so short a run memory has not settled.",)
    return Table(title="Memory of the process of each role that grew most", header=header, rows=rows, notes=notes)
