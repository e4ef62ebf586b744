"""A candidate at work, without a store: its slots, its breaker, and calls that are given up."""

from __future__ import annotations

import asyncio
import math

import pytest

from proxy.mirror.candidate import MirrorCandidate, start_of
from proxy.settings import BreakerSettings, RouteSettings
from records.nouns import Answer, Failure, Observation
from tests import endpoint
from tests.endpoint import Endpoint, Seen
from tests.proxy.mirror.staging import at_work, candidate, routes
from tests.recordings import exchange


def route(url: str, **settings: object) -> RouteSettings:
    return routes(candidate(url, **settings))[0]


async def call(one: MirrorCandidate) -> Observation | None:
    """One call from its beginning to its end."""
    ended: asyncio.Future[Observation | None] = asyncio.get_running_loop().create_future()
    made, _ = one.call(one.request(exchange()), to_head_request=False, done=ended.set_result)
    made.start()
    return await ended


async def test_it_may_be_called_while_a_slot_is_free_and_the_breaker_closed() -> None:
    """How long until then is told: while all slots are taken, that a call ends; else what the breaker says."""
    breaker = BreakerSettings(failures=1, pause_s=60.0)
    async with (
        Endpoint(endpoint.answer(b"", "503 Service Unavailable")) as there,
        at_work(route(there.url, max_in_flight=1, breaker=breaker)) as one,
    ):
        assert one.wait_s() == 0
        ended: asyncio.Future[Observation | None] = asyncio.get_running_loop().create_future()
        made, _ = one.call(one.request(exchange()), to_head_request=False, done=ended.set_result)
        made.start()
        assert one.wait_s() == math.inf
        await ended
        assert 0 < one.wait_s() <= 60
        one.breaker.answered(one.breaker.calling(), 0.0)
        assert one.wait_s() == 0


async def test_a_candidate_that_answers_most_of_its_calls_is_not_called_dead() -> None:
    """Of calls under way together every fifth hangs: the time-outs end last, and stand in no row for all that."""
    asked = 0

    async def every_fifth_hangs(seen: Seen, writer: asyncio.StreamWriter) -> None:
        nonlocal asked
        asked += 1
        if asked % 5:
            await endpoint.answer()(seen, writer)

    breaker = BreakerSettings(failures=20, pause_s=60.0)
    async with (
        Endpoint(every_fifth_hangs) as there,
        at_work(route(there.url, max_in_flight=128, timeout_s=1.0, breaker=breaker)) as one,
    ):
        for _ in range(2):
            found = await asyncio.gather(*(call(one) for _ in range(120)))
            hung = sum(each is not None and isinstance(each.outcome, Failure) for each in found)
            assert hung == 24
            said = one.word()
            assert said is not None
            assert (one.breaker.open, said.silence) == (False, None)
            assert said.answered_ns == max(each.wall_ns for each in found if each and isinstance(each.outcome, Answer))


async def test_a_call_given_up_while_it_connects_leaves_the_connection_to_the_next() -> None:
    """It ends once, without an observation, and the connection that was being opened is used."""
    ended: list[Observation | None] = []
    async with Endpoint(endpoint.answer()) as there, at_work(route(there.url, max_in_flight=1)) as one:
        made, _ = one.call(one.request(exchange()), to_head_request=False, done=ended.append)
        made.start()
        made.give_up()
        made.give_up()
        assert (ended, one.in_flight) == ([None], 0)
        async with asyncio.timeout(5):
            assert await call(one) is not None
        assert (ended, len(there.seen)) == ([None], 1)


@pytest.mark.parametrize(
    ("setting", "start"),
    [
        ("now", "now"),
        ("beginning", "beginning"),
        ("2023-11-14T22:13:20Z", "1700000000000"),
        ("2023-11-14T23:13:20.5+01:00", "1700000000500"),
    ],
)
def test_where_to_start_from_is_told_in_the_stores_words(setting: str, start: str) -> None:
    """A time becomes milliseconds since 1970."""
    assert start_of(setting) == start
