"""How long the command takes to say what it is: the wall-clock time of a process, as a person waits for it.

The quickest of several counts: what the others took more went to whatever else the machine did.
"""

import subprocess
import time

from benchmarks.budgets import STARTUP
from benchmarks.subjects.ours import command

ROUNDS = 7


def measure() -> dict[str, float]:
    """Seconds by option."""
    return {option: min(_once(option) for _ in range(ROUNDS)) for option in STARTUP}


def _once(option: str) -> float:
    before = time.perf_counter()
    subprocess.run([command(), option], capture_output=True, check=True, timeout=60)
    return time.perf_counter() - before
