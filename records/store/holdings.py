"""What a candidate's stream of pairs still holds, a partition at a time, and reading it without missing any.

Numbers are dense and only the oldest records are ever dropped, so the first that is there says what is not. For
recomputations, which must know whether they have everything; nothing here changes the store.
"""

from collections.abc import AsyncIterator, Iterator
from typing import NamedTuple

from records.entry_id import ms_of, number_of
from records.errors import Dropped
from records.store.keys import PartitionKeys
from records.store.scan import pages
from records.store.server import Client


class Holding(NamedTuple):
    """Ids are "<ms>-<number>". `oldest` is "" where nothing is held, `newest` "0-0" where nothing ever was."""

    partition: int
    oldest: str
    oldest_record: bytes
    newest: str
    commits: tuple[str, ...]  # the newest id of each commit that is held, oldest first

    @property
    def is_whole(self) -> bool:
        """Whether it holds all that was ever written."""
        return number_of(self.oldest) == 1 if self.oldest else number_of(self.newest) == 0

    @property
    def size(self) -> int:
        return number_of(self.newest) - number_of(self.oldest) + 1 if self.oldest else 0


class Stretch(NamedTuple):
    """Some consecutive records of one partition: from the one after `after` to `until`."""

    partition: int
    after: str
    until: str

    @property
    def size(self) -> int:
        return number_of(self.until) - number_of(self.after)


def stretches(holding: Holding, count: int) -> Iterator[Stretch]:
    """All that is held, in stretches of about `count` records: they end where commits do."""
    if not holding.oldest:
        return
    after = f"{ms_of(holding.oldest)}-{number_of(holding.oldest) - 1}"
    for commit in holding.commits:
        if number_of(commit) - number_of(after) >= count and number_of(commit) < number_of(holding.newest):
            yield Stretch(holding.partition, after, commit)
            after = commit
    yield Stretch(holding.partition, after, holding.newest)


async def holding_of(client: Client, at: PartitionKeys, candidate: str, since_ms: int = 0) -> Holding:
    """Since a time: as if nothing older were held."""
    keys = at.pairs(candidate)
    found = await client.call(keys.records, "XRANGE", keys.records, since_ms, "+", "COUNT", 1)
    oldest, record = (found[0][0].decode(), found[0][1][1]) if found else ("", b"")
    ms, number = await client.call(keys.head, "HMGET", keys.head, "ms", "seq")
    commits = await client.call(keys.ledger, "LRANGE", keys.ledger, 0, -1)
    newest = f"{int(ms or 0)}-{int(number or 0)}"
    return Holding(at.partition, oldest, record, newest, tuple(each.partition(b" ")[0].decode() for each in commits))


async def read(client: Client, at: PartitionKeys, candidate: str, stretch: Stretch) -> AsyncIterator[tuple[str, bytes]]:
    """(id, record), oldest first. Raises Dropped, at its end, unless it was every one of them."""
    count = 0
    async for (ms, number), record in pages(client, at.pairs(candidate).records, f"({stretch.after}", stretch.until):
        yield f"{ms}-{number}", record
        count += 1
    if count != stretch.size:
        raise Dropped("recorded pairs were dropped while they were read: there are newer ones, and no room for both")
