"""The steward of partitions: which lanes run in this process, made to match what is to be worked for, the store, and
the other processes that do the same work.

    see_to(charges) ─┐          ┌─ each third of a lease
                     ▼          ▼
                  look: who else is present, and what each charge has to be worked on
                     │
                     ▼ shared out among those present
                  my places
                     │
       ┌─────────────┼──────────────────────────┐
       ▼             ▼                          ▼
    not begun     mine no more,            held back, since
    yet: a lane   or another charge:       its lane failed
    begins        its lane leaves
       │
       ▼
    lease.py: takes the lease, works under it, gives it back ── failed ──► setbacks.py: begun again later

Whatever changes only wakes the one task that looks at the whole. Ending is gentle: a lane leaves when what it has in
hand is committed. What a charge is, and what a lane does, is the caller's: a steward knows their names.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from time import monotonic
from typing import Protocol

import structlog

from ground.tasks import Tasks
from records.errors import StoreAway, StoreDenied, StoreError, StoreFull
from records.store.group import Group
from records.store.health import StoreHealth
from records.store.keys import Stage
from records.store.lease import Lane, Lease, let_go
from records.store.setbacks import Setbacks, in_words
from records.store.share import Names, Place, share
from records.store.store import Store

log = structlog.get_logger()

_FAREWELL_S = 1.0  # a stop must not wait for a store that is away; the others notice by themselves
_LANE = "steward.lane"


class Charge(Protocol):
    """What is worked for: one consumer group, in all partitions of its route. Another object is another charge."""

    @property
    def labels(self) -> Mapping[str, str]:
        """By which log, metrics and words name it, the widest first; no two charges' values are the same."""

    async def look(self) -> int:
        """At each look of the steward: do what is due; how many partitions there are now. Raises StoreError."""

    async def rejoin(self) -> None:
        """A partition has no such group: make it, where that is for this one to do. Raises StoreError."""

    def group(self, partition: int) -> Group:
        """As this process owns it."""

    def lane(self, partition: int, lease: Lease) -> Lane: ...

    async def close(self) -> None:
        """Its last lane has ended, and none will begin."""


@dataclass(slots=True)
class _ChargeState:
    """A charge, and what was last seen of it."""

    charge: Charge
    partitions: int = 0
    trouble: str | None = None  # why it can't be looked at


@dataclass(frozen=True, slots=True, eq=False)
class _Tenancy:
    charge: Charge
    lease: Lease
    lane: Lane


