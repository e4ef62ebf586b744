"""Reading a route's recording as one: its partitions' streams, merged by time.

For exports, replays and recomputations; workers read through a Group. Nothing here changes the store.
"""

import heapq
from collections.abc import AsyncIterator, Sequence
from typing import Any

from records.store.server import Client

PAGE = 16  # records of one read: each may have megabytes


async def scan(
    client: Client, streams: Sequence[str], since_ms: int | None, until_ms: int | None
) -> AsyncIterator[tuple[str, bytes]]:
    """(id, record) from all streams, oldest first. What is trimmed while it is being read is left out."""
    end = "+" if until_ms is None else str(until_ms)
    readers = [pages(client, stream, "-" if since_ms is None else str(since_ms), end) for stream in streams]
    heap: list[tuple[tuple[int, int], int, bytes]] = []
    for which, reader in enumerate(readers):
        await _push(heap, which, reader)
    while heap:
        (ms, seq), which, record = heapq.heappop(heap)
        yield f"{ms}-{seq}", record
        await _push(heap, which, readers[which])


async def _push(
    heap: list[tuple[tuple[int, int], int, bytes]], which: int, reader: AsyncIterator[tuple[tuple[int, int], bytes]]
) -> None:
    async for position, record in reader:
        heapq.heappush(heap, (position, which, record))
        return


async def pages(client: Client, stream: str, start: str, end: str) -> AsyncIterator[tuple[tuple[int, int], bytes]]:
    while True:
        page: list[Any] = await client.call(stream, "XRANGE", stream, start, end, "COUNT", PAGE)
        for raw_id, (_, record) in page:
            ms, seq = raw_id.split(b"-")
            yield (int(ms), int(seq)), record
        if len(page) < PAGE:
            return
        start = f"({page[-1][0].decode()}"
