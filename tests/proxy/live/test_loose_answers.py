"""Production is read as nginx and curl read it, and the client gets a strict answer in a framing of ours."""

import pytest

from tests.endpoint import Endpoint, raw
from tests.proxy.live.proxying import Proxy, post

OK = b"HTTP/1.1 200 OK\r\n"
CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"

# What production sends, and the one line that says to the client where the body ends.
LOOSE = {
    "a head in bare LF": (b"HTTP/1.1 200 OK\nContent-Length: 5\n\nhello", ("Content-Length", "5")),
    "a head that ends in bare LF": (OK + b"Content-Length: 5\r\n\nhello", ("Content-Length", "5")),
    "a blank before a length's colon": (OK + b"Content-Length : 5\r\n\r\nhello", ("Content-Length", "5")),
    "a repeated length": (OK + b"Content-Length: 5, 5\r\n\r\nhello", ("Content-Length", "5")),
    "blanks behind a size": (CHUNKED + b"5  \r\nhello\r\n0  \r\n\r\n", ("Transfer-Encoding", "chunked")),
    "chunks in bare LF": (CHUNKED + b"5\nhello\n0\n\n", ("Transfer-Encoding", "chunked")),
    "a blank before a coding's colon": (
        OK + b"Transfer-Encoding : chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
        ("Transfer-Encoding", "chunked"),
    ),
}


@pytest.mark.parametrize(("sent", "framing"), LOOSE.values(), ids=LOOSE.keys())
async def test_a_loose_answer_reaches_the_client_strictly(
    proxy: Proxy, production: Endpoint, sent: bytes, framing: tuple[str, str]
) -> None:
    """At once, twice on one connection of each side, framed once, and recorded."""
    production.behaviour = raw(sent, close=False)
    async with proxy, proxy.wire() as wire:
        for _ in range(2):
            await wire.send(post())
            got = await wire.answer()
            assert (got.status, got.body) == (200, b"hello")
            framings = [each for each in got.headers if each[0] in ("Content-Length", "Transfer-Encoding")]
            assert framings == [framing]
        assert await proxy.settled(2) == {"recorded": 2}
    assert production.connections == 1


async def test_a_blank_before_a_colon_is_taken_out(proxy: Proxy, production: Endpoint) -> None:
    """RFC 9112 §5.1: a proxy removes it before it passes the line on."""
    production.behaviour = raw(OK + b"X-Odd : v\r\nContent-Length: 2\r\n\r\nok", close=False)
    async with proxy, proxy.wire() as wire:
        await wire.send(post())
        assert b"\r\nX-Odd: v\r\n" in await wire.reader.readuntil(b"\r\n\r\n")


async def test_an_interim_answer_does_not_speak_of_a_body(proxy: Proxy, production: Endpoint) -> None:
    """RFC 9112 §6.3: it has none; a client that believed it would take the answer for that body."""
    early = b"HTTP/1.1 103 Early Hints\r\nContent-Length: 5\r\nLink: a\r\n\r\n"
    production.behaviour = raw(early + OK + b"Content-Length: 2\r\n\r\nok", close=False)
    async with proxy, proxy.wire() as wire:
        await wire.send(post())
        hints = await wire.answer()
        assert (hints.status, hints.headers) == (103, [("Link", "a")])
        assert (await wire.answer()).body == b"ok"
