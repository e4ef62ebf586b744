"""Following the overlay: every role reads it each second and is told its routes anew when it, or the file, changed.

A proxy does not wait for the store: after a second it begins with the file's routes. The other roles do, since a
candidate that was paused at run time must not be called because the store was slow to say so.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable

import msgspec
import structlog

from records.errors import StoreError
from records.store.store import Store
from understudy.control.overlay import Overlay, Routes, decoded, effective, laid_over, reconciled
from understudy.settings.model import Settings

log = structlog.get_logger()

EVERY_S = 1.0
FIRST_S = 1.0

Apply = Callable[[Routes, int], Awaitable[None]]


class Follower:
    """`file` is what the file says now, `overlay` what is laid over it."""

    def __init__(self, store: Store, file: Settings, apply: Apply) -> None:
        self.file = file
        self.overlay = Overlay()
        self.revision = 0
        self._store = store
        self._apply = apply
        self._stale = True  # what was applied is not what is known now
        self._reading_fails = False
        self._woken = asyncio.Event()
        self._applying = asyncio.Lock()

    async def first(self, *, wait_for_store: bool) -> None:
        """Apply for the first time, if the store answers within a second or is not waited for."""
        read = False
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(FIRST_S):
                read = await self._read()
        if read or not wait_for_store:
            await self._apply_stale()

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            if await self._read():
                await self._apply_stale()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(EVERY_S):
                    await self._woken.wait()
            self._woken.clear()

    def routes(self) -> Routes:
        """Those in force, as far as they are known, without the values of credentials."""
        return laid_over(self.file.routes, reconciled(self.file, self.overlay)[0])

    async def reload(self, file: Settings) -> None:
        """The file was read again. Applied at once, store or not: what is known of the overlay stays over it."""
        self.file, self._stale = file, True
        await self._apply_stale()

    def look(self) -> None:
        """Read now: this process has just changed the overlay itself."""
        self._woken.set()

    async def _read(self) -> bool:
        try:
            revision, document = await self._store.control.overlay()
        except StoreError as error:
            if not self._reading_fails:
                log.warning("overlay.unread", error=str(error), hint="going on with what is known")
            self._reading_fails = True
            return False
        self._reading_fails = False
        if revision < self.revision:
            log.warning(
                "overlay.lost", revision=self.revision, hint="the store came back without it: the file alone holds"
            )
        if revision != self.revision:
            self._take(revision, document)
        return True

    def _take(self, revision: int, document: bytes) -> None:
        try:
            overlay = decoded(document)
            effective(self.file, overlay)
        except msgspec.MsgspecError as error:
            log.error("overlay.refused", revision=revision, error=str(error), hint="keeping the one before")
        else:
            self.overlay, self._stale = overlay, True
        self.revision = revision

    async def _apply_stale(self) -> None:
        async with self._applying:
            if not self._stale:
                return
            self._stale = False
            routes = effective(self.file, self.overlay)
            await self._apply(routes, self.revision)
            log.info("routes.applied", revision=self.revision, routes=len(routes))
