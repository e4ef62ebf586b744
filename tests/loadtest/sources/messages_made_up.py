"""Hypothesis strategies for exchanges that a file of another tool can tell without loss."""

import string
from collections.abc import Callable

from hypothesis import strategies as st

from records.nouns import Answer, Body, Exchange, Failure, Headers, Observation, Request, Timings

# Those of a connection or its framing, which no file keeps; `connection` would drop others.
NOT_KEPT = {
    "connection", "content-encoding", "content-length", "expect", "http2-settings", "keep-alive", "proxy-authenticate",
    "proxy-authentication-info", "proxy-authorization", "proxy-connection", "te", "trailer", "transfer-encoding",
    "upgrade", "host",
}  # fmt: skip
DAY_NS = 86_400 * 10**9
WALL_NS = 1_700_000_000_123_456_789

names = (
    st.text(string.ascii_lowercase + string.digits + "!#$%&'*+-.^_`|~", min_size=1, max_size=12)
    .filter(lambda name: name not in NOT_KEPT)
    .map(str.encode)
)
values = st.text(st.characters(min_codepoint=0x20, max_codepoint=0xFF, exclude_categories=("Cc",)), max_size=20).map(
    lambda text: text.encode("latin-1").strip(b" \t")
)
headers: st.SearchStrategy[Headers] = st.lists(st.tuples(names, values), max_size=5).map(tuple)
targets = st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E, exclude_characters="#"), max_size=30).map(
    lambda text: "/" + text
)
data = st.binary(max_size=60)


def whole(content: bytes) -> Body:
    return Body(content, len(content))


def cut(content: bytes, missing: int) -> Body:
    return Body(content, len(content) + missing, cut=True)


def requests(bodies: st.SearchStrategy[bytes]) -> st.SearchStrategy[Request]:
    methods = st.sampled_from(["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "PURGE"])
    return st.builds(Request, method=methods, target=targets, headers=headers, body=bodies.map(whole))


def answers(bodies: st.SearchStrategy[bytes]) -> st.SearchStrategy[Answer]:
    statuses = st.integers(200, 599).filter(lambda status: status not in (204, 304))
    # No capture has a record of 40 bytes: one that is cut by more could seem to hold the next one.
    some = st.builds(
        Answer,
        status=statuses,
        headers=headers,
        body=bodies.map(whole) | st.builds(cut, data.filter(lambda body: b"\xf0" not in body), st.integers(1, 40)),
    )
    none = st.builds(Answer, status=st.sampled_from([204, 304]), headers=headers, body=st.just(whole(b"")))
    return some | none


@st.composite
def timings(draw: Callable[[st.SearchStrategy[int]], int]) -> Timings:
    """No answer begins with its request: `.gor` takes one that does for one whose first byte is not told."""
    sent, wait, receive = (draw(st.integers(least, DAY_NS)) for least in (0, 1, 0))
    return Timings(sent=sent, first_byte=sent + wait, last_byte=sent + wait + receive)


def observation(outcome: Answer | Failure, times: Timings, wall_ns: int = WALL_NS) -> Observation:
    """As a file tells it: of calls in hand, the loop and versions it knows nothing."""
    return Observation(wall_ns=wall_ns, timings=times, outcome=outcome, in_flight=0, loop_lag_ns=0, reader_paused=False)


def exchange(request: Request, production: Observation, name: str = "e1") -> Exchange:
    return Exchange(id=name, route="", revision=0, request=request, production=production)


def exchanges(bodies: st.SearchStrategy[bytes] = data) -> st.SearchStrategy[Exchange]:
    return st.builds(
        exchange,
        requests(bodies),
        st.builds(observation, answers(bodies), timings(), st.integers(0, 2**61)),
        st.text(string.hexdigits, min_size=1, max_size=24),
    )
