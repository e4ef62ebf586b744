"""`report --recompute`: a candidate's recorded pairs compared anew, with the settings as they are now, into a report.

The pairs are compared in parts, by processes of their own (pool.py); what they come to is the same to the
bit, however they are cut. What was compared live is only read.
"""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor
from concurrent.futures.process import BrokenProcessPool
from functools import partial
from typing import NamedTuple

from msgspec import structs
from rich.progress import Progress, TaskID

from comparators.evidence.epochs import NOWHERE, Epoch, Run, Standing
from comparators.evidence.gathering import Evidence
from comparators.evidence.report import RecomputationScope, Report
from comparators.pairs.summary import Summary
from comparators.plans.plan import Plan
from comparators.recompute.parts import Joining, Part, as_live, merge_into
from comparators.recompute.plans import Deciding, overridden
from comparators.settings import CompareSettings
from comparators.stored.current import (
    all_plans,
    books_of,
    compared_by,
    conditions_of,
    epochs_of,
    evidence_of,
    latest_of,
    report_on,
)
from comparators.view import View
from records.privacy.redaction import Redaction
from records.settings import RecordingSettings
from records.store.holdings import stretches
from records.store.store import Store
from understudy.control.evidence import Over, Subject
from understudy.recompute.pair_selection import Pairs, pairs_over
from understudy.recompute.pool import Job, compare_sample, compare_stretch, cores, decoded, known, pool

LEAST_PAIRS, MOST_PAIRS = 1_000, 10_000  # of one part
PARTS_A_CORE = 4  # so that no core waits long for the last one


class PartCall(NamedTuple):
    """One part, as a process is asked for it."""

    compare: Callable[[], Part]
    pairs: int


class Line(NamedTuple):
    """The parts of one partition in their order; `standing` is where the evidence stood before them."""

    standing: Standing
    calls: list[PartCall]


