"""What a report says of the load that its pairs were recorded under, where they come from a replay. Pure data."""

from msgspec import Struct, field


class LoadWindow(Struct, frozen=True, kw_only=True):
    """Stretches of a run with about this many requests a second: of the answers in them the share that disagrees, and
    the median and the p99 of the response time. `alpha`: of one of several intervals.
    """

    per_s: float
    n: int
    disagreement: float | None
    lo: float | None
    hi: float | None
    alpha: float
    p50_ms: float | None
    p99_ms: float | None


class LoadReport(Struct, frozen=True, kw_only=True):
    """`requests` are planned: sent + not sent by reason; sent = ended + `given_up`; ended = those that warm up +
    `scored` + `unscored` by reason. `skipped`: what of the source is not in the plan. `kept_ratio`: of production's
    requests the share that the source has; `filled` of the plan stand for others. `copies`: how often each request of
    the source is in the plan. `resent`: sent once more over a fresh connection, since the target had closed a kept one.
    `drift_ms`: by how much later than planned the last one was sent. `processes` of all `hosts`, which started within
    `skew_ms` of each other, and whose clocks were within `end_skew_ms` of each other at the end (None: not known); by
    their own clocks, the first requests of two of them were sent up to `first_sends_ms` farther apart than planned.
    `invalid_because`: why the run is no evidence.
    """

    target: str
    rhythm: str
    plan_sha256: str
    started: str
    lasted_s: float
    requests: int
    warmup: int
    sent: int
    not_sent: dict[str, int]
    given_up: int
    scored: int
    unscored: dict[str, int]
    failures: dict[str, int]
    statuses: dict[str, int]
    skipped: dict[str, int]
    kept_ratio: float
    filled: int
    copies: float
    processes: int
    cpu_s: float
    scoring_cpu_s: float
    drift_ms: float
    resent: int = 0
    hosts: int = 1
    skew_ms: float = 0.0
    end_skew_ms: float | None = 0.0
    first_sends_ms: float = 0.0
    ended_because: str = ""
    invalid_because: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    curve: list[LoadWindow] = field(default_factory=list)

    @property
    def valid(self) -> bool:
        return not self.invalid_because
