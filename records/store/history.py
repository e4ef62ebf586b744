"""The history of each route: a list of links, which only compare-and-set changes.

Links are the callers' own bytes; nothing here reads them. How many there may be is the callers' to hold.
"""

from collections.abc import Sequence

from records.store import keys
from records.store.lua import APPEND_HISTORY, REPLACE_HISTORY
from records.store.server import Client


class History:
    def __init__(self, client: Client) -> None:
        self._client = client

    async def links(self, route: str) -> list[bytes]:
        """Oldest first."""
        key = keys.history(route)
        links: list[bytes] = await self._client.call(key, "LRANGE", key, 0, -1)
        return links

    async def last(self, route: str) -> bytes:
        """b"" where there is none."""
        key = keys.history(route)
        return await self._client.call(key, "LINDEX", key, -1) or b""

    async def append(self, route: str, last: bytes, link: bytes) -> bool:
        """False where the last link is not `last` (b"": there is none): somebody else was first."""
        return bool(await APPEND_HISTORY.run(self._client, (keys.history(route),), last, link))

    async def replace(self, route: str, seen: Sequence[bytes], links: Sequence[bytes]) -> bool:
        """False where it is no longer as it was `seen`."""
        last = seen[-1] if seen else b""
        return bool(await REPLACE_HISTORY.run(self._client, (keys.history(route),), last, len(seen), *links))
