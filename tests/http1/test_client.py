"""One connection to an endpoint, on real sockets: framing, failures by kind, deadlines, flow control, reuse."""

import asyncio
import socket
from collections.abc import Callable

import pytest

from http1.pool import Pool
from tests.endpoint import Behaviour, Endpoint, Seen, answer, hang, raw, reset
from tests.http1.calls import GET, HEAD, Call
from tests.moved_clock import MovedClock
from tests.until import at_rest, until

MANY = 8 * 1024 * 1024
OK = b"HTTP/1.1 200 OK\r\n"
CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"


@pytest.fixture
def pool(open_pool: Callable[..., Pool]) -> Pool:
    return open_pool()


def url_of(server: asyncio.Server) -> str:
    return f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"


ANSWERS = {
    "by length": (GET, OK + b"Content-Length: 5\r\n\r\nhello", b"hello", True),
    "of no length": (GET, OK + b"Content-Length: 0\r\n\r\n", b"", True),
    "chunked": (
        GET,
        OK + b"Transfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n3;x\r\nllo\r\n0\r\nX: y\r\n\r\n",
        b"hello",
        True,
    ),
    "204": (GET, b"HTTP/1.1 204 No Content\r\n\r\n", b"", True),
    "304 with a length": (GET, b"HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n", b"", True),
    "HEAD with a length": (HEAD, OK + b"Content-Length: 5\r\n\r\n", b"", True),
    "HEAD, chunked": (HEAD, OK + b"Transfer-Encoding: chunked\r\n\r\n", b"", True),
    "that says close": (GET, OK + b"Content-Length: 5\r\nConnection: close\r\n\r\nhello", b"hello", False),
    "of 1.0": (GET, b"HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\nhello", b"hello", False),
    "of 1.0 that stays": (
        GET,
        b"HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 5\r\n\r\nhello",
        b"hello",
        True,
    ),
}


@pytest.mark.parametrize(("request_", "sent", "body", "kept"), ANSWERS.values(), ids=ANSWERS.keys())
async def test_reads_an_answer(
    endpoint: Endpoint, pool: Pool, request_: bytes, sent: bytes, body: bytes, kept: bool
) -> None:
    """Its body ends where the framing says, and the connection is used again unless it said otherwise."""
    endpoint.behaviour = raw(sent, close=False)
    assert (await Call(pool, request_).answered()).body == body
    endpoint.behaviour = answer(b"next")
    second = await Call(pool).answered()
    assert (second.body, second.reused) == (b"next", kept)


@pytest.mark.parametrize("size", [1, 3])
async def test_reads_an_answer_that_dribbles_in(endpoint: Endpoint, pool: Pool, size: int) -> None:
    """However the network cuts it."""
    sent = (
        b"HTTP/1.1 103 Early Hints\r\nLink: a\r\n\r\n"
        + OK
        + b"Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"
    )

    async def dribble(_: Seen, writer: asyncio.StreamWriter) -> None:
        for at in range(0, len(sent), size):
            writer.write(sent[at : at + size])
            await asyncio.sleep(0)

    endpoint.behaviour = dribble
    call = await Call(pool).answered()
    assert (call.interim, call.body) == ([103], b"hello")


async def test_an_answer_until_close(endpoint: Endpoint, pool: Pool) -> None:
    """Closing in an orderly way is how such an answer ends."""
    endpoint.behaviour = raw(OK + b"\r\nhello")
    assert (await Call(pool).answered()).body == b"hello"


async def test_an_answer_until_close_that_is_reset_is_not_complete(endpoint: Endpoint, pool: Pool) -> None:
    """A reset is no end."""
    go_on = asyncio.Event()

    async def behave(seen: Seen, writer: asyncio.StreamWriter) -> None:
        writer.write(OK + b"\r\nhello")
        await go_on.wait()
        await reset(b"")(seen, writer)

    endpoint.behaviour = behave
    call = Call(pool)
    await until(lambda: call.body == b"hello")
    go_on.set()
    assert await call.failed() == "closed_midway"


async def test_any_number_of_interim_answers(endpoint: Endpoint, pool: Pool) -> None:
    """However many an endpoint sends at once, they are only passed on."""
    endpoint.behaviour = raw(b"HTTP/1.1 100 C\r\n\r\n" * 10_000 + OK + b"Content-Length: 2\r\n\r\nok", close=False)
    call = await Call(pool).answered()
    assert (call.interim, call.body) == ([100] * 10_000, b"ok")


async def test_surplus_bytes_cost_the_connection(endpoint: Endpoint, pool: Pool) -> None:
    """What comes behind an answer must not answer the next request."""
    endpoint.behaviour = raw(OK + b"Content-Length: 2\r\n\r\nok" + OK + b"Content-Length: 4\r\n\r\nevil", close=False)
    assert (await Call(pool).answered()).body == b"ok"
    endpoint.behaviour = answer(b"mine")
    second = await Call(pool).answered()
    assert (second.body, second.reused) == (b"mine", False)


