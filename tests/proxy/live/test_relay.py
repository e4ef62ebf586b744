"""A request's life, on real sockets and a real Redis: what the client gets, and what is recorded of it."""

import asyncio
import gzip

import pytest

from calling.marker import sign
from comparators.settings import CompareSettings
from proxy.settings import SamplingSettings
from records.nouns import Answer, Body
from records.privacy.units import unit_of
from tests.endpoint import Behaviour, Endpoint, Seen, after, answer, raw
from tests.proxy.live.proxying import BODY, CODEC, GET, SECRET, Proxy, listening, post
from tests.until import at_rest, until
from tests.wire import ReceivedAnswer, Wire

OK = b"HTTP/1.1 200 OK\r\n"
JSON = "Content-Type: application/json"
BIG = bytes(range(256)) * 40_000  # 10 MB
HEAD = b"HEAD /p HTTP/1.1\r\nHost: m.test\r\n\r\n"
OURS = {"x-request-id", "connection", "transfer-encoding"}

ANSWERS: dict[str, tuple[bytes, Behaviour]] = {
    "by length": (post(), answer(b'{"a": 1}', "200 OK", JSON, "X-Odd:  a  ", "set-cookie: a", "Set-Cookie: b")),
    "of no length": (post(), answer(b"", "200 OK")),
    "chunked": (
        post(),
        raw(OK + b"Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n4;x\r\ndefg\r\n0\r\nX-Sum: 1\r\n\r\n"),
    ),
    "until close": (post(), raw(OK + b"Server: x\r\n\r\nuntil it closes")),
    "of 1.0": (post(), raw(b"HTTP/1.0 200 OK\r\nServer: old\r\n\r\nuntil it closes")),
    "201": (post(), answer(b"made", "201 Created", "Location: /p/1")),
    "204": (post(), raw(b"HTTP/1.1 204 No Content\r\nX: y\r\n\r\n", close=False)),
    "304": (GET, raw(b'HTTP/1.1 304 Not Modified\r\nETag: "a"\r\nContent-Length: 99\r\n\r\n', close=False)),
    "404": (GET, answer(b"no", "404 Not Found")),
    "422": (post(), answer(b'{"detail": "bad"}', "422 Unprocessable Content", JSON)),
    "500": (post(), answer(b"Traceback", "500 Internal Server Error", "Content-Type: text/plain")),
    "an odd status": (post(), answer(b"?", "799 Whatever  You Say")),
    "no reason": (post(), raw(b"HTTP/1.1 200 \r\nContent-Length: 2\r\n\r\nok", close=False)),
    "gzip": (post(), answer(gzip.compress(b"x" * 9999, mtime=0), "200 OK", "Content-Encoding: gzip")),
    "big": (post(), answer(BIG, "200 OK", "Content-Type: application/octet-stream")),
    "bytes over 127 in a field": (post(), raw(OK + b"X-B: \xe4\xff\r\nContent-Length: 1\r\n\r\n1", close=False)),
    "HEAD by length": (HEAD, raw(OK + b"Content-Length: 5\r\nX: y\r\n\r\n", close=False)),
    "HEAD chunked": (HEAD, raw(OK + b"Transfer-Encoding: chunked\r\n\r\n", close=False)),
}


def told(received: ReceivedAnswer) -> tuple[int, str, list[tuple[str, str]], bytes]:
    headers = [(name, value) for name, value in received.headers if name.lower() not in OURS]
    return received.status, received.reason, headers, received.body


