"""The comparison: what was found in one pair. Frozen; counted by summary.py, shown (redacted) as an example."""

from collections.abc import Mapping
from typing import NamedTuple

from msgspec import Struct, field

from comparators.compare.finding import Difference
from comparators.compare.latency import Timing


class PairedSizes(NamedTuple):
    """How far the candidate's value is from production's, and production's second one, each clipped at 2^top."""

    candidate: float
    noise: float
    top: int


class OutputValues(NamedTuple):
    """Of one output of one request. `shares`: by metric, the candidate's value and production's own, in 2^-40."""

    shares: Mapping[str, tuple[int, int]]
    sizes: PairedSizes | None = None


class Noise(Struct, frozen=True, gc=False):
    """Production compared with its own second answer to the same request: the share of rows that differ, in 2^-40, and
    where. `outputs`: by pointer, of those that all three answers have.
    """

    disagreement: int
    differences: tuple[Difference, ...] = ()
    outputs: Mapping[str, OutputValues] = {}


class Comparison(Struct, frozen=True, gc=False, kw_only=True):
    """`incomparable` is "" or a reason of records.reasons.INCOMPARABLE; then there is no disagreement to speak of."""

    plan: str
    wall_ns: int
    production: str  # outcome: a status code or a kind of failure
    candidate: str
    timing: Timing | str
    incomparable: str = ""
    rows_disagreeing: int = 0
    disagreeing: int = 0  # which of them: bit r is row r
    rows: int = 1
    differences: tuple[Difference, ...] = ()
    noise: Noise | None = None
    distances: dict[str, int] = field(default_factory=dict)  # of outputs by pointer, in 2^-40 (RequestDistances)
    sizes: dict[str, float] = field(default_factory=dict)  # likewise, in their units
