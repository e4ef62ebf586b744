"""Where a client's connection stands, and what follows when something happens to it: a table, and nothing else.

    fresh, idle ── request ──► answering ── answer_end ──► answered ── next ──► idle
         │                      ▲   └── switch ──► tunnel      ▲
         └── head ──► reading ──┤ request_end                 │
                         └► early ── answer_end ──► rest ─────┘ request_end

From wherever it stands it can end: `lingering` (our side is closed, and what still comes is read and dropped),
`closing` (what is written still goes out), `closed`.

Danger: HTTP/1.1 has no frames. What is read as a head anywhere but in `fresh` and `idle` may be a piece of a body
(request smuggling, RFC 9112 §11.2), and answers in another order than that of the requests are taken for one another.
So what is not in the table does not happen: it raises OutOfTurn, which costs this connection and no other.
"""

from __future__ import annotations

from typing import Literal, NoReturn

Event = Literal[
    "head",  # one was read, and its body is not all here
    "request",  # a head was read, and all of its body
    "answer_begin",
    "request_end",
    "answer_end",
    "next",  # the next request may be read
    "unread",  # the client reads no answers: it is asked for no requests
    "switch",
    "linger",
    "close",
    "lost",  # or cut
]


class OutOfTurn(RuntimeError):
    """What cannot happen where a connection stands: a fault of ours."""


class State(dict[Event, "State"]):
    """What may happen in this state, and the state that follows. There is one object of each: `is` tells them apart."""

    __slots__ = ("ends", "name")

    def __init__(self, name: str, *, ends: bool = False) -> None:
        super().__init__()
        self.name = name
        self.ends = ends  # nothing that comes is looked at any more

    def __missing__(self, event: Event) -> NoReturn:
        raise OutOfTurn(f"{event!r} cannot happen to a connection that is {self.name}")

    def __repr__(self) -> str:
        return self.name


FRESH = State("fresh")  # connected, and nothing was asked yet
IDLE = State("idle")  # between two requests; a part of the next head may be here
READING = State("reading")  # a request's body comes, and its answer has not begun
EARLY = State("early")  # its answer has begun before all of its body came
ANSWERING = State("answering")  # the request is here, its answer is not complete
REST = State("rest")  # answered early: what is left of the body is read and dropped
ANSWERED = State("answered")  # both are complete: the answer goes out, then what was pipelined has its turn
TUNNEL = State("tunnel")  # after a 101: raw bytes, for ever
LINGERING = State("lingering", ends=True)
CLOSING = State("closing", ends=True)
CLOSED = State("closed", ends=True)

_FRESH: dict[Event, State] = {"request": ANSWERING, "head": READING, "linger": LINGERING, "close": CLOSING}
TABLE: tuple[tuple[State, dict[Event, State]], ...] = (
    (FRESH, _FRESH),
    (IDLE, {**_FRESH, "unread": ANSWERED}),
    (READING, {"answer_begin": EARLY, "request_end": ANSWERING, "linger": LINGERING}),
    (EARLY, {"request_end": ANSWERING, "answer_end": REST, "linger": LINGERING}),
    (ANSWERING, {"answer_end": ANSWERED, "switch": TUNNEL, "linger": LINGERING}),
    (REST, {"request_end": ANSWERED, "linger": LINGERING}),  # Danger: by nothing else to where heads are read
    (ANSWERED, {"next": IDLE, "close": CLOSING}),
    (TUNNEL, {"close": CLOSING}),
    (LINGERING, {}),
    (CLOSING, {}),
    (CLOSED, {}),
)
for _state, _follows in TABLE:
    _state.update(_follows)
    _state["lost"] = CLOSED
