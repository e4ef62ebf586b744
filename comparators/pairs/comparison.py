"""The comparison: what was found in one pair. Frozen; counted by summary.py, shown (redacted) as an example."""

from collections.abc import Mapping
from typing import NamedTuple

from msgspec import Struct, field

from comparators.compare.finding import Difference
from comparators.compare.latency import Timing


class PairedSizes(NamedTuple):
    """Of one request a quantity without a bound: the candidate's and that of production's second answer, each clipped
    at 2^top. `signed`: it may be negative.
    """

    candidate: float
    noise: float
    top: int
    signed: bool


class OutputValues(NamedTuple):
    """Of one output of one request what the candidate has, and what production's second answer has. By metric: `shares`
    in 2^-40, and `sizes`; `spread`: by distribution, where quantiles are told.
    """

    shares: Mapping[str, tuple[int, int]] = {}
    sizes: Mapping[str, PairedSizes] = {}
    spread: Mapping[str, tuple[float, float]] = {}


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
