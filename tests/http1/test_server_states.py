"""Where a client's connection stands: the table, and that connections keep to it."""

import asyncio
from collections.abc import AsyncIterator, Callable
from itertools import pairwise
from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from http1.server import ServerConnection
from http1.server_states import (
    ANSWERED,
    ANSWERING,
    CLOSED,
    CLOSING,
    EARLY,
    FRESH,
    IDLE,
    LINGERING,
    READING,
    REST,
    TABLE,
    TUNNEL,
    Event,
    OutOfTurn,
    State,
)
from http1.settings import ServerLimits
from http1.sweep import Sweep
from tests.http1.service import Service, wait
from tests.http1.transport import HeldTransport

GET = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"
HEAD = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\n"
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
STATES = [state for state, _ in TABLE]
EVENTS: tuple[Event, ...] = get_args(Event)


class Held:
    """A connection whose client and receiver are the test."""

    def __init__(self, sweep: Sweep) -> None:
        self.service = Service(wait)
        self.transport = HeldTransport()
        self.connection = ServerConnection(self.service, ServerLimits(), sweep)
        self.connection.connection_made(self.transport)

    @property
    def state(self) -> State:
        return self.connection._state

    def answer(self, *, keep: bool = True) -> None:
        self.connection.write(ANSWER)
        self.connection.answer_end(keep=keep)

    def answer_unread(self) -> None:
        """The client does not read it, so that its next request has to wait."""
        self.connection.pause_writing()
        self.answer()


@pytest.fixture
async def sweep() -> AsyncIterator[Sweep]:
    sweep = Sweep(asyncio.get_running_loop())
    yield sweep
    sweep.stop()


Step = Callable[[Held], None]


def sends(data: bytes) -> Step:
    return lambda held: held.connection.data_received(data)


def begins(held: Held) -> None:
    held.connection.write(ANSWER)


def refuses(held: Held) -> None:
    held.connection.refuse(503, "pool_timeout", "none is free")


REACH: dict[str, list[Step]] = {
    "fresh": [],
    "idle": [sends(GET), Held.answer],
    "reading": [sends(HEAD)],
    "early": [sends(HEAD), begins],
    "answering": [sends(GET)],
    "rest": [sends(HEAD), Held.answer],
    "answered": [sends(GET), Held.answer_unread],
    "tunnel": [sends(GET), lambda held: held.connection.start_tunnel()],
    "lingering": [sends(b"nonsense\r\n\r\n")],
    "closing": [sends(GET), lambda held: held.answer(keep=False)],
    "closed": [lambda held: held.connection.abort()],
}

HAPPENS: dict[Event, Step] = {
    "head": sends(HEAD),
    "request": sends(GET),
    "answer_begin": begins,
    "request_end": sends(b"body"),
    "answer_end": lambda held: held.connection.answer_end(),
    "next": lambda held: held.connection.resume_writing(),
    "unread": lambda held: held.connection.pause_writing(),
    "switch": lambda held: held.connection.start_tunnel(),
    "linger": refuses,
    "close": lambda held: held.connection.close(),
    "lost": lambda held: held.connection.connection_lost(None),
}
TRANSITIONS = [
    (state, event, after) for state, follows in TABLE for event, after in (*follows.items(), ("lost", CLOSED))
]


@pytest.mark.parametrize(("state", "event", "after"), TRANSITIONS, ids=str)
async def test_a_connection_goes_where_the_table_says(sweep: Sweep, state: State, event: Event, after: State) -> None:
    """Whatever a client or a receiver does, each line of the table is what becomes of a real connection."""
    held = Held(sweep)
    for step in REACH[state.name]:
        step(held)
    assert held.state is state
    if after is ANSWERED and event != "unread":
        held.connection.pause_writing()  # else the next request has its turn at once
    HAPPENS[event](held)
    assert held.state is after


IMPOSSIBLE = [(state, event) for state in STATES for event in EVENTS if event not in state]


@pytest.mark.parametrize(("state", "event"), IMPOSSIBLE, ids=str)
def test_what_is_not_in_the_table_is_refused_by_name(state: State, event: Event) -> None:
    """A fault of ours says what was done in which state, and never passes as something else."""
    with pytest.raises(OutOfTurn, match=f"'{event}' cannot happen to a connection that is {state}"):
        state[event]


