"""What a candidate does, and what is recorded of it: with a real store and real sockets."""

from __future__ import annotations

import asyncio

import pytest

from proxy.settings import BreakerSettings
from records.nouns import Pair
from records.store.store import Store
from tests import endpoint
from tests.endpoint import Behaviour, Endpoint, Seen
from tests.proxy.mirror.staging import (
    Recording,
    answer,
    candidate,
    failure,
    ids,
    metric,
    mirroring,
    pairs,
    settled,
)  # fmt: skip
from tests.recordings import exchange
from tests.until import until

BIG = 100_000


async def shadow_one(store: Store, there: Endpoint, **settings: object) -> Pair:
    """One recorded exchange, sent to this candidate."""
    await Recording(store).add(exchange())
    async with mirroring(store, candidate(there.url, **settings)):
        await settled(store, recorded=1)
    (pair,) = await pairs(store)
    return pair


async def test_an_answer_is_recorded_with_its_exchange(store: Store) -> None:
    """The pair holds the exchange as it was, the candidate's answer, and what it took."""
    headers = ("Content-Type: application/json", "X-Model-Version: 7", "Set-Cookie: a=b", "X-Noise: 1")
    async with Endpoint(endpoint.answer(b'{"y":3}', "200 OK", *headers)) as there:
        pair = await shadow_one(store, there, version_header="X-Model-Version", build="b2", generation=4)
    assert pair.exchange == exchange()
    assert (pair.candidate, pair.generation) == ("cand", 4)
    got = answer(pair)
    assert (got.status, got.body.data, got.body.size, got.body.cut) == (200, b'{"y":3}', 7, False)
    assert got.headers == ((b"content-type", b"application/json"), (b"x-model-version", b"7"))
    observed = pair.observation
    assert (observed.version, observed.declared_build) == ("7", "b2")
    assert (observed.in_flight, observed.reader_paused) == (1, False)
    times = observed.timings
    assert times.received == 0
    assert None not in (times.connected, times.sent, times.first_byte, times.last_byte)
    assert 0 < times.connected <= times.sent <= times.first_byte <= times.last_byte  # type: ignore[operator]
    assert pair.queue_delay_ns >= 0
    assert pair.warming_up


async def test_the_candidate_sees_the_request_as_it_was_recorded(store: Store) -> None:
    """Line, kept headers and body arrive, with the candidate's own credential."""
    async with Endpoint(endpoint.answer()) as there:
        await shadow_one(store, there, headers={"Authorization": "Bearer own"})
        (seen,) = there.seen
    assert (seen.line, seen.body) == ("POST /models/infer?a=1 HTTP/1.1", b'{"x":1}')
    assert seen.header("Authorization") == "Bearer own"
    assert seen.header("Content-Type") == "application/json"


def chunked(*chunks: bytes) -> Behaviour:
    """An answer without a length, piece by piece."""
    body = b"".join(b"%x\r\n%b\r\n" % (len(each), each) for each in chunks)
    return endpoint.raw(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + body + b"0\r\n\r\n", close=False)


