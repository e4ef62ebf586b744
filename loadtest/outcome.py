"""What sending a plan came to: of one host its share, of all hosts together the whole. Pure."""

from collections import Counter
from collections.abc import Mapping, Sequence
from heapq import nlargest
from itertools import combinations
from typing import NamedTuple

import numpy as np
from msgspec import Struct
from msgspec.structs import replace

from loadtest.results.rows import ResultColumns

INTERRUPTED = "interrupted"  # by whoever started it


class HostClock(Struct, frozen=True):
    """By how much a host's clock has moved ahead of the store's since the start. `within_ns`: how far its start may be
    from the mark of all, beside that.
    """

    moved_ns: int
    within_ns: int


class HostTally(Struct, frozen=True, kw_only=True):
    """What a host counted of its share, of which `planned` requests are: planned >= sent >= ended; of those that count
    `scored` and `unscored` by reason. `was_full`: as many were in flight as may be. `first_late_ns`: by how much later
    than planned the first request that got as far was sent, with all that its connection took. `start_within_ns`: as
    RunStart has it. `clock`: at the end of its share; None where it could not be compared with the store's. `resent`:
    sent once more over a fresh connection.
    """

    planned: int
    sent: int
    ended: int
    scored: int
    unscored: dict[str, int]
    failures: dict[str, int]
    statuses: dict[str, int]
    was_full: bool
    cpu_s: float
    scoring_cpu_s: float
    first_late_ns: int | None = None
    start_within_ns: int = 0
    clock: HostClock | None = None
    resent: int = 0


class ReplayOutcome(NamedTuple):
    """`started_wall_ns`: since 1970. `rows` in the order in which they were due. `tallies` and `lost` by the number of
    the host; `lost` says why what its share came to is not here. `ended_because`: before its end, why.
    """

    started_wall_ns: int
    rows: ResultColumns
    tallies: Mapping[int, HostTally]
    ended_because: str = ""
    lost: Mapping[int, str] = {}

    @property
    def skew_ms(self) -> float:
        """How far apart two hosts may have started, at most: each as far from the mark of all as it may be, and on the
        other side of it.
        """
        return sum(nlargest(2, (each.start_within_ns for each in self.tallies.values()))) / 1e6

    @property
    def end_skew_ms(self) -> float | None:
        """How far apart two hosts may have been at the end in what time it is since the start, at most. None: not known
        of `unclocked`.
        """
        if len(self.tallies) < 2:
            return 0.0
        clocks = [each.clock for each in self.tallies.values() if each.clock is not None]
        if len(clocks) < len(self.tallies):
            return None
        return max(_apart_ns(one, other) for one, other in combinations(clocks, 2)) / 1e6

    @property
    def unclocked(self) -> list[int]:
        """Hosts of several that could not compare their clocks at the end."""
        several = self.tallies.items() if len(self.tallies) > 1 else ()
        return [number for number, each in several if each.clock is None]

    def with_clock(self, number: int, clock: HostClock) -> "ReplayOutcome":
        """Of this host."""
        return self._replace(tallies={**self.tallies, number: replace(self.tallies[number], clock=clock)})

    def total(self, field: str) -> int:
        """Of a number that hosts counted."""
        return sum(getattr(each, field) for each in self.tallies.values())

    def total_by_name(self, field: str) -> dict[str, int]:
        total: Counter[str] = Counter()
        for each in self.tallies.values():
            total.update(getattr(each, field))
        return dict(total.most_common())


def _apart_ns(one: HostClock, other: HostClock) -> int:
    return abs(one.moved_ns - other.moved_ns) + one.within_ns + other.within_ns


def joined(outcomes: Sequence[ReplayOutcome]) -> ReplayOutcome:
    """Those of the hosts of a run, the first host's first; of several reasons to end the first is told."""
    first = outcomes[0]
    return ReplayOutcome(
        started_wall_ns=first.started_wall_ns,
        rows=together([each.rows for each in outcomes]),
        tallies={number: tally for each in outcomes for number, tally in each.tallies.items()},
        ended_because=next((each.ended_because for each in outcomes if each.ended_because), ""),
        lost={number: why for each in outcomes for number, why in each.lost.items()},
    )


def together(columns: Sequence[ResultColumns]) -> ResultColumns:
    """In the order in which they were due."""
    if not columns:
        return ResultColumns.of([])
    every = ResultColumns(*map(np.concatenate, zip(*columns, strict=True)))
    order = np.lexsort((every.n, every.due))
    return ResultColumns(*(column[order] for column in every))
