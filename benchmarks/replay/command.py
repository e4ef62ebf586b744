"""A program run to its end: what it printed, how long that took, and the CPU time of it and all that it had started."""

import resource
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.machine import on_core
from benchmarks.processes import StartError


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    printed: str
    seconds: float
    cpu_s: float


def run(
    command: Sequence[str], *, core: int | None, directory: Path, timeout_s: float, well: Sequence[int] = (0,)
) -> Run:
    """Raises StartError where its exit code is not one of `well`, or its time is over."""
    began, before = time.perf_counter(), _ended_cpu_s()
    try:
        with on_core(core):
            found = subprocess.run(
                command,
                cwd=directory,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                timeout=timeout_s,
                check=False,
            )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise StartError(f"{command[0]}: {error}") from None
    if found.returncode not in well:
        raise StartError(f"{' '.join(command)} ended with {found.returncode}:\n{found.stderr[-2000:]}")
    return Run(printed=found.stdout, seconds=time.perf_counter() - began, cpu_s=_ended_cpu_s() - before)


def _ended_cpu_s() -> float:
    """Of all that this process has started and seen end; and of what that had started and seen end (getrusage(2))."""
    found = resource.getrusage(resource.RUSAGE_CHILDREN)
    return found.ru_utime + found.ru_stime
