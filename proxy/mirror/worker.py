"""One mirror worker: which lanes run here, made to match the settings, the store and the other workers there are.

Whatever changes (settings, workers coming and going, the store) wakes one task, which looks at the whole and starts or
ends lanes. Ending is gentle: a lane leaves when what it has under way is committed.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Iterable, Sequence
from contextlib import suppress
from random import Random

import structlog
from prometheus_client.core import Metric

from http1.sweep import Sweep
from http1.tasks import Tasks
from proxy.mirror.candidate import MirrorCandidate, start_of
from proxy.mirror.lane import Lane, LaneRules
from proxy.mirror.metrics import families
from proxy.settings import RouteSettings
from records.errors import StoreError
from records.settings import KeptSettings, RecordingSettings
from records.share import Place, share
from records.store import Store

log = structlog.get_logger()

Key = tuple[str, str]  # route, candidate

_FAREWELL_S = 1.0  # a stop must not wait for a store that is away; the others notice by themselves


class MirrorWorker:
    """Needs a running event loop from `start` on. The store or a candidate being away is no error here."""

    def __init__(
        self, *, recording: RecordingSettings, kept: KeptSettings, secret: bytes, store: Store, owner: str
    ) -> None:
        """`owner` is new with each start of a process."""
        self._kept = kept
        self._secret = secret
        self._store = store
        self._owner = owner
        self._rules = LaneRules(
            lease_s=store.lease_s,
            linger_s=recording.linger_ms / 1_000,
            group_max_records=recording.group_max_records,
            group_max_bytes=recording.group_max_bytes,
        )
        self._random = Random(secrets.randbits(128))  # noqa: S311  a span id is no secret, and asked for often
        self._candidates: dict[Key, MirrorCandidate] = {}
        self._lanes: dict[Place, Lane] = {}
        self._joined: set[Key] = set()
        self._tasks = Tasks()
        self._changed = asyncio.Event()
        self._unready: str | None = "not started yet"
        self._draining = False

    async def start(self) -> None:
        self._sweep = Sweep(asyncio.get_running_loop())
        self._tasks.start("mirror.steward", self._keep_matching())

    async def apply(self, routes: Sequence[RouteSettings], revision: int) -> None:
        """Shadow these candidates. One whose settings changed finishes what it has under way with the old ones."""
        before, self._candidates = self._candidates, {}
        for route in routes:
            for settings in route.candidates:
                key = (route.key_name(), settings.name)
                kept = before.get(key)
                if kept is None or not kept.is_as(route, settings):
                    kept = MirrorCandidate(
                        route, settings, kept=self._kept, secret=self._secret, sweep=self._sweep, random=self._random
                    )
                self._candidates[key] = kept
        self._joined &= self._candidates.keys()  # one that comes back later joins anew
        self._leave_outdated()
        for candidate in before.values():
            await self._close_unused(candidate)
        log.info("mirror.applied", revision=revision, candidates=len(self._candidates))
        self._changed.set()

    async def drain(self, deadline_s: float) -> None:
        """1 read nothing more, 2 finish the calls and commit, 3 give the leases up, 4 say what was left."""
        self._draining = True
        for lane in self._lanes.values():
            lane.leave()
        await self._tasks.wait_for("mirror.lane", deadline_s)
        left = sum(lane.under_way for lane in self._lanes.values())
        await self._tasks.stop()
        with suppress(StoreError, TimeoutError):
            async with asyncio.timeout(_FAREWELL_S):
                await self._store.control.absent("mirror", self._owner)
        for candidate in self._candidates.values():
            await candidate.close()
        self._sweep.stop()
        log.info("mirror.drained", calls_given_up=left)

    def not_ready(self) -> str | None:
        return "draining" if self._draining else self._unready

    def collect(self) -> Iterable[Metric]:
        return families(list(self._candidates.values()), self._lanes)

    # ---- matching

    async def _keep_matching(self) -> None:
        while not self._draining:
            self._changed.clear()  # before looking: what changes meanwhile is looked at next
            try:
                await self._match()
                await self._look_at_store()
            except StoreError as error:
                self._now_unready(f"the store does not answer: {error}")
            with suppress(TimeoutError):
                async with asyncio.timeout(self._rules.lease_s / 3):
                    await self._changed.wait()

    async def _match(self) -> None:
        members = await self._store.control.present("mirror", self._owner, self._rules.lease_s)
        mine = set(share(await self._places(), members, self._owner))
        self._leave_outdated()
        for place in self._lanes.keys() - mine:
            self._lanes[place].leave()
        for place in sorted(mine - self._lanes.keys()):
            self._start(place)

    def _leave_outdated(self) -> None:
        for place, lane in self._lanes.items():
            if lane.candidate is not self._candidates.get((place.route, place.candidate)):
                lane.leave()

    async def _places(self) -> list[Place]:
        """All partitions of all candidates, each of which has joined."""
        places = []
        for key, candidate in list(self._candidates.items()):
            route, name = key
            if key not in self._joined:
                await self._store.join_candidate(route, name, start_of(candidate.settings.start_from))
                self._joined.add(key)
            places += [Place(route, name, partition) for partition in range(await self._store.partitions(route))]
        return places

    def _start(self, place: Place) -> None:
        candidate = self._candidates.get((place.route, place.candidate))
        if candidate is None or self._draining:
            return  # changed while the store was asked

        async def rejoin() -> None:
            # The store came back empty: whatever it holds now was recorded since, so all of it is this candidate's.
            await self._store.join_candidate(place.route, place.candidate, "beginning")

        group = self._store.group(place.route, place.partition, place.candidate, "mirror", self._owner)
        lane = Lane(group, candidate, self._rules, rejoin)
        self._lanes[place] = lane
        self._tasks.start("mirror.lane", self._run(place, lane))

    async def _run(self, place: Place, lane: Lane) -> None:
        try:
            await lane.run()
        finally:
            del self._lanes[place]
            await self._close_unused(lane.candidate)
            if lane.leaving:  # Subtle: one that failed is started again in the steward's own time, not in a hot loop
                self._changed.set()

    async def _close_unused(self, candidate: MirrorCandidate) -> None:
        """The last one out of a candidate that is gone, or was changed, closes its connections."""
        current = candidate in self._candidates.values()
        if not current and not any(lane.candidate is candidate for lane in self._lanes.values()):
            await candidate.close()

    async def _look_at_store(self) -> None:
        health = await self._store.check(max(1, len(self._candidates)))
        self._now_unready("; ".join(health.problems) or None)

    def _now_unready(self, reason: str | None) -> None:
        if reason != self._unready:
            self._unready = reason
            if reason is not None:
                log.warning("mirror.unready", reason=reason)
            else:
                log.info("mirror.ready")