@pytest.mark.parametrize(("request_", "behaviour"), ANSWERS.values(), ids=ANSWERS.keys())
async def test_the_client_gets_productions_answer(
    proxy: Proxy, production: Endpoint, request_: bytes, behaviour: Behaviour
) -> None:
    """Status, reason, fields in their order and body are those without the proxy, and are what is recorded."""
    production.behaviour = behaviour
    to_head = request_ is HEAD
    async with Wire(production.port) as direct:
        await direct.send(request_)
        expected = told(await direct.answer(to_head=to_head))
    async with proxy:
        assert told(await proxy.ask(request_, to_head=to_head)) == expected
        outcome = (await proxy.exchange()).production.outcome
    assert isinstance(outcome, Answer)
    assert (outcome.status, outcome.body.size) == (expected[0], len(expected[3]))
    assert outcome.body.data == expected[3][: 1024 * 1024]


REQUESTS = {
    "by length": (post(b"abc" * 1000), b"abc" * 1000),
    "of no length": (post(b""), b""),
    "without a body": (GET, b""),
    "chunked": (
        b"POST /p HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n1\r\nd\r\n0\r\nX: y\r\n\r\n",
        b"abcd",
    ),
    "an empty chunked one": (b"POST /p HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", b""),
    "of 1.0": (post(b"old", version=b"1.0"), b"old"),
    "big": (post(BIG[:900_000]), BIG[:900_000]),
}


@pytest.mark.parametrize(("request_", "body"), REQUESTS.values(), ids=REQUESTS.keys())
async def test_production_gets_the_clients_request(
    proxy: Proxy, production: Endpoint, request_: bytes, body: bytes
) -> None:
    """Method, target and body as they came, whatever their framing; and they are what is recorded."""
    async with proxy:
        assert (await proxy.ask(request_)).status == 200
        exchange = await proxy.exchange()
    (seen,) = production.seen
    assert (seen.line, seen.body) == (f"{request_[:4].decode().strip()} /p HTTP/1.1", body)
    assert (exchange.request.method, exchange.request.target) == (seen.line.split()[0], "/p")
    assert exchange.request.body == Body(body, len(body))


async def test_what_is_recorded_is_what_happened(proxy: Proxy, production: Endpoint) -> None:
    """Headers of the allow list, no credential in the target, timings in their order, and the ids the client knows."""
    production.behaviour = answer(b"{}", "200 OK", JSON, "X-Model-Version: 7", "Set-Cookie: s", "X-Other: o")
    proxy.endpoint |= {"version_header": "X-Model-Version", "build": "sha256:1"}
    async with proxy:
        got = await proxy.ask(
            post(BODY, b"Content-Type: application/json", b"Authorization: s3cret", target=b"/p?a=1&api_key=s3cret")
        )
        exchange = await proxy.exchange()
    assert dict(exchange.request.headers).keys() == {b"content-type", b"x-request-id", b"traceparent"}
    assert dict(exchange.request.headers)[b"x-request-id"].decode() == got.header("X-Request-ID") == exchange.id
    assert exchange.request.target == "/p?a=1"
    observation = exchange.production
    assert isinstance(observation.outcome, Answer)
    assert dict(observation.outcome.headers) == {b"content-type": b"application/json", b"x-model-version": b"7"}
    assert (observation.version, observation.declared_build, observation.in_flight) == ("7", "sha256:1", 1)
    timings = observation.timings
    offsets = [timings.received, timings.connected, timings.sent, timings.first_byte, timings.last_byte]
    assert None not in offsets
    assert offsets == sorted(offsets, key=lambda each: each or 0)
    assert (exchange.route, exchange.revision, observation.reader_paused) == ("root", 1, False)
    assert production.seen[0].header("Authorization") == "s3cret"


