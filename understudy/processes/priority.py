"""How the roles beside the live path are scheduled where they share a machine with it: in one place.

Measured with everything on one machine of two cores (`python -m benchmarks --only shared`, 2,000 req/s, a healthy
candidate against none): at niceness 10 production's p50 was 1.21 times and its p99 2.98 times that without a candidate,
at niceness 19 1.13 and 3.11, under SCHED_IDLE 1.06 and 2.15. Weights share out a core that is short; only SCHED_IDLE
also gives way at once when the live path wakes. On a machine that is full for long (four busy programs on the two
cores) mirror and compare still get enough turns to keep their leases and to be heard by the watchdog.
"""

from __future__ import annotations

import contextlib
import os
from dataclasses import dataclass

from understudy.settings.model import Role


@dataclass(frozen=True, slots=True, kw_only=True)
class Priority:
    """`niceness` comes on top of what `serve` was started with. `idle`: SCHED_IDLE, where the system has it."""

    niceness: int
    idle: bool = False


OF_ROLES: dict[Role, Priority] = {
    "mirror": Priority(niceness=10, idle=True),
    "compare": Priority(niceness=10, idle=True),
    "admin": Priority(niceness=10),  # people and probes wait for it
}


def give(priority: Priority) -> None:
    """To this process. Called before it has threads: each has its own, and inherits it."""
    with contextlib.suppress(PermissionError):  # where a sandbox forbids it, all are alike
        if priority.idle and hasattr(os, "SCHED_IDLE"):
            os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
        os.nice(priority.niceness)
