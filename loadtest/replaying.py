"""Sends a plan, scores what comes back meanwhile, and says what it came to; of several hosts each its share.

    stock + plan ──► engine (processes) ──► spills ──► scorer ──► rows ──► outcome (reporting.py makes a report of it)

Scoring never holds up sending: it is done here, in the process that waits, and what it has not come to yet is on disk.
"""

import os
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from itertools import islice
from time import monotonic, process_time
from typing import NamedTuple

import numpy as np

from calling.settings import CallSettings
from loadtest.engine.ended_call import EndedCall
from loadtest.engine.process import Standing, share_of
from loadtest.engine.run import EngineRun, soon
from loadtest.hosts import RunStart
from loadtest.options import LoadOptions
from loadtest.outcome import INTERRUPTED, HostTally, ReplayOutcome, together
from loadtest.plan import LoadPlan
from loadtest.results.rows import NEVER, ResultColumns, ResultRow
from loadtest.scoring import Scorer
from loadtest.stock import Stock
from records.settings import KeptSettings

TURN = 256  # calls scored between two looks at the run
LOOK_S = 0.2


class Progress(NamedTuple):
    """Of a run under way. Those that ended = `warmed_up` + `scored` + `unscored` + what scoring has not come to yet.
    `p99_ms`: of the response times of the last ten seconds.
    """

    elapsed_s: float
    standing: Standing
    scored: int
    disagreeing: int
    unscored: int
    warmed_up: int
    p99_ms: float | None


Tell = Callable[[Progress], None]
Keep = Callable[[list[ResultRow]], None]


