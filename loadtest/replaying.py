"""A replay from its plan to its report: sends, scores what comes back meanwhile, and says what it came to.

    stock + plan ──► engine (processes) ──► spills ──► scorer ──► rows ──► results, sums ──► report

Scoring never holds up sending: it is done here, in the process that waits, and what it has not come to yet is on disk.
"""

import os
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from itertools import islice
from time import monotonic, process_time
from typing import NamedTuple

import numpy as np

from calling.settings import CallSettings
from comparators.evidence.building import Replay
from comparators.evidence.load import LoadReport
from comparators.evidence.report import Report
from ground.moments import moment
from loadtest.engine.process import Standing
from loadtest.engine.run import EngineRun
from loadtest.engine.spill import SpilledCall
from loadtest.measuring import curve, load_sums
from loadtest.pair_judge import pair_coverage
from loadtest.plan import LoadPlan
from loadtest.results.rows import NEVER, ResultColumns, ResultRow
from loadtest.scoring import Scorer
from loadtest.sources.source import Skips
from loadtest.stock import Stock
from loadtest.validity import Generator, reasons_against
from records.coverage import Coverage
from records.settings import KeptSettings

TURN = 256  # calls scored between two looks at the run
LOOK_S = 0.2
INTERRUPTED = "interrupted"


class LoadOptions(NamedTuple):
    """How a plan is sent. `max_in_flight_is_meant`: the user chose it, so that waiting for a place is part of the test.
    `closed`: each request as soon as there is a place. `rhythm` in words.
    """

    rhythm: str
    processes: int = 1
    max_in_flight: int = 4_096
    max_in_flight_is_meant: bool = False
    closed: bool = False


class Progress(NamedTuple):
    """Of a run under way. `recent_ns`: response times of the last ten seconds."""

    elapsed_s: float
    standing: Standing
    scored: int
    disagreeing: int
    unscored: int
    p99_ms: float | None


Tell = Callable[[Progress], None]
Keep = Callable[[list[ResultRow]], None]


