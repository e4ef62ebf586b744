"""Production, the store or the network fails: what the client is told, what is retried, and what is counted."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import orjson
import pytest
from structlog.testing import capture_logs

from records.nouns import Exchange, Failure
from records.settings import RecordingSettings, RedisSettings
from records.store.store import Store
from tests.endpoint import Behaviour, Endpoint, Seen, after, answer, hang, raw, reset
from tests.proxy.live.proxying import BODY, GET, Proxy, listening, post
from tests.until import until

OK = b"HTTP/1.1 200 OK\r\n"
CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"
HEAD = b"HEAD /p HTTP/1.1\r\nHost: m.test\r\n\r\n"


async def failure(proxy: Proxy, sent: int = 1) -> Failure:
    """What is recorded of a call that failed; it tells when that was found, and has no last byte."""
    production = (await proxy.exchange(sent)).production
    outcome, times = production.outcome, production.timings
    assert isinstance(outcome, Failure)
    assert times.last_byte is None
    assert times.failed is not None
    assert times.failed >= max(each or 0 for each in (times.received, times.sent, times.first_byte))
    return outcome


NO_ANSWER: dict[str, tuple[Behaviour, int, str]] = {
    "closes": (raw(b""), 502, "closed_before_answer"),
    "resets": (reset(b""), 502, "closed_before_answer"),
    "closes inside the head": (raw(OK + b"Content-"), 502, "closed_before_answer"),
    "speaks no HTTP": (raw(b"SSH-2.0-OpenSSH\r\n", close=False), 502, "protocol"),
    "gives two lengths": (raw(OK + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\nab", close=False), 502, "protocol"),
    "gives length and coding": (
        raw(OK + b"Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", close=False),
        502,
        "protocol",
    ),
    "switches unasked": (
        raw(b"HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n", close=False),
        502,
        "protocol",
    ),
    "says nothing": (hang, 504, "first_byte_timeout"),
    "stops inside the head": (raw(OK, close=False), 504, "first_byte_timeout"),
}


@pytest.mark.parametrize(("behaviour", "status", "kind"), NO_ANSWER.values(), ids=NO_ANSWER.keys())
async def test_production_gives_no_answer(
    proxy: Proxy, production: Endpoint, behaviour: Behaviour, status: int, kind: str
) -> None:
    """The client gets a small JSON body with a reason in our words; the connection stays; the failure is recorded."""
    production.behaviour = behaviour
    proxy.endpoint |= {"first_byte_timeout_s": 0.1, "idle_timeout_s": 0.1}
    async with proxy, proxy.wire() as wire:
        for _ in range(2):
            await wire.send(post())
            got = await wire.answer()
            assert (got.status, got.header("X-Understudy-Reason")) == (status, f"production_{kind}")
            assert (got.header("Content-Type"), got.header("Connection")) == ("application/json", None)
            said = orjson.loads(got.body)
            assert said.keys() == {"error", "reason"}
            assert "SSH" not in said["error"]
        assert await proxy.settled(2) == {"recorded": 2, "failed": 2}
        outcomes = [each.production.outcome for each in await proxy.exchanges()]
    assert [each.kind for each in outcomes if isinstance(each, Failure)] == [kind] * 2


async def test_nobody_is_there(proxy: Proxy, production: Endpoint) -> None:
    """502 at once; and once production is back it is asked again, without a word to us."""
    await production.stop()
    async with proxy:
        got = await proxy.ask(post())
        assert (got.status, got.header("X-Understudy-Reason")) == (502, "production_connect")
        assert (await failure(proxy)).kind == "connect"
        async with Endpoint(answer(b"back"), port=production.port):
            assert (await proxy.ask(post())).body == b"back"


async def no_tls(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answer a handshake as a server without TLS does."""
    writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
    await writer.drain()
    writer.close()