async def test_who_reads_again_owes_the_rest_of_a_body_within_its_own_time(sweep: Sweep) -> None:
    """A client that did not read for a while has no longer for what is left of its request than others."""
    held = Held(sweep)
    held.connection.data_received(HEAD)
    held.answer()
    held.connection.pause_writing()
    held.connection.resume_writing()
    assert held.state is REST
    assert held.connection.deadline <= sweep.after(ServerLimits().body_idle_timeout_s)


def test_a_head_is_read_in_two_states_alone() -> None:
    """Bytes are a head only where nothing of a request and nothing of an answer is open."""
    assert [state for state in STATES if "head" in state or "request" in state] == [FRESH, IDLE]


def test_only_the_end_of_its_body_leads_from_an_answered_request_to_the_next() -> None:
    """What is left of a body is never read as a head."""
    assert {state.name: event for state in (READING, EARLY, REST) for event in state if not state[event].ends} == {
        "reading": "request_end",
        "early": "answer_end",
        "rest": "request_end",
    }
    assert [state for state in STATES if IDLE in state.values()] == [ANSWERED]
    assert [state for state in STATES if any(after is ANSWERED for after in state.values())] == [IDLE, ANSWERING, REST]


def test_nothing_comes_back_from_an_end() -> None:
    """Lingering, closing and closed lead to closed, and everything else may."""
    assert all(set(map(str, state.values())) == {"closed"} for state in (LINGERING, CLOSING, CLOSED))
    assert all(state["lost"] is CLOSED for state in STATES)
    assert TUNNEL not in (ANSWERED["next"], ANSWERING["answer_end"])


# ---- any client, any receiver

BODIES = st.binary(max_size=6)


def written(number: int, body: bytes, chunked: bool) -> bytes:
    start = b"POST /%d HTTP/1.1\r\nHost: a\r\n" % number
    if chunked:
        payload = b"%x\r\n%b\r\n" % (len(body), body) if body else b""
        return start + b"Transfer-Encoding: chunked\r\n\r\n" + payload + b"0\r\n\r\n"
    return start + b"Content-Length: %d\r\n\r\n" % len(body) + body


REQUESTS = st.lists(st.tuples(BODIES, st.booleans()), min_size=1, max_size=5)
ACTIONS = st.sampled_from(["send", "send", "answer", "begin", "pause", "resume", "stall", "drain", "turn"])


@given(REQUESTS, st.lists(st.tuples(ACTIONS, st.integers(1, 90)), min_size=20, max_size=90))
@settings(max_examples=300)
async def test_what_a_client_sent_is_what_is_asked(requests, script) -> None:
    """However a client's bytes are cut and whenever it is answered, its requests come in order, each after the answer
    to the one before it, and never a piece of one as another.
    """
    sweep = Sweep(asyncio.get_running_loop())
    held = Held(sweep)
    connection, taken = held.connection, held.service.taken
    stream = b"".join(written(number, *request) for number, request in enumerate(requests))
    paused = False
    for action, size in script:
        asked = len(taken)
        open_ = bool(taken) and not taken[-1].answered and not taken[-1].gone.is_set() and not held.state.ends
        if action == "send" and held.transport.reading:
            data, stream = stream[:size], stream[size:]
            if data:
                connection.data_received(data)
        elif action == "answer" and open_:
            taken[-1].answer()
        elif action == "begin" and open_:
            taken[-1].connection.write(b"")
        elif action == ("resume" if paused else "pause") and taken and not held.transport.closed:
            paused = not paused
            connection.pause_writing() if paused else connection.resume_writing()
        elif action == "stall" and not held.transport.closed and size > 80:
            connection.deadline_passed()
        elif action == "drain" and size > 80:
            connection.drain()
        elif action == "turn":
            await asyncio.sleep(0)
        assert not paused or len(taken) == asked  # a client that reads no answers is asked for no requests
        assert (connection._body is not None) is (held.state in (READING, EARLY, REST))
    sweep.stop()
    assert all(status == 408 for status, _ in held.service.refusals)
    assert [each.head.target for each in taken] == [b"/%d" % number for number in range(len(taken))]
    assert all(one.answered for one, _ in pairwise(taken))
    for each, (body, _) in zip(taken, requests, strict=False):
        assert body == each.body if each.ended.is_set() else body.startswith(each.body)