async def test_events_arrive_one_by_one(proxy: Proxy, production: Endpoint) -> None:
    """An SSE stream's second event is sent only after the client has the first."""
    go_on = asyncio.Event()

    async def stream(_: Seen, writer: asyncio.StreamWriter) -> None:
        writer.write(OK + b"Content-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n")
        for number in range(3):
            event = b"data: %d\n\n" % number
            writer.write(b"%x\r\n%b\r\n" % (len(event), event))
            await writer.drain()
            await go_on.wait()
            go_on.clear()
        writer.write(b"0\r\n\r\n")

    production.behaviour = stream
    async with proxy, proxy.wire() as wire:
        await wire.send(GET)
        assert (await wire.head()).header("Content-Type") == "text/event-stream"
        for number in range(3):
            assert await wire.chunk() == b"data: %d\n\n" % number
            go_on.set()
        assert await wire.chunk() == b""
        outcome = (await proxy.exchange()).production.outcome
    assert isinstance(outcome, Answer)
    assert outcome.body.data == b"data: 0\n\ndata: 1\n\ndata: 2\n\n"


async def test_a_connection_is_kept_on_both_sides(proxy: Proxy, production: Endpoint) -> None:
    """Fifty requests, half of them pipelined, on one connection to the client and one to production."""

    async def echo(seen: Seen, writer: asyncio.StreamWriter) -> None:
        await answer(seen.body)(seen, writer)

    production.behaviour = echo
    async with proxy, proxy.wire() as wire:
        for number in range(25):
            await wire.send(post(b"%d" % number))
            assert (await wire.answer()).body == b"%d" % number
        await wire.send(*[post(b"%d" % number) for number in range(25)])
        assert [(await wire.answer()).body for _ in range(25)] == [b"%d" % number for number in range(25)]
        assert (await proxy.settled(50))["recorded"] == 50
    assert production.connections == 1


