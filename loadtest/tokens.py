"""When the tokens of a streamed answer came: from what came when, and where in it its output stands. Pure.

A token is there when the last byte of the event that carries it is. Servers mostly send one in each event; where they
send several, these come together, and the pause is the next event's.
"""

from bisect import bisect_left
from typing import NamedTuple

from comparators.extract.spoken_events import spoken_events
from loadtest.engine.ended_call import EndedCall
from records.coding import CODING
from records.nouns import Answer, Exchange, Failure

EVENT_STREAM = b"text/event-stream"


class TokenTimes(NamedTuple):
    """As ResultRow has them; times are from the call's start, None for what did not happen or is not known. `tokens`:
    None where no answer of the kind was to be expected.
    """

    first: int | None = None
    last: int | None = None
    events: int = 0
    tokens: int | None = None


NO_STREAM = TokenTimes()
NONE_CAME = TokenTimes(tokens=0)


def token_times(call: EndedCall, *, is_awaited: bool) -> TokenTimes:
    """`is_awaited`: production's answer was such a stream. So of a call that failed it is known what is missing, and an
    answer in one piece has all of its tokens at its end.
    """
    outcome = call.observation.outcome
    unknown = NONE_CAME if is_awaited or (isinstance(outcome, Failure) and call.is_stamped) else NO_STREAM
    if isinstance(outcome, Failure):
        found = spoken_events(call.broken_off)
    elif not (call.arrivals or is_awaited) or any(name == CODING for name, _ in outcome.headers):
        return unknown
    else:
        found = spoken_events(outcome.body.data)
    if not found.ends:
        return unknown
    first, last = (_when(call, end) for end in (found.ends[0], found.ends[-1]))
    return TokenTimes(first, last, len(found.ends), len(found.ends) if found.tokens is None else found.tokens)


def streams_tokens(exchange: Exchange) -> bool:
    """Whether production answered so, when this was recorded."""
    outcome = exchange.production.outcome
    return isinstance(outcome, Answer) and any(
        name == b"content-type" and value.lower().startswith(EVENT_STREAM) for name, value in outcome.headers
    )


def bytes_in(call: EndedCall) -> int:
    """Of the answer's body; of one that broke off what is known to have come."""
    outcome = call.observation.outcome
    if isinstance(outcome, Answer):
        return outcome.body.size
    return call.arrivals[-1][1] if call.arrivals else 0


def _when(call: EndedCall, end: int) -> int | None:
    """So much of the body was there; None beyond what was stamped."""
    if not call.arrivals:
        return call.observation.timings.last_byte
    place = bisect_left(call.arrivals, end, key=lambda each: each[1])
    return call.arrivals[place][0] if place < len(call.arrivals) else None
