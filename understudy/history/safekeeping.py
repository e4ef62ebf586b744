"""Keeps the copy of the histories in the data directory, and puts it back into a store that lost them.

the file lacks links of the store's      they are appended to it
the store lacks links of the file's      they are put back, and the log says so
they differ in what both tell            nothing is touched, and the log says so: a person decides
"""

import asyncio
from collections.abc import Collection

import structlog

from records.store.store import Store
from understudy.history.chain import MAX_LINKS, Chain, Link, folded, joined, relation
from understudy.history.file import DamagedHistory, HistoryFile
from understudy.history.writer import data_of, links_of

log = structlog.get_logger()

_HINT = "understudy history verify says where"


class Safekeeping:
    """Looks closer only where a chain's last link is not the one of the last time."""

    def __init__(self, store: Store, file: HistoryFile) -> None:
        self._store = store
        self._file = file
        self._seen: dict[str, bytes] = {}  # by route: the store's last link, when it was last looked at
        self._fails = False

    async def keep(self, routes: Collection[str]) -> None:
        """Of these routes, and of those that the file has. Raises StoreError."""
        lasts = {route: await self._store.history.last(route) for route in {*routes, *self._seen}}
        if self._seen and all(self._seen.get(route) == last for route, last in lasts.items()):
            return
        try:
            copies = await asyncio.to_thread(self._file.read)
            for route in sorted({*lasts, *copies}):
                await self._keep(route, copies)
        except (DamagedHistory, OSError) as error:
            self._say_unkept(error)
        else:
            self._fails = False

    async def restore(self, route: str) -> None:
        """For who appends without being the one that copies: what the store lost comes back before, so that no second
        chain begins. What can't be read is left to who copies. Raises StoreError.
        """
        try:
            copy = (await asyncio.to_thread(self._file.read)).get(route, [])
        except (DamagedHistory, OSError):
            return
        chain = links_of(route, await self._store.history.links(route))
        if relation(copy, chain) == "ahead":
            await self._put_back(route, chain, joined(chain, copy))

    async def _keep(self, route: str, copies: dict[str, list[Link]]) -> None:
        stored = await self._store.history.links(route)
        chain, copy = links_of(route, stored), copies.get(route, [])
        match relation(copy, chain):
            case "behind":
                await self._copy(route, joined(copy, chain), copies)
            case "ahead":
                stored = await self._put_back(route, chain, joined(chain, copy))
            case "apart":
                log.error("history.apart", route=route, stored=len(chain), copied=len(copy), hint=_HINT)
        self._seen[route] = stored[-1] if stored else b""

    async def _copy(self, route: str, chain: Chain, copies: dict[str, list[Link]]) -> None:
        copy = copies.get(route, [])
        copies[route] = folded(chain)
        if len(chain) > MAX_LINKS or chain[: len(copy)] != copy:
            await asyncio.to_thread(self._file.replace, copies)
        else:
            await asyncio.to_thread(self._file.append, chain[len(copy) :])

    async def _put_back(self, route: str, chain: Chain, whole: Chain) -> list[bytes]:
        """What the store then holds; where somebody else changed it meanwhile, the next look finds out."""
        if await self._store.history.replace(route, data_of(chain), data_of(whole)):
            lost = whole[-1].last - (chain[-1].last if chain else 0)
            log.warning("history.restored", route=route, entries=lost, hint="the store came back without them")
            return data_of(whole)
        return data_of(chain)

    def _say_unkept(self, error: Exception) -> None:
        if not self._fails:
            log.error("history.unkept", error=str(error), hint="entries stand in the store alone meanwhile")
        self._fails = True
