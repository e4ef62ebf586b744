"""How long the command takes to say what it is: the wall-clock time of a process, as a person waits for it."""

import subprocess
import time
from statistics import median

from benchmarks.budgets import STARTUP
from benchmarks.subjects.ours import command

ROUNDS = 7


def measure() -> dict[str, float]:
    """Seconds by option; the first of each is not counted, since it may read from the disk."""
    return {option: median([_once(option) for _ in range(ROUNDS + 1)][1:]) for option in STARTUP}


def _once(option: str) -> float:
    before = time.perf_counter()
    subprocess.run([command(), option], capture_output=True, check=True, timeout=60)
    return time.perf_counter() - before
