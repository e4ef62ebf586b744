"""The store as the roles see it: writers, groups, control, and what spans a route's partitions.

The rules it keeps are docs/design.md's "Rules of the store"; each is one script of scripts/. What needs several
partitions is done one by one, every step repeatable.
"""

import secrets
from collections import defaultdict
from collections.abc import AsyncIterator, Collection, Mapping
from typing import Any, NamedTuple

from records import coverage
from records.codec import Codec
from records.coverage import Coverage
from records.errors import StoreError
from records.settings import RecordingSettings, RedisSettings
from records.store import bounds, candidates, health, holdings, keys, sample, settling
from records.store.client import create_client
from records.store.control import Control
from records.store.depth import Depth, measured
from records.store.group import Group, GroupBounds
from records.store.health import StoreHealth
from records.store.history import History
from records.store.holdings import Holding, Stretch
from records.store.keys import SAMPLES, PartitionKeys, SampleKind, Stage
from records.store.lua import GROW_PARTITIONS
from records.store.rendezvous import Rendezvous
from records.store.sample import Sample, Samples
from records.store.scan import scan
from records.store.server import Client
from records.store.writer import ExchangeWriter

StateKey = tuple[int, str]  # a summary's partition, and its short name there: "<epoch>:<hour>"
Stamps = Mapping[StateKey, bytes | None]  # of each state: what is new whenever it changed; None: written without one


class Look(NamedTuple):
    """What there is of a candidate: each partition's counters and stamps are of one moment."""

    coverage: Coverage
    stamps: Stamps


