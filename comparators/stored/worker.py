"""One compare worker: which lanes run here, made to match the settings, the store and the other workers there are.

Everything that changes only wakes one task, which looks at the whole and starts or ends lanes. Ending is gentle: a
lane leaves when its batch is committed.
"""

import asyncio
import gc
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import asdict
from typing import Protocol

import structlog
from prometheus_client.core import Metric

from comparators.settings import CompareSettings
from comparators.stored.agreed import Agreed
from comparators.stored.exposition import worker_families
from comparators.stored.lane import CompareLane
from comparators.view import View
from ground.tasks import Tasks
from records.errors import StoreError
from records.privacy.redaction import Redaction
from records.settings import KeptSettings
from records.store.setbacks import Setbacks
from records.store.share import Place, share
from records.store.store import Store

log = structlog.get_logger()

Key = tuple[str, str]  # route, candidate


class ComparedCandidate(Protocol):
    @property
    def name(self) -> str: ...


class ComparedRoute(Protocol):
    """What of a route's settings matters here; they are composed above this package."""

    @property
    def candidates(self) -> Sequence[ComparedCandidate]: ...
    @property
    def compare(self) -> CompareSettings | None: ...
    def key_name(self) -> str: ...


def collect_rarely() -> None:
    """For a process that compares: what a batch makes dies with it, without cycles; searching it finds nothing.

    At the default thresholds that search, several times a batch, takes a third of the time.
    """
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)


class CompareWorker:
    """The store being away is no error here."""

    def __init__(self, *, kept: KeptSettings, secret: bytes, store: Store, owner: str) -> None:
        """`owner` is new with each start of a process; `secret` keys the pseudonyms of what is redacted."""
        self._redaction = Redaction.create(kept, secret)
        self._store = store
        self._owner = owner
        self._agreed: dict[Key, Agreed] = {}
        self._lanes: dict[Place, CompareLane] = {}
        self._setbacks = Setbacks()
        self._tasks = Tasks()
        self._changed = asyncio.Event()
        self._heavy = asyncio.Lock()
        self._unready: str | None = "not started yet"
        self._draining = False

    async def start(self) -> None:
        collect_rarely()
        self._tasks.start("compare.steward", self._keep_matching())

    async def apply(self, routes: Sequence[ComparedRoute], revision: int) -> None:
        """Compare these candidates. One whose settings changed finishes its batch with the old ones."""
        before, self._agreed = self._agreed, {}
        for route in routes:
            settings = route.compare or CompareSettings()
            for candidate in route.candidates:
                key = (route.key_name(), candidate.name)
                kept = before.get(key)
                if kept is None or kept.settings != settings:
                    kept = Agreed(self._store.control, *key, settings, View.of(self._redaction, settings))
                self._agreed[key] = kept
        self._leave_outdated()
        log.info("compare.applied", revision=revision, candidates=len(self._agreed))
        self._changed.set()

    async def drain(self, deadline_s: float) -> None:
        """1 read nothing more, 2 commit the batches under way, 3 give the leases up, 4 say what was left."""
        self._draining = True
        for lane in self._lanes.values():
            lane.leave()
        await self._tasks.wait_for("compare.lane", deadline_s)
        left = len(self._lanes)
        await self._tasks.stop()
        with suppress(StoreError):
            await self._store.control.absent("compare", self._owner)
        log.info("compare.drained", batches_given_up=left)

    def not_ready(self) -> str | None:
        return "draining" if self._draining else "; ".join(self._reasons()) or None

    def _reasons(self) -> Iterator[str]:
        if self._unready is not None:
            yield self._unready
            return  # the lanes wait for the same
        yield from self._setbacks.words({place: lane.tried_by for place, lane in self._lanes.items()})

    def collect(self) -> Iterable[Metric]:
        return worker_families(self._agreed.values(), self._lanes.values(), self._setbacks.counts)

    # ---- matching

    async def _keep_matching(self) -> None:
        while not self._draining:
            self._changed.clear()
            try:
                await self._match()
                health = await self._store.check(max(1, len(self._agreed)))
                self._now_unready("; ".join(health.problems) or None)
            except StoreError as error:
                self._now_unready(f"the store can't be used: {error}")
            with suppress(TimeoutError):
                async with asyncio.timeout(self._store.lease_s / 3):
                    await self._changed.wait()

    async def _match(self) -> None:
        members = await self._store.control.present("compare", self._owner, self._store.lease_s)
        mine = set(share(await self._places(), members, self._owner))
        self._leave_outdated()
        for place in self._lanes.keys() - mine:
            self._lanes[place].leave()
        now = asyncio.get_running_loop().time()
        self._setbacks.look(mine, self._lanes.keys(), now)
        for place in sorted(mine - self._lanes.keys()):
            if not self._setbacks.hold_back(place, now):
                self._start(place)

    async def _places(self) -> list[Place]:
        """All partitions of all candidates."""
        places = []
        for route, candidate in list(self._agreed):
            count = await self._store.partitions(route)
            places += [Place(route, candidate, partition) for partition in range(count)]
        return places

    def _leave_outdated(self) -> None:
        for place, lane in self._lanes.items():
            if lane.agreed is not self._agreed.get((place.route, place.candidate)):
                lane.leave()

    def _start(self, place: Place) -> None:
        agreed = self._agreed.get((place.route, place.candidate))
        if agreed is None or self._draining:
            return  # changed while the store was asked
        group = self._store.group(place.route, place.partition, place.candidate, "compare", self._owner)
        samples = self._store.samples(place.route, place.partition, place.candidate)
        lane = CompareLane(group, samples, agreed, self._redaction, self._store.lease_s, self._heavy)
        self._lanes[place] = lane
        self._tasks.start("compare.lane", self._run(place, lane))

    async def _run(self, place: Place, lane: CompareLane) -> None:
        try:
            await lane.run()
        except Exception as error:
            pause_s = self._setbacks.add(place, error, asyncio.get_running_loop().time())
            log.exception("lane.failed", **asdict(place), again_after_s=pause_s)
        finally:
            del self._lanes[place]
            if lane.leaving:  # Subtle: one that failed is started again in the steward's own time, not in a hot loop
                self._changed.set()

    def _now_unready(self, reason: str | None) -> None:
        if reason != self._unready:
            self._unready = reason
            if reason is not None:
                log.warning("compare.unready", reason=reason)
            else:
                log.info("compare.ready")
