"""Appends to the history of a route in the store. Several may do so at once: each entry follows the one before."""

import asyncio
import random
from collections.abc import Callable, Iterable

from records.errors import StoreError
from records.store.store import Store
from understudy.history.chain import MAX_LINKS, Chain, Link, UnreadableLink, folded, following
from understudy.history.entry import HistoryEntry

ATTEMPTS = 50
MAX_PAUSE_S = 0.05  # between two attempts

Decide = Callable[[Chain], HistoryEntry | None]


class UnreadableHistory(StoreError):
    """What the store holds is no history."""


class BusyHistory(StoreError):
    """Others appended to it each time we tried to."""


class HistoryWriter:
    """What it has read of a chain it does not read again, while the last link is the same."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._known: dict[str, list[Link]] = {}  # by route

    async def chain(self, route: str) -> list[Link]:
        """Raises StoreError."""
        known = self._known.get(route)
        if known is None or await self._store.history.last(route) != (known[-1].data if known else b""):
            known = self._known[route] = links_of(route, await self._store.history.links(route))
        return known

    async def append(self, route: str, decide: Decide) -> Link | None:
        """What `decide` makes of the chain as it is, unless that is nothing. Raises StoreError."""
        for _ in range(ATTEMPTS):
            chain = await self.chain(route)
            entry = decide(chain)
            if entry is None:
                return None
            link = following(chain, entry)
            if await self._store.history.append(route, chain[-1].data if chain else b"", link.data):
                await self._hold_bound(route, [*chain, link])
                return link
            await asyncio.sleep(random.uniform(0, MAX_PAUSE_S))  # noqa: S311 - so that two do not meet again and again
        raise BusyHistory(f"the history of {route} was appended to by others {ATTEMPTS} times in a row; try again")

    async def _hold_bound(self, route: str, chain: list[Link]) -> None:
        """Where somebody else was first meanwhile, it is for him to do."""
        self._known[route] = chain
        if len(chain) > MAX_LINKS:
            del self._known[route]
            await self._store.history.replace(route, data_of(chain), data_of(folded(chain)))


def links_of(route: str, stored: Iterable[bytes]) -> list[Link]:
    """Raises UnreadableHistory."""
    try:
        return [Link.of(data) for data in stored]
    except UnreadableLink as error:
        raise UnreadableHistory(
            f"the history of {route} can't be read ({error}): a later release wrote it, or it is damaged; "
            "`understudy history verify` says where"
        ) from None


def data_of(chain: Chain) -> list[bytes]:
    return [link.data for link in chain]
