"""Throughput and CPU time a request, at saturation: 32 connections, each sending when it has its answer.

Throughput per core is 1e6 / (CPU µs a request of the proxy's processes): what the proxy would serve if nothing else
were short. Requests a second are given too, with a mark where the proxy's core was not the limit.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial

from benchmarks.endpoints import candidate
from benchmarks.saturate import Saturated, saturate
from benchmarks.subjects.subject import Subject
from benchmarks.windows import Bench, Window, calmest

WARM_UP_S = 1
SETTLE_S = 0.5  # for what a recording proxy has answered and not yet committed

Samples = dict[str, list[Window[Saturated]]]


def measure(
    bench: Bench, subjects: Sequence[Subject], *, rounds: int, seconds: int, tell: Callable[[str], None]
) -> Samples:
    samples: Samples = {subject.name: [] for subject in subjects}
    for number in range(rounds):
        for subject in subjects:
            tell(f"throughput, round {number + 1} of {rounds}: {subject.name}")
            samples[subject.name].append(calmest(partial(_once, bench, subject, seconds)))
    return samples


def _once(bench: Bench, subject: Subject, seconds: int) -> Window[Saturated]:
    with (
        candidate("healthy", bench.directory) as shadow,
        subject.running(bench.directory, bench.port, shadow if subject.shadows else None) as running,
    ):
        saturate(running.port, WARM_UP_S, bench.directory)
        if running.recorded is None:
            return bench.window(running, lambda: saturate(running.port, seconds, bench.directory))
        time.sleep(SETTLE_S)
        before = running.recorded()
        window = bench.window(running, lambda: saturate(running.port, seconds, bench.directory))
        time.sleep(SETTLE_S)
        return replace(window, recorded=running.recorded() - before)
