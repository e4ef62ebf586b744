"""One mirror worker: which lanes run here, made to match the settings, the store and the other workers there are.

Whatever changes (settings, workers coming and going, the store) wakes one task, which looks at the whole and starts or
ends lanes. Ending is gentle: a lane leaves when what it has under way is committed.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import asdict
from random import Random

import structlog
from prometheus_client.core import Metric

from ground.tasks import Tasks
from http1.sweep import Sweep
from proxy.mirror.candidate import MirrorCandidate, start_of
from proxy.mirror.lane import LaneRules, MirrorLane
from proxy.mirror.metrics import families
from proxy.settings import CandidateSettings, RouteSettings
from records.errors import StoreAway, StoreDenied, StoreError, StoreFull
from records.settings import KeptSettings, RecordingSettings
from records.silence import encoded
from records.store.setbacks import Setbacks, in_words
from records.store.share import Place, share
from records.store.store import Store

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
        self._lanes: dict[Place, MirrorLane] = {}
        self._joined: set[Key] = set()
        self._refused: dict[Key, str] = {}  # candidates that can't be worked for as things are, and why
        self._setbacks = Setbacks()
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
        self._refused = {}
        for route in routes:
            for settings in route.candidates:
                key = (route.key_name(), settings.name)
                kept = before.get(key)
                if kept is None or not kept.is_as(route, settings):
                    kept = self._made(route, settings)
                if kept is not None:
                    self._candidates[key] = kept
        self._joined &= self._candidates.keys()  # one that comes back later joins anew
        self._leave_outdated()
        for candidate in before.values():
            await self._close_unused(candidate)
        log.info("mirror.applied", revision=revision, candidates=len(self._candidates))
        self._changed.set()

    def _made(self, route: RouteSettings, settings: CandidateSettings) -> MirrorCandidate | None:
        """None where it can't be: a certificate's file may have gone since it was checked. The others work on."""
        try:
            return MirrorCandidate(
                route, settings, kept=self._kept, secret=self._secret, sweep=self._sweep, random=self._random
            )
        except Exception as error:
            log.exception("candidate.refused", route=route.key_name(), candidate=settings.name)
            self._refused[route.key_name(), settings.name] = in_words(error)
            return None

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
        return "draining" if self._draining else "; ".join(self._reasons()) or None

    def _reasons(self) -> Iterator[str]:
        if self._unready is not None:
            yield self._unready
            return  # the lanes wait for the same
        for (route, name), why in self._refused.items():
            yield f"candidate {name} of route {route} can't be worked for: {why}"
        yield from self._setbacks.words({place: lane.tried_by for place, lane in self._lanes.items()})

    def collect(self) -> Iterable[Metric]:
        return families(list(self._candidates.values()), self._lanes, self._setbacks.counts)

    # ---- matching

    async def _keep_matching(self) -> None:
        while not self._draining:
            self._changed.clear()  # before looking: what changes meanwhile is looked at next
            try:
                await self._match()
                await self._tell_who_answers()
                await self._look_at_store()
            except StoreError as error:
                self._now_unready(f"the store can't be used: {error}")
            with suppress(TimeoutError):
                async with asyncio.timeout(self._rules.lease_s / 3):
                    await self._changed.wait()

    async def _match(self) -> None:
        members = await self._store.control.present("mirror", self._owner, self._rules.lease_s)
        mine = set(share(await self._places(), members, self._owner))
        self._leave_outdated()
        for place in self._lanes.keys() - mine:
            self._lanes[place].leave()
        now = asyncio.get_running_loop().time()
        self._setbacks.look(mine, self._lanes.keys(), now)
        for place in sorted(mine - self._lanes.keys()):
            if not self._setbacks.hold_back(place, now):
                self._start(place)

    def _leave_outdated(self) -> None:
        for place, lane in self._lanes.items():
            if lane.candidate is not self._candidates.get((place.route, place.candidate)):
                lane.leave()

    async def _places(self) -> list[Place]:
        """All partitions of all candidates that have joined."""
        places = []
        for key, candidate in list(self._candidates.items()):
            route, name = key
            if key not in self._joined and not await self._join(key, candidate):
                continue
            places += [Place(route, name, partition) for partition in range(await self._store.partitions(route))]
        return places

    async def _join(self, key: Key, candidate: MirrorCandidate) -> bool:
        route, name = key
        try:
            await self._store.join_candidate(route, name, start_of(candidate.settings.start_from))
        except (StoreAway, StoreFull, StoreDenied):
            raise  # that is everybody's trouble
        except StoreError as error:
            if self._refused.get(key) != (why := in_words(error)):
                log.warning("candidate.unjoined", route=route, candidate=name, error=why)
                self._refused[key] = why
            return False
        self._refused.pop(key, None)
        self._joined.add(key)
        return True

    def _start(self, place: Place) -> None:
        candidate = self._candidates.get((place.route, place.candidate))
        if candidate is None or self._draining:
            return  # changed while the store was asked

        async def rejoin() -> None:
            # The store came back empty: whatever it holds now was recorded since, so all of it is this candidate's.
            await self._store.join_candidate(place.route, place.candidate, "beginning")

        group = self._store.group(place.route, place.partition, place.candidate, "mirror", self._owner)
        lane = MirrorLane(group, candidate, self._rules, rejoin)
        self._lanes[place] = lane
        self._tasks.start("mirror.lane", self._run(place, lane))

    async def _run(self, place: Place, lane: MirrorLane) -> None:
        try:
            await lane.run()
        except Exception as error:
            pause_s = self._setbacks.add(place, error, asyncio.get_running_loop().time())
            log.exception("lane.failed", **asdict(place), again_after_s=pause_s)
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

    async def _tell_who_answers(self) -> None:
        for (route, name), candidate in list(self._candidates.items()):
            word = candidate.word()
            said = b"" if word is None else encoded(word)
            await self._store.control.tell(route, name, self._owner, said, self._rules.lease_s)

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