class Steward:
    """One a process and stage. The store being away is no error here."""

    def __init__(
        self,
        stage: Stage,
        owner: str,
        store: Store,
        health: Callable[[], Awaitable[StoreHealth]],
        *,
        now: Callable[[], float] = monotonic,
    ) -> None:
        """`owner` is new with each start of a process; `health`: of the store, as this work needs it; `now`: in
        seconds, by which lanes that failed stay away."""
        self._stage = stage
        self._owner = owner
        self._store = store
        self._health = health
        self._now = now
        self._kept: dict[Names, _ChargeState] = {}
        self._left_out: Sequence[str] = ()
        self._running: dict[Place, _Tenancy] = {}
        self._setbacks = Setbacks()
        self._tasks = Tasks()
        self._changed = asyncio.Event()
        self._unready: str | None = "not started yet"
        self._draining = False

    def start(self) -> None:
        self._tasks.start("steward.look", self._keep_looking())

    async def see_to(self, charges: Iterable[Charge], left_out: Sequence[str] = ()) -> None:
        """Work for these from now on, and for no others. A charge that is none of them finishes what it has in hand.

        `left_out`: in words, what can't be worked for; said by `not_ready`.
        """
        before = self._kept
        self._kept = {}
        for charge in charges:
            names = tuple(charge.labels.values())
            known = before.get(names) or _ChargeState(charge)
            self._kept[names] = known if known.charge is charge else _ChargeState(charge, known.partitions)
        self._left_out = left_out
        self._let_others_go()
        for kept in before.values():
            await self._close_unused(kept.charge)
        self._changed.set()

    async def drain(self, deadline_s: float) -> int:
        """1 begin nothing more, 2 let the lanes finish, 3 give the leases up; how many entries were given up."""
        self._draining = True
        for running in self._running.values():
            running.lease.leave()
        await self._tasks.wait_for(_LANE, deadline_s)
        given_up = sum(running.lane.under_way for running in self._running.values() if running.lease.held)
        await self._tasks.stop()
        with suppress(StoreError, TimeoutError):
            async with asyncio.timeout(_FAREWELL_S):
                await self._store.control.absent(self._stage, self._owner)
        for kept in self._kept.values():
            await kept.charge.close()
        return given_up

    def not_ready(self) -> str | None:
        """None when ready, else why not."""
        if self._draining:
            return "draining"
        return self._unready or "; ".join(self._troubles()) or None  # without the store all lanes wait for the same

    def owned(self, charge: Charge) -> int:
        """How many of its partitions this process works on."""
        return sum(running.lease.held for running in self._running.values() if running.charge is charge)

    @property
    def failures(self) -> Mapping[Names, int]:
        """Of lanes, by the names of their charge."""
        return self._setbacks.counts

    # ---- looking

    async def _keep_looking(self) -> None:
        while not self._draining:
            self._changed.clear()  # before looking: what changes meanwhile is looked at next
            try:
                await self._match()
                self._now_unready("; ".join((await self._health()).problems) or None)
            except StoreError as error:
                self._now_unready(f"the store can't be used: {error}")
            except Exception as error:  # nobody else would look again
                log.exception("steward.failed")
                self._now_unready(f"partitions can't be looked at: {in_words(error)}")
            with suppress(TimeoutError):
                async with asyncio.timeout(self._store.lease_s / 3):
                    await self._changed.wait()

    async def _match(self) -> None:
        members = await self._store.control.present(self._stage, self._owner, self._store.lease_s)
        for names, kept in list(self._kept.items()):
            if self._kept.get(names) is kept:  # and not removed while the store was asked
                await self._look_at(kept)
        mine = set(share(self._places(), members, self._owner))
        self._let_others_go()
        for place in self._running.keys() - mine:
            self._running[place].lease.leave()
        now = self._now()
        self._setbacks.look(mine, self._running.keys(), now)
        for place in sorted(mine - self._running.keys()):
            if not self._setbacks.hold_back(place, now):
                self._begin(place)

    async def _look_at(self, kept: _ChargeState) -> None:
        """One that can't be looked at has as many partitions as it had, and hinders no other."""
        try:
            kept.partitions = await kept.charge.look()
        except (StoreAway, StoreFull, StoreDenied):
            raise  # that is everybody's trouble
        except Exception as error:  # a fault of ours, too: it must not end the work for all others
            if kept.trouble != (why := in_words(error)):
                fault = not isinstance(error, StoreError)
                log.warning("steward.hindered", error=why, exc_info=fault, **kept.charge.labels)
            kept.trouble = why
        else:
            kept.trouble = None

    def _places(self) -> Iterator[Place]:
        for names, kept in self._kept.items():
            yield from (Place(names, partition) for partition in range(kept.partitions))

    def _let_others_go(self) -> None:
        """Lanes of charges that are seen to no more."""
        for place, running in self._running.items():
            kept = self._kept.get(place.names)
            if kept is None or kept.charge is not running.charge:
                running.lease.leave()

    # ---- lanes

    def _begin(self, place: Place) -> None:
        if self._draining:
            return
        charge = self._kept[place.names].charge
        lease = Lease(charge.group(place.partition), self._store.lease_s, charge.labels)
        self._running[place] = running = _Tenancy(charge, lease, charge.lane(place.partition, lease))
        self._tasks.start(_LANE, self._run(place, running))

    async def _run(self, place: Place, running: _Tenancy) -> None:
        charge, lease = running.charge, running.lease
        try:
            await lease.keep(running.lane, charge.rejoin)
        except Exception as error:
            pause_s = self._setbacks.add(place, error, self._now())
            log.exception("lane.failed", partition=place.partition, again_after_s=pause_s, **charge.labels)
            let_go(error)
        finally:
            del self._running[place]
            await self._close_unused(charge)
            if lease.leaving:  # Subtle: one that failed begins again in the steward's own time, not in a hot loop
                self._changed.set()

    async def _close_unused(self, charge: Charge) -> None:
        """By the last lane of a charge that is seen to no more."""
        seen_to = any(kept.charge is charge for kept in self._kept.values())
        if not seen_to and not any(running.charge is charge for running in self._running.values()):
            await charge.close()

    # ---- in words

    def _troubles(self) -> Iterator[str]:
        yield from self._left_out
        words = self._setbacks.words({place: running.lease.tried_by for place, running in self._running.items()})
        for names, kept in self._kept.items():
            if kept.trouble is not None:
                yield f"{titled(kept.charge.labels)} can't be worked for: {kept.trouble}"
            if names in words:
                yield f"{titled(kept.charge.labels)} {words[names]}"

    def _now_unready(self, reason: str | None) -> None:
        if reason != self._unready:
            self._unready = reason
            if reason is not None:
                log.warning("steward.unready", reason=reason)
            else:
                log.info("steward.ready")


def titled(labels: Mapping[str, str]) -> str:
    """`candidate new of route models`."""
    return " of ".join(f"{kind} {name}" for kind, name in reversed(list(labels.items())))
