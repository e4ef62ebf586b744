"""`understudy export` and `understudy import`: recordings to and from JSON Lines, lossless.

What leaves is redacted where the settings say what to hide, unless --unredacted asks for all of it. What is imported
is recorded anew, now: candidates that are shadowed on its route are sent it.
"""

import argparse
import asyncio
import secrets
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from msgspec.structs import replace

from records import jsonl
from records.codec import decode_exchange, decode_pair, encode
from records.errors import RecordError
from records.keys import SAMPLES, SampleKind
from records.nouns import Exchange, Pair
from records.redaction import Redaction
from records.store import Store
from understudy.commands.opening import milliseconds, opened, secret_of
from understudy.commands.options import add_settings_options, settings_of
from understudy.datadir import key_of
from understudy.loading import SettingsError
from understudy.settings import Settings

GROUP_RECORDS = 256
GROUP_BYTES = 1_048_576

EXPORT_EXAMPLE = """\
example:
  understudy export --config understudy.toml --route root -o exchanges.jsonl
"""
IMPORT_EXAMPLE = """\
example:
  understudy import --config understudy.toml exchanges.jsonl
"""


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    raw = argparse.RawDescriptionHelpFormatter
    export = commands.add_parser(
        "export", help="recordings to a file", description="Write recordings as JSON Lines.", epilog=EXPORT_EXAMPLE,
        formatter_class=raw,
    )  # fmt: skip
    export.add_argument("--route", metavar="NAME", help="may be left out where there is one")
    export.add_argument("--candidate", metavar="NAME", help="its pairs, instead of the route's exchanges")
    export.add_argument(
        "--sample", choices=SAMPLES, help="with --candidate: the pairs that are kept beyond recording.max_pairs_bytes"
    )
    export.add_argument("--since", metavar="TIME", help="RFC 3339; recorded then or later")
    export.add_argument("--until", metavar="TIME", help="RFC 3339; recorded then or before")
    export.add_argument("--unredacted", action="store_true", help="show also what the settings hide")
    export.add_argument("-o", "--output", metavar="FILE", help="default: stdout")
    add_settings_options(export)
    export.set_defaults(run=run_export)

    importing = commands.add_parser(
        "import", help="recordings from a file", description="Record the exchanges of an export anew.",
        epilog=IMPORT_EXAMPLE, formatter_class=raw,
    )  # fmt: skip
    importing.add_argument("file", metavar="FILE", help="of `understudy export`; - is stdin")
    importing.add_argument("--route", metavar="NAME", help="record them under this route instead of their own")
    add_settings_options(importing)
    importing.set_defaults(run=run_import)


def run_export(arguments: argparse.Namespace) -> int:
    settings = settings_of(arguments)
    redaction = None if arguments.unredacted else Redaction.create(settings.kept, key_of(secret_of(settings)))
    with _writable(arguments.output) as file:
        count = asyncio.run(_export(settings, arguments, jsonl.Writer(redaction), file))
    sys.stderr.write(f"{count} records exported\n")
    return 0


def run_import(arguments: argparse.Namespace) -> int:
    settings = settings_of(arguments)
    with _readable(arguments.file) as file:
        count = asyncio.run(_import(settings, arguments.route, file))
    sys.stderr.write(f"{count} exchanges imported\n")
    return 0


async def _export(settings: Settings, arguments: argparse.Namespace, writer: jsonl.Writer, file: BinaryIO) -> int:
    count = skipped = 0
    route = arguments.route or _only_route(settings)
    since, until = milliseconds("--since", arguments.since), milliseconds("--until", arguments.until)
    if arguments.sample and (arguments.candidate is None or since is not None or until is not None):
        raise SettingsError("--sample", "goes with --candidate, and without --since and --until", arguments.sample)
    async with opened(settings) as store:
        file.write(writer.header())
        async for record in _records(store, route, arguments.candidate, since, until, arguments.sample):
            try:
                decoded = decode_pair(record) if arguments.candidate else decode_exchange(record)
            except RecordError as error:
                skipped += 1
                sys.stderr.write(f"a record is left out: {error}\n")
                continue
            file.write(writer.line(decoded))
            count += 1
    if skipped:
        sys.stderr.write(f"{skipped} records of another make were left out\n")
    return count


async def _records(
    store: Store,
    route: str,
    candidate: str | None,
    since_ms: int | None,
    until_ms: int | None,
    sample: SampleKind | None,
) -> AsyncIterator[bytes]:
    if candidate is not None and sample is not None:
        for epoch, _ in await store.control.epochs(candidate):
            for _, record in (await store.sampled_pairs(route, candidate, sample, [epoch]))[epoch]:
                yield record
        return
    if candidate is None:
        found = store.scan_exchanges(route, since_ms=since_ms, until_ms=until_ms)
    else:
        found = store.scan_pairs(route, candidate, since_ms=since_ms, until_ms=until_ms)
    async for _, record in found:
        yield record


async def _import(settings: Settings, route: str | None, file: BinaryIO) -> int:
    """Group by group: each is whole in the store or not there."""
    count = 0
    async with opened(settings, create=True) as store:
        recordings: dict[str, _Recording] = {}
        for record in jsonl.read(file):
            exchange = _exchange_of(record, route)
            if exchange.route not in recordings:
                recordings[exchange.route] = _Recording(store, exchange.route, settings.recording.partitions)
            await recordings[exchange.route].add(encode(exchange))
            count += 1
        for recording in recordings.values():
            await recording.flush()
    return count


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
        raise RecordError("this is an export of pairs; exchanges can be imported, candidates make pairs of them")
    return record if route is None else replace(record, route=route)


def _only_route(settings: Settings) -> str:
    names = [route.key_name() for route in settings.routes]
    if len(names) != 1:
        known = f"one of {', '.join(names)}" if names else "a route's name (`serve` prints it), or give --config"
        raise SettingsError("--route", f"expected {known}")
    return names[0]


@contextmanager
def _writable(name: str | None) -> Iterator[BinaryIO]:
    if name is None:
        yield sys.stdout.buffer
        return
    with Path(name).open("wb") as file:
        yield file


@contextmanager
def _readable(name: str) -> Iterator[BinaryIO]:
    if name == "-":
        yield sys.stdin.buffer
        return
    with Path(name).open("rb") as file:
        yield file
