"""Whatever is asked of the admin API, it is answered, and never with a fault of ours."""

import asyncio
import json
import random

import pytest

from tests.understudy.admin.test_admin import Api, api, follower, settings

__all__ = ["api", "follower", "settings"]  # fixtures

DEEP = b"[" * 100_000
VALUES = (
    None, True, -1, 0, 10**400, 1e308, "", "x" * 5_000, "\0", "a\r\nb", "中", "\ud800", [], {}, [[]], {"": None},
    "http://127.0.0.1:9003", "http://[", "http://127.0.0.1:99999999999/", "late", "new", "unix:///x", 0.5,
)  # fmt: skip
NAMES = (
    "name", "url", "route", "timeout_s", "max_in_flight", "headers", "paused", "ratio", "key", "remove_headers",
    "rewrite_prefix", "version_header", "build_header", "host", "generation", "credentials", "event", "\ud800", "",
)  # fmt: skip
PATHS = (
    "/", "/api/routes", "/api/candidates", "/api/candidates/new", "/api/candidates/new/pause", "/api/coverage",
    "/api/candidates/late/restart", "/api/routes/a/sampling", "/api/report", "/api/plans", "/metrics", "/readyz",
    "/api/candidates/%00", "/api/candidates/%ff%fe", "/api/candidates/%ed%a0%80/pause", "/api/candidates/..%2fx",
    "/api/routes/%25/sampling", "/api/nothing", "//", "/api/candidates/" + "x" * 3_000,
)  # fmt: skip
QUERIES = (
    "", "?candidate=new", "?candidate=%ff", "?candidate=%ed%a0%80&format=%00", "?format=html",
    "?candidate=new&format=%C3", "?&&==%", "?candidate=new&epoch=%ef%bc%91&candidate_version=%ff",
)  # fmt: skip
HEADERS = (
    b"Origin: null", b"Origin: http://[", b"Host: x", b"Authorization: Bearer \xff\xfe", b"Authorization: Bearer",
    b"Content-Type: application/json; charset=utf-16", b"Content-Type: application/json; charset=nonsense",
    b"Content-Type: \xff", b"Content-Encoding: gzip", b"Content-Encoding: br", b"Accept: \xff", b"Expect: 100-continue",
    b"Transfer-Encoding: chunked", b"Content-Type: text/plain", b"X: " + b"y" * 9_000,
    b"Expect: a miracle", b"Content-Type: application/json",
)  # fmt: skip


def body(chance: random.Random) -> bytes:
    document = {chance.choice(NAMES): chance.choice(VALUES) for _ in range(chance.randrange(5))}
    written = json.dumps(document).encode()
    return chance.choice(
        [written, written, written, written[:-1], DEEP, b'{"a":' + DEEP, b'{"ratio": 1e999}', b'{"name": "\xff"}',
         b"\xef\xbb\xbf{}", b"", b"null", b'{"url": NaN}', b"{" + b" " * 70_000 + b"}", b'{"ratio": %b}' % (b"9" * 500)]
    )  # fmt: skip


def request(chance: random.Random, host: bytes, token: bytes) -> bytes:
    method = chance.choice([b"GET", b"POST", b"PATCH", b"DELETE", b"PUT", b"HEAD", b"OPTIONS"])
    path = (chance.choice(PATHS) + chance.choice(QUERIES)).encode()
    lines = [b"%b %b HTTP/1.1" % (method, path), b"Host: " + host, b"Connection: close"]
    if chance.random() < 0.8:
        lines += [b"Authorization: Bearer " + token, b"Content-Type: application/json"]
    lines += chance.sample(HEADERS, chance.choice([0, 0, 0, 1, 2]))
    sent = body(chance) if method != b"GET" else b""
    return b"\r\n".join([*lines, b"Content-Length: %d" % len(sent), b"", sent])


