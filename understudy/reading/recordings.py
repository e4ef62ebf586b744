"""Recordings to and from JSON Lines: exported record by record, imported group by group, each whole or not there."""

import secrets
import sys
from collections.abc import AsyncIterator
from contextlib import AbstractContextManager
from typing import BinaryIO, NamedTuple

import msgspec
from msgspec.structs import replace

from ground.plurals import counted
from loadtest.mooncake import MooncakeTrace
from loadtest.sources.source import Skips
from records.errors import RecordError
from records.files import jsonl
from records.nouns import Exchange, Pair
from records.privacy.redaction import Redaction
from records.store.keys import SampleKind
from records.store.store import Store
from understudy.control.subjects import only_route, subject_of
from understudy.reading.opening import opened, secret_of
from understudy.settings.model import Settings
from understudy.site.datadir import key_of

GROUP_RECORDS = 256
GROUP_BYTES = 1_048_576


class ExportQuery(NamedTuple):
    """Which records to export: a route's exchanges, or a candidate's pairs, those of a sample or of a time.

    `route` None: the candidate's, or the only one.
    """

    route: str | None = None
    candidate: str | None = None
    sample: SampleKind | None = None
    since_ms: int | None = None
    until_ms: int | None = None


async def export_to(
    output: AbstractContextManager[BinaryIO], settings: Settings, query: ExportQuery, *, unredacted: bool
) -> int:
    """Returns how many. What the settings hide is shown only where `unredacted` asks for it. `output` is entered when
    it is known that there is something to export; else SettingsError is raised.
    """
    redaction = None if unredacted else Redaction.create(settings.kept, key_of(secret_of(settings)))
    writer = jsonl.Writer(redaction)
    count = skipped = 0
    async with opened(settings) as store:
        route = await _route(store, settings, query)
        with output as file:
            file.write(writer.header())
            decode = store.codec.decode_pair if query.candidate else store.codec.decode_exchange
            async for record in _records(store, route, query):
                try:
                    decoded = decode(record)
                except RecordError as error:
                    skipped += 1
                    sys.stderr.write(f"a record is left out: {error}\n")
                    continue
                file.write(writer.line(decoded))
                count += 1
    if skipped:
        sys.stderr.write(f"left out: {counted(skipped, 'record')} of another make\n")
    return count


async def export_trace_to(
    output: AbstractContextManager[BinaryIO], settings: Settings, query: ExportQuery
) -> tuple[int, dict[str, int]]:
    """A route's exchanges as a trace without text: how many, and what was left out, by reason."""
    skips = Skips()
    trace = MooncakeTrace(secrets.token_bytes(32), skips)
    async with opened(settings) as store:
        route = await _route(store, settings, query)
        async for record in _records(store, route, query):
            try:
                trace.add(store.codec.decode_exchange(record))
            except RecordError as error:
                skips.add("is a record of another make", str(error))
    count = 0
    with output as file:
        for line in trace.lines():
            file.write(msgspec.json.encode(line) + b"\n")
            count += 1
    return count, dict(skips.counts)


async def import_from(file: BinaryIO, settings: Settings, route: str | None) -> int:
    """Returns how many. `route` None: each goes under its own. Raises RecordError, StoreError."""
    count = 0
    async with opened(settings, create=True) as store:
        recordings: dict[str, _Recording] = {}
        for record in jsonl.read(file):
            exchange = _exchange_of(record, route)
            if exchange.route not in recordings:
                recordings[exchange.route] = _Recording(store, exchange.route, settings.recording.partitions)
            await recordings[exchange.route].add(store.codec.encode(exchange))
            count += 1
        for recording in recordings.values():
            await recording.flush()
    return count


async def _route(store: Store, settings: Settings, query: ExportQuery) -> str:
    if query.route is not None:
        return query.route
    if query.candidate is not None:
        return (await subject_of(store, settings, query.candidate)).route
    return await only_route(store, settings)


async def _records(store: Store, route: str, query: ExportQuery) -> AsyncIterator[bytes]:
    candidate = query.candidate
    if candidate is not None and query.sample is not None:
        for epoch, _ in await store.control.epochs(candidate):
            for _, record in (await store.sampled_pairs(route, candidate, query.sample, [epoch]))[epoch]:
                yield record
        return
    since, until = query.since_ms, query.until_ms
    if candidate is None:
        found = store.scan_exchanges(route, since_ms=since, until_ms=until)
    else:
        found = store.scan_pairs(route, candidate, since_ms=since, until_ms=until)
    async for _, record in found:
        yield record


class _Recording:
    """Exchanges on their way into one route."""

    def __init__(self, store: Store, route: str, partitions: int) -> None:
        self._writer = store.writer(route, f"import-{secrets.token_hex(6)}")
        self._partitions = partitions
        self._group: list[bytes] = []
        self._bytes = self._groups = self._total = 0

    async def add(self, record: bytes) -> None:
        if len(self._group) == GROUP_RECORDS or (self._group and self._bytes + len(record) > GROUP_BYTES):
            await self.flush()
        self._group.append(record)
        self._bytes += len(record)

    async def flush(self) -> None:
        if self._group:
            self._groups += 1
            self._total += len(self._group)
            partition = self._groups % self._partitions
            await self._writer.commit(partition, self._groups, self._group, {"requests": self._total})
            self._group, self._bytes = [], 0


def _exchange_of(record: Exchange | Pair, route: str | None) -> Exchange:
    if isinstance(record, Pair):
        raise RecordError(
            "this is an export of pairs; import an export of exchanges, and a candidate makes pairs of them"
        )
    return record if route is None else replace(record, route=route)
