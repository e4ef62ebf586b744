"""Which fault comes when. Pure: the same seed makes the same order, for the same table of faults."""

import random
from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks.soak.faults import Fault

PAUSE_S = (3.0, 10.0)  # from one fault's end, when all is ready again, to the next


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedFault:
    pause_s: float  # before it
    fault: Fault
    lasts_s: float


class Schedule:
    """All faults in a random order, then all of them in another one, and so on."""

    def __init__(self, seed: int, faults: Sequence[Fault]) -> None:
        self._chance = random.Random(seed)
        self._faults = faults
        self._left: list[Fault] = []

    def next(self, *, calm: bool) -> PlannedFault:
        """`calm`: of those alone that end no process of ours, since memory is judged over a process's life."""
        while not (eligible := [each for each in self._left if not (calm and each.ends_ours)]):
            self._left = self._chance.sample(self._faults, len(self._faults))
        fault = eligible[0]
        self._left.remove(fault)
        return PlannedFault(
            pause_s=self._chance.uniform(*PAUSE_S), fault=fault, lasts_s=self._chance.uniform(*fault.lasts_s)
        )
