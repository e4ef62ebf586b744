"""Throughput and CPU time a request, at saturation: 32 connections, each sending when it has its answer.

Throughput per core is 1e6 / (CPU µs a request of the proxy's processes): what the proxy would serve if nothing else
were short. Requests a second are given too, with a mark where the proxy's core was not the limit.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial

from benchmarks.endpoints import candidate
from benchmarks.saturate import Saturation, saturate
from benchmarks.subjects.subject import Subject
from benchmarks.traffic import LARGE_PATH, PATH
from benchmarks.windows import Bench, Window, calmest

WARM_UP_S = 1
OWN_HEADS = ", each head its own"
NEW_HEADS = ", each head new"
LARGE_ANSWERS = ", answers of 22 KB"
DIFFERING = {OWN_HEADS: "X-Request-ID", NEW_HEADS: "X-Session"}
SETTLE_S = 0.5  # for what a recording proxy has answered and not yet committed

Samples = dict[str, list[Window[Saturation]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A subject under one kind of load (saturate.py): "", OWN_HEADS, NEW_HEADS or LARGE_ANSWERS."""

    subject: Subject
    kind: str = ""

    @property
    def name(self) -> str:
        return self.subject.name + self.kind


def measure(bench: Bench, cases: Sequence[Case], *, rounds: int, seconds: int, tell: Callable[[str], None]) -> Samples:
    samples: Samples = {case.name: [] for case in cases}
    for number in range(rounds):
        for case in cases:
            tell(f"throughput, round {number + 1} of {rounds}: {case.name}")
            samples[case.name].append(calmest(partial(_once, bench, case, seconds), bench.attempts))
    return samples


def _once(bench: Bench, case: Case, seconds: int) -> Window[Saturation]:
    subject = case.subject
    load = partial(
        saturate,
        directory=bench.directory,
        differing=DIFFERING.get(case.kind, ""),
        path=LARGE_PATH if case.kind == LARGE_ANSWERS else PATH,
    )
    with (
        candidate("healthy", bench.directory) as shadow,
        subject.running(bench.directory, bench.port, shadow if subject.shadows else None) as running,
    ):
        load(running.port, WARM_UP_S)
        if running.recorded is None:
            return bench.window(running, lambda: load(running.port, seconds))
        time.sleep(SETTLE_S)
        before = running.recorded()
        window = bench.window(running, lambda: load(running.port, seconds))
        time.sleep(SETTLE_S)
        return replace(window, recorded=running.recorded() - before)