class Replaying:
    """One replay, or this host's share of it. `run` once; `interrupt` from a signal handler ends it early, with what
    there is.
    """

    def __init__(
        self,
        stock: Stock,
        plan: LoadPlan,
        scorer: Scorer,
        endpoint: CallSettings,
        kept: KeptSettings,
        options: LoadOptions,
        *,
        tell: Tell,
        keep: Keep,
    ) -> None:
        """`tell` is called several times a second; `keep` is given each row once."""
        self._planned = share_of(plan, stock.index, options)
        self._ends_with_its_plan = options.closed_for_ns is None
        self._host = options.host.number
        self._scorer = scorer
        self._tell = tell
        self._keep = keep
        self._engine = EngineRun(stock, plan, endpoint, kept, options)
        self._columns: list[ResultColumns] = []
        self._failures: Counter[str] = Counter()
        self._statuses: Counter[str] = Counter()
        self._resent = 0
        self._recent = _Recent()
        self._warmed_up = 0
        self._has_started = False
        self.interrupts = 0

    def interrupt(self) -> None:
        """The first time what is in flight may end; the second time nothing is waited for. Before the start there is
        nothing to be told of: raises KeyboardInterrupt.
        """
        if not self._has_started:
            raise KeyboardInterrupt
        self.interrupts += 1
        self._engine.halt(INTERRUPTED, at_once=self.interrupts > 1)

    def halt(self, why: str) -> None:
        """What is in flight may end. The first reason counts."""
        self._engine.halt(why)

    @property
    def was_interrupted(self) -> bool:
        return self.interrupts > 0

    @property
    def broken(self) -> str:
        """Why what came back could not be kept from some time on."""
        return self._engine.standing.broken

    @property
    def ended_because(self) -> str:
        """Before its end, why."""
        return self._engine.ended_because

    def run(self) -> ReplayOutcome:
        """Raises EngineError."""
        with self.prepared():
            return self.send(RunStart(soon()))

    @contextmanager
    def prepared(self) -> Iterator[None]:
        """Its processes wait for the start, and end with the block. Raises EngineError."""
        try:
            self._engine.prepare()
            yield
        finally:
            self._engine.close()

    def send(self, start: RunStart) -> ReplayOutcome:
        """And score, to the end. Raises EngineError."""
        self._engine.start(start.at_ns)
        self._has_started = True
        before = process_time()
        with _giving_way():
            self._watch()
            self._score_the_rest()
        return self._outcome(start, process_time() - before)

    # ---- inside

    def _watch(self) -> None:
        """Until all is sent and answered."""
        calls: Iterator[EndedCall] = iter(())  # what has come and is not scored yet
        told = 0.0
        while not (standing := self._engine.look(0.0 if told else LOOK_S)).is_done:
            some = list(islice(calls, TURN))
            if some:
                self._score(some)
            else:
                calls = self._engine.calls()
                self._engine.look(LOOK_S / 4)
            if monotonic() - told >= LOOK_S:
                told = monotonic()
                self._tell(self._progress(standing))
        self._rest = calls

    def _score_the_rest(self) -> None:
        for calls in (self._rest, self._engine.calls()):
            while some := list(islice(calls, TURN)):
                self._score(some)
                self._tell(self._progress(self._engine.standing))

    def _score(self, calls: Sequence[EndedCall]) -> None:
        rows = self._scorer.add(calls, self._engine.started_ns)
        self._resent += sum(each.was_resent for each in calls)
        self._keep(rows)
        columns = ResultColumns.of(rows)
        self._columns.append(columns)
        counting = [each for each in rows if not each.warmup]
        self._warmed_up += len(rows) - len(counting)
        self._failures.update(each.failure for each in counting if each.failure)
        self._statuses.update(str(each.status) for each in counting if each.status)
        self._recent.add(columns)

    def _progress(self, standing: Standing) -> Progress:
        scorer = self._scorer
        elapsed_s = max(0.0, monotonic() - self._engine.started_ns / 1e9)
        return Progress(
            elapsed_s, standing, scorer.scored, scorer.disagreeing, scorer.unscored.total(), self._warmed_up,
            self._recent.p99_ms(),
        )  # fmt: skip

    def _outcome(self, start: RunStart, scoring_cpu_s: float) -> ReplayOutcome:
        rows, standing, scorer = together(self._columns), self._engine.standing, self._scorer
        tally = HostTally(
            planned=self._planned if self._ends_with_its_plan else standing.sent,
            sent=standing.sent,
            ended=len(rows.n),
            scored=scorer.scored,
            unscored=dict(scorer.unscored),
            failures=dict(self._failures),
            statuses=dict(self._statuses),
            resent=self._resent,
            was_full=standing.was_full,
            cpu_s=standing.cpu_s,
            scoring_cpu_s=scoring_cpu_s,
            first_late_ns=_first_late_ns(rows),
            start_within_ns=start.within_ns,
        )
        return ReplayOutcome(self._engine.started_wall_ns, rows, {self._host: tally}, self.ended_because)


def _first_late_ns(rows: ResultColumns) -> int | None:
    sent = np.flatnonzero(rows.sent != NEVER)
    return int((rows.sent - rows.due)[sent[0]]) if len(sent) else None


class _Recent:
    """Response times of what was answered in the last ten seconds, by the second."""

    def __init__(self) -> None:
        self._seconds: dict[int, list[int]] = {}

    def add(self, columns: ResultColumns) -> None:
        answered = columns.answered()
        seconds = (answered.done // 1_000_000_000).tolist()
        for second, value in zip(seconds, answered.response.tolist(), strict=True):
            self._seconds.setdefault(second, []).append(value)
        for old in sorted(self._seconds)[:-10]:
            del self._seconds[old]

    def p99_ms(self) -> float | None:
        values = [value for several in self._seconds.values() for value in several]
        return float(np.quantile(values, 0.99)) / 1e6 if values else None


@contextmanager
def _giving_way() -> Iterator[None]:
    """This process scores: on a machine that is shared, sending and answering come first. Subtle: not for good, since
    what it starts later would be as idle.
    """
    before = os.sched_getscheduler(0) if hasattr(os, "SCHED_IDLE") else None
    if before is not None:
        with suppress(PermissionError):
            os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
    try:
        yield
    finally:
        if before is not None:
            with suppress(PermissionError):
                os.sched_setscheduler(0, before, os.sched_param(0))
