"""How the shadow's processes are scheduled where they share a machine with the live path: in one place, to be tried.

Tried on a full two-core machine with everything on it (Linux 6.18, 500 req/s, alternating windows of one start): median
latency without any lowering was 2.2 times that at niceness 10. Niceness 19, SCHED_BATCH and SCHED_IDLE could not be
told from niceness 10, nor could a lower embedded store. So it is the mildest: under SCHED_IDLE a full machine may give
a role no turn until its leases lapse and the watchdog takes it for hung.
"""

import contextlib
import os
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Priority:
    """`niceness` comes on top of what `serve` was started with."""

    niceness: int
    policy: int = os.SCHED_OTHER


SHADOW = Priority(niceness=10)


def give(priority: Priority) -> None:
    """To this process. Called before it has threads: each has its own, and inherits it."""
    with contextlib.suppress(PermissionError):  # where a sandbox forbids it, all are alike
        if priority.policy != os.SCHED_OTHER:
            os.sched_setscheduler(0, priority.policy, os.sched_param(0))
        os.nice(priority.niceness)
