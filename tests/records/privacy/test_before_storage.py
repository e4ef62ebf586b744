"""With `redact_before_storage` nothing that is to be hidden reaches the store: neither from the live path nor from a
candidate's answer. Without it, no credential of a client does."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from http1.settings import ServerLimits
from proxy.live.worker import LiveWorker
from proxy.settings import RouteSettings
from records.settings import KeptSettings, RecordingSettings
from records.store.store import Store
from tests import endpoint
from tests.endpoint import Endpoint
from tests.proxy.mirror.staging import ROUTE, SECRET, candidate, mirroring, settled
from tests.redis_server import RedisServer

REQUEST = (
    b"POST /models?user=pl4nted&api_key=cr3dential HTTP/1.1\r\nHost: models\r\nX-User: pl4nted\r\n"
    b"Authorization: Bearer cr3dential\r\nCookie: s=cr3dential\r\nX-Unknown: cr3dential\r\n"
    b"Content-Length: 18\r\nConnection: close\r\n\r\n"
    b'{"user":"pl4nted"}'
)
HIDING = KeptSettings(
    headers=("X-User",),
    redact_pointers=("/user",),
    redact_headers=("X-User",),
    redact_query=("user",),
    redact_before_storage=True,
)


@asynccontextmanager
async def serving(store: Store, production: str, kept: KeptSettings, directory: Path) -> AsyncIterator[int]:
    """A proxy worker on a port of its own; drained at the end, so that all is recorded."""
    listening = socket.create_server(("127.0.0.1", 0))
    listening.setblocking(False)
    port: int = listening.getsockname()[1]
    worker = LiveWorker(
        limits=ServerLimits(),
        recording=RecordingSettings(partitions=2),
        kept=kept,
        secret=SECRET,
        store=store,
        sockets=[listening],
        tls=None,
        counters_path=directory / "w1.mm",
        writer="w1",
    )
    await worker.start()
    await worker.apply([RouteSettings(prefix="/", production=production, name=ROUTE)], revision=1)
    try:
        yield port
    finally:
        await worker.drain(10.0)
        listening.close()


async def ask(port: int) -> bytes:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(REQUEST)
    answer = await reader.read()
    writer.close()
    await writer.wait_closed()
    return answer


async def everything_stored(store: Store, redis: RedisServer, kept: KeptSettings, directory: Path) -> bytes:
    """All of Redis, after one request was served, recorded and mirrored."""
    answering = endpoint.answer(b'{"user":"pl4nted","by":"model"}', "200 OK", "Set-Cookie: s=cr3dential")
    async with Endpoint(answering) as production, Endpoint(answering) as shadow:
        async with serving(store, production.url, kept, directory) as port:
            assert b'{"user":"pl4nted","by":"model"}' in await ask(port)
        async with mirroring(store, candidate(shadow.url), kept=kept):
            await settled(store, recorded=1)
        assert b"Bearer cr3dential" in repr(production.seen).encode()
        assert b"cr3dential" not in repr(shadow.seen).encode()
    keys: list[bytes] = redis.command("KEYS", "*")  # type: ignore[assignment]
    return b"".join(_dumped(redis, key) for key in keys)


def _dumped(redis: RedisServer, key: bytes) -> bytes:
    readers = {
        b"stream": ("XRANGE", "-", "+"),
        b"hash": ("HGETALL",),
        b"list": ("LRANGE", 0, -1),
        b"zset": ("ZRANGE", 0, -1),
        b"set": ("SMEMBERS",),
        b"string": ("GET",),
    }
    name = key.decode()
    command, *arguments = readers[redis.command("TYPE", name)]  # type: ignore[index]
    return key + repr(redis.command(command, name, *arguments)).encode()


async def test_what_is_to_be_hidden_is_not_in_the_store(
    store: Store, redis_server: RedisServer, tmp_path: Path
) -> None:
    """Body, header and query of the request, production's answer and the candidate's: pseudonyms all of them."""
    stored = await everything_stored(store, redis_server, HIDING, tmp_path)
    assert b"pl4nted" not in stored
    assert b"cr3dential" not in stored
    assert stored.count(b"redacted-") == 9  # the exchange has 4 (three of the request), the pair 4 and the candidate's
    assert stored.count(b'"by":"model"') == 3


async def test_no_credential_of_a_client_is_in_the_store(
    store: Store, redis_server: RedisServer, tmp_path: Path
) -> None:
    """Nor at the candidate; what the settings don't hide is stored as it came."""
    stored = await everything_stored(store, redis_server, KeptSettings(), tmp_path)
    assert b"cr3dential" not in stored
    assert b"pl4nted" in stored
