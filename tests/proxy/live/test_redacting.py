"""With `redact_before_storage` the live path hides what it records, and no body makes it stop for long."""

import asyncio
import gzip

import pytest

from records.nouns import Answer
from records.store.store import Store
from tests.proxy.live.proxying import Proxy, listening, post

LIMIT = 65_536
CODED = b"Content-Encoding: gzip"
HIDDEN = b'{"user":"pl4nted"}'
BOMB = gzip.compress(b'{"user":"pl4nted","b":"' + b"x" * 4_000_000 + b'"}')
NUMBERS = b'{"user":"pl4nted","b":[' + b"1," * 30_000 + b"1]}"  # short, and slow to search


def answering(body: bytes):
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(
            b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n"
            b"%b\r\nContent-Length: %d\r\n\r\n%b" % (CODED, len(body), body)
        )
        writer.close()

    return listening(answer)


@pytest.fixture
def redacting(proxy: Proxy) -> Proxy:
    proxy.kept = {"redact_pointers": ("/user",), "redact_patterns": (r"\d{16}",), "redact_before_storage": True}
    proxy.recording["max_body_bytes"] = LIMIT
    return proxy


@pytest.mark.parametrize(
    ("request_body", "answer_body"),
    [
        (BOMB, gzip.compress(b"{}")),
        (gzip.compress(b"{}"), BOMB),
        (gzip.compress(NUMBERS), gzip.compress(NUMBERS)),
        (gzip.compress(gzip.compress(NUMBERS * 10)), gzip.compress(b"{}")),
    ],
    ids=["request", "answer", "together", "weight"],
)
async def test_what_would_take_long_to_redact_is_served_and_shed_by_name(
    redacting: Proxy, store: Store, request_body: bytes, answer_body: bytes
) -> None:
    """Request or answer: the client has production's bytes, the store has nothing, coverage says why."""
    twice = b", gzip" if gzip.decompress(request_body)[:2] == b"\x1f\x8b" else b""
    async with answering(answer_body) as url:
        redacting.endpoint["url"] = url
        async with redacting:
            got = await redacting.ask(post(request_body, CODED + twice))
            assert (got.status, got.body) == (200, answer_body)
            assert await redacting.settled(1) == {"shed.too_large_to_redact": 1}
            assert redacting.worker_counts().get("buffer_bytes", 0) == 0
            assert await redacting.exchanges() == []


async def test_what_is_redacted_quickly_is_recorded(redacting: Proxy, store: Store) -> None:
    """Coded or not; what is hidden is not there."""
    async with answering(gzip.compress(HIDDEN)) as url:
        redacting.endpoint["url"] = url
        async with redacting:
            await redacting.ask(post(gzip.compress(HIDDEN), CODED))
            exchange = await redacting.exchange()
    outcome = exchange.production.outcome
    assert isinstance(outcome, Answer)
    assert exchange.request.body.data.startswith(b'{"user":"redacted-')
    assert exchange.request.body.data == outcome.body.data


async def test_without_anything_to_look_for_no_body_is_opened(redacting: Proxy, store: Store) -> None:
    """Headers alone are redacted in no time, so a bomb is recorded as it came."""
    redacting.kept = {"headers": ("X-User",), "redact_headers": ("X-User",), "redact_before_storage": True}
    async with answering(gzip.compress(b"{}")) as url:
        redacting.endpoint["url"] = url
        async with redacting:
            await redacting.ask(post(BOMB, CODED, b"X-User: pl4nted"))
            assert (await redacting.exchange()).request.body.data == BOMB