async def test_unasked_bytes_cost_the_connection(endpoint: Endpoint, pool: Pool) -> None:
    """Nor what comes while nothing was asked."""
    go_on = asyncio.Event()

    async def behave(seen: Seen, writer: asyncio.StreamWriter) -> None:
        await answer(b"ok")(seen, writer)
        await go_on.wait()
        await answer(b"evil")(seen, writer)

    endpoint.behaviour = behave
    await Call(pool).answered()
    go_on.set()
    await until(lambda: pool.open == 0)
    endpoint.behaviour = answer(b"mine")
    assert (await Call(pool).answered()).body == b"mine"


NONSENSE = {
    "not HTTP": b"SSH-2.0-OpenSSH_9.2\r\n",
    "TLS": b"\x15\x03\x03\x00\x02\x02\x50",
    "HTTP/2": b"HTTP/2 200\r\n\r\n",
    "length and coding": OK + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "an unfinished head with a bad status": b"HTTP/1.1 two hundred\r\n",
    "an unfinished head in bare CR": b"HTTP/1.1 200 OK\rContent-Length: 5\r\rhello",
    "an unfinished head with a NUL": OK + b"X: a\0",
    "a bad chunk": OK + b"Transfer-Encoding: chunked\r\n\r\nxyz\r\n",
    "a head without end": OK + b"X: " + b"a" * 70_000,
    "a head that is too long": OK + b"X: " + b"a" * 70_000 + b"\r\n\r\n",
    "an unasked-for interim body": b"HTTP/1.1 100 C\r\nContent-Length: 2\r\n\r\nok",
}


@pytest.mark.parametrize("sent", NONSENSE.values(), ids=NONSENSE.keys())
async def test_nonsense_is_a_failure_of_its_own_kind(endpoint: Endpoint, pool: Pool, sent: bytes) -> None:
    """Said at once, without waiting for more, and in our words."""
    endpoint.behaviour = raw(sent, close=False)
    call = Call(pool)
    assert await call.failed() == "protocol"
    assert call.failure is not None
    assert "SSH" not in call.failure[1]
    await until(lambda: pool.open == 0)


BREAKS = {
    "before an answer": (b"", "closed_before_answer"),
    "inside the head": (OK + b"Content-", "closed_before_answer"),
    "after an interim answer": (b"HTTP/1.1 100 C\r\n\r\n", "closed_before_answer"),
    "inside a body by length": (OK + b"Content-Length: 5\r\n\r\nhe", "closed_midway"),
    "inside a chunked body": (OK + b"Transfer-Encoding: chunked\r\n\r\n5\r\nhe", "closed_midway"),
    "before the last chunk": (OK + b"Transfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n", "closed_midway"),
    "inside the last chunk": (OK + b"Transfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n0\r\n", "closed_midway"),
}


@pytest.mark.parametrize("end", [raw, reset], ids=["closed", "reset"])
@pytest.mark.parametrize(("sent", "kind"), BREAKS.values(), ids=BREAKS.keys())
async def test_an_endpoint_that_leaves(
    endpoint: Endpoint, pool: Pool, sent: bytes, kind: str, end: Callable[[bytes], Behaviour]
) -> None:
    """Where it left makes the difference: nothing was answered, or half of something."""
    endpoint.behaviour = end(sent)
    assert await Call(pool).failed() in (kind, "closed_before_answer" if end is reset else kind)


UNFINISHED = {
    "half a head": OK + b"Content-Le",
    "a head without its body": OK + b"Content-Length: 5\r\n\r\n",
    "a part of a body": OK + b"Content-Length: 5\r\n\r\nhe",
    "a chunk": CHUNKED + b"2\r\nhe\r\n",
}


@pytest.mark.parametrize("first", UNFINISHED.values(), ids=UNFINISHED.keys())
async def test_an_unfinished_answer_is_acknowledged_at_once(pool: Pool, endpoint: Endpoint, first: bytes) -> None:
    """On a kept connection too, where Linux would put it off and keep a server waiting that follows Nagle's rule."""
    for _ in range(20):  # until the kernel takes this connection for one where answers carry acknowledgements
        await Call(pool).answered()
    go_on = asyncio.Event()

    async def behave(_: Seen, writer: asyncio.StreamWriter) -> None:
        writer.write(first)
        await go_on.wait()
        writer.close()

    endpoint.behaviour = behave
    call = Call(pool)
    assert call.connection is not None
    watched = call.connection._socket
    await endpoint.wait_for(21)
    await until(lambda: bool(call.connection._buffer) or call.answering.is_set())  # type: ignore[union-attr]
    assert watched.getsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK) == 1
    go_on.set()
    await call.ended()


