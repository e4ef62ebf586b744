"""The side a client talks to, on real sockets: order, keep-alive, refusals, limits, interim answers, tunnels, TLS."""

import asyncio
import ssl

import orjson
import pytest

from http1.listen import server_tls
from http1.refusals import METHODS
from http1.settings import ServerLimits
from http1.sweep import Sweep
from tests.certificates import Certificates
from tests.http1.asking import CHUNKED, MANY, SHORT, get, post
from tests.http1.service import Service, serving, wait
from tests.moved_clock import MovedClock
from tests.until import at_rest, until
from tests.wire import Wire


async def test_serves_one_request_after_the_other(sweep: Sweep) -> None:
    """A connection is kept, and each answer is its request's."""
    service = Service()
    async with serving(service, sweep) as port, Wire(port) as wire:
        for number in range(3):
            await wire.send(get(b"/%d" % number))
            answer = await wire.answer()
            assert (answer.body, answer.header("Connection")) == (b"/%d " % number, None)
    assert len(service.connections) == 1


@pytest.mark.parametrize("size", [1, 7, 1 << 20], ids=["byte by byte", "in sevens", "at once"])
async def test_pipelined_requests_are_answered_in_order(sweep: Sweep, size: int) -> None:
    """However the network cuts them, ten requests with bodies of all kinds get ten answers in order."""
    requests = b"".join(
        get(b"/%d" % n) if n % 3 == 0 else post(b"body") if n % 3 == 1 else CHUNKED + b"2\r\nab\r\n1\r\nc\r\n0\r\n\r\n"
        for n in range(10)
    )
    expected = [b"/%d " % n if n % 3 == 0 else b"/ body" if n % 3 == 1 else b"/ abc" for n in range(10)]
    async with serving(Service(), sweep) as port, Wire(port) as wire:
        for at in range(0, len(requests), size):
            await wire.send(requests[at : at + size])
            await asyncio.sleep(0)
        assert [(await wire.answer()).body for _ in range(10)] == expected


async def test_a_pipelined_request_waits_for_the_answer_before_it(sweep: Sweep) -> None:
    """Nothing of the second request is looked at before the first one is answered."""
    service = Service(wait)
    async with serving(service, sweep) as port, Wire(port) as wire:
        await wire.send(get(b"/1") + get(b"/2"))
        await service.until(lambda s: len(s.taken) == 1)
        await at_rest()
        assert len(service.taken) == 1
        service.taken[0].answer(b"1")
        await service.until(lambda s: len(s.taken) == 2)
        service.taken[1].answer(b"2")
        assert [(await wire.answer()).body for _ in range(2)] == [b"1", b"2"]


async def test_bytes_that_come_between_two_pipelined_requests_stay_behind_them(sweep: Sweep) -> None:
    """Data that is read in the same turn of the loop in which an answer ends does not overtake what waits already."""
    service = Service(wait)
    async with serving(service, sweep) as port, Wire(port) as wire:
        await wire.send(get(b"/1") + get(b"/2"))
        await service.until(lambda s: len(s.taken) == 1)
        service.taken[0].answer(b"1")
        service.connections[0].data_received(get(b"/3"))  # as the loop does when the client's socket is readable too
        service.on_end = lambda request: request.answer(request.head.target)
        assert [(await wire.answer()).body for _ in range(3)] == [b"1", b"/2", b"/3"]
    assert [[field.name for field in taken.head.fields] for taken in service.taken] == [[], [], []]


async def test_a_client_that_reads_no_answers_is_asked_for_no_requests(sweep: Sweep) -> None:
    """Pipelining without reading fills a socket buffer, never our memory."""
    service = Service(lambda request: request.answer(b"x" * MANY))
    async with serving(service, sweep) as port, Wire(port, limit=1024) as wire:
        await wire.send(get() * 10)
        await service.until(lambda s: len(s.taken) == 1)
        await at_rest()
        assert len(service.taken) == 1
        assert [len((await wire.answer()).body) for _ in range(10)] == [MANY] * 10


async def test_what_is_pipelined_is_bounded(sweep: Sweep) -> None:
    """While an answer is due, no more than a head's worth is read of what comes behind it."""
    service = Service(wait)
    limits = ServerLimits(max_head_bytes=1024)
    async with serving(service, sweep, limits) as port, Wire(port) as wire:
        await wire.send(get(b"/1"))
        await service.until(lambda s: len(s.taken) == 1)
        wire.writer.write(get(b"/2") * 100_000)
        await at_rest()
        assert not service.connections[0].transport.is_reading()


