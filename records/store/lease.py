"""One partition's lease, and the lane that works under it: taken, renewed, lost, taken again, given back.

    take ──── another has it, or there is no group yet: pause ────► take
      │
      ▼ taken
    lane.work(), while the lease is renewed beside it
      │                 │
      │                 └─ the lease is lost: the work is cancelled, its next owner reads again ──► pause, take
      ▼ asked to leave: the lane finishes what it has in hand
    given back

A store that is away ends nothing: whoever asks it through here waits until it answers.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from functools import partial
from traceback import clear_frames
from typing import Protocol

import structlog

from records.errors import NotJoined, StaleToken, StoreError
from records.store.group import Entry, Group
from records.store.patience import Outcome, Patience
from records.store.setbacks import in_words

log = structlog.get_logger()

_AFTER_LOSS_S = 1.0
_GIVING_BACK_S = 1.0  # a stop must not wait for a store that is away; the lease ends by itself


class Lane(Protocol):
    """The work on one partition."""

    @property
    def under_way(self) -> int:
        """How many entries were read and not committed: the next owner reads them again."""

    async def work(self) -> None:
        """From a lease that was just taken until it asks to leave, or nothing is left to do.

        Cancelled where the lease is lost; raises StaleToken or NotJoined where the store says so first. Then it is
        called again with the next lease, and begins from what the store has.
        """


class Lease:
    """One owner's, of one partition. What a lane asks of the store goes through here."""

    def __init__(self, group: Group, lease_s: float, labels: Mapping[str, str]) -> None:
        """`labels`: what it is called in the log."""
        self.group = group
        self.labels = labels
        self.patiently = Patience(**labels)
        self.held = False
        self._lease_s = lease_s
        self._token = 0
        self._leaving = asyncio.Event()

    # ---- for the lane

    @property
    def leaving(self) -> bool:
        return self._leaving.is_set()

    async def asked_to_leave(self) -> None:
        await self._leaving.wait()

    async def pause(self, seconds: float) -> None:
        """Returns early when asked to leave."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._leaving.wait()

    async def fetch(self, count: int) -> list[Entry]:
        return await self._as_owner(partial(self.group.fetch, count))

    async def wait(self, timeout_s: float) -> None:
        """Until something may have arrived."""
        await self.patiently(partial(self.group.wait, timeout_s))

    async def commit(
        self,
        entries: Sequence[str],
        *,
        pairs: Sequence[bytes] = (),
        states: Mapping[str, bytes] | None = None,
        counts: Mapping[str, int],
        standing: bytes = b"",
    ) -> None:
        """As Group.commit; after it the entries count once, or the lease is lost and they do not."""
        await self._as_owner(
            partial(self.group.commit, entries, pairs=pairs, states=states, counts=counts, standing=standing)
        )

    async def defer(self, entries: Sequence[str]) -> None:
        """As Group.defer."""
        await self._as_owner(partial(self.group.defer, entries))

    # ---- for the steward

    @property
    def tried_by(self) -> str | None:
        """Why the store does not do what this lane asks of it, while that is so."""
        return self.patiently.tried_by

    def leave(self) -> None:
        """Let the lane finish, give the lease back, and let `keep` end."""
        self._leaving.set()

    async def keep(self, lane: Lane, rejoin: Callable[[], Awaitable[None]]) -> None:
        """Until it is asked to leave, or the lane has nothing left to do. `rejoin`: what to do where no group is."""
        try:
            while not self.leaving:
                if not await self._take(rejoin):
                    await self.pause(self._lease_s / 3)
                elif await self._done(lane):
                    return
                else:
                    await self.pause(min(_AFTER_LOSS_S, self._lease_s / 3))
        finally:
            with suppress(StoreError, TimeoutError):
                async with asyncio.timeout(_GIVING_BACK_S):
                    await self.group.release()

    async def _take(self, rejoin: Callable[[], Awaitable[None]]) -> bool:
        try:
            return await self.patiently(self.group.acquire)
        except NotJoined:
            await self.patiently(rejoin)
            return False

    async def _done(self, lane: Lane) -> bool:
        """Let the lane work; False where the lease was lost meanwhile."""
        self.held, self._token = True, self.group.token
        done = True
        try:
            async with asyncio.TaskGroup() as tasks:
                renewing = tasks.create_task(self._renew())
                await lane.work()
                renewing.cancel()
        except* (StaleToken, NotJoined) as lost:
            log.info("lease.lost", reason=in_words(lost), given_up=lane.under_way, **self.labels)
            let_go(lost)
            done = False
        finally:
            self.held = False
        return done

    async def _renew(self) -> None:
        while True:
            await asyncio.sleep(self._lease_s / 3)
            await self.patiently(self.group.acquire)
            self._check()

    async def _as_owner(self, ask: Callable[[], Awaitable[Outcome]]) -> Outcome:
        """Each time it is asked: a lease lost and taken anew meanwhile is another one."""

        async def asked() -> Outcome:
            self._check()
            return await ask()

        return await self.patiently(asked)

    def _check(self) -> None:
        if self.group.token != self._token:
            raise StaleToken("the lease changed hands meanwhile")


def let_go(error: BaseException) -> None:
    """What the lane that ended with it had in memory is free. Danger: in most Pythons the error of a TaskGroup and the
    group's own frame hold each other, and the lane's frames with them, until the garbage collector looks; and a process
    that compares has it look rarely.
    """
    waiting, known = [error], {id(error)}
    while waiting:  # not by recursion: errors of one that tries again and again may be a long chain, or a circle
        each = waiting.pop()
        clear_frames(each.__traceback__)
        inner = each.exceptions if isinstance(each, BaseExceptionGroup) else ()
        more = [one for one in (*inner, each.__context__) if one is not None and id(one) not in known]
        known.update(map(id, more))
        waiting += more
