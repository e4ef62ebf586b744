"""One call and what it observes: on real sockets, without a mirror or a store."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from random import Random

import pytest

from calling.call import CROSSING_NS
from calling.endpoint import CalledEndpoint
from calling.settings import CallSettings
from http1.sweep import Sweep
from records.nouns import Answer, Exchange, Failure, Observation
from records.settings import KeptSettings
from tests import endpoint
from tests.endpoint import Behaviour, Endpoint, Seen
from tests.recordings import exchange

PATIENCE_S = 20
Called = Callable[..., CalledEndpoint]


@pytest.fixture
async def called(sweep: Sweep) -> AsyncIterator[Called]:
    """Endpoints by their settings; closed at the end."""
    made: list[CalledEndpoint] = []

    def create(url: str, **settings: object) -> CalledEndpoint:
        given = CallSettings(url=url, **settings)  # type: ignore[arg-type]
        made.append(
            CalledEndpoint("/models", given, kept=KeptSettings(), secret=b"s" * 32, sweep=sweep, random=Random(1))
        )
        return made[-1]

    yield create
    for each in made:
        await each.close()


class PendingCall:
    """One call under way; `ended` has what it came to."""

    def __init__(self, at: CalledEndpoint, asked: Exchange) -> None:
        self.ended: asyncio.Future[Observation | None] = asyncio.get_running_loop().create_future()
        to_head = asked.request.method == "HEAD"
        self.call = at.call(at.request(asked), to_head_request=to_head, done=self.ended.set_result)
        self.call.start()

    async def observed(self) -> Observation:
        observation = await asyncio.wait_for(self.ended, PATIENCE_S)
        assert observation is not None
        return observation


async def observed(at: CalledEndpoint, asked: Exchange | None = None) -> Observation:
    return await PendingCall(at, asked or exchange()).observed()


async def test_an_answer_is_observed_with_what_it_took(called: Called) -> None:
    """Status, the headers that may be kept, body, version, and the moments in the order in which they came."""
    headers = ("Content-Type: application/json", "X-Model-Version: 7", "Set-Cookie: a=b")
    async with Endpoint(endpoint.answer(b'{"y":3}', "200 OK", *headers)) as there:
        found = await observed(called(there.url, version_header="X-Model-Version", build="b2"))
    assert isinstance(found.outcome, Answer)
    assert (found.outcome.status, found.outcome.body.data) == (200, b'{"y":3}')
    assert found.outcome.headers == ((b"content-type", b"application/json"), (b"x-model-version", b"7"))
    assert (found.version, found.declared_build, found.in_flight, found.reader_paused) == ("7", "b2", 1, False)
    times = found.timings
    assert times.received == 0
    assert times.failed is None
    assert 0 < times.connected <= times.sent <= times.first_byte <= times.last_byte  # type: ignore[operator]


@pytest.mark.parametrize(
    ("behaviour", "kind", "status"),
    [
        (endpoint.raw(b""), "closed_before_answer", None),
        (endpoint.raw(b"SSH-2.0-OpenSSH_9.6\r\n"), "protocol", None),
        (endpoint.raw(b"HTTP/1.1 101 Switching\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n"), "protocol", 101),
        (endpoint.raw(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n123"), "closed_midway", 200),
        (endpoint.answer(b"x" * 101), "too_large", 200),
        (endpoint.hang, "timeout", None),
    ],
    ids=["closes", "not HTTP", "upgrades", "closes midway", "oversized", "hangs"],
)
async def test_a_failure_says_what_it_was_and_when_it_was_found(
    called: Called, behaviour: Behaviour, kind: str, status: int | None
) -> None:
    """No half of an answer: a kind of failure, the status where a head had come, and no last byte."""
    async with Endpoint(behaviour) as there:
        found = await observed(called(there.url, timeout_s=0.2, max_answer_bytes=100))
    assert isinstance(found.outcome, Failure)
    assert (found.outcome.kind, found.outcome.status) == (kind, status)
    assert found.timings.last_byte is None
    assert found.timings.failed is not None
    assert found.timings.failed >= (found.timings.sent or 0)


async def test_nobody_there_is_a_failure_without_a_connection(called: Called) -> None:
    """What was never connected was never sent."""
    async with Endpoint(endpoint.answer()) as there:
        url = there.url
    found = await observed(called(url))
    assert isinstance(found.outcome, Failure)
    assert found.outcome.kind == "connect"
    assert (found.timings.connected, found.timings.sent) == (None, None)


async def test_a_kept_alive_connection_that_died_costs_one_more_attempt(called: Called) -> None:
    """The call is made once more on a fresh connection, whatever the method; a death there is the endpoint's."""
    async with Endpoint(endpoint.once(endpoint.answer())) as there:
        at = called(there.url)
        outcomes = [(await observed(at)).outcome for _ in range(2)]
        assert len(there.seen) == 3
        there.behaviour = endpoint.raw(b"")
        last = (await observed(at)).outcome
        assert len(there.seen) == 5
    assert [isinstance(each, Answer) for each in outcomes] == [True, True]
    assert isinstance(last, Failure)
    assert last.kind == "closed_before_answer"