# ---- deadlines


async def test_the_first_byte_is_due_in_time(endpoint: Endpoint, open_pool: Callable[..., Pool]) -> None:
    """From the last request byte on."""
    endpoint.behaviour = hang
    assert await Call(open_pool(first_byte_timeout_s=0.1)).failed() == "first_byte_timeout"


async def test_no_answer_is_due_before_the_request_is_sent(open_pool: Callable[..., Pool], clock: MovedClock) -> None:
    """A client that takes its time with a body is not the endpoint's fault."""
    call = Call(
        open_pool(first_byte_timeout_s=0.1, idle_timeout_s=0.1),
        b"POST / HTTP/1.1\r\nContent-Length: 1\r\n\r\n",
        complete=False,
    )
    await call.begun.wait()
    clock.move(60)
    assert not call.done.is_set()
    assert call.connection is not None
    call.connection.send(b"x")
    call.connection.sent()
    assert (await call.answered()).body == b"hello"


async def test_an_answer_may_not_stand_still(endpoint: Endpoint, open_pool: Callable[..., Pool]) -> None:
    """Between two pieces of it."""
    endpoint.behaviour = raw(OK + b"Content-Length: 5\r\n\r\nhe", close=False)
    assert await Call(open_pool(idle_timeout_s=0.1)).failed() == "idle_timeout"


async def test_an_answer_has_a_time_in_all(
    endpoint: Endpoint, open_pool: Callable[..., Pool], clock: MovedClock
) -> None:
    """However busily it dribbles."""
    more = asyncio.Semaphore(0)

    async def dribble(_: Seen, writer: asyncio.StreamWriter) -> None:
        writer.write(OK + b"\r\n")
        while not writer.is_closing():
            await more.acquire()
            writer.write(b"x")

    endpoint.behaviour = dribble
    call = Call(open_pool(timeout_s=4, idle_timeout_s=2))
    await call.answering.wait()
    for so_far in range(4):
        more.release()
        await until(lambda so_far=so_far: len(call.body) > so_far)
        clock.move(1)
    assert not call.done.is_set()
    clock.move(1)
    assert await call.failed() == "timeout"
    more.release()