async def test_many_clients_at_once(proxy: Proxy, production: Endpoint) -> None:
    """Each gets its own answer, and each request is recorded once."""

    async def echo(seen: Seen, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(0)
        await answer(seen.body)(seen, writer)

    async def client(number: int) -> None:
        async with proxy.wire() as wire:
            for turn in range(10):
                await wire.send(post(b"%d-%d" % (number, turn)))
                assert (await wire.answer()).body == b"%d-%d" % (number, turn)

    production.behaviour = echo
    proxy.endpoint["max_connections"] = 8
    async with proxy:
        await asyncio.gather(*[client(number) for number in range(40)])
        assert await proxy.settled(400) == {"recorded": 400}
        recorded = await proxy.exchanges()
    assert {each.request.body.data for each in recorded} == {b"%d-%d" % (n, t) for n in range(40) for t in range(10)}
    assert len({each.id for each in recorded}) == 400


# ---- what is not recorded


@pytest.mark.parametrize(
    ("request_", "reason"),
    [
        (b"OPTIONS /p HTTP/1.1\r\nHost: a\r\n\r\n", "method"),
        (b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n", "health_path"),
        (post(BODY, b"X-Understudy-Shadow: " + sign(SECRET, "x-1").encode()), "shadow_marker"),
    ],
)
async def test_what_is_not_sampled_is_served_and_counted(proxy: Proxy, request_: bytes, reason: str) -> None:
    """Under its reason, and not kept."""
    async with proxy:
        assert (await proxy.ask(request_)).status == 200
        assert await proxy.settled(1) == {f"not_sampled.{reason}": 1}
        assert await proxy.exchanges() == []


@pytest.mark.parametrize("header", ["X-User", "X-Request-ID"])
async def test_sampling_by_a_header_takes_whole_users(proxy: Proxy, header: str) -> None:
    """All of a user's requests or none, and the user is known by a hash alone."""
    proxy.route["sampling"] = SamplingSettings(ratio=0.5, key=header)
    async with proxy:
        for user in range(20):
            for _ in range(3):
                await proxy.ask(post(BODY, b"%b: u-%d" % (header.encode(), user)))
        counts = await proxy.settled(60)
        keys = [each.sampling_key for each in await proxy.exchanges()]
    assert counts["recorded"] + counts["not_sampled.ratio"] == 60
    assert counts["recorded"] % 3 == 0
    assert all(keys.count(key) == 3 and "u-" not in key for key in keys)


@pytest.mark.parametrize("header", ["X-User", "Authorization", "X-Request-ID"])
async def test_a_header_says_whose_a_request_is(proxy: Proxy, header: str) -> None:
    """By a keyed hash of its value; the value of a header that is not kept is in no record."""
    proxy.route["compare"] = CompareSettings(unit=f"header:{header}")
    users = (b"u-jane", b"u-joe", b"u-jane")
    async with proxy:
        for user in users:
            await proxy.ask(post(BODY, b"%b: %b" % (header.encode(), user)))
        await proxy.settled(3)
        exchanges = await proxy.exchanges()
    assert sorted(each.unit for each in exchanges) == sorted(unit_of(header.lower(), user, SECRET) for user in users)
    assert header == "X-Request-ID" or not any(b"u-j" in CODEC.encode(each) for each in exchanges)


async def test_a_request_without_the_header_is_nobodys(proxy: Proxy) -> None:
    """Nor has any a unit where settings name none."""
    proxy.route["compare"] = CompareSettings(unit="header:X-User")
    async with proxy:
        await proxy.ask(post())
        await proxy.settled(1)
        assert [each.unit for each in await proxy.exchanges()] == [""]


async def test_a_path_of_no_route(proxy: Proxy) -> None:
    """404 with a reason; counted beside the routes' requests; the connection stays."""
    proxy.route["prefix"] = "/v2"
    async with proxy, proxy.wire() as wire:
        await wire.send(post(target=b"/other"), HEAD, post(target=b"/v2/p"))
        got = [await wire.answer(), await wire.answer(to_head=True), await wire.answer()]
        assert [each.status for each in got] == [404, 404, 200]
        assert got[0].header("X-Understudy-Reason") == "no_route"
        counts = proxy.worker_counts()
        assert (counts["unrouted"], counts["connections"]) == (2, 1)


async def test_what_is_refused_is_counted_apart(proxy: Proxy) -> None:
    """It never became a request."""
    async with proxy:
        assert (await proxy.ask(b"GET / HTTP/1.1\r\n\r\n")).status == 400
        assert proxy.worker_counts()["refused"] == 1
        assert await proxy.settled(0) == {}


async def test_a_request_that_is_too_large_is_served(proxy: Proxy, production: Endpoint) -> None:
    """And shed under its reason; one byte less is recorded."""
    proxy.recording["max_body_bytes"] = 200_000
    async with proxy:
        assert (await proxy.ask(post(b"x" * 200_001))).status == 200
        assert (await proxy.ask(post(b"y" * 200_000))).status == 200
        assert await proxy.settled(2) == {"recorded": 1, "shed.request_too_large": 1}
    assert [len(seen.body) for seen in production.seen] == [200_001, 200_000]


async def test_an_answer_that_is_too_large_is_cut_and_says_so(proxy: Proxy, production: Endpoint) -> None:
    """The client has all of it; the record has its beginning and its size."""
    proxy.recording["max_body_bytes"] = 1000
    production.behaviour = answer(BIG)
    async with proxy:
        assert (await proxy.ask(post())).body == BIG
        outcome = (await proxy.exchange()).production.outcome
    assert isinstance(outcome, Answer)
    assert outcome.body == Body(BIG[:1000], len(BIG), cut=True)


async def test_without_memory_the_shadow_is_shed(proxy: Proxy, production: Endpoint) -> None:
    """The client has its answer; what was reserved is free again for the next one."""
    proxy.recording["buffer_max_bytes"] = 65_536
    production.behaviour = answer(b"x" * 50_000)
    async with proxy:
        assert len((await proxy.ask(post(b"y" * 40_000))).body) == 50_000
        assert await proxy.settled(1) == {"shed.memory": 1}
        assert (await proxy.ask(post(b"y" * 10_000))).status == 200
        assert await proxy.settled(2) == {"recorded": 1, "shed.memory": 1}


async def test_headers_count_as_memory_too(proxy: Proxy) -> None:
    """A client cannot fill the buffer by the length of its User-Agent."""
    proxy.recording["buffer_max_bytes"] = 65_536
    proxy.recording["linger_ms"] = 500  # what was offered waits
    async with proxy:
        for _ in range(3):
            assert (await proxy.ask(post(BODY, b"User-Agent: " + b"u" * 30_000))).status == 200
        assert await proxy.settled(3) == {"recorded": 2, "shed.memory": 1}


# ---- sides that leave, or answer early


async def test_a_client_that_leaves_cancels_its_call(proxy: Proxy) -> None:
    """Production sees the connection go, and the request is counted."""
    begun, gone = asyncio.Event(), asyncio.Event()

    async def work(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(BODY)
        begun.set()
        assert await reader.read() == b""
        gone.set()
        writer.close()

    async with listening(work) as url:
        proxy.endpoint["url"] = url
        async with proxy, asyncio.timeout(10):
            async with proxy.wire() as wire:
                await wire.send(post())
                await begun.wait()
            await gone.wait()
            assert await proxy.settled(1) == {"shed.client_gone": 1}


async def test_a_client_that_leaves_in_the_middle_of_its_request(proxy: Proxy, production: Endpoint) -> None:
    """Half a request is nothing to record, whatever the route says about finishing."""
    proxy.route["finish_abandoned"] = True
    async with proxy:
        async with proxy.wire() as wire:
            await wire.send(post(b"x" * 1000)[:-500])
        assert await proxy.settled(1) == {"shed.client_gone": 1}


async def test_an_abandoned_answer_may_be_finished(proxy: Proxy, production: Endpoint) -> None:
    """Where the route says so it is read on, also where the client had held it up, and recorded."""
    go_on = asyncio.Event()

    production.behaviour = after(go_on, answer(BIG))
    proxy.route["finish_abandoned"] = True
    async with proxy:
        async with proxy.wire() as wire:
            await wire.send(post())
            await production.wait_for(1)
        go_on.set()
        outcome = (await proxy.exchange()).production.outcome
    assert isinstance(outcome, Answer)
    assert outcome.body.size == len(BIG)


async def test_a_client_that_leaves_while_it_waits_for_a_connection(proxy: Proxy, production: Endpoint) -> None:
    """Its turn passes to the next one, and nothing is sent for it."""
    go_on = asyncio.Event()

    async def slow(seen: Seen, writer: asyncio.StreamWriter) -> None:
        await go_on.wait()
        await answer(seen.body)(seen, writer)

    production.behaviour = slow
    proxy.endpoint["max_connections"] = 1
    async with proxy, proxy.wire() as first, proxy.wire() as third:
        await first.send(post(b"1"))
        await production.wait_for(1)
        async with proxy.wire() as second:
            await second.send(post(b"2"))
            await until(lambda: proxy.counts()["requests"] == 2)
        await third.send(post(b"3"))
        go_on.set()
        assert [(await wire.answer()).body for wire in (first, third)] == [b"1", b"3"]
        assert await proxy.settled(3) == {"recorded": 2, "shed.client_gone": 1}
    assert [seen.body for seen in production.seen] == [b"1", b"3"]


async def test_an_answer_to_half_a_request(proxy: Proxy) -> None:
    """A 413 that production gives early reaches the client; it is counted, since no candidate could be asked that."""

    async def early(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 413 Too Large\r\nContent-Length: 2\r\n\r\nno")
        await reader.read()
        writer.close()

    async with listening(early) as url:
        proxy.endpoint["url"] = url
        async with proxy, proxy.wire() as wire:
            await wire.send(post(b"x" * 10_000_000)[:100_000])
            got = await wire.answer()
            assert (got.status, got.body, got.header("Connection")) == (413, b"no", "close")
            assert await wire.rest() == b""
            assert await proxy.settled(1) == {"shed.request_unread": 1}


async def test_a_continue_is_productions_to_give(proxy: Proxy) -> None:
    """Expect passes on; the client hears 100 when production says so, and then sends its body."""
    said = []

    async def careful(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        said.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        said.append(await reader.readexactly(4))
        writer.write(OK + b"Content-Length: 2\r\n\r\nok")
        await reader.read()
        writer.close()

    async with listening(careful) as url:
        proxy.endpoint["url"] = url
        async with proxy, proxy.wire() as wire:
            await wire.send(post(b"body", b"Expect: 100-continue")[:-4])
            assert (await wire.answer()).status == 100
            assert len(said) == 1
            await wire.send(b"body")
            assert (await wire.answer()).body == b"ok"
            assert (await proxy.exchange()).request.body.data == b"body"
    assert b"\r\nExpect: 100-continue\r\n" in said[0]


async def test_an_unasked_continue_is_not_passed_on(proxy: Proxy, production: Endpoint) -> None:
    """A client that did not ask may not understand it; other interim answers pass, but to HTTP/1.0 none."""
    production.behaviour = raw(
        b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"
        + OK
        + b"Content-Length: 2\r\n\r\nok",
        close=False,
    )
    async with proxy:
        async with proxy.wire() as wire:
            await wire.send(post())
            hints = await wire.answer()
            assert (hints.status, hints.header("Link")) == (103, "</a>")
            assert (await wire.answer()).body == b"ok"
        assert (await proxy.ask(post(version=b"1.0"))).body == b"ok"


async def test_a_slow_client_slows_production(proxy: Proxy, production: Endpoint) -> None:
    """What production could send stays within buffers; and the exchange says that the reader held it up."""
    written = 0

    async def stream(_: Seen, writer: asyncio.StreamWriter) -> None:
        nonlocal written
        writer.write(OK + b"Content-Length: %d\r\n\r\n" % (64 * 1_048_576))
        for _ in range(64):
            writer.write(b"x" * 1_048_576)
            await writer.drain()
            written += 1

    production.behaviour = stream
    async with proxy, proxy.wire(limit=1024) as wire:
        await wire.send(GET)
        await wire.head()
        before = -1
        while before != written:  # until it stands still
            before = written
            await at_rest()
        assert written < 40
        await wire.reader.readexactly(64 * 1_048_576)
        exchange = await proxy.exchange()
    assert exchange.production.reader_paused


async def test_a_slow_production_slows_the_client(proxy: Proxy) -> None:
    """What a client could send stays within buffers."""
    go_on = asyncio.Event()

    async def slow(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        await go_on.wait()
        await reader.readexactly(64 * 1_048_576)
        writer.write(OK + b"Content-Length: 2\r\n\r\nok")
        writer.close()

    async with listening(slow) as url:
        proxy.endpoint["url"] = url
        async with proxy, proxy.wire() as wire:
            sent = 0

            async def upload() -> None:
                nonlocal sent
                await wire.send(b"POST /p HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n" % (64 * 1_048_576))
                for _ in range(64):
                    await wire.send(b"x" * 1_048_576)
                    sent += 1

            uploading = asyncio.get_running_loop().create_task(upload())
            before = -1
            while before != sent:
                before = sent
                await at_rest()
            assert sent < 40
            go_on.set()
            await uploading
            assert (await wire.answer()).body == b"ok"
            assert await proxy.settled(1) == {"shed.request_too_large": 1}


# ---- changes at run time, and the end


async def test_another_endpoint_without_a_failed_request(proxy: Proxy, production: Endpoint) -> None:
    """Requests under way, and those that wait for a connection, end where they began; the next one goes to the new
    endpoint; the revision is recorded."""
    go_on = asyncio.Event()

    production.behaviour = after(go_on, answer(b"old"))
    proxy.endpoint["max_connections"] = 1
    async with Endpoint(answer(b"new")) as other, proxy, proxy.wire() as wire, proxy.wire() as waiting:
        await wire.send(post())
        await waiting.send(post())
        await until(lambda: proxy.counts().get("requests") == 2)
        await production.wait_for(1)
        proxy.endpoint["url"] = other.url
        await proxy.apply(revision=2)
        assert (await proxy.ask(post())).body == b"new"
        go_on.set()
        assert [(await each.answer()).body for each in (wire, waiting)] == [b"old"] * 2
        await proxy.settled(3)
        exchanges = await proxy.exchanges()
    assert sorted((each.revision, each.production.outcome.body.data) for each in exchanges) == [  # type: ignore[union-attr]
        (1, b"old"),
        (1, b"old"),
        (2, b"new"),
    ]


async def test_a_stop_finishes_replies_and_flushes(proxy: Proxy, production: Endpoint) -> None:
    """The reply under way comes and says close; what was recorded is in the store, with totals that add up there."""
    go_on = asyncio.Event()

    production.behaviour = after(go_on, answer(b"last"))
    async with proxy, proxy.wire() as busy, proxy.wire() as idle:
        await busy.send(post())
        await production.wait_for(1)
        stopping = asyncio.get_running_loop().create_task(proxy.stop())
        assert await idle.rest() == b""
        assert proxy.worker.not_ready() == "draining"
        go_on.set()
        got = await busy.answer()
        assert (got.body, got.header("Connection")) == (b"last", "close")
        await stopping
        coverage = await proxy.store.coverage("root")
    assert (coverage.requests, coverage.recorded, coverage.held) == (1, 1, 0)


async def test_a_stop_whose_deadline_passes_counts_what_it_cut(proxy: Proxy, production: Endpoint) -> None:
    """The connection is cut; the request is counted, in the file and in the store."""

    async def never(_: Seen, writer: asyncio.StreamWriter) -> None:
        await writer.wait_closed()

    production.behaviour = never
    async with proxy, proxy.wire() as wire:
        await wire.send(post())
        await production.wait_for(1)
        await proxy.stop(deadline_s=2.0)
        assert await proxy.settled(1) == {"shed.client_gone": 1}
        coverage = await proxy.store.coverage("root")
        with pytest.raises((ConnectionError, asyncio.IncompleteReadError)):
            await wire.answer()
    assert (coverage.requests, dict(coverage.shed), coverage.held) == (1, {"client_gone": 1}, 0)


async def test_connections_are_capped(proxy: Proxy) -> None:
    """One too many waits in the kernel's queue, and is served when there is room."""
    proxy.limits["max_connections"] = 2
    async with proxy, proxy.wire() as one, proxy.wire() as two:
        for wire in (one, two):
            await wire.send(post())
            await wire.answer()
        async with proxy.wire() as three:
            await three.send(post())
            waiting = asyncio.get_running_loop().create_task(three.answer())
            await two.send(post())
            await two.answer()
            assert (proxy.worker_counts()["connections"], waiting.done()) == (2, False)
            one.writer.close()
            assert (await waiting).status == 200
        assert await proxy.settled(4) == {"recorded": 4}


@pytest.mark.parametrize(("sending", "answering"), [(0, 50_000_000), (50_000_000, 0)])
async def test_the_loops_lag_is_that_of_the_moment_when_the_request_was_sent(
    proxy: Proxy, production: Endpoint, sending: int, answering: int
) -> None:
    """Whether a pair counts as latency is decided before production does anything."""
    async with proxy:
        sweep = proxy.worker._sweep
        sweep._timer.cancel()  # nothing but this test moves it
        sweep.lag_ns = sending

        async def behave(seen: Seen, writer: asyncio.StreamWriter) -> None:
            sweep.lag_ns = answering
            await answer(b"{}")(seen, writer)

        production.behaviour = behave
        assert (await proxy.ask(post())).status == 200
        assert (await proxy.exchange()).production.loop_lag_ns == sending