class Recomputation:
    """Of one candidate, with these settings. What is done is shown on `progress`."""

    def __init__(
        self,
        store: Store,
        recording: RecordingSettings,
        subject: Subject,
        settings: CompareSettings,
        progress: Progress,
    ) -> None:
        self._store = store
        self._recording = recording
        self._subject = subject
        self._settings = settings
        self._progress = progress

    async def report(self, over: Over | None, redaction: Redaction, view: View) -> Report:
        """Raises SettingsError where there are no such pairs, StoreError; Dropped where pairs went while being read."""
        route, candidate, generation = self._subject
        coverage = await self._store.coverage(route, candidate)  # first: what is compared meanwhile is not left out
        live = await evidence_of(self._store, route, candidate, generation)
        epochs = frozenset((await epochs_of(self._store, candidate)).values())
        pairs = await pairs_over(self._store, self._subject, live, over)
        plans = await self._plans(live, pairs, redaction.key)
        job = await self._job(live, plans, redaction.key)
        found = await self._compared(pairs, self._lines(pairs, job, live), redaction)
        evidence = as_live(found, live, epochs)
        return await report_on(
            self._store,
            route,
            candidate,
            evidence,
            coverage,
            view,
            plans=compared_by(plans, evidence),
            recomputed=self._said(pairs.over, live, evidence.summary),
        )

    async def _plans(self, live: Evidence, pairs: Pairs, key: bytes) -> list[Plan]:
        """The stored ones, as far as the settings say nothing else; the others decided from the first of the pairs. Of
        each kind all revisions that hold, or none.
        """
        stored = await all_plans(self._store, self._subject.route)
        now = [plan if self._is_as(live) else overridden(plan, self._settings) for plan in latest_of(stored).values()]
        kept = {plan.key for plan in now if plan is not None}
        wanted = {plan.key for plan in stored} - kept
        revisions = (plan if self._is_as(live) else overridden(plan, self._settings) for plan in stored)
        holding = [plan for plan in revisions if plan is not None and plan.key in kept]
        deciding = Deciding(known(holding, self._settings, key), wanted if stored else None)
        return holding + await self._decided(pairs, deciding)

    async def _decided(self, pairs: Pairs, deciding: Deciding) -> list[Plan]:
        if deciding.has_enough():
            return []
        task = self._progress.add_task("deciding plans", total=pairs.size)
        async for entry in pairs.read(self._store, self._subject):
            for recorded in decoded([entry], self._store.codec):
                deciding.add(recorded.pair.exchange)
            self._progress.advance(task)
            if deciding.has_enough():
                break
        self._progress.remove_task(task)
        return deciding.decide()

    async def _job(self, live: Evidence, plans: Sequence[Plan], key: bytes) -> Job:
        route, candidate, generation = self._subject
        conditions = await conditions_of(self._store, candidate, live)
        return Job(
            redis=self._store.settings,
            recording=self._recording,
            route=route,
            candidate=candidate,
            generation=live.about.generation if live.about is not None else generation,
            settings=self._settings,
            key=key,
            conditions={
                plan: [(each.since_ms, each.document) for each in several] for plan, several in conditions.items()
            },
            plans=tuple(plans),
            books=await books_of(self._store, route, candidate),
        )

    def _lines(self, pairs: Pairs, job: Job, live: Evidence) -> list[Line]:
        size = min(MOST_PAIRS, max(LEAST_PAIRS, pairs.size // (PARTS_A_CORE * cores())))
        if pairs.over == "control":
            return [
                Line(NOWHERE, [PartCall(partial(compare_sample, job, some, self._now(epoch)), len(some))])
                for epoch, number in live.numbers.items()
                for some in _cut(pairs.sample.get(number, ()), size)
            ]
        standing = {
            Run(current.generation, plan): self._now(current)
            for plan, (current, *_) in live.current.items()
            if plan is not None
        }
        return [
            Line(
                standing if pairs.over == "window" else NOWHERE,
                [PartCall(partial(compare_stretch, job, each), each.size) for each in stretches(held, size)],
            )
            for held in pairs.held
        ]

    def _now(self, epoch: Epoch) -> Epoch:
        return structs.replace(epoch, basis=self._settings.basis())

    async def _compared(self, pairs: Pairs, lines: Sequence[Line], redaction: Redaction) -> dict[Epoch, Summary]:
        """What all lines came to, by epoch."""
        task = self._progress.add_task("comparing", total=pairs.size)
        executor = pool(sum(len(line.calls) for line in lines), redaction)
        try:
            joined = await asyncio.gather(*(self._joined(line, executor, task) for line in lines))
        except BrokenProcessPool as error:
            raise ChildProcessError("a process that compared was ended from outside: too little memory?") from error
        finally:
            executor.shutdown(cancel_futures=True)
        found: dict[Epoch, Summary] = {}
        for each in joined:
            merge_into(found, each)
        return found

    async def _joined(self, line: Line, executor: Executor, task: TaskID) -> dict[Epoch, Summary]:
        loop = asyncio.get_running_loop()
        parts = [loop.run_in_executor(executor, call.compare) for call in line.calls]
        for part, call in zip(parts, line.calls, strict=True):
            part.add_done_callback(partial(self._ended, task, call.pairs))
        joining = Joining(line.standing)
        for part in parts:
            joining.add(await part)
        return joining.summaries

    def _ended(self, task: TaskID, pairs: int, part: asyncio.Future[Part]) -> None:
        if not part.cancelled() and part.exception() is None:
            self._progress.advance(task, pairs)

    def _is_as(self, live: Evidence) -> bool:
        """Whether the settings are those of the live comparison."""
        return live.about is not None and live.about.basis == self._settings.basis()

    def _said(self, over: Over, live: Evidence, summary: Summary) -> RecomputationScope:
        count = summary.total().pairs
        there_were = live.summary.total().pairs
        if over == "window":  # which reaches into the pairs that were compared under earlier settings, too
            there_were += live.left_out.get("other_settings", 0)
        of = count if over == "all" else max(count, there_were)
        return RecomputationScope(over=over, pairs=count, of=of, live_settings=self._is_as(live))


def _cut(sample: Sequence[tuple[str, bytes]], size: int) -> Iterator[Sequence[tuple[str, bytes]]]:
    return (sample[start : start + size] for start in range(0, len(sample), size))