async def test_empty_lines_before_a_request_are_ignored(sweep: Sweep) -> None:
    """RFC 9112 §2.2; some clients send one behind a body."""
    async with serving(Service(), sweep) as port, Wire(port) as wire:
        await wire.send(b"\r\n\r", b"\n", get(b"/1"), b"\r\n", get(b"/2"))
        assert [(await wire.answer()).body for _ in range(2)] == [b"/1 ", b"/2 "]


@pytest.mark.parametrize(
    "request_", [get(b"/", b"Connection: close"), get(version=b"1.0")], ids=["1.1 that says close", "1.0"]
)
async def test_closes_where_the_client_does_not_stay(sweep: Sweep, request_: bytes) -> None:
    """The answer says so, and the connection ends behind it."""
    async with serving(Service(), sweep) as port, Wire(port) as wire:
        await wire.send(request_)
        assert (await wire.answer()).header("Connection") == "close"
        assert await wire.rest() == b""


async def test_keeps_a_1_0_connection_that_asks_for_it(sweep: Sweep) -> None:
    """ab -k, old health checks."""
    async with serving(Service(), sweep) as port, Wire(port) as wire:
        for _ in range(2):
            await wire.send(get(b"/", b"Connection: keep-alive", version=b"1.0"))
            assert (await wire.answer()).status == 200


async def test_hands_on_a_body_as_it_comes(sweep: Sweep) -> None:
    """A chunked body is in the receiver's hands before its end is known."""
    service = Service()
    async with serving(service, sweep) as port, Wire(port) as wire:
        await wire.send(CHUNKED, b"3\r\nabc\r\n")
        await service.until(lambda s: len(s.taken) == 1)
        await until(lambda: service.taken[0].body == b"abc")
        assert not service.taken[0].ended.is_set()
        await wire.send(b"0\r\n\r\n")
        assert (await wire.answer()).body == b"/ abc"


# ---- refusals


@pytest.mark.parametrize(
    ("sent", "status", "reason"),
    [
        (b"GET / HTTP/1.1\r\n\r\n", 400, "no_host"),
        (b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", 400, "bad_request"),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\r\n\r\n", 400, "bad_request_line"),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 400, "tls_on_plain_port"),
        (b"\x16", 400, "tls_on_plain_port"),
        (b"\0", 400, "bad_request_line"),
        (b" GET", 400, "bad_request_line"),
        (b"\n", 400, "bad_request_line"),
        (b"\r\n\r\n\x05\x01\0", 400, "bad_request_line"),
        (b"SSH-2.0-OpenSSH_9.2\r\n", 400, "bad_request_line"),
        (b"GET\t", 400, "bad_request_line"),
        (b"get /", 501, "unknown_method"),
        (b"PROXY TCP4 10.0.0.1 10.0.0.2 1 2\r\n", 501, "unknown_method"),
        (b"GETS ", 501, "unknown_method"),
        (CHUNKED + b"zz\r\n", 400, "bad_framing"),
        (b"GET / HTTP/1.1\r\nX: " + b"a" * 70_000, 431, "head_too_large"),
        (b"GET / HTTP/1.1\r\nX: " + b"a" * 66_000 + b"\r\n\r\n", 431, "head_too_large"),
        (b"GET /" + b"a" * 17_000 + b" HTTP/1.1\r\nHost: a\r\n\r\n", 414, "target_too_long"),
        (b"GET /" + b"a" * 17_000, 414, "target_too_long"),
        (post(b"x" * 2000), 413, "body_too_large"),
        (CHUNKED + b"7d0\r\n" + b"x" * 2000 + b"\r\n0\r\n\r\n", 413, "body_too_large"),
    ],
)
async def test_a_refusal_is_an_answer_and_closes(sweep: Sweep, sent: bytes, status: int, reason: str) -> None:
    """A small JSON body and a reason header; then the connection closes, and nothing behind it is a request."""
    service = Service()
    async with serving(service, sweep, ServerLimits(max_body_bytes=1000)) as port, Wire(port) as wire:
        await wire.send(sent)
        answer = await wire.answer()
        wire.writer.write(get(b"/smuggled"))
        assert (answer.status, answer.header("X-Understudy-Reason")) == (status, reason)
        assert answer.header("Connection") == "close"
        assert orjson.loads(answer.body)["reason"] == reason
        assert await wire.rest() == b""
    assert service.refusals == [(status, reason)]
    assert all(taken.head.target != b"/smuggled" for taken in service.taken)
    assert all(taken.gone.is_set() for taken in service.taken)