@pytest.mark.parametrize(
    "url",
    ["http://127.0.0.1:1", "http://model.internal.invalid:8000/base", "unix:/run/internal/model.sock", "https:"],
    ids=["refuses", "has a name that nobody knows", "is a socket that is not there", "speaks no TLS"],
)
async def test_a_client_learns_nothing_of_our_inside(proxy: Proxy, url: str) -> None:
    """That production can't be reached is told; where it is, and what the network said of it, is the log's."""
    async with listening(no_tls) as without_tls:
        proxy.endpoint["url"] = where = without_tls.replace("http:", "https:") if url == "https:" else url
        with capture_logs() as logs:
            async with proxy:
                for _ in range(3):
                    got = await proxy.ask(post())
                    assert (got.status, got.header("X-Understudy-Reason")) == (502, "production_connect")
                    assert orjson.loads(got.body)["error"] == "production could not be reached"
    (line,) = [each for each in logs if each["event"] == "production.failed"]
    assert (line["route"], line["endpoint"], line["kind"], line["failed"]) == ("root", where, "connect", 1)
    assert line["detail"].startswith(("no connection to", "TLS with"))


async def test_all_connections_are_in_use(proxy: Proxy, production: Endpoint) -> None:
    """503 after a bounded wait; those in use are not disturbed."""
    go_on = asyncio.Event()

    production.behaviour = after(go_on, answer(b"slow"))
    proxy.endpoint |= {"max_connections": 1, "acquire_timeout_s": 0.1}
    async with proxy, proxy.wire() as wire:
        await wire.send(post())
        await production.wait_for(1)
        got = await proxy.ask(post())
        assert (got.status, got.header("X-Understudy-Reason")) == (503, "production_pool_timeout")
        go_on.set()
        assert (await wire.answer()).body == b"slow"
        assert await proxy.settled(2) == {"recorded": 2, "failed": 1}


async def test_the_whole_takes_too_long(proxy: Proxy, production: Endpoint) -> None:
    """A route may bound the whole call; past the head the client's connection is cut."""

    production.behaviour = raw(OK + b"Content-Length: 1000\r\n\r\nxx", close=False)
    proxy.endpoint["timeout_s"] = 0.3
    async with proxy:
        with pytest.raises((asyncio.IncompleteReadError, ConnectionError)):
            await proxy.ask(post())
        told = await failure(proxy)
    assert (told.kind, told.status) == ("timeout", 200)


async def test_a_failure_is_told_to_a_head_request_without_a_body(proxy: Proxy, production: Endpoint) -> None:
    """Or its body would be the next answer's head."""
    production.behaviour = raw(b"")
    async with proxy, proxy.wire() as wire:
        await wire.send(HEAD, HEAD, GET)
        assert [(await wire.answer(to_head=True)).status for _ in range(2)] == [502, 502]
        assert orjson.loads((await wire.answer()).body)["reason"] == "production_closed_before_answer"


MIDWAY = {
    "by length": OK + b"Content-Length: 50\r\n\r\nhalf",
    "chunked": CHUNKED + b"4\r\nhalf\r\n",
    "inside a chunk": CHUNKED + b"8\r\nhalf",
}


@pytest.mark.parametrize("version", [b"1.1", b"1.0"])
@pytest.mark.parametrize("end", [raw, reset], ids=["closes", "resets"])
@pytest.mark.parametrize("sent", MIDWAY.values(), ids=MIDWAY.keys())
async def test_production_leaves_midway(
    proxy: Proxy, production: Endpoint, sent: bytes, version: bytes, end: object
) -> None:
    """The client sees a cut connection, never a complete-looking answer; not even a client of HTTP/1.0."""
    go_on = asyncio.Event()

    async def leave(seen: Seen, writer: asyncio.StreamWriter) -> None:
        writer.write(sent)
        await go_on.wait()
        await (reset(b"") if end is reset else raw(b""))(seen, writer)

    production.behaviour = leave
    async with proxy, proxy.wire() as wire:
        await wire.send(post(version=version))
        await wire.head()
        if version == b"1.1" and sent.startswith(CHUNKED):
            assert await wire.chunk() == b"half"
        else:
            assert await wire.reader.readexactly(4) == b"half"
        go_on.set()
        with pytest.raises(ConnectionResetError):
            await wire.rest()
        told = await failure(proxy)
    assert (told.kind, told.status) == ("closed_midway", 200)


