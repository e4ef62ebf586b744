"""Which servers under which loads, and what of each must be found. Measures nothing."""

from dataclasses import dataclass
from typing import NamedTuple

SLOWER = 1.35
PAIRS, PAIRS_OF_A_SLOWER = 5_000, 2_000  # an interval of 5 % needs more of them than an estimate that is within 5 %
WITHIN, WITHIN_MS, SLOWER_WITHIN = 0.05, 0.15, 0.05
LEAST_COUNTED = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """A server: so many requests at a time, each for so long, answered in so many pieces (0: by length)."""

    name: str
    ways: int
    takes_us: int
    chunks: int = 0

    def slower(self) -> "Program":
        return Program(
            name=f"{self.name}, slower", ways=self.ways, takes_us=round(self.takes_us * SLOWER), chunks=self.chunks
        )

    def full_per_s(self) -> float:
        return self.ways * 1e6 / self.takes_us


PROGRAMS = (
    Program(name="serial", ways=1, takes_us=5_000),
    Program(name="4-way", ways=4, takes_us=20_000),
    # These two are full at what two cores hold, the clients too: beyond that the machine would be measured.
    Program(name="cheap", ways=1, takes_us=1_000),
    Program(name="streaming", ways=4, takes_us=50_000, chunks=10),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    kind: str  # closed, open
    number: int  # of clients, or per cent of what the server is full with

    @property
    def name(self) -> str:
        return f"{self.number} clients" if self.kind == "closed" else f"open, {self.number} %"

    def of(self, program: Program) -> float:
        """Clients, or requests a second."""
        return self.number if self.kind == "closed" else program.full_per_s() * self.number / 100

    def per_s(self, program: Program) -> float:
        """About how many requests are answered."""
        alone = 1e6 / program.takes_us
        return min(program.full_per_s(), self.number * alone) if self.kind == "closed" else self.of(program)


LOADS = (
    Load(kind="closed", number=1),
    Load(kind="closed", number=8),
    Load(kind="open", number=10),
    Load(kind="open", number=40),
    Load(kind="open", number=80),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    program: Program
    load: Load
    slower: bool

    @property
    def name(self) -> str:
        return f"{self.program.name}, {self.load.name}" + (f", {SLOWER} times slower" if self.slower else "")

    @property
    def pairs(self) -> int:
        return PAIRS_OF_A_SLOWER if self.slower else PAIRS

    @property
    def fills_the_candidate(self) -> bool:
        """Whether it is asked more than it answers: clients that wait ask the sooner the faster they are answered."""
        return self.slower and (self.load.kind == "closed" or self.load.number * SLOWER > 100)


class Estimate(NamedTuple):
    """As a report tells it; None where it tells none."""

    value: float | None
    lo: float | None
    hi: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What the report says, and what was measured directly. Times in ms; None where none is told."""

    case: Case
    wanted: int  # pairs
    pairs: int
    counted: float
    ratio: Estimate  # of the medians
    paired: Estimate  # the median of the ratios, pair by pair
    production_ms: float | None
    candidate_ms: float | None
    truth: float
    lag_p99_ms: float | None
    said: str  # why there is no ratio

    def missed(self) -> str:
        """What is wrong with it; nothing where it is as it must be."""
        if self.ratio.value is None:
            says_so = self.said.startswith("the candidate") and "doesn't keep up" in self.said
            return "" if self.case.fills_the_candidate and says_so else f"no ratio: {self.said or 'nothing was told'}"
        if self.pairs < self.wanted:
            return f"{self.pairs:,} of {self.wanted:,} pairs"
        if self.counted < LEAST_COUNTED:
            return f"{self.counted:.0%} of the pairs count"
        return self._off(self.ratio.value)

    def _off(self, ratio: float) -> str:
        if self.case.slower:
            return "" if self._is_truth() else f"measured directly: {self.truth:.3f}"
        if not self._is_one(Estimate(ratio, ratio, ratio)):
            return "the ratio of the medians is not 1"
        return "" if self._is_one(self.paired) else "the interval, pair by pair, is not about 1"

    def _is_truth(self) -> bool:
        """The estimate pair by pair is near what was measured directly, and the medians' interval allows as much."""
        lo, hi = self.truth * (1 - SLOWER_WITHIN), self.truth * (1 + SLOWER_WITHIN)
        told, of_medians = self.paired.value, self.ratio
        if told is None or of_medians.lo is None or of_medians.hi is None:
            return False
        return lo <= told <= hi and of_medians.lo <= hi and of_medians.hi >= lo

    def _is_one(self, told: Estimate) -> bool:
        """Whether the whole interval is within WITHIN of 1, or, at production's median, within WITHIN_MS of it."""
        if told.lo is None or told.hi is None or self.production_ms is None:
            return False
        within = max(WITHIN, WITHIN_MS / self.production_ms)
        return 1 - within <= told.lo and told.hi <= 1 + within