async def answer(api: Api, sent: bytes) -> bytes:
    reader, writer = await asyncio.open_connection("127.0.0.1", int(api.url.rpartition(":")[2]))
    writer.write(sent)
    try:
        async with asyncio.timeout(20):
            return await reader.readuntil(b"\r\n\r\n")
    except (ConnectionResetError, asyncio.IncompleteReadError):  # it answered before it had read a body that it refused
        return b""
    finally:
        writer.close()


@pytest.mark.parametrize("seed", range(4))
async def test_no_request_finds_a_fault_of_ours(api: Api, seed: int) -> None:
    """Any method, path, header and body: done, or refused in the one form, never 500."""
    chance = random.Random(seed)
    host = api.url.removeprefix("http://").encode()
    for _ in range(150):
        sent = request(chance, host, api.token.encode())
        head = await answer(api, sent)
        status = head[9:12]
        assert status != b"500", sent[:2_000]
        if status.startswith(b"4"):
            assert b"\r\nContent-Type: application/problem+json\r\n" in head, sent[:2_000]


@pytest.mark.parametrize("token", ["\u00fc", "\u4e2d", "\udcff"])
async def test_a_token_that_is_no_ascii_is_refused(api: Api, token: str) -> None:
    """As any other that is wrong."""
    head = f"POST /api/candidates/new/pause HTTP/1.1\r\nHost: {api.url[7:]}\r\nAuthorization: Bearer {token}\r\n\r\n"
    assert (await answer(api, head.encode("utf-8", "surrogateescape"))).startswith(b"HTTP/1.1 401 ")


async def test_nesting_without_end_is_no_document(api: Api) -> None:
    """Refused as any other body that cannot be read."""
    for nested in (DEEP, b'{"name":' + DEEP[:30_000]):
        lines = [
            "POST /api/candidates HTTP/1.1", f"Host: {api.url[7:]}", f"Authorization: Bearer {api.token}",
            "Content-Type: application/json", f"Content-Length: {len(nested)}", "", "",
        ]  # fmt: skip
        found = await answer(api, "\r\n".join(lines).encode() + nested)
        assert found[:12] in (b"HTTP/1.1 400", b"HTTP/1.1 413")


async def test_two_hosts_are_none(api: Api) -> None:
    """One of ours does not vouch for the other."""
    head = f"GET /api/candidates HTTP/1.1\r\nHost: {api.url[7:]}\r\nHost: evil\r\n\r\n"
    assert (await answer(api, head.encode()))[9:12] in (b"400", b"403")


@pytest.mark.parametrize(
    ("lines", "status"),
    [
        (["GET /api/candidates HTTP/1.1", "Host: {host}", "Content-Type: a/b", "Content-Type: a/b"], 400),
        (["\x16\x03\x01"], 400),
        (["GET /api/candidates HTTP/1.1", "Host: {host}", "X: " + "y" * 9_000], 400),
        (["GET /api/candidates HTTP/1.1", "Host: {host}", "Expect: a miracle"], 417),
    ],
    ids=["two content types", "TLS", "a long header", "an expectation"],
)
async def test_what_the_http_library_refuses_is_a_problem_as_any_other(api: Api, lines: list[str], status: int) -> None:
    """A document that says what is wrong, with the headers of every answer, on a connection that is closed."""
    async with asyncio.timeout(20):
        reader, writer = await asyncio.open_connection("127.0.0.1", int(api.url.rpartition(":")[2]))
        writer.write("\r\n".join([*lines, "Connection: close", "", ""]).format(host=api.url[7:]).encode("latin-1"))
        head, _, body = (await reader.read()).partition(b"\r\n\r\n")
        writer.close()
    document = json.loads(body)
    assert (int(head[9:12]), document["status"]) == (status, status)
    assert document["detail"]
    for line in (b"Content-Type: application/problem+json", b"X-Content-Type-Options: nosniff"):
        assert line in head.split(b"\r\n")