async def test_an_endpoint_that_thinks_and_then_dies_has_failed(called: Called) -> None:
    """Its kept connection was not closed for being idle: asked once more, it would hide what it does to clients."""
    answers = endpoint.answer()

    async def behave(seen: Seen, writer: asyncio.StreamWriter) -> None:
        if len(there.seen) == 1:
            await answers(seen, writer)
        else:
            await asyncio.sleep(CROSSING_NS / 1e9 + 0.1)
            writer.close()

    async with Endpoint(behave) as there:
        at = called(there.url)
        await observed(at)
        crashed = PendingCall(at, exchange())
        outcome = (await crashed.observed()).outcome
        assert len(there.seen) == 2
    assert isinstance(outcome, Failure)
    assert outcome.kind == "closed_before_answer"
    assert not crashed.call.was_resent


STREAM = b"HTTP/1.1 200 OK\r\nContent-Type: Text/Event-Stream\r\nConnection: close\r\n\r\n"


@pytest.mark.parametrize("stamps", [True, False])
async def test_the_pieces_of_a_stream_are_stamped_where_that_is_wanted(sweep: Sweep, stamps: bool) -> None:
    """Each with how much of the body there was then, in the order in which they came."""
    more = asyncio.Event()

    async def behave(_: Seen, writer: asyncio.StreamWriter) -> None:
        writer.write(STREAM + b"data: 1\n\n")
        await more.wait()
        writer.write(b"data: 22\n\n")
        writer.close()

    async with Endpoint(behave) as there:
        at = CalledEndpoint(
            "/models", CallSettings(url=there.url), kept=KeptSettings(), secret=b"s" * 32, sweep=sweep,
            random=Random(1), stamps_streams=stamps,
        )  # fmt: skip
        asked = PendingCall(at, exchange())
        if stamps:
            async with asyncio.timeout(PATIENCE_S):
                while not asked.call.arrivals:
                    await asyncio.sleep(0.01)
        more.set()
        times = (await asked.observed()).timings
        await at.close()
    arrivals = asked.call.arrivals
    assert [size for _, size in arrivals] == ([9, 19] if stamps else [])
    assert [when for when, _ in arrivals] == sorted(when for when, _ in arrivals)
    if stamps:
        assert times.first_byte is not None
        assert times.last_byte is not None
        assert times.first_byte <= arrivals[0][0] < arrivals[1][0] <= times.last_byte


async def test_the_answer_to_a_head_has_no_body_to_wait_for(called: Called) -> None:
    """Its Content-Length says what a GET would have given, and is no reason to wait or to refuse."""
    head = endpoint.raw(b"HTTP/1.1 200 OK\r\nContent-Length: 999999\r\n\r\n", close=False)
    async with Endpoint(head) as there:
        found = await observed(called(there.url, max_answer_bytes=10), exchange(method="HEAD", body=b""))
    assert isinstance(found.outcome, Answer)
    assert found.outcome.body.data == b""


async def test_a_call_that_is_given_up_observes_nothing(called: Called) -> None:
    """It ends once, at once and without an observation; giving it up again, or after its end, does no harm."""
    async with Endpoint(endpoint.hang) as there:
        asked = PendingCall(called(there.url), exchange())
        await there.wait_for(1)
        asked.call.give_up()
        assert asked.ended.result() is None
        asked.call.give_up()


async def test_a_call_that_waits_for_a_connection_can_be_given_up(called: Called) -> None:
    """It leaves the queue, and the one behind it is served."""
    release = asyncio.Event()

    async with Endpoint(endpoint.after(release, endpoint.answer())) as there:
        at = called(there.url, max_connections=1)
        first, second, third = (PendingCall(at, exchange(number)) for number in range(3))
        await there.wait_for(1)
        second.call.give_up()
        release.set()
        assert [(await each.observed()).in_flight for each in (first, third)] == [1, 1]
        assert second.ended.result() is None
        assert len(there.seen) == 2


async def test_a_call_given_up_while_its_connection_is_opened_takes_none_away(called: Called) -> None:
    """The connection serves the next call."""
    async with Endpoint(endpoint.answer()) as there:
        at = called(there.url, max_connections=1, acquire_timeout_s=5.0)
        asked = PendingCall(at, exchange())
        asked.call.give_up()
        assert isinstance((await observed(at)).outcome, Answer)
        assert (there.connections, len(there.seen), asked.ended.result()) == (1, 1, None)


@pytest.mark.parametrize(("sending", "answering"), [(0, 10_000_000), (10_000_000, 0)])
async def test_the_lag_is_that_of_the_moment_when_the_request_was_sent(
    called: Called, sweep: Sweep, sending: int, answering: int
) -> None:
    """How late the loop runs while the endpoint works on it makes no difference."""
    sweep.stop()  # nothing but this test moves it
    sweep.lag_ns = sending

    async def behave(seen: Seen, writer: asyncio.StreamWriter) -> None:
        sweep.lag_ns = answering
        await endpoint.answer()(seen, writer)

    async with Endpoint(behave) as there:
        assert (await observed(called(there.url))).loop_lag_ns == sending


def test_no_more_calls_are_allowed_than_there_may_be_connections(called: Called) -> None:
    """Who allows so many under way never makes one wait for a connection."""
    assert called("http://127.0.0.1:1", max_in_flight=8, max_connections=3).max_in_flight == 3
