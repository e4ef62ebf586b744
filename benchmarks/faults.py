"""Production's throughput and p99 at half of saturation, while the candidate, or Redis, is in trouble.

Half of saturation, or less: all but the proxy share one core, and where that is full, its queues are measured. So the
rate is lowered until the baseline leaves a good part of it idle.
The baseline is the same proxy without a candidate at the same rate in the same round; it is measured twice, and the
second time's ratio to the first is the instrument's own noise. Each window has the proxy freshly started.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from functools import partial

from benchmarks import endpoints
from benchmarks.load import Load, offer
from benchmarks.processes import Process
from benchmarks.subjects.subject import Subject
from benchmarks.windows import Bench, Window, calmest

BASELINE = "no candidate"
AGAIN = "no candidate, again"
STORE_STOPPED = "healthy, Redis stopped"
TROUBLE = ("slow", "hung", "dead", "garbage", STORE_STOPPED)
WARM_UP_S = 1.0
MIN_IDLE = 0.4  # of the shared core, at the baseline: candidate, Redis and shadow roles come on top
SLOWER = 0.8
MAX_ATTEMPTS = 8

Samples = dict[str, list[Window[Load]]]


def measure(
    bench: Bench, subject: Subject, *, rate: float, rounds: int, seconds: float, tell: Callable[[str], None]
) -> Samples:
    """By condition, a window a round, all conditions in each round."""
    conditions = [BASELINE, *endpoints.CONDITIONS, *((STORE_STOPPED,) if subject.store else ()), AGAIN]
    samples: Samples = {condition: [] for condition in conditions}
    for number in range(rounds):
        for condition in conditions:
            tell(f"faults, round {number + 1} of {rounds}: {subject.name}, {condition}")
            samples[condition].append(calmest(partial(_once, bench, subject, condition, rate, seconds)))
    return samples


def carried(bench: Bench, subject: Subject, rate: float, seconds: float, tell: Callable[[str], None]) -> float:
    """`rate`, or as much of it as the shared core carries."""
    for _ in range(MAX_ATTEMPTS):
        tell(f"faults: can the shared core carry {rate:,.0f} req/s: {subject.name}")
        if _once(bench, subject, BASELINE, rate, seconds).load_core_idle >= MIN_IDLE:
            break
        rate = float(round(SLOWER * rate))
    return rate


def _once(bench: Bench, subject: Subject, condition: str, rate: float, seconds: float) -> Window[Load]:
    with (
        bench.production_first(),
        _shadow(condition, bench) as shadow,
        subject.running(bench.directory, bench.port, shadow) as running,
    ):
        offer(running.port, rate, WARM_UP_S)
        stopped = running.others[subject.store] if condition == STORE_STOPPED and subject.store else None
        with _frozen(stopped) if stopped else nullcontext():
            return bench.window(running, lambda: offer(running.port, rate, seconds))


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