class Replaying:
    """One replay. `run` once; `interrupt` from a signal handler ends it early, with what there is."""

    def __init__(
        self,
        stock: Stock,
        plan: LoadPlan,
        scorer: Scorer,
        endpoint: CallSettings,
        kept: KeptSettings,
        options: LoadOptions,
        skips: Skips,
        *,
        alpha: float,
        tell: Tell,
        keep: Keep,
    ) -> None:
        """`tell` is called several times a second; `keep` is given each row once."""
        self._stock = stock
        self._plan = plan
        self._scorer = scorer
        self._options = options
        self._skips = skips
        self._target = endpoint.url
        self._alpha = alpha
        self._tell = tell
        self._keep = keep
        self._engine = EngineRun(
            stock, plan, endpoint, kept, processes=options.processes, max_in_flight=options.max_in_flight,
            closed=options.closed,
        )  # fmt: skip
        self._columns: list[ResultColumns] = []
        self._failures: Counter[str] = Counter()
        self._statuses: Counter[str] = Counter()
        self._recent = _Recent()
        self._interrupted = 0

    def interrupt(self) -> None:
        """The first time what is in flight may end; the second time nothing is waited for."""
        self._interrupted += 1
        self._engine.halt(INTERRUPTED, at_once=self._interrupted > 1)

    @property
    def was_interrupted(self) -> bool:
        return self._interrupted > 0

    def run(self) -> Report:
        """Raises EngineError."""
        try:
            self._engine.start()
            _give_way()
            before = process_time()
            self._watch()
            self._score_the_rest()
            return self._report(process_time() - before)
        finally:
            self._engine.close()

    # ---- inside

    def _watch(self) -> None:
        """Until all is sent and answered."""
        calls: Iterator[SpilledCall] = iter(())  # what has come and is not scored yet
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

    def _score(self, calls: Sequence[SpilledCall]) -> None:
        rows = self._scorer.add(calls, self._engine.started_ns)
        self._keep(rows)
        columns = ResultColumns.of(rows)
        self._columns.append(columns)
        counting = [each for each in rows if not each.warmup]
        self._failures.update(each.failure for each in counting if each.failure)
        self._statuses.update(str(each.status) for each in counting if each.status)
        self._recent.add(columns)

    def _progress(self, standing: Standing) -> Progress:
        scorer = self._scorer
        elapsed_s = max(0.0, monotonic() - self._engine.started_ns / 1e9)
        return Progress(
            elapsed_s, standing, scorer.scored, scorer.disagreeing, scorer.unscored.total(), self._recent.p99_ms()
        )

    def _report(self, scoring_cpu_s: float) -> Report:
        rows = _together(self._columns)
        counting = rows.counting()
        sums = load_sums(counting)
        standing, plan = self._engine.standing, self._plan
        generator = self._generator(rows, standing)
        ended = self._engine.ended_because
        copies = plan.size / max(1, len(np.unique(plan.item)))
        load = LoadReport(
            target=self._target,
            rhythm=self._options.rhythm,
            plan_sha256=plan.sha256,
            started=moment(self._engine.started_wall_ns),
            lasted_s=generator.lasted_s,
            requests=plan.size,
            warmup=plan.warmup,
            sent=standing.sent,
            not_sent={ended: plan.size - standing.sent} if standing.sent < plan.size else {},
            given_up=standing.sent - standing.ended,
            scored=self._scorer.scored,
            unscored=dict(self._scorer.unscored),
            failures=dict(self._failures.most_common()),
            statuses=dict(sorted(self._statuses.items())),
            skipped=dict(self._skips.counts),
            kept_ratio=_ratio(self._stock, plan),
            filled=int(np.count_nonzero(plan.filled)),
            copies=copies,
            processes=self._options.processes,
            cpu_s=standing.cpu_s,
            scoring_cpu_s=scoring_cpu_s,
            drift_ms=generator.drift_ms,
            ended_because=ended,
            invalid_because=[*([f"it was {ended}" if ended == INTERRUPTED else ended] if ended else []),
                             *reasons_against(generator, sums)],
            notes=list(self._notes(copies)),
            curve=curve(counting, self._alpha, copies),
        )  # fmt: skip
        return self._scorer.report(self._coverage(load), Replay(load, sums))

    def _generator(self, rows: ResultColumns, standing: Standing) -> Generator:
        ends = rows.done[rows.done != NEVER]
        options = self._options
        return Generator(
            cpu_s=standing.cpu_s,
            lasted_s=float(ends.max()) / 1e9 if len(ends) else 0.0,
            processes=options.processes,
            drift_ms=float(rows.lag[-1]) / 1e6 if len(rows.n) else 0.0,
            was_full=standing.was_full,
            full_is_meant=options.max_in_flight_is_meant,
            closed=options.closed,
            max_in_flight=options.max_in_flight,
        )

    def _notes(self, copies: float) -> Iterator[str]:
        ratio = _ratio(self._stock, self._plan)
        if ratio < 1 and not self._plan.filled.any():
            yield f"the source has {100 * ratio:.3g} % of the requests that production had: this is a part of its load"
        if self._options.closed:
            yield "closed loop: each request waits for one before it, so response times understate what overload does"
        if copies > 1:
            yield f"each request is sent {copies:.3g} times on average: a cache may answer, and intervals count it once"

    def _coverage(self, load: LoadReport) -> Coverage:
        """All that was planned and counts, as a report has it."""
        planned, counts = load.requests - load.warmup, self._scorer.counts
        told = counts["compared"] + sum(n for name, n in counts.items() if name.startswith("incomparable."))
        return pair_coverage(counts, planned, {"not_scored": planned - told})


class _Recent:
    """Response times of the last ten seconds, by the second."""

    def __init__(self) -> None:
        self._seconds: dict[int, list[int]] = {}

    def add(self, columns: ResultColumns) -> None:
        ended = columns.done != NEVER
        for second, value in zip(
            (columns.done[ended] // 1_000_000_000).tolist(), columns.response.tolist(), strict=False
        ):
            self._seconds.setdefault(second, []).append(value)
        for old in sorted(self._seconds)[:-10]:
            del self._seconds[old]

    def p99_ms(self) -> float | None:
        values = [value for several in self._seconds.values() for value in several]
        return float(np.quantile(values, 0.99)) / 1e6 if values else None


def _together(columns: list[ResultColumns]) -> ResultColumns:
    if not columns:
        return ResultColumns.of([])
    joined = ResultColumns(*map(np.concatenate, zip(*columns, strict=True)))
    order = np.lexsort((joined.n, joined.due))
    return ResultColumns(*(column[order] for column in joined))


def _ratio(stock: Stock, plan: LoadPlan) -> float:
    """Of production's requests the share that these stand for."""
    ratios = stock.index.ratio[plan.item]
    return float(1 / np.mean(1 / ratios)) if plan.size else 1.0


def _give_way() -> None:
    """This process scores: on a machine that is shared, sending and answering come first."""
    with suppress(PermissionError):
        if hasattr(os, "SCHED_IDLE"):
            os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
