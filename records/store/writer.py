"""Writing exchanges: groups of records with the writer's counters, each applied once.

The live path holds one ExchangeWriter for each route and process, and commits one group at a time. What a group adds
to a partition balances by itself: requests = not_sampled + shed + held + recorded, each as a difference to the group
before. So every partition's sums balance at every moment, whoever died.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from records.errors import StoreAway, StoreFull
from records.store.bounds import size_of
from records.store.keys import PartitionKeys
from records.store.lua import COMMIT_EXCHANGES
from records.store.server import Argument, Client

MAX_RECORDS = 256
MAX_WRITERS = 1_024  # whose last group a partition remembers


@dataclass(frozen=True, slots=True, kw_only=True)
class CommitReceipt:
    last_id: str  # the partition's newest record
    stream_bytes: int  # of the partition, after trimming
    store_lost: int  # of this writer's earlier records: the store came back without them


@dataclass(frozen=True, slots=True)
class _Share:
    """What this writer has put into one partition so far."""

    totals: Mapping[str, int]
    recorded: int


@dataclass(frozen=True, slots=True)
class _SentGroup:
    """A group as it is sent, and what will hold once it was applied."""

    number: int
    partition: int
    arguments: tuple[Argument, ...]
    share: _Share
    booked: Mapping[str, int]


class ExchangeWriter:
    """One process's right to write to one route. `writer` must be new with each start of a process."""

    def __init__(self, client: Client, route: str, writer: str, *, max_bytes: int, max_age_ms: int) -> None:
        """max_bytes: of one partition's stream."""
        self.max_bytes = max_bytes  # changes when routes are added
        self._client = client
        self._route = route
        self._writer = writer
        self._max_age_ms = max_age_ms
        self._booked: Mapping[str, int] = {}
        self._shares: dict[int, _Share] = {}
        self._open: _SentGroup | None = None  # sent, outcome unknown
        self._in_doubt = False

    async def commit(
        self, partition: int, group: int, records: Sequence[bytes], totals: Mapping[str, int]
    ) -> CommitReceipt:
        """Append `records` (none is allowed) and book what `totals` grew by since the last group.

        totals: this writer's running counters for the route: "requests", "not_sampled.<reason>", "shed.<reason>", and
        "held", the requests that are none of these and neither in this group nor in one before. Group numbers grow.

        StoreAway: commit the same number again until its outcome is known; what was packed first is sent again, other
        arguments are ignored, and another number is refused. StoreFull: not applied, the number and records are free.
        """
        if self._open is None:
            self._open = self._packed(partition, group, records, totals)
        elif self._open.number != group:
            raise ValueError(f"the outcome of group {self._open.number} is unknown: commit it again before {group}")
        return await self._send(self._open)

    async def is_forgotten(self) -> bool:
        """Whether a partition has lost what this writer put into it: the next group there books it. Raises StoreError.

        A commit tells this of its own partition. Without traffic there is no commit, so it must be asked for.
        """
        for partition in self._shares:
            key = PartitionKeys(self._route, partition).writer(self._writer)
            if not await self._client.call(key, "EXISTS", key):
                return True
        return False

    async def _send(self, group: _SentGroup) -> CommitReceipt:
        keys = PartitionKeys(self._route, group.partition)
        stream = keys.exchanges
        names = (stream.records, stream.ledger, stream.head, keys.sums, keys.writer(self._writer), keys.writers)
        try:
            last_id, stream_bytes, lost = await COMMIT_EXCHANGES.run(self._client, names, *group.arguments)
        except StoreFull as error:
            if self._in_doubt:
                raise StoreAway(f"refused now ({error}), but an earlier sending may still be applied") from error
            self._open = None
            raise
        except StoreAway:
            self._in_doubt = True
            raise
        self._applied(group)
        return CommitReceipt(last_id=last_id.decode(), stream_bytes=stream_bytes, store_lost=lost)

    def _packed(self, partition: int, group: int, records: Sequence[bytes], totals: Mapping[str, int]) -> _SentGroup:
        if len(records) > MAX_RECORDS:
            raise ValueError(f"{len(records)} records in one group; at most {MAX_RECORDS} are committed at once")
        share = self._shares.get(partition, _Share({}, 0))
        here = dict(share.totals)
        for name, total in totals.items():
            here[name] = here.get(name, 0) + total - self._booked.get(name, 0)
        head = (group, self._writer, share.recorded, size_of(records), self.max_bytes, self._max_age_ms, MAX_WRITERS)
        arguments: tuple[Argument, ...] = (*head, len(here), len(records), *here, *here.values(), *records)
        return _SentGroup(group, partition, arguments, _Share(here, share.recorded + len(records)), dict(totals))

    def _applied(self, group: _SentGroup) -> None:
        self._shares[group.partition] = group.share
        self._booked = group.booked
        self._open, self._in_doubt = None, False
