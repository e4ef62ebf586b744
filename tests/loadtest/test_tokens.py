"""When tokens came, from when bytes did."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from loadtest.engine.ended_call import EndedCall
from loadtest.tokens import NO_STREAM, NONE_CAME, TokenTimes, bytes_in, streams_tokens, token_times
from records.nouns import Answer, Body, Failure, Observation, Timings
from tests.comparators.extract.test_spoken_events import chunk, stream
from tests.recordings import exchange

JSON = ((b"content-type", b"application/json"),)
EVENTS = ((b"content-type", b"text/event-stream; charset=utf-8"),)
DATA = stream(chunk(None), chunk("a"), chunk("b"), chunk("c"), {"choices": [], "usage": {"completion_tokens": 9}})
# Of the body's bytes, where its first four events end.
ROLE, A, B, C = (len(stream(chunk(None), *map(chunk, "abc"[:count]), end=b"")) for count in range(4))


def call(
    *arrivals: tuple[int, int],
    outcome: Answer | Failure | None = None,
    headers: Any = EVENTS,
    timings: Timings = Timings(),  # noqa: B008 - frozen
) -> EndedCall:
    observation = Observation(
        wall_ns=0, timings=timings, outcome=outcome or Answer(200, headers, Body(DATA, len(DATA))), in_flight=1,
        loop_lag_ns=0, reader_paused=False,
    )  # fmt: skip
    return EndedCall(0, 0, 0, 0, 0, observation, arrivals)


def test_a_token_is_there_when_its_events_last_byte_is() -> None:
    """A head start of bytes counts for nothing, and events that come together come at one time."""
    own = call((10, ROLE), (20, A - 1), (30, A), (40, C), (50, len(DATA)))
    assert token_times(own, is_awaited=True) == TokenTimes(30, 40, 3, 9)


def test_beyond_what_was_stamped_nothing_is_known() -> None:
    """Of a stream of more pieces than are kept."""
    assert token_times(call((10, ROLE), (20, B)), is_awaited=True) == TokenTimes(20, None, 3, 9)


@pytest.mark.parametrize("is_awaited", [True, False])
def test_what_is_no_stream_of_tokens_has_none(is_awaited: bool) -> None:
    """A compressed one and one without output; where tokens were to be expected it is known that they are missing."""
    nothing = NONE_CAME if is_awaited else NO_STREAM
    coded = (*EVENTS, (b"content-encoding", b"gzip"))
    assert token_times(call((1, len(DATA)), headers=coded), is_awaited=is_awaited) == nothing
    silent = Answer(200, EVENTS, Body(b": ping\n\n", 8))
    assert token_times(call((1, 8), outcome=silent), is_awaited=is_awaited) == nothing
    assert token_times(call(outcome=Answer(503, (), Body(b'{"error": "full"}', 17))), is_awaited=is_awaited) == nothing


def test_an_answer_in_one_piece_has_its_tokens_at_its_end() -> None:
    """A candidate that does not stream where production did is no faster than the one that does."""
    whole = b'{"choices": [{"message": {"content": "a b"}}], "usage": {"completion_tokens": 12}}'
    own = call(outcome=Answer(200, JSON, Body(whole, len(whole))), timings=Timings(0, 1, 2, 3, 77))
    assert token_times(own, is_awaited=True) == TokenTimes(77, 77, 1, 12)
    assert token_times(own, is_awaited=False) == NO_STREAM


def test_a_call_that_failed_lacks_tokens_only_where_production_streamed_them() -> None:
    """Else nobody knows what its answer would have been."""
    failed = call((5, 12), outcome=Failure("timeout", "late"))
    assert token_times(failed, is_awaited=True) == NONE_CAME
    assert token_times(failed, is_awaited=False) == NO_STREAM
    assert bytes_in(failed) == 12


def test_what_production_streamed_is_known_by_its_content_type() -> None:
    """As it was recorded."""
    assert not streams_tokens(exchange())
    production = replace(exchange().production, outcome=Answer(200, EVENTS, Body(DATA, len(DATA))))
    assert streams_tokens(replace(exchange(), production=production))
