"""The counters that dead proxy workers left in files: booked in the store, added to those of the dead before, removed.

A worker holds a lock of its name while it lives, so its file can be told from a dead one's whoever started it. What
can't be settled now (the store is away) is tried again; a file is removed only when the store has what it says.
"""

import asyncio
import contextlib
from pathlib import Path

import structlog

from proxy.live.counters import ACCOUNTED, RETIRED, read_counters, retire
from records.errors import StoreError
from records.store.store import Store
from understudy.settings.loading import SettingsError
from understudy.site.datadir import DataDir, InUse

log = structlog.get_logger()

AGAIN_S = 5.0


class Settlement:
    def __init__(self, data: DataDir, store: Store) -> None:
        self._data = data
        self._store = store
        self._due = asyncio.Event()
        self._due.set()  # a start looks for what the one before left

    def look(self) -> None:
        """A worker has died."""
        self._due.set()

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            await self._due.wait()
            self._due.clear()
            if not await self.settle_all():
                await asyncio.sleep(AGAIN_S)
                self._due.set()

    async def settle_all(self) -> bool:
        """Settle every dead worker's file. False where some are left for later."""
        files = [file for file in sorted(self._data.counters.glob("*.mm")) if file.name != RETIRED]
        return all([await self._settle(file) for file in files])

    async def _settle(self, file: Path) -> bool:
        try:
            lock = self._data.hold(file.stem)
        except InUse:
            return True  # it lives; its end is heard of
        except SettingsError as error:
            return _unsettled(file, error)
        with contextlib.ExitStack() as after:
            after.callback(lock.release)
            try:
                writer, routes = read_counters(file)
                recorded = {name: await self._book(writer, name, counts) for name, counts in routes.items() if name}
                retire(file, recorded)
            except (StoreError, OSError) as error:
                return _unsettled(file, error)
            except ValueError as error:
                log.error("counters.refused", file=str(file), error=str(error))
                _set_aside(file)
            self._data.forget(file.stem)
        return True

    async def _book(self, writer: str, route: str, counts: dict[str, int]) -> int:
        """Returns how many exchanges of the worker the store has recorded."""
        totals = {name: counts[name] for name in ACCOUNTED}
        if not any(totals.values()):
            return 0
        lost = await self._store.settle_dead_writer(route, writer, totals)
        ended = sum(count for name, count in totals.items() if name.startswith(("not_sampled.", "shed.")))
        return totals["requests"] - ended - lost


def _unsettled(file: Path, error: Exception) -> bool:
    """The store is away, or the disk full."""
    log.warning("worker.unsettled", worker=file.stem, error=str(error), again_after_s=AGAIN_S)
    return False


def _set_aside(file: Path) -> None:
    file.rename(file.with_suffix(".unreadable"))
