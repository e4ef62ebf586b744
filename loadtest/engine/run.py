"""A run: its sending processes on this host, from their start to their end, as one. Who runs it asks, and scores
meanwhile.

Processes are made ready first, and then given one start mark. A run ends when all was sent and answered; when it is
stopped; or by itself, where the target does not answer at all, or nothing that comes back can be kept.
"""

import contextlib
from collections.abc import Iterator
from multiprocessing import get_context
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from time import monotonic_ns, time_ns

from msgspec import structs

from calling.settings import CallSettings
from loadtest.engine.ended_call import EndedCall
from loadtest.engine.process import Halt, SendingJob, Standing, StartMark, send, share_of, write_plan
from loadtest.engine.spill import SpillReader
from loadtest.options import LoadOptions
from loadtest.plan import LoadPlan
from loadtest.stock import Stock
from records.settings import KeptSettings

START_IN_NS = 300_000_000  # from the mark's being sent: every process has heard it by then
DEAD_AFTER = 100  # calls in a row, of each process, that failed, and none that was answered for DEAD_AFTER_S
DEAD_AFTER_S = 5.0
_READY_S = 60.0


class EngineError(ChildProcessError):
    """A sending process ended before its work did."""


def soon() -> int:
    """A start mark for the processes of this host alone."""
    return monotonic_ns() + START_IN_NS


class EngineRun:
    """Of this host's share of a plan on one target. `prepare`, `start`, then `look` until all is done."""

    def __init__(
        self, stock: Stock, plan: LoadPlan, endpoint: CallSettings, kept: KeptSettings, options: LoadOptions
    ) -> None:
        self._directory = stock.directory
        write_plan(plan, self._directory / "plan.npz")
        self._jobs = [self._job(number, endpoint, kept, options) for number in options.own_processes]
        self._planned = share_of(plan, stock.index, options)
        self._processes: list[BaseProcess] = []
        self._pipes: list[Connection] = []
        self._standings = [Standing() for _ in self._jobs]
        self._readers: list[SpillReader] = []
        self._answered_ns = 0
        self.started_ns = 0  # by CLOCK_MONOTONIC
        self.started_wall_ns = 0
        self.ended_because = ""  # before its end, why

    def prepare(self) -> None:
        """They wait for the start mark after this. Raises EngineError where a process does not come up."""
        context = get_context("spawn")
        for job in self._jobs:
            job.spill.touch()
            ours, theirs = context.Pipe()
            process = context.Process(target=send, args=(job, theirs), daemon=True)
            process.start()
            theirs.close()
            self._processes.append(process)
            self._pipes.append(ours)
            self._readers.append(SpillReader(job.spill))
        for pipe in self._pipes:
            if not pipe.poll(_READY_S):
                raise EngineError(f"a sending process was not ready within {_READY_S:g} s")
            self._hear(pipe)

    def start(self, at_ns: int) -> None:
        """By CLOCK_MONOTONIC, and not now: every process has to hear of it before."""
        self.started_ns = self._answered_ns = at_ns
        self.started_wall_ns = time_ns() + at_ns - monotonic_ns()
        for pipe in self._pipes:
            pipe.send(StartMark(at_ns))

    def look(self, timeout_s: float) -> Standing:
        """How far all are, together; hears what they say within this time. Raises EngineError."""
        for pipe in wait([pipe for pipe in self._pipes if not pipe.closed], timeout_s):
            if isinstance(pipe, Connection):
                self._hear(pipe)
        found = self.standing
        self._end_if_dead(found)
        if found.broken:
            self.halt(found.broken, at_once=True)
        return found

    @property
    def standing(self) -> Standing:
        own = self._standings
        worst = max(own, key=lambda each: each.failures_in_a_row)
        return Standing(
            sent=sum(each.sent for each in own),
            ended=sum(each.ended for each in own),
            failed=sum(each.failed for each in own),
            in_flight=sum(each.in_flight for each in own),
            was_full=any(each.was_full for each in own),
            failures_in_a_row=min(each.failures_in_a_row for each in own),
            last_failure=worst.last_failure,
            broken=next((each.broken for each in own if each.broken), ""),
            cpu_s=sum(each.cpu_s for each in own),
            is_done=all(each.is_done for each in own),
        )

    def calls(self) -> Iterator[EndedCall]:
        """What came back since this was last asked."""
        for reader in self._readers:
            yield from reader.read()

    def halt(self, why: str, *, at_once: bool = False) -> None:
        """Send no more. The first reason counts."""
        self.ended_because = self.ended_because or why
        for pipe in self._pipes:
            with contextlib.suppress(OSError):  # it has ended by itself
                pipe.send(Halt(at_once))

    def close(self) -> None:
        """Ends what is left of its processes, by their own ids."""
        for pipe in self._pipes:
            pipe.close()
        for process in self._processes:
            process.join(2.0)
            if process.is_alive():
                process.kill()
                process.join()
        for reader in self._readers:
            reader.close()
        for job in self._jobs:
            job.spill.unlink(missing_ok=True)

    # ---- inside

    def _job(self, number: int, endpoint: CallSettings, kept: KeptSettings, options: LoadOptions) -> SendingJob:
        places = options.places_of(number)
        return SendingJob(
            stock=self._directory,
            plan=self._directory / "plan.npz",
            spill=self._directory / f"spill-{number}",
            number=number,
            processes=options.all_processes,
            endpoint=structs.replace(endpoint, max_connections=places, max_in_flight=min(places, 10_000)),
            kept=kept,
            max_in_flight=places,
            closed=options.closed,
            closed_for_ns=options.closed_for_ns,
        )

    def _hear(self, pipe: Connection) -> None:
        number = self._pipes.index(pipe)
        try:
            while pipe.poll():
                self._standings[number] = pipe.recv()
        except (EOFError, ConnectionResetError):
            pipe.close()
            if not self._standings[number].is_done:
                raise EngineError("a sending process ended before its work did: too little memory?") from None

    def _end_if_dead(self, found: Standing) -> None:
        now = monotonic_ns()
        if found.failures_in_a_row == 0 or now < self.started_ns:
            self._answered_ns = now
        is_silent = now - self._answered_ns > DEAD_AFTER_S * 1e9
        is_sending = found.sent < self._planned
        if found.failures_in_a_row >= DEAD_AFTER and is_silent and is_sending and not self.ended_because:
            self.halt(f"the target does not answer ({found.last_failure})", at_once=True)
