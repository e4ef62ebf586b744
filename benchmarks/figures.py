"""Windows to numbers: medians over rounds, and ratios taken within a round first. Measures nothing, prints nothing."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median

from benchmarks.open_loop import Load
from benchmarks.saturate import Saturation
from benchmarks.windows import Window

SATURATED = 0.95  # a proxy's core that is busier than this is the limit of its throughput
FULL = 0.05  # a core that is idle for less than this has queues of its own


@dataclass(frozen=True, slots=True, kw_only=True)
class Throughput:
    per_s: float
    lowest_per_s: float
    highest_per_s: float
    cpu_us: float  # of the proxy's processes, a request
    others_cpu_us: dict[str, float]  # a request served, by process
    proxy_busy: float
    load_core_idle: float
    errors: int
    taken: float  # by the host and other programs
    recorded: float | None  # share of the requests

    @property
    def per_core_s(self) -> float:
        return 1e6 / self.cpu_us if self.cpu_us else 0.0

    @property
    def proxy_is_the_limit(self) -> bool:
        return self.proxy_busy >= SATURATED


@dataclass(frozen=True, slots=True, kw_only=True)
class Latency:
    p50_us: float
    p99_us: float
    added_p50_us: float
    added_p99_us: float
    lag_p99_us: float
    failed: int
    taken: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    achieved_per_s: float
    p50_us: float
    p99_us: float
    throughput_ratio: float  # to the baseline of the same round
    p99_ratio: float
    failed: int
    unanswered: int
    lag_p99_us: float
    load_core_idle: float
    taken: float

    @property
    def is_evidence(self) -> bool:
        return self.load_core_idle >= FULL


@dataclass(frozen=True, slots=True, kw_only=True)
class SharedLatency:
    p50_us: float
    p99_us: float
    p50_ratio: float  # to the baseline of the same round
    p99_ratio: float
    failed: int
    idle: float  # of both cores
    taken: float


def throughput(windows: Sequence[Window[Saturation]]) -> Throughput:
    rates = [window.result.requests / window.result.seconds for window in windows]

    def middle(of: Callable[[Window[Saturation]], float]) -> float:
        return median(of(window) for window in windows)

    names = windows[0].others_cpu_s
    return Throughput(
        per_s=median(rates),
        lowest_per_s=min(rates),
        highest_per_s=max(rates),
        cpu_us=middle(lambda w: 1e6 * w.proxy_cpu_s / w.result.requests),
        others_cpu_us={
            name: median(1e6 * window.others_cpu_s[name] / window.result.requests for window in windows)
            for name in names
        },
        proxy_busy=middle(lambda w: w.proxy_cpu_s / w.seconds),
        load_core_idle=middle(lambda w: w.load_core_idle),
        errors=sum(window.result.errors for window in windows),
        taken=middle(lambda w: w.taken),
        recorded=(None if windows[0].recorded is None else middle(lambda w: (w.recorded or 0) / w.result.requests)),
    )


def latency(windows: Sequence[Window[Load]], baseline: Sequence[Window[Load]]) -> Latency:
    loads, bare = [w.result for w in windows], [w.result for w in baseline]
    return Latency(
        p50_us=median(load.p50_us for load in loads),
        p99_us=median(load.p99_us for load in loads),
        added_p50_us=median(load.p50_us - base.p50_us for load, base in zip(loads, bare, strict=True)),
        added_p99_us=median(load.p99_us - base.p99_us for load, base in zip(loads, bare, strict=True)),
        lag_p99_us=median(load.lag_p99_us for load in loads),
        failed=sum(load.failed + load.unanswered for load in loads),
        taken=median(window.taken for window in windows),
    )


def fault(windows: Sequence[Window[Load]], baseline: Sequence[Window[Load]]) -> Fault:
    loads, bare = [w.result for w in windows], [w.result for w in baseline]
    return Fault(
        achieved_per_s=median(load.achieved for load in loads),
        p50_us=median(load.p50_us for load in loads),
        p99_us=median(load.p99_us for load in loads),
        throughput_ratio=median(load.achieved / base.achieved for load, base in zip(loads, bare, strict=True)),
        p99_ratio=median(load.p99_us / base.p99_us for load, base in zip(loads, bare, strict=True)),
        failed=sum(load.failed for load in loads),
        unanswered=sum(load.unanswered for load in loads),
        lag_p99_us=median(load.lag_p99_us for load in loads),
        load_core_idle=median(window.load_core_idle for window in windows),
        taken=median(window.taken for window in windows),
    )


def shared(windows: Sequence[Window[Load]], baseline: Sequence[Window[Load]]) -> SharedLatency:
    loads, bare = [w.result for w in windows], [w.result for w in baseline]
    return SharedLatency(
        p50_us=median(load.p50_us for load in loads),
        p99_us=median(load.p99_us for load in loads),
        p50_ratio=median(load.p50_us / base.p50_us for load, base in zip(loads, bare, strict=True)),
        p99_ratio=median(load.p99_us / base.p99_us for load, base in zip(loads, bare, strict=True)),
        failed=sum(load.failed + load.unanswered for load in loads),
        idle=median(window.idle for window in windows),
        taken=median(window.taken for window in windows),
    )