@pytest.mark.parametrize(
    ("behaviour", "kind", "status"),
    [
        (endpoint.raw(b""), "closed_before_answer", None),
        (endpoint.raw(b"SSH-2.0-OpenSSH_9.6\r\n"), "protocol", None),
        (endpoint.raw(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\nContent-Length: 11\r\n\r\n"), "protocol", None),
        (endpoint.raw(b"HTTP/1.1 101 Switching\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n"), "protocol", 101),
        (endpoint.raw(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n123"), "closed_midway", 200),
        (endpoint.answer(b"x" * BIG), "too_large", 200),
        (chunked(b"x" * 40_000, b"x" * 40_000, b"x" * 40_000), "too_large", 200),
        (endpoint.hang, "timeout", None),
        (endpoint.raw(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n123", close=False), "timeout", 200),
    ],
    ids=["closes", "not HTTP", "garbage", "upgrades", "closes midway", "oversized", "endless", "hangs", "hangs midway"],
)
async def test_a_failure_is_recorded_as_what_it_was(
    store: Store, behaviour: Behaviour, kind: str, status: int | None
) -> None:
    """A candidate that gives no whole answer makes a pair all the same, with the kind of failure."""
    async with Endpoint(behaviour) as there:
        pair = await shadow_one(store, there, timeout_s=0.2, max_answer_bytes=BIG - 1)
    assert (failure(pair).kind, failure(pair).status) == (kind, status)


async def test_an_error_status_is_an_answer(store: Store) -> None:
    """500 and 404 are recorded with their bodies, for the comparators to judge."""
    async with Endpoint(endpoint.answer(b"oops", "500 Internal Server Error")) as there:
        assert answer(await shadow_one(store, there)).status == 500


async def test_an_answer_as_large_as_allowed_is_whole(store: Store) -> None:
    """The limit is the largest answer that is read."""
    async with Endpoint(endpoint.answer(b"x" * BIG)) as there:
        assert answer(await shadow_one(store, there, max_answer_bytes=BIG)).body.size == BIG


async def test_the_answer_to_a_head_has_a_length_and_no_body(store: Store) -> None:
    """Its Content-Length says what a GET would have given, and is no reason to wait or to refuse."""
    await Recording(store).add(exchange(method="HEAD", body=b""))
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 999999\r\n\r\n"
    async with (
        Endpoint(endpoint.raw(head, close=False)) as there,
        mirroring(store, candidate(there.url, max_answer_bytes=10)),
    ):
        await settled(store, recorded=1)
    (pair,) = await pairs(store)
    assert answer(pair).body.data == b""


async def test_a_kept_alive_connection_that_died_is_no_failure(store: Store) -> None:
    """The call is made once more on a fresh connection; a second death there is the candidate's."""

    await Recording(store).add(exchange(1), exchange(2), exchange(3))
    async with Endpoint(endpoint.once(endpoint.answer())) as there:
        async with mirroring(store, candidate(there.url, max_in_flight=1)):
            await settled(store, recorded=3)
        assert len(there.seen) == 5
    assert [answer(pair).status for pair in await pairs(store)] == [200] * 3


async def test_no_more_calls_are_under_way_than_allowed(store: Store) -> None:
    """`max_in_flight` holds over all partitions; the next call starts when one ends."""
    release = asyncio.Event()
    most = under_way = 0

    async def slow(seen: Seen, writer: asyncio.StreamWriter) -> None:
        nonlocal most, under_way
        under_way += 1
        most = max(most, under_way)
        await release.wait()
        under_way -= 1
        await endpoint.answer()(seen, writer)

    await Recording(store).add(*(exchange(number) for number in range(12)))
    async with Endpoint(slow) as there, mirroring(store, candidate(there.url, max_in_flight=3)) as worker:
        await there.wait_for(3)
        assert metric(worker, "understudy_candidate_in_flight") == 3
        release.set()
        await settled(store, recorded=12)
    assert most == 3
    assert max(pair.observation.in_flight for pair in await pairs(store)) == 3


async def test_a_dead_candidate_is_left_alone_and_its_exchanges_wait(store: Store) -> None:
    """After so many failures the breaker opens, the rest stays in the stream, and is sent when it is back."""
    async with Endpoint(endpoint.answer()) as there:
        url, port = there.url, there.port
    await Recording(store).add(*(exchange(number) for number in range(30)))
    breaker = BreakerSettings(failures=3, pause_s=0.1)
    async with mirroring(store, candidate(url, max_in_flight=1, breaker=breaker)) as worker:
        await until(lambda: metric(worker, "understudy_candidate_calls_total", outcome="connect") >= 5)
        assert metric(worker, "understudy_breaker_open") == 1
        assert (await store.coverage("models", "cand")).waiting > 0
        async with Endpoint(endpoint.answer(), port=port):
            coverage = await settled(store, recorded=30)
        assert metric(worker, "understudy_breaker_open") == 0
        failed = metric(worker, "understudy_candidate_calls_total", outcome="connect")
    assert coverage.mirrored == 30
    found = await pairs(store)
    assert ids(found) == sorted(f"e-{number}" for number in range(30))
    assert sum(not hasattr(pair.observation.outcome, "body") for pair in found) == failed < 30


async def test_a_gateway_that_finds_nobody_counts_as_a_failed_call(store: Store) -> None:
    """502, 503 and 504 are recorded as answers, and open the breaker."""
    await Recording(store).add(*(exchange(number) for number in range(8)))
    breaker = BreakerSettings(failures=2, pause_s=60.0)
    async with Endpoint(endpoint.answer(b"", "503 Service Unavailable")) as there:
        async with mirroring(store, candidate(there.url, max_in_flight=1, breaker=breaker)) as worker:

            async def is_open() -> bool:
                return metric(worker, "understudy_breaker_open") == 1

            await until(is_open)
        assert len(there.seen) == 2