async def test_an_upload_may_not_stand_still(open_pool: Callable[..., Pool]) -> None:
    """An endpoint that stops reading in the middle of a request holds nobody up for ever."""
    given_up = asyncio.Event()

    async def deaf(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await given_up.wait()
        writer.transport.abort()

    async with await asyncio.start_server(deaf, "127.0.0.1", 0, limit=1024) as server:
        pool = open_pool(idle_timeout_s=0.2, url=url_of(server))
        call = Call(pool, b"POST / HTTP/1.1\r\nContent-Length: 99999999\r\n\r\n" + b"x" * MANY, complete=False)
        assert await call.failed() == "idle_timeout"
        assert call.writable[0] is False
        given_up.set()


async def test_a_paused_answer_is_not_the_endpoints_fault(
    endpoint: Endpoint, open_pool: Callable[..., Pool], clock: MovedClock
) -> None:
    """While we don't read, no deadline of the endpoint runs, and it is not read from."""
    endpoint.behaviour = answer(b"x" * MANY)
    call = Call(open_pool(idle_timeout_s=0.1, first_byte_timeout_s=5))
    await call.answering.wait()
    assert call.connection is not None
    call.connection.pause_answer()
    await at_rest()
    clock.move(60)
    assert len(call.body) < 1_000_000
    call.connection.resume_answer()
    assert len((await call.answered()).body) == MANY


# ---- flow control, giving up, tunnels


async def test_an_endpoint_that_reads_slowly_pauses_the_request(endpoint: Endpoint, pool: Pool) -> None:
    """The receiver is told when to stop, and when to go on."""
    head = b"POST / HTTP/1.1\r\nContent-Length: %d\r\n\r\n" % MANY
    call = await Call(pool, head + b"x" * MANY).answered()
    assert call.writable == [False, True]


async def test_a_call_given_up_costs_the_connection(endpoint: Endpoint, pool: Pool) -> None:
    """The endpoint sees it go, so that it can stop working; the receiver hears nothing more."""
    gone = asyncio.Event()

    async def behave(_: Seen, writer: asyncio.StreamWriter) -> None:
        await writer.wait_closed()
        gone.set()

    endpoint.behaviour = behave
    call = Call(pool)
    await endpoint.wait_for(1)
    assert call.connection is not None
    call.connection.abort()
    await until(lambda: pool.open == 0)
    assert not call.done.is_set()


async def test_an_answer_to_half_a_request_costs_the_connection(open_pool: Callable[..., Pool]) -> None:
    """What is left of the request would be taken for the next one."""

    async def early(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(OK + b"Content-Length: 2\r\n\r\nno")
        await reader.read()
        writer.close()

    async with await asyncio.start_server(early, "127.0.0.1", 0) as server:
        pool = open_pool(url=url_of(server))
        call = Call(pool, b"POST / HTTP/1.1\r\nContent-Length: 9\r\n\r\nabc", complete=False)
        assert (await call.answered()).body == b"no"
        await until(lambda: pool.open == 0)


EARLY = OK.replace(b"200 OK", b"413 Content Too Large")
EARLY_ANSWERS = {
    "by length, which resets": (EARLY + b"Content-Length: 2\r\nConnection: close\r\n\r\nno", True, b"no"),
    "by length, which closes": (EARLY + b"Content-Length: 2\r\nConnection: close\r\n\r\nno", False, b"no"),
    "of much": (EARLY + b"Content-Length: 40000\r\nConnection: close\r\n\r\n" + b"n" * 40_000, True, b"n" * 40_000),
    "chunked": (EARLY + b"Transfer-Encoding: chunked\r\n\r\n2\r\nno\r\n0\r\n\r\n", True, b"no"),
    "until close, which closes": (EARLY + b"Connection: close\r\n\r\nno", False, b"no"),
    "until close, which resets": (EARLY + b"Connection: close\r\n\r\nno", True, None),
}


@pytest.mark.parametrize(("sent", "resets", "body"), EARLY_ANSWERS.values(), ids=EARLY_ANSWERS.keys())
async def test_an_answer_that_came_before_writing_failed_counts(
    open_pool: Callable[..., Pool], sent: bytes, resets: bool, body: bytes | None
) -> None:
    """An endpoint that refuses an upload and closes is heard, though the kernel tells our writing first; a reset is no
    end all the same."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        call = Call(
            open_pool(url=f"http://127.0.0.1:{server.getsockname()[1]}"),
            b"POST / HTTP/1.1\r\nContent-Length: %d\r\n\r\n" % MANY,
            complete=False,
        )
        await call.begun.wait()
        assert call.connection is not None
        accepted, _ = server.accept()
        while not accepted.recv(65_536):
            pass
        # From here on in one turn of the loop: it writes before it can read.
        if resets:
            call.connection.transport.write(b"x")  # unread when it closes: Linux then resets
            await asyncio.sleep(0)
        accepted.sendall(sent)
        accepted.close()
        for _ in range(2):  # the first is answered with a reset, where there was none yet
            if not call.connection.transport.is_closing():
                call.connection.send(b"x" * 40_000)
                await asyncio.sleep(0)
    await call.ended()
    assert call.head is not None
    assert call.head.status == 413
    if body is None:
        assert call.failure is not None
        assert call.failure[0] == "closed_midway"
    else:
        assert (call.failure, call.body) == (None, body)


async def test_an_endpoint_that_answers_early_and_reads_no_more_holds_no_connection(
    open_pool: Callable[..., Pool],
) -> None:
    """What is left of the upload is not waited for: nobody will take it."""
    over = asyncio.Event()

    async def early(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(EARLY + b"Content-Length: 2\r\n\r\nno")
        await over.wait()
        writer.transport.abort()

    async with await asyncio.start_server(early, "127.0.0.1", 0, limit=1024) as server:
        pool = open_pool(url=url_of(server))
        head = b"POST / HTTP/1.1\r\nContent-Length: %d\r\n\r\n" % (2 * MANY)
        assert (await Call(pool, head + b"x" * MANY, complete=False).answered()).body == b"no"
        await until(lambda: pool.open == 0)
        over.set()


async def test_a_tunnel_passes_everything_and_has_no_deadline(
    endpoint: Endpoint, open_pool: Callable[..., Pool], clock: MovedClock
) -> None:
    """After a 101 the connection is raw bytes, for as long as it may take, paused and resumed or not."""
    switched = b"HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n\x81\x01a"
    go_on = asyncio.Event()

    async def behave(_: Seen, writer: asyncio.StreamWriter) -> None:
        writer.write(switched)
        await go_on.wait()
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        await writer.drain()
        writer.close()

    endpoint.behaviour = behave
    call = Call(open_pool(idle_timeout_s=0.1, first_byte_timeout_s=0.1, timeout_s=0.2))
    call.answer_head = lambda head: call.connection.start_tunnel()  # type: ignore[method-assign,misc,union-attr]
    await until(lambda: call.body == b"\x81\x01a")
    assert call.connection is not None
    call.connection.pause_answer()
    call.connection.resume_answer()
    clock.move(3_600)
    go_on.set()
    assert (await call.answered()).body == b"\x81\x01aHTTP/1.1 200 OK\r\n\r\n"
