"""The size of every process of ours, second by second, and whether it is flat.

Flat is judged for each process alone (one that was started anew is another), over its life after a warm-up. Its growth
is the slope that half of all pairs of its samples exceed (Theil and Sen) times the time it was watched: a buffer that
was full for a few seconds does not count, what is kept of each request does.
"""

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from statistics import median

MIB = 2**20
STORE = "redis"  # the role of the embedded store
FLAT_BYTES = 8 * MIB  # at 2,000 requests a second over a quarter of an hour: 5 bytes a request
FLAT_SHARE = 0.05
MAX_POINTS = 200  # of a process's samples, evenly, so that there are 20,000 pairs at most
_PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")


@dataclass(frozen=True, slots=True)
class Sample:
    at_s: float
    size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Growth:
    """Of one process after its warm-up."""

    seconds: float
    middle: float  # bytes, as is growth
    growth: float

    @property
    def flat(self) -> bool:
        return self.growth <= max(FLAT_BYTES, FLAT_SHARE * self.middle)


def growth(samples: Sequence[Sample]) -> Growth:
    """Of at least two samples."""
    some = samples[:: 1 + len(samples) // MAX_POINTS]
    slopes = [(b.size - a.size) / (b.at_s - a.at_s) for a, b in combinations(some, 2)]
    seconds = some[-1].at_s - some[0].at_s
    return Growth(seconds=seconds, middle=median(each.size for each in some), growth=median(slopes) * seconds)


class Sizes:
    """Samples by role and pid."""

    def __init__(self) -> None:
        self.samples: dict[tuple[str, int], list[Sample]] = {}

    def look(self, now_s: float, roles: Mapping[int, str], store_holds: int | None) -> None:
        """`roles`: those of the processes that live, by pid. `store_holds`: bytes, where the embedded store says it.

        Subtle: the store is judged by that. Its C library keeps what was freed in pieces: under steady load, with
        71 MB held to within 0.2 %, the process grew from 101 to 105 MB between the third and the eighth minute.
        """
        for pid, role in roles.items():
            with suppress(OSError, IndexError):
                pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
                size = store_holds if role == STORE else pages * _PAGE_BYTES
                if size is not None:
                    self.samples.setdefault((role, pid), []).append(Sample(now_s, size))

    def judged(self, *, warm_up_s: float, least_s: float) -> dict[str, Growth]:
        """By role, the process that grew most of those that were watched for long enough."""
        worst: dict[str, Growth] = {}
        for (role, _), samples in self.samples.items():
            warm = [each for each in samples if each.at_s >= samples[0].at_s + warm_up_s]
            if len(warm) < 2 or warm[-1].at_s - warm[0].at_s < least_s:
                continue
            found = growth(warm)
            if role not in worst or found.growth > worst[role].growth:
                worst[role] = found
        return worst


def wrong_with_memory(roles: Sequence[str], judged: Mapping[str, Growth]) -> Iterator[str]:
    """Each role must be flat, and must have had a process that lived for long enough to say so."""
    for role in roles:
        found = judged.get(role)
        if found is None:
            yield f"memory: no process of {role} lived for long enough to be judged"
        elif not found.flat:
            yield (
                f"memory: {role} grew by {found.growth / MIB:.1f} MiB within {found.seconds / 60:.1f} minutes, "
                f"around {found.middle / MIB:.0f} MiB"
            )
