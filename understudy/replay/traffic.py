"""A source of traffic, read once into the stock of a run: what of it is wanted, as requests to the target."""

import asyncio
import secrets
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random
from typing import NamedTuple

from msgspec.structs import replace
from rich.progress import Progress

from calling.endpoint import CalledEndpoint
from http1.sweep import Sweep
from loadtest.errors import SourceError
from loadtest.sources.columns import ColumnSource
from loadtest.sources.formats import format_of
from loadtest.sources.opening import opened_file
from loadtest.sources.recording import of_exchange
from loadtest.sources.source import Skips, Source, SourceRequest
from loadtest.stock import Stock, StockWriter
from records.errors import RecordError
from records.privacy.kept_rules import KeptRules
from understudy.control.subjects import only_route
from understudy.reading.opening import opened
from understudy.replay.request import ReplayRequest
from understudy.replay.target import Target
from understudy.settings.loading import SettingsError
from understudy.settings.model import Settings
from understudy.settings.urls import shown_url

REDIS = ("redis", "embedded")
_REDIS_URLS = ("redis://", "rediss://", "unix://")
REDACTED_BEFORE = "recorded with kept.redact_before_storage: the candidate is sent pseudonyms"
_LOOK_EVERY = 4_096  # requests between two looks at the bar


class Traffic(NamedTuple):
    """What a run sends, and what of the source it is without."""

    stock: Stock
    skips: Skips


class WantedSource(NamedTuple):
    """As the command line has it. `route`: of the store's recordings; `columns`: what a table's columns mean."""

    written: str
    route: str | None = None
    columns: str | None = None


async def stocked(
    source: WantedSource, settings: Settings, target: Target, request: ReplayRequest, secret: bytes, directory: Path,
    progress: Progress,
) -> Traffic:  # fmt: skip
    """Raises SettingsError, StoreError."""
    sweep = Sweep(asyncio.get_running_loop())
    endpoint = CalledEndpoint(
        target.prefix, target.calls, kept=settings.kept, secret=secret, sweep=sweep,
        random=Random(secrets.randbits(128)),  # noqa: S311  a span id is no secret
    )  # fmt: skip
    skips = Skips()
    writer = StockWriter(directory, endpoint, KeptRules.create(settings.kept), skips, request.session_of)
    task = progress.add_task("reading the source", total=None)
    count = 0
    try:
        async for found in requests_of(source, settings, skips):
            if _is_wanted(found, request):
                writer.add(found)
            count += 1
            if count % _LOOK_EVERY == 0:
                progress.update(task, completed=count)
    except BaseException:
        writer.abandon()
        raise
    finally:
        progress.remove_task(task)
        await endpoint.close()
        sweep.stop()
    stock = writer.close()
    if not stock.index.size:
        why = f"has no request that is wanted and can be sent, of {count:,}" if count else "has no request"
        raise SettingsError("SOURCE", why, shown_source(source.written))
    _look_for_sessions(stock, request, skips)
    return Traffic(stock, skips)


def _look_for_sessions(stock: Stock, request: ReplayRequest, skips: Skips) -> None:
    """Raises SettingsError where none is found: sessions that are not there keep no order."""
    if request.session_of is None:
        return
    of, has = stock.index.size, stock.index.in_sessions
    if not has:
        raise SettingsError("--sessions", f"is in none of the source's {of:,} requests")
    if has < of:
        skips.notes.append(f"{of - has:,} of {of:,} requests are of no session: they wait for no other")


async def requests_of(wanted: WantedSource, settings: Settings, skips: Skips) -> AsyncIterator[SourceRequest]:
    """Raises SettingsError, StoreError."""
    written = wanted.written
    if wanted.columns is None and (written in REDIS or written.startswith(_REDIS_URLS)):
        async for found in _of_store(written, wanted.route, settings, skips):
            yield found
        return
    with _tables(wanted) if wanted.columns is not None else _file(written) as source:
        for found in _read(written, source):
            yield found
        skips.join(source.skips)


def shown_source(written: str) -> str:
    return shown_url(written) if written.startswith(_REDIS_URLS) else written


def _is_wanted(found: SourceRequest, request: ReplayRequest) -> bool:
    return request.part.has(found) and all(each.has(found) for each in request.filters)


async def _of_store(written: str, route: str | None, settings: Settings, skips: Skips) -> AsyncIterator[SourceRequest]:
    asked = replace(settings, redis=written) if written.startswith(_REDIS_URLS) else settings
    if settings.kept.redact_before_storage:
        skips.notes.append(REDACTED_BEFORE)
    async with opened(asked) as store:
        name = route or await only_route(store, settings)
        async for entry, record in store.scan_exchanges(name):
            try:
                yield of_exchange(store.codec.decode_exchange(record))
            except RecordError:
                skips.add("is a record of another make", entry)


@contextmanager
def _tables(wanted: WantedSource) -> Iterator[Source]:
    """A file, or all of a directory's."""
    try:
        table_format = format_of(wanted.columns or "")
    except SourceError as error:
        raise SettingsError("--map", str(error)) from None
    path = Path(wanted.written)
    files = sorted(each for each in path.rglob("*") if each.is_file()) if path.is_dir() else [path]
    yield ColumnSource(files, table_format)


@contextmanager
def _file(written: str) -> Iterator[Source]:
    path = Path(written)
    if path.is_dir():
        raise SettingsError("SOURCE", "is a directory: --map says what the columns of the tables in it mean", written)
    try:
        with path.open("rb") as file:
            yield opened_file(path, file)
    except SourceError as error:
        raise SettingsError("SOURCE", str(error), written) from None
    except OSError as error:
        right = f"can't be read: {error.strerror}; name a file that is there, or redis for the recordings of the store"
        raise SettingsError("SOURCE", right, written) from None


def _read(written: str, source: Source) -> Iterator[SourceRequest]:
    try:
        yield from source
    except SourceError as error:
        raise SettingsError("SOURCE", str(error), written) from None
    except OSError as error:
        raise SettingsError("SOURCE", f"can't be read: {error.strerror or error}", written) from None
