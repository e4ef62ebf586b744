"""Samples of a candidate's compared pairs, which outlive what the stream of pairs drops: `control`, of all of them, and
`disagreements`.

Of each epoch the pairs are kept whose exchange ids hash smallest: that says nothing about a pair, so whatever is below
an epoch's bound (scripts/keep.lua) is a uniform sample of the epoch, and is complete below it. Over partitions it is
uniform below the smallest of their bounds. A compare worker keeps; recomputation reads.
"""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Collection, Iterator, Sequence
from typing import NamedTuple

import structlog

from records.errors import StoreFull
from records.store.keys import SampleKeys
from records.store.lua import KEEP
from records.store.server import Argument, Client

HASH_BITS = 52  # exact as a number of Lua's
OVERHEAD_BYTES = 256  # of one record: its names in two sorted sets and a hash, about
GROUP_RECORDS = 256
GROUP_BYTES = 1_048_576
SWEEP_S = 60.0  # how long, at most, what is too old waits to be dropped
SWEPT_AT_ONCE = 1_000
PAGE = 16  # records of one read: each may have megabytes

log = structlog.get_logger()


class SampledPair(NamedTuple):
    """A compared pair: its record as it stands in the stream, and the id that it has there."""

    epoch: int
    exchange: str
    entry: str
    record: bytes
    disagrees: bool


def hash_of(exchange: str) -> int:
    """Of an exchange's id, in [0, 2^52). Without a key: the same wherever and whenever it is asked for."""
    digest = hashlib.blake2b(exchange.encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") >> (64 - HASH_BITS)


class Sample:
    """One sample in one partition, as who fills it sees it: what would not be kept is not even sent."""

    def __init__(self, client: Client, keys: SampleKeys, *, max_bytes: int, max_age_ms: int) -> None:
        self._client = client
        self._keys = keys
        self._max_bytes = max_bytes
        self._max_age_ms = max_age_ms
        self._bounds: dict[int, int] = {}  # by epoch, as last heard

    async def keep(self, pairs: Sequence[SampledPair], *, sweep: bool = False) -> None:
        """Keep those that belong into it; with `sweep`, drop what is too old even where there are none of these.

        Raises StoreError; then do it again: keeping twice changes nothing.
        """
        hashed = [(hash_of(each.exchange), each) for each in pairs]
        wanted = [(place, each) for place, each in hashed if place < self._bounds.get(each.epoch, 1 << HASH_BITS)]
        for group in _groups(wanted):
            await self._send(group)
        if sweep and not wanted:
            await self._send(())

    async def _send(self, group: Sequence[tuple[int, SampledPair]]) -> None:
        arguments: list[Argument] = [self._max_bytes, self._max_age_ms, OVERHEAD_BYTES, SWEPT_AT_ONCE, len(group)]
        for place, each in group:
            arguments += (each.epoch, f"{place:016d}", each.exchange, each.entry, each.record)
        answer = await KEEP.run(self._client, self._keys, *arguments)
        for epoch, bound in zip(answer[::2], answer[1::2], strict=True):
            self._bounds[int(epoch)] = int(bound) if bound else 1 << HASH_BITS


class Samples:
    """Both samples of a candidate in one partition."""

    def __init__(self, control: Sample, disagreements: Sample) -> None:
        self._control = control
        self._disagreements = disagreements
        self._swept_s = -SWEEP_S
        self._refused = False

    async def keep(self, pairs: Sequence[SampledPair]) -> None:
        """Before these are committed as compared; with none of them now and then, so that old ones leave.

        Raises StoreError; then do it again. A store that is full is no error: comparing must go on, and the samples
        are without what came meanwhile.
        """
        now_s = asyncio.get_running_loop().time()
        sweep = now_s >= self._swept_s + SWEEP_S
        try:
            await self._control.keep(pairs, sweep=sweep)
            await self._disagreements.keep([each for each in pairs if each.disagrees], sweep=sweep)
        except StoreFull as error:
            if not self._refused:
                log.warning("sample.refused", error=str(error), hint="the store is full: these pairs are not sampled")
            self._refused = True
        else:
            self._refused = False
        if sweep:
            self._swept_s = now_s


async def sampled(
    client: Client, samples: Sequence[SampleKeys], epochs: Collection[int]
) -> dict[int, list[tuple[str, bytes]]]:
    """(entry's id, record) of these epochs' pairs in all partitions' samples together, as far as they are uniform."""
    found = {epoch: [each for keys in samples async for each in _members(client, keys, epoch)] for epoch in epochs}
    # Subtle: the bounds come last. What was dropped for want of room meanwhile is above them; the rest was read.
    bounds = [await _bound(client, keys, epoch) for keys in samples for epoch in epochs]
    bound = min(bounds, default=0)
    return {epoch: [(entry, record) for place, entry, record in own if place < bound] for epoch, own in found.items()}


async def _bound(client: Client, keys: SampleKeys, epoch: int) -> int:
    bound = await client.call(keys.head, "HGET", keys.head, f"bound:{epoch}")
    return 1 << HASH_BITS if bound is None else int(bound)


async def _members(client: Client, keys: SampleKeys, epoch: int) -> AsyncIterator[tuple[int, str, bytes]]:
    """(hash, entry's id, record), by hash. What grows too old while it is being read is left out."""
    after: Argument = f"[{epoch}:"
    while True:
        command = ("ZRANGEBYLEX", keys.members, after, f"({epoch};", "LIMIT", 0, PAGE)
        page: list[bytes] = await client.call(keys.members, *command)
        if not page:
            return
        for member, kept in zip(page, await client.call(keys.records, "HMGET", keys.records, *page), strict=True):
            if kept is not None:
                entry, _, record = kept.partition(b" ")
                yield int(member.split(b":", 2)[1]), entry.decode(), record
        after = b"(" + page[-1]


def _groups(wanted: Sequence[tuple[int, SampledPair]]) -> Iterator[Sequence[tuple[int, SampledPair]]]:
    """GROUP_RECORDS of them, or little more than GROUP_BYTES, at a time."""
    group: list[tuple[int, SampledPair]] = []
    size = 0
    for each in wanted:
        group.append(each)
        size += len(each[1].record)
        if len(group) == GROUP_RECORDS or size >= GROUP_BYTES:
            yield group
            group, size = [], 0
    if group:
        yield group