async def test_bad_framing_behind_a_good_head(proxy: Proxy, production: Endpoint) -> None:
    """An answer had begun: the connection is cut."""
    production.behaviour = raw(CHUNKED + b"zz\r\n", close=False)
    async with proxy:
        with pytest.raises((ConnectionResetError, asyncio.IncompleteReadError)):
            await proxy.ask(post())
        told = await failure(proxy)
    assert (told.kind, told.status) == ("protocol", 200)


async def test_bad_framing_midway(proxy: Proxy, production: Endpoint) -> None:
    """As leaving: what came so far must not look complete."""
    go_on = asyncio.Event()

    async def babble(_: Seen, writer: asyncio.StreamWriter) -> None:
        writer.write(CHUNKED + b"4\r\nhalf\r\n")
        await go_on.wait()
        writer.write(b"-1\r\n")

    production.behaviour = babble
    async with proxy, proxy.wire() as wire:
        await wire.send(post())
        await wire.head()
        assert await wire.chunk() == b"half"
        go_on.set()
        with pytest.raises(ConnectionResetError):
            await wire.rest()
        assert (await failure(proxy)).kind == "protocol"


async def test_production_hangs_up_in_the_middle_of_an_upload(proxy: Proxy) -> None:
    """The client is told; half a request is nothing to record."""

    async def hang_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.transport.abort()

    async with listening(hang_up) as url:
        proxy.endpoint["url"] = url
        async with proxy, proxy.wire() as wire:
            await wire.send(post(b"x" * 500_000)[:-100_000])
            got = await wire.answer()
            assert (got.status, got.header("X-Understudy-Reason")) == (502, "production_closed_before_answer")
            assert await proxy.settled(1) == {"shed.request_unread": 1, "failed": 1}


