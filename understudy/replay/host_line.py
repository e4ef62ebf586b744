"""One host's line to the others of its run: says once a second that it is there, and hears who is.

Who has been silent for SILENT_LEASES leases of the store is lost, and so is who says that it ended. What ends one
host's share of the run ends all. A store that is away is asked again for as long.

The line has a thread's loop to itself, so that it is heard whatever this host is busy with; only `follow` is called
from elsewhere.
"""

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
from time import monotonic

from ground.tasks import Tasks
from loadtest.hosts import of_host
from loadtest.options import HostPlace
from loadtest.replaying import Replaying
from records.errors import StaleToken, StoreError
from records.store.rendezvous import Rendezvous, RunView

BEAT_S = 1.0
SILENT_LEASES = 3


class HostLine:
    def __init__(self, rendezvous: Rendezvous, run: str, host: HostPlace, lease_s: float) -> None:
        self.rendezvous = rendezvous
        self.run = run
        self.host = host
        self.silent_s = SILENT_LEASES * lease_s
        self._beat_s = min(BEAT_S, lease_s)
        self._away_since: float | None = None
        self._own_end = self._halt = ""
        self._tasks = Tasks()

    def keep_up(self) -> None:
        """From now on it is said that this host is there, until `close`."""
        self._tasks.start("replay.beat", self._beat())

    async def close(self) -> None:
        await self._tasks.stop()

    def follow(self, replaying: Replaying) -> None:
        """To be called all the time while this host's share is sent, and scored: what ends it ends all, and the other
        way round.
        """
        self._own_end = replaying.ended_because
        if self._halt:
            replaying.halt(self._halt)

    async def view(self) -> RunView | None:
        """None: the store is away for the moment. Raises StoreError where it has been for too long."""
        return await self._patiently(self.rendezvous.beat)

    def lost(self, view: RunView) -> dict[int, str]:
        """By number, the others that have not handed over what they sent, and never will; and why."""
        silent = {
            number: f"has been silent for {ms / 1_000:.0f} s"
            for number, ms in view.silent_ms.items()
            if ms > self.silent_s * 1_000
        }
        ended = {number: f"ended ({why})" for number, why in view.gone.items()}
        return {
            number: why
            for number, why in sorted({**silent, **ended}.items())
            if number != self.host.number and number not in view.handed
        }

    async def halted(self, own: str = "") -> str:
        """Why the run ended before its end, "" where it did not. `own`: why this host's share did, which the others
        are told. Raises StoreError likewise.
        """
        view = await self.view()
        if view is None or view.halt:
            return own if view is None else view.halt
        lost = (f"host {number} {why}" for number, why in self.lost(view).items())
        why = of_host(self.host.number, own) if own else next(lost, "")
        told = await self._patiently(partial(self.rendezvous.halt, why)) if why else view
        return why if told is None else told.halt

    async def _beat(self) -> None:
        while True:
            try:
                self._halt = await self.halted(self._own_end)
            except StoreError as error:
                self._halt = f"the store is away: {error}"
            await asyncio.sleep(self._beat_s)

    async def _patiently(self, ask: Callable[[], Awaitable[RunView]]) -> RunView | None:
        try:
            found = await ask()
        except StaleToken:
            raise
        except StoreError:
            self._away_since = self._away_since or monotonic()
            if monotonic() - self._away_since > self.silent_s:
                raise
            return None
        self._away_since = None
        return found
