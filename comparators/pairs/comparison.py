"""The comparison: what was found in one pair. Frozen; counted by summary.py, shown (redacted) as an example."""

from msgspec import Struct, field

from comparators.compare.finding import Difference
from comparators.compare.latency import Timing


class Noise(Struct, frozen=True, gc=False):
    """Production compared with its own second answer to the same request: the share of rows that differ, in 2^-40."""

    disagreement: int
    differences: tuple[Difference, ...] = ()


class Comparison(Struct, frozen=True, gc=False, kw_only=True):
    """`incomparable` is "" or a reason of records.reasons.INCOMPARABLE; then there is no disagreement to speak of."""

    plan: str
    wall_ns: int
    production: str  # outcome: a status code or a kind of failure
    candidate: str
    timing: Timing | str
    incomparable: str = ""
    rows_disagreeing: int = 0
    rows: int = 1
    differences: tuple[Difference, ...] = ()
    noise: Noise | None = None
    distances: dict[str, int] = field(default_factory=dict)  # of outputs by pointer, in 2^-40 (RequestDistances)
