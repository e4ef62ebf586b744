"""One measured window: what came out of it, what CPU time whose processes used, and how much others took away.

Used by the measurements of the proxy. A virtual machine's host takes time in bursts ("steal"), and other programs may
run; a window that lost too much to either is measured again, by a rule that looks at nothing else.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, Protocol, TypeVar

from benchmarks import endpoints, machine
from benchmarks.processes import Process, running
from benchmarks.subjects.subject import Running

T = TypeVar("T")

MAX_TAKEN = 0.05


class Disturbed(Protocol):
    """A measurement that knows how much of it was not its own."""

    @property
    def taken(self) -> float:
        """The share of both cores' time that went to the host or to programs that are none of ours."""


Measured = TypeVar("Measured", bound=Disturbed)


@dataclass(frozen=True, slots=True, kw_only=True)
class Window(Generic[T]):
    result: T
    seconds: float
    proxy_cpu_s: float
    others_cpu_s: dict[str, float]
    load_core_idle: float  # share of the window
    idle: float  # share of both cores' time that nobody used
    taken: float  # share of both cores' time that went to the host or to programs that are none of ours
    recorded: int | None = None  # exchanges that came into the store


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """What stays up for the whole run."""

    directory: Path
    port: int  # production's
    production: Process
    awake: tuple[Process, Process]  # run on both cores when nothing else wants to; the second is the load core's
    attempts: int  # at a window, where others took too much of it
    real_time: bool  # whether open-loop load and production may go first on their core

    @contextmanager
    def asleep(self) -> Iterator[None]:
        """Without what keeps the cores awake: it would have its share of what is left to the lowest priority."""
        for process in self.awake:
            process.freeze()
        try:
            yield
        finally:
            for process in self.awake:
                process.thaw()

    @contextmanager
    def production_first(self) -> Iterator[None]:
        """For open-loop measurements. Under closed-loop load it would only make production's turns shorter."""
        machine.goes_first(self.production.pids())
        try:
            yield
        finally:
            machine.goes_as_others(self.production.pids())

    def window(self, subject: Running, work: Callable[[], T]) -> Window[T]:
        """Do the work and account for it."""
        groups = {name: process.pids() for name, process in subject.others.items()}
        proxy = subject.proxy.pids() if subject.proxy else []
        counted = (proxy, *(process.pids() for process in self.awake), *groups.values())
        start, busy, own = time.perf_counter(), machine.busy_s(), machine.own_cpu_s()
        before = [machine.cpu_s(pids) for pids in counted]
        result = work()
        after = [machine.cpu_s(pids) for pids in counted]
        seconds = time.perf_counter() - start
        busy, own = machine.busy_s() - busy, machine.own_cpu_s() - own
        proxy_s, first_s, second_s, *others_s = (b - a for a, b in zip(before, after, strict=True))
        return Window(
            result=result,
            seconds=seconds,
            proxy_cpu_s=proxy_s,
            others_cpu_s=dict(zip(groups, others_s, strict=True)),
            load_core_idle=second_s / seconds,
            idle=max(0.0, 1 - (busy - first_s - second_s) / (2 * seconds)),
            taken=max(0.0, busy - own) / (2 * seconds),
        )


@contextmanager
def bench(directory: Path, attempts: int) -> Iterator[Bench]:
    """Production, and on both cores something at idle priority that keeps them awake.

    A core that sleeps takes up to milliseconds to wake on a virtual machine, which would be measured as the proxy's.
    """
    with ExitStack() as stack:
        port, production = stack.enter_context(endpoints.production(directory))
        first, second = (
            stack.enter_context(running(machine.KEEP_AWAKE, core=core, directory=directory))
            for core in (machine.PROXY_CORE, machine.OTHER_CORE)
        )
        real_time = machine.goes_first(production.pids())
        machine.goes_as_others(production.pids())
        yield Bench(
            directory=directory,
            port=port,
            production=production,
            awake=(first, second),
            attempts=attempts,
            real_time=real_time,
        )


def calmest(attempt: Callable[[], Measured], attempts: int) -> Measured:
    """The first that lost little time to others, or of a few the one that lost least."""
    best = attempt()
    for _ in range(attempts - 1):
        if best.taken <= MAX_TAKEN:
            break
        best = min(best, attempt(), key=lambda found: found.taken)
    return best
