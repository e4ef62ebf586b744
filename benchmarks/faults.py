"""Production's throughput and p99 at half of saturation, while the candidate, or Redis, is in trouble.

Half of saturation is the rate that keeps the proxy's own core half busy. It is less than half of what closed-loop load
gets out of it: requests that come when they like, and not when an answer went out, are dearer to wake up for. And all
but the proxy share one core: where that is full, its queues are measured, so the rate is lowered until the baseline
leaves much of it idle, and a healthy candidate some. A row whose core was full all the same is no evidence.
The baseline is the same proxy without a candidate at the same rate in the same round; it is measured twice, and the
second time's ratio to the first is the instrument's own noise. Each window has the proxy freshly started.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from functools import partial

from benchmarks import endpoints
from benchmarks.open_loop import Load, generator
from benchmarks.processes import Process
from benchmarks.subjects.subject import Subject
from benchmarks.windows import Bench, Window, calmest

BASELINE = "no candidate"
AGAIN = "no candidate, again"
STORE_STOPPED = "healthy, Redis stopped"
TROUBLE = ("slow", "hung", "dead", "garbage", STORE_STOPPED)
WARM_UP_S = 1.0
MIN_IDLE = 0.4  # of the shared core, at the baseline: candidate, Redis and shadow roles come on top
MIN_IDLE_SHADOWED = 0.15  # with all of them, the candidate healthy
HALF = 0.5
NEAR_HALF = 0.55  # of the proxy's core; less is as good
SLOWER = 0.8
MAX_ATTEMPTS = 12

Samples = dict[str, list[Window[Load]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """Requests a second, and how busy they keep the proxy's core without a candidate."""

    rate: float
    busy: float


def measure(
    bench: Bench, subject: Subject, *, rate: float, rounds: int, seconds: float, tell: Callable[[str], None]
) -> Samples:
    """By condition, a window a round, all conditions in each round."""
    conditions = [BASELINE, *endpoints.CONDITIONS, *((STORE_STOPPED,) if subject.store else ()), AGAIN]
    samples: Samples = {condition: [] for condition in conditions}
    for number in range(rounds):
        for condition in conditions:
            tell(f"faults, round {number + 1} of {rounds}: {subject.name}, {condition}")
            samples[condition].append(calmest(partial(_once, bench, subject, condition, rate, seconds), bench.attempts))
    return samples


def half(bench: Bench, subject: Subject, rate: float, seconds: float, tell: Callable[[str], None]) -> Pace:
    """From this rate down: the first that keeps the proxy's core half busy, and that the shared core carries."""
    for _ in range(MAX_ATTEMPTS):
        tell(f"faults: how busy are the cores at {rate:,.0f} req/s: {subject.name}")
        window = calmest(partial(_once, bench, subject, BASELINE, rate, seconds), bench.attempts)
        busy = window.proxy_cpu_s / window.seconds
        if busy <= NEAR_HALF and window.load_core_idle >= MIN_IDLE:
            shadowed = calmest(partial(_once, bench, subject, "healthy", rate, seconds), bench.attempts)
            if shadowed.load_core_idle >= MIN_IDLE_SHADOWED:
                break
        rate = float(round(rate * (max(SLOWER, HALF / busy) if busy > NEAR_HALF else SLOWER)))
    return Pace(rate=rate, busy=busy)


def _once(bench: Bench, subject: Subject, condition: str, rate: float, seconds: float) -> Window[Load]:
    with (
        bench.production_first(),
        generator() as load,
        _shadow(condition, bench) as shadow,
        subject.running(bench.directory, bench.port, shadow) as running,
    ):
        load.offer(running.port, rate, WARM_UP_S)
        stopped = running.others[subject.store] if condition == STORE_STOPPED and subject.store else None
        with _frozen(stopped) if stopped else nullcontext():
            return bench.window(running, lambda: load.offer(running.port, rate, seconds))


@contextmanager
def _shadow(condition: str, bench: Bench) -> Iterator[int | None]:
    if condition in (BASELINE, AGAIN):
        yield None
        return
    kind = "healthy" if condition == STORE_STOPPED else condition
    with endpoints.candidate(kind, bench.directory) as port:
        yield port


@contextmanager
def _frozen(process: Process) -> Iterator[None]:
    process.freeze()
    try:
        yield
    finally:
        process.thaw()