@pytest.mark.parametrize("method", sorted(METHODS - {b"CONNECT", b"PRI"}))
async def test_every_method_may_come_byte_by_byte(sweep: Sweep, method: bytes) -> None:
    """A head that is on its way is waited for, whatever its method, empty lines before it included."""
    service = Service()
    request = b"\r\n" + method + b" / HTTP/1.1\r\nHost: a\r\n\r\n"
    async with serving(service, sweep) as port, Wire(port) as wire:
        for at in range(len(request)):
            await wire.send(request[at : at + 1])
            await asyncio.sleep(0)
        assert (await wire.answer(to_head=method == b"HEAD")).status == 200
    assert service.refusals == []


async def test_a_body_of_a_permitted_length_passes(sweep: Sweep) -> None:
    """The limit itself is allowed, by length and chunked."""
    async with serving(Service(), sweep, ServerLimits(max_body_bytes=4)) as port, Wire(port) as wire:
        await wire.send(post(b"abcd") + CHUNKED + b"4\r\nabcd\r\n0\r\n\r\n")
        assert [(await wire.answer()).body for _ in range(2)] == [b"/ abcd", b"/ abcd"]


async def test_a_refused_upload_still_reads_its_answer(sweep: Sweep) -> None:
    """A client that is in the middle of a large upload gets the 413, not a reset."""
    async with serving(Service(), sweep, ServerLimits(max_body_bytes=1000)) as port, Wire(port) as wire:
        await wire.send(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9000000\r\n\r\n")
        wire.writer.write(b"x" * 1_000_000)
        assert (await wire.answer()).status == 413
        assert await wire.rest() == b""


async def test_a_receiver_may_refuse_and_keep_the_connection(sweep: Sweep) -> None:
    """What is wrong with a request need not be wrong with its connection."""
    service = Service(lambda request: request.connection.refuse(404, "no_route", "nothing here", close=False))
    async with serving(service, sweep) as port, Wire(port) as wire:
        for _ in range(2):
            await wire.send(post(b"abc"))
            answer = await wire.answer()
            assert (answer.status, answer.header("Connection")) == (404, None)


async def test_a_refused_head_has_no_body(sweep: Sweep) -> None:
    """The answer to a HEAD is its head alone, or the body would be taken for the next answer."""
    service = Service(lambda request: request.connection.refuse(502, "down", "it is down", close=False))
    head = b"HEAD / HTTP/1.1\r\nHost: a\r\n\r\n"
    async with serving(service, sweep) as port, Wire(port) as wire:
        await wire.send(head + head + b"GET / HTTP/1.1\r\n\r\n")
        assert [(await wire.answer(to_head=True)).status for _ in range(2)] == [502, 502]
        assert orjson.loads((await wire.answer()).body)["reason"] == "no_host"


# ---- answers given before the request was read


async def test_a_small_rest_is_read_and_the_connection_kept(sweep: Sweep) -> None:
    """A server may answer early; what little is left is not worth a connection."""
    service = Service()
    service.on_begin = lambda taken: taken.answer(b"early") if taken.head.content_length else None
    async with serving(service, sweep) as port, Wire(port) as wire:
        request = post(b"x" * 1000)
        await wire.send(request[:-500])
        answer = await wire.answer()
        assert (answer.body, answer.header("Connection")) == (b"early", None)
        await wire.send(request[-500:] + get(b"/next"))
        assert (await wire.answer()).body == b"/next "


@pytest.mark.parametrize("head", [post(b"")[:-5] + b"9999999\r\n\r\n", CHUNKED], ids=["by length", "chunked"])
async def test_a_large_rest_costs_the_connection(sweep: Sweep, head: bytes) -> None:
    """Said in the answer; and the client, though still sending, reads the answer to its end."""
    service = Service()
    async with serving(service, sweep) as port, Wire(port) as wire:
        service.on_begin = lambda taken: taken.answer(b"early" * 10_000)
        await wire.send(head.replace(b"Length: 9", b"Length: 99"))
        wire.writer.write(b"fff\r\n" + b"x" * 1_000_000)
        answer = await wire.answer()
        assert (answer.body, answer.header("Connection")) == (b"early" * 10_000, "close")
        assert await wire.rest() == b""


async def test_an_answer_that_said_close_closes(sweep: Sweep) -> None:
    """A head that went out while the request was being read said close: that is kept to when the rest has come."""
    service = Service(lambda request: (request.connection.write(b"ok"), request.connection.answer_end()))  # type: ignore[func-returns-value]
    service.on_begin = lambda taken: taken.begin_answer(b"Content-Length: 2\r\n")
    async with serving(service, sweep) as port, Wire(port) as wire:
        await wire.send(CHUNKED)
        assert (await wire.head()).header("Connection") == "close"
        await wire.send(b"0\r\n\r\n", get())
        assert await wire.rest() == b"ok"


# ---- interim answers, tunnels, TLS


async def test_an_interim_answer_does_not_count_as_the_answer(sweep: Sweep) -> None:
    """After a 100 the body may still be refused with a whole answer."""
    service = Service()
    service.on_begin = lambda taken: taken.connection.write_interim(b"HTTP/1.1 100 Continue\r\n\r\n")
    async with serving(service, sweep, ServerLimits(max_body_bytes=3)) as port, Wire(port) as wire:
        await wire.send(CHUNKED)
        assert (await wire.answer()).status == 100
        await wire.send(b"4\r\nabcd\r\n")
        assert (await wire.answer()).status == 413


async def test_a_tunnel_passes_bytes_in_both_directions(sweep: Sweep, clock: MovedClock) -> None:
    """After a 101 nothing is interpreted, what came with the request's head included."""
    service = Service(wait)
    async with serving(service, sweep, SHORT) as port, Wire(port) as wire:
        await wire.send(get(b"/", b"Connection: Upgrade", b"Upgrade: websocket"), b"GET early")
        await service.until(lambda s: len(s.taken) == 1)
        taken = service.taken[0]
        taken.connection.write(b"HTTP/1.1 101 Switching Protocols\r\n\r\n")
        taken.connection.start_tunnel()
        assert (await wire.answer()).status == 101
        await wire.send(b"\r\n\r\nlater")
        await until(lambda: taken.body == b"GET early\r\n\r\nlater")
        clock.move(3_600)
        taken.connection.write(b"\0back")
        assert await wire.reader.readexactly(5) == b"\0back"


async def test_serves_tls(sweep: Sweep, certificates: Certificates) -> None:
    """With the protocol negotiated by ALPN, refusals in the middle of an upload included."""
    context = ssl.create_default_context(cafile=certificates.ca)
    context.set_alpn_protocols(["h2", "http/1.1"])
    service = Service()
    tls = server_tls(str(certificates.server), None)
    async with serving(service, sweep, ServerLimits(max_body_bytes=MANY), tls) as port:
        async with Wire(port, tls=context) as wire:
            await wire.send(post(b"x" * 3_000_000) + get(b"/2"))
            assert len((await wire.answer()).body) == 3_000_002
            assert (await wire.answer()).body == b"/2 "
            assert wire.writer.get_extra_info("ssl_object").selected_alpn_protocol() == "http/1.1"
            assert service.taken[0].connection.tls
        async with Wire(port, tls=context) as wire:
            await wire.send(post(b"")[:-5] + b"99999999\r\n\r\n")
            assert (await wire.answer()).status == 413


async def test_asks_for_a_client_certificate(sweep: Sweep, certificates: Certificates) -> None:
    """With a client CA, a client that shows no certificate gets no answer."""
    tls = server_tls(str(certificates.server), None, str(certificates.ca))
    context = ssl.create_default_context(cafile=certificates.ca)
    service = Service()
    async with serving(service, sweep, tls=tls) as port:
        with pytest.raises((ssl.SSLError, ConnectionError, asyncio.IncompleteReadError)):
            await status(port, context)
        assert service.taken == []
        context.load_cert_chain(certificates.client)
        assert await status(port, context) == 200


async def status(port: int, tls: ssl.SSLContext) -> int:
    async with Wire(port, tls=tls) as wire:
        await wire.send(get())
        return (await wire.answer()).status