class Store:
    """One Redis, or one cluster. Every method that does I/O raises StoreError, unless it says otherwise."""

    def __init__(self, client: Client, settings: RedisSettings, recording: RecordingSettings) -> None:
        self._client = client
        self._settings = settings
        self._recording = recording
        self._max_age_ms = int(recording.max_age_s * 1000)
        self._control = Control(client, self._max_age_ms)
        self._history = History(client)
        self.codec = Codec()  # of what is in it

    @classmethod
    def create(cls, settings: RedisSettings, recording: RecordingSettings) -> "Store":
        """No I/O: it connects when first used. Raises ValueError on an address that can't be one."""
        return cls(create_client(settings), settings, recording)

    @property
    def settings(self) -> RedisSettings:
        """By which another process reaches the same one."""
        return self._settings

    @property
    def lease_s(self) -> float:
        """How long an owner may be silent before it loses its partitions."""
        return self._settings.lease_s

    async def close(self) -> None:
        await self._client.close()

    @property
    def control(self) -> Control:
        return self._control

    @property
    def history(self) -> History:
        return self._history

    async def check(self, candidates: int = 1) -> StoreHealth:
        """Is it there, which one is it, has it room for our bounds? Answers always."""
        needed = bounds.whole_bytes(self._recording, candidates)
        try:
            servers = [health.parse_info(reply) for reply in await self._client.everywhere("INFO")]
            await self._client.call(keys.STORE_ID, "SET", keys.STORE_ID, secrets.token_hex(8), "NX")
            store_id = await self._client.call(keys.STORE_ID, "GET", keys.STORE_ID)
        except StoreError as error:
            return StoreHealth(reachable=False, problems=(f"{type(error).__name__}: {error}",))
        return StoreHealth(
            reachable=True,
            version=health.version(servers[0]),
            store_id=store_id.decode(),
            problems=tuple(health.problems(servers, needed)),
        )

    async def now_ns(self) -> int:
        """Since 1970, by the server's clock, which all hosts share."""
        seconds, micros = await self._client.call(keys.STORE_ID, "TIME")
        return (int(seconds) * 1_000_000 + int(micros)) * 1_000

    def rendezvous(self, run: str, number: int, of: int) -> Rendezvous:
        """For one host of a load test on several."""
        return Rendezvous(self._client, keys.run(run), number, of)

    def writer(self, route: str, writer: str, *, routes: int = 1) -> ExchangeWriter:
        """`writer` is new with each start of a process. `routes`: how many there are to share max_bytes."""
        max_bytes = bounds.exchanges_bytes(self._recording, routes)
        return ExchangeWriter(self._client, route, writer, max_bytes=max_bytes, max_age_ms=self._max_age_ms)

    def group(self, route: str, partition: int, candidate: str, stage: Stage, owner: str) -> Group:
        """`owner` is new with each start of a process."""
        group_bounds = GroupBounds(
            lease_ms=int(self._settings.lease_s * 1000),
            max_age_ms=self._max_age_ms,
            max_pairs_bytes=bounds.pairs_bytes(self._recording),
            max_wait_s=self._settings.timeout_s / 2,
        )
        return Group(self._client, PartitionKeys(route, partition), candidate, stage, owner, group_bounds)

    def samples(self, route: str, partition: int, candidate: str) -> Samples:
        """Of a candidate's compared pairs, to be filled by the owner of the partition."""
        return Samples(*(self._sample(PartitionKeys(route, partition), candidate, kind) for kind in SAMPLES))

    async def partitions(self, route: str) -> int:
        """As many as the route ever had: where the settings now say fewer, the others still hold records."""
        key = keys.partitions(route)
        count: int = await GROW_PARTITIONS.run(self._client, (key,), self._recording.partitions)
        return count

    async def join_candidate(self, route: str, candidate: str, start: str) -> bool:
        """Create its groups in every partition; False where all were there. `start`: now, beginning, or Unix ms."""
        if start not in ("now", "beginning") and not start.isdecimal():
            raise ValueError(f"{start!r} is no place to start from; now, beginning or milliseconds are")
        joined = [await candidates.join(self._client, at, candidate, start) for at in await self._all(route)]
        return any(joined)

    async def remove_candidate(self, route: str, candidate: str) -> None:
        """Book what waits as removed; delete groups, pairs, samples and leases. Counts and summaries stay."""
        for at in await self._all(route):
            await candidates.remove(self._client, at, candidate)

    async def coverage(self, route: str, candidate: str = "") -> Coverage:
        """The candidate's, from where it joined; without one the route's own, whose candidate's part is empty."""
        counted = [await candidates.counted(self._client, at, candidate) for at in await self._all(route)]
        return coverage.add_up(counted, of_route=not candidate)

    async def depth(self, route: str) -> Depth:
        """How full its recording is."""
        return await measured(self._client, await self._all(route))

    async def settle_dead_writer(self, route: str, writer: str, totals: Mapping[str, int]) -> int:
        """Fence it, book what it had counted; returns how many exchanges it took with it. Repeating changes nothing."""
        return await settling.settle(self._client, await self._all(route), writer, totals)

    async def summaries(self, route: str, candidate: str, epochs: Collection[int]) -> dict[int, list[bytes]]:
        """Every partition's and hour's state, by epoch."""
        found: dict[int, list[bytes]] = {epoch: [] for epoch in epochs}
        for at in await self._all(route):
            index = at.summary_names(candidate)
            for name in sorted(await self._client.call(index, "SMEMBERS", index)):
                epoch = int(name.partition(b":")[0])
                if epoch in found:
                    key = at.summary(candidate, name.decode())
                    state = await self._client.call(key, "GET", key)
                    found[epoch] += [state] if state is not None else []
        return found

    async def look(self, route: str, candidate: str) -> Look:
        """A candidate's coverage and the stamps of its states; one round trip a partition."""
        counted: list[list[Any]] = []
        stamps: dict[StateKey, bytes | None] = {}
        for at in await self._all(route):
            counts, own = await candidates.looked_at(self._client, at, candidate)
            counted.append(counts)
            stamps.update({(at.partition, name): stamp for name, stamp in own.items()})
        return Look(coverage.add_up(counted, of_route=False), stamps)

    async def load_states(self, route: str, candidate: str, wanted: Collection[StateKey]) -> dict[StateKey, bytes]:
        """The wanted states as they are now, as far as they are there; one command a partition."""
        by_partition: dict[int, list[str]] = defaultdict(list)
        for partition, name in wanted:
            by_partition[partition].append(name)
        found: dict[StateKey, bytes] = {}
        for partition, names in by_partition.items():
            keys_of = [PartitionKeys(route, partition).summary(candidate, name) for name in names]
            states = await self._client.call(keys_of[0], "MGET", *keys_of)
            own = zip(names, states, strict=True)
            found.update({(partition, name): state for name, state in own if state is not None})
        return found

    async def scan_exchanges(
        self, route: str, *, since_ms: int | None = None, until_ms: int | None = None
    ) -> AsyncIterator[tuple[str, bytes]]:
        """(id, record), oldest first, over all partitions. Ids are unique within a partition only."""
        streams = [at.exchanges.records for at in await self._all(route)]
        async for item in scan(self._client, streams, since_ms, until_ms):
            yield item

    async def scan_pairs(
        self, route: str, candidate: str, *, since_ms: int | None = None, until_ms: int | None = None
    ) -> AsyncIterator[tuple[str, bytes]]:
        """(id, record) of a candidate's pairs, oldest first, over all partitions."""
        streams = [at.pairs(candidate).records for at in await self._all(route)]
        async for item in scan(self._client, streams, since_ms, until_ms):
            yield item

    async def held_pairs(self, route: str, candidate: str, since_ms: int = 0) -> list[Holding]:
        """What each partition still holds of a candidate's pairs, or of those since a time."""
        return [await holdings.holding_of(self._client, at, candidate, since_ms) for at in await self._all(route)]

    def read_pairs(self, route: str, candidate: str, stretch: Stretch) -> AsyncIterator[tuple[str, bytes]]:
        """(id, record) of each pair of a stretch, oldest first. Raises Dropped where one of them is gone."""
        return holdings.read(self._client, PartitionKeys(route, stretch.partition), candidate, stretch)

    async def pair(self, route: str, partition: int, candidate: str, entry: str) -> bytes | None:
        """The record of one pair; None where it was dropped."""
        key = PartitionKeys(route, partition).pairs(candidate).records
        found = await self._client.call(key, "XRANGE", key, entry, entry)
        return found[0][1][1] if found else None

    async def booked(self, route: str, candidate: str) -> dict[int, bytes]:
        """What the last owner of each partition's pairs booked of it, by partition."""
        leases = {at.partition: at.lease("compare", candidate) for at in await self._all(route)}
        found = {each: await self._client.call(key, "HGET", key, "standing") for each, key in leases.items()}
        return {partition: book for partition, book in found.items() if book is not None}

    async def sampled_pairs(
        self, route: str, candidate: str, kind: SampleKind, epochs: Collection[int]
    ) -> dict[int, list[tuple[str, bytes]]]:
        """(id, record) of a sample of these epochs' pairs, by epoch: uniform over them and all partitions together, and
        of a few megabytes, as bounded.
        """
        samples = [at.sample(kind, candidate) for at in await self._all(route)]
        return await sample.sampled(self._client, samples, epochs)

    def _sample(self, at: PartitionKeys, candidate: str, kind: SampleKind) -> Sample:
        max_bytes = bounds.sample_bytes(self._recording, kind)
        return Sample(self._client, at.sample(kind, candidate), max_bytes=max_bytes, max_age_ms=self._max_age_ms)

    async def _all(self, route: str) -> list[PartitionKeys]:
        return [PartitionKeys(route, partition) for partition in range(await self.partitions(route))]
