"""How true a replay is to its plan: ten minutes of recorded traffic with bursts, replayed ten times as fast.

The plan says when each request is due; the results file says when it was sent. Told are by how much the last one was
late; how late they were one by one; and the 1-Wasserstein distance between the pauses that were planned and those that
were (Rubner et al., 2000; of two samples of one size it is the mean difference of their sorted values): by how much a
pause is distorted. Nothing is pinned but what is asked, and nothing has a priority: it runs as its user runs it. What
else the machine did is told beside it, for a machine that is busy makes any generator late.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks import machine
from benchmarks.processes import StartError
from benchmarks.replay.command import run
from benchmarks.replay.recordings import bursts_ns, write_recording
from benchmarks.subjects.ours import command
from loadtest.results.rows import ResultColumns
from understudy.replay.results import read_results

SPEED = 10
PER_S = 1_000.0  # on average, as replayed
SEED = 7
LATE = 3  # the exit code of a run that calls itself no evidence: the figures say how far it was
_TIMEOUT_S = 300.0
_NS_PER_MS, _NS_PER_US = 1e6, 1e3


@dataclass(frozen=True, slots=True, kw_only=True)
class Truth:
    """Of a run to its plan. Late is a request from when it was due to when its last byte was with the kernel, a
    connection opened for it included; `lag` is the part of that before the engine turned to it, as the report has it.
    """

    requests: int
    planned_s: float
    ended_late_ms: float
    wasserstein_us: float
    late_p50_us: float
    late_p99_us: float
    lag_p50_us: float
    lag_p99_us: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Fidelity:
    truth: Truth
    idle: float  # share of both cores' time
    taken: float  # by the host and other programs


def measure(directory: Path, port: int, *, recorded_s: float, tell: Callable[[str], None]) -> Fidelity:
    """`port` answers. Raises StartError."""
    tell(f"replay: {recorded_s / 60:g} minutes of recorded bursts in {recorded_s / SPEED:g} s")
    recording, results = directory / "bursts.jsonl", directory / "bursts-results.jsonl"
    write_recording(recording, bursts_ns(recorded_s, PER_S / SPEED, SEED).tolist())
    options = ("--speed", f"{SPEED}x", "--data-dir", str(directory / "replay-data"), "-o", str(results), "--json")
    began, busy, own = time.perf_counter(), machine.busy_s(), machine.own_cpu_s()
    run(
        [command(), "replay", str(recording), "--candidate", f"nginx=http://127.0.0.1:{port}", *options],
        core=None,
        directory=directory,
        timeout_s=_TIMEOUT_S + recorded_s / SPEED,
        well=(0, LATE),
    )
    seconds = 2 * (time.perf_counter() - began)
    busy, own = machine.busy_s() - busy, machine.own_cpu_s() - own
    found = read_results("results", str(results))
    load = found.end.report.load
    if load is None or load.sent != load.scored:
        raise StartError(f"not all of it was answered: {load}")
    return Fidelity(truth=truth_of(found.rows), idle=max(0.0, 1 - busy / seconds), taken=max(0.0, busy - own) / seconds)


def truth_of(rows: ResultColumns) -> Truth:
    """Of a run all of whose requests were sent."""
    late, lag = rows.sent - rows.due, rows.lag
    return Truth(
        requests=len(rows.n),
        planned_s=float(rows.due.max()) / 1e9,
        ended_late_ms=float(rows.sent.max() - rows.due.max()) / _NS_PER_MS,
        wasserstein_us=wasserstein(np.diff(np.sort(rows.due)), np.diff(np.sort(rows.sent))) / _NS_PER_US,
        late_p50_us=float(np.quantile(late, 0.50)) / _NS_PER_US,
        late_p99_us=float(np.quantile(late, 0.99)) / _NS_PER_US,
        lag_p50_us=float(np.quantile(lag, 0.50)) / _NS_PER_US,
        lag_p99_us=float(np.quantile(lag, 0.99)) / _NS_PER_US,
    )


def wasserstein(planned: NDArray[np.int64], actual: NDArray[np.int64]) -> float:
    """The 1-Wasserstein distance between two samples of one size; 0 of none."""
    return float(np.mean(np.abs(np.sort(planned) - np.sort(actual)))) if len(planned) else 0.0