async def test_production_stops_reading_in_the_middle_of_an_upload(proxy: Proxy) -> None:
    """It holds the client up for a bounded time."""
    over = asyncio.Event()

    async def deaf(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await over.wait()
        writer.transport.abort()

    async with listening(deaf) as url:
        proxy.endpoint |= {"url": url, "idle_timeout_s": 0.3}
        async with proxy, proxy.wire() as wire:
            wire.writer.write(post(b"x" * 50_000_000))
            got = await wire.answer()
            assert (got.status, got.header("X-Understudy-Reason")) == (504, "production_idle_timeout")
            over.set()


# ---- retries: a kept connection that dies says nothing about the request


@asynccontextmanager
async def forgetful() -> AsyncIterator[tuple[str, list[bytes]]]:
    """A production that hangs up at the second request on a connection; and the requests it saw."""
    seen: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        seen.append(await reader.readuntil(b"\r\n\r\n"))
        if not seen[-1].startswith((b"GET", b"HEAD")):
            await reader.readuntil(b"}")
        writer.write(OK + b"Content-Length: 2\r\n\r\n" + (b"" if seen[-1].startswith(b"HEAD") else b"ok"))
        seen.append(await reader.readuntil(b"\r\n\r\n"))
        writer.close()

    async with listening(serve) as url:
        yield url, seen


PUT = post().replace(b"POST", b"PUT", 1)


@pytest.mark.parametrize("request_", [GET, HEAD, PUT], ids=["GET", "HEAD", "PUT"])
async def test_an_idempotent_request_is_retried(proxy: Proxy, request_: bytes) -> None:
    """Once, on a fresh connection; the client notices nothing, and it is one request."""
    async with forgetful() as (url, seen):
        proxy.endpoint["url"] = url
        async with proxy:
            for _ in range(3):
                assert (await proxy.ask(request_, to_head=request_ is HEAD)).status == 200
            assert await proxy.settled(3) == {"recorded": 3}
        assert len(seen) == 5
        assert (await proxy.exchanges())[1].production.outcome.status == 200  # type: ignore[union-attr]


async def test_a_post_is_not_retried(proxy: Proxy) -> None:
    """It may have been carried out; whether to send it again is the client's to say."""
    async with forgetful() as (url, seen):
        proxy.endpoint["url"] = url
        async with proxy:
            assert [(await proxy.ask(post())).status for _ in range(2)] == [200, 502]
            assert await proxy.settled(2) == {"recorded": 2, "failed": 1}
        assert len(seen) == 2


async def test_a_route_may_have_its_posts_retried(proxy: Proxy) -> None:
    """Inference is commonly safe to repeat; the body is sent again whole."""
    async with forgetful() as (url, seen):
        proxy.endpoint["url"] = url
        proxy.route["retry_unsafe"] = True
        async with proxy:
            assert [(await proxy.ask(post())).status for _ in range(2)] == [200, 200]
            assert {each.request.body.data for each in await recorded(proxy, 2)} == {BODY}
        assert len(seen) == 3


async def recorded(proxy: Proxy, count: int) -> list[Exchange]:
    assert await proxy.settled(count) == {"recorded": count}
    return await proxy.exchanges()


async def test_a_retry_happens_once(proxy: Proxy) -> None:
    """A production that hangs up on every request is asked twice, no more."""
    requests = 0

    async def first_only(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal requests
        while await reader.readuntil(b"\r\n\r\n"):
            requests += 1
            if requests > 1:
                writer.close()
                return
            writer.write(OK + b"Content-Length: 2\r\n\r\nok")

    async with listening(first_only) as url:
        proxy.endpoint["url"] = url
        async with proxy:
            assert [(await proxy.ask(GET)).status for _ in range(2)] == [200, 502]
    assert requests == 3


async def test_a_request_that_was_not_kept_is_not_retried(proxy: Proxy) -> None:
    """A large body that nothing recorded is gone once sent."""
    proxy.recording["max_body_bytes"] = 1000

    async def first_only(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(OK + b"Content-Length: 2\r\n\r\nok")
        await reader.readuntil(b"\r\n\r\n")
        await reader.readexactly(200_000)
        writer.close()

    async with listening(first_only) as url:
        proxy.endpoint["url"] = url
        async with proxy, proxy.wire() as wire:
            assert (await proxy.ask(GET)).status == 200
            large = post(b"x" * 200_000).replace(b"POST", b"PUT", 1)
            await wire.send(large[:100_000])
            await wire.send(large[100_000:])
            assert (await wire.answer()).status == 502


# ---- the store is away


async def test_without_a_store_it_serves_and_counts(proxy: Proxy, tmp_path: Path) -> None:
    """What fits waits, what does not is shed under the store's name, and at a stop the rest is; nothing is lost
    silently."""
    proxy.store = Store.create(
        RedisSettings(url=f"unix://{tmp_path / 'nobody.sock'}", timeout_s=0.2), RecordingSettings(partitions=2)
    )
    proxy.recording["buffer_max_items"] = 3
    async with proxy:
        assert (await proxy.ask(post())).status == 200
        await until(lambda: proxy.worker._shelves["root"].away)
        for _ in range(9):
            assert (await proxy.ask(post())).status == 200
        counts = proxy.counts()
        assert counts["requests"] == 10
        assert counts["held"] + counts["shed.store_away"] == 10
        assert counts["held"] in (3, 4)  # a group may be on its way, besides the shelf
        await proxy.stop(deadline_s=0.5)
        counts = proxy.counts()
    assert counts.get("held", 0) + counts["shed.store_away"] == 10
    await proxy.store.close()


async def test_without_room_for_its_counters_a_worker_serves(proxy: Proxy, tmp_path: Path) -> None:
    """It counts in memory, records as ever, and one line names the file and what is not known meanwhile."""
    (tmp_path / "w-1.mm").mkdir()
    with capture_logs() as logs:
        async with proxy:
            assert (await proxy.ask(post())).status == 200

            async def recorded() -> bool:
                return len(await proxy.exchanges()) == 1

            await until(recorded, "it to be recorded")
    (line,) = [each for each in logs if each["event"] == "counters.unkept"]
    assert (line["log_level"], line["file"]) == ("error", str(tmp_path / "w-1.mm"))
    assert line["error"] == "Is a directory"
    assert "metrics are not shown" in line["hint"]
