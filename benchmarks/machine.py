"""The machine: which core is whose, who goes first on it, how much CPU time a process tree has used.

Reads /proc and sets affinity and priority; Linux alone has both. Used by processes.py and the measurements.
"""

import os
import platform
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_TICK_S = 1 / os.sysconf("SC_CLK_TCK")
# A program that takes what time nobody else wants. Subtle: it must enter the kernel all the time, since a kernel that
# preempts lazily takes a core from user code only at the next tick, milliseconds after somebody else wanted it; and it
# must yield there, or it would have half of what is left to the shadow's roles, which run at idle priority too.
_IDLE_PRIORITY = "import os\nos.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))\nwhile True: os.sched_yield()"
KEEP_AWAKE = [sys.executable, "-c", _IDLE_PRIORITY]
PROXY_CORE, OTHER_CORE = sorted(os.sched_getaffinity(0))[:2] if len(os.sched_getaffinity(0)) > 1 else (0, 0)


@contextmanager
def on_core(core: int | None) -> Iterator[None]:
    """What is started inside runs on that core: affinity is inherited, so no child escapes before it is pinned. None:
    on all of them.
    """
    if core is None:
        yield
        return
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {core})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def goes_first(pids: list[int]) -> bool:
    """Give the processes real-time priority on their core; False where that is not permitted.

    For load and production in the open-loop measurements: elsewhere they have machines of their own, so the
    shadow's work on the shared core must not show up as production's latency.
    """
    try:
        for pid in pids:
            os.sched_setscheduler(pid, os.SCHED_FIFO, os.sched_param(1))
    except PermissionError:
        return False
    return True


def goes_as_others(pids: list[int]) -> None:
    """The ordinary priority again."""
    for pid in pids:
        os.sched_setscheduler(pid, os.SCHED_OTHER, os.sched_param(0))


def tree(pid: int) -> list[int]:
    """The process and all its living descendants."""
    found = [pid]
    for parent in found:
        with suppress(FileNotFoundError, ProcessLookupError):
            for task in Path(f"/proc/{parent}/task").iterdir():
                found.extend(int(child) for child in (task / "children").read_text().split())
    return found


def cpu_s(pids: list[int]) -> float:
    """User and system time, in seconds, that the processes have used so far; their resolution is one tick (10 ms)."""
    total = 0
    for pid in pids:
        with suppress(FileNotFoundError, ProcessLookupError):
            # The command name, in parentheses, may hold spaces: fields are counted from behind it (proc(5)).
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            total += int(fields[11]) + int(fields[12])
    return total * _TICK_S


def own_cpu_s() -> float:
    """CPU time of this process, its living descendants, and what it has started and seen end."""
    ended = os.times()
    return cpu_s(tree(os.getpid())) + ended.children_user + ended.children_system


def busy_s() -> float:
    """Seconds for which the two cores were not idle, those included that the host gave to somebody else."""
    named = {f"cpu{core}" for core in (PROXY_CORE, OTHER_CORE)}
    lines = (line.split() for line in Path("/proc/stat").read_text().splitlines())
    ticks = ([int(field) for field in fields[1:9]] for fields in lines if fields and fields[0] in named)
    return sum(sum(each) - each[3] - each[4] for each in ticks) * _TICK_S  # proc(5): fields 4 and 5 are idle, iowait


def description() -> str:
    """The kind of machine, in one line; no names, no dates."""
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    model = next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "unknown CPU")
    virtual = any("hypervisor" in line for line in lines if line.startswith("flags"))
    return (
        f"{os.cpu_count()} cores of {model}{' (virtual machine)' if virtual else ''}, "
        f"Linux {'.'.join(platform.release().split('.')[:2])}, Python {platform.python_version()}"
    )
