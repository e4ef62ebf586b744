"""GoReplay's captures that are written: they come back to the byte, and what no capture can hold is not written."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadtest.sources.gor import OF_A_REPLAY
from loadtest.sources.gor_records import SEPARATOR
from loadtest.sources.gor_writer import GorWriter
from records.errors import RecordError
from records.nouns import Answer, Body, Exchange, Failure, Request, Timings
from records.privacy.redaction import Redaction
from records.settings import KeptSettings
from tests.loadtest.sources.gor_captures import ASKED, GET, bodies, read, record
from tests.loadtest.sources.messages_made_up import answers, cut, exchange, exchanges, observation, timings, whole


@given(st.lists(exchanges(bodies), min_size=1, max_size=4, unique_by=lambda each: each.id))
def test_what_is_written_is_read_as_it_was(written: list[Exchange]) -> None:
    """Any exchanges survive the file to the byte and the ns, whatever their bodies hold."""
    given_, skips = read(b"".join(map(GorWriter(None).records, written)))
    assert skips == {}
    assert [(each.id, each.request, each.at_ns) for each in given_] == [
        (each.id, each.request, each.production.wall_ns) for each in written
    ]
    assert [each.production for each in given_] == [
        each.production if isinstance(each.production.outcome, Answer) else None for each in written
    ]


@given(exchanges(bodies), st.builds(observation, answers(bodies), timings()))
def test_what_a_candidate_answered_is_written_beside_it(written: Exchange, candidate: object) -> None:
    """GoReplay's middleware finds the candidate's answer as a replay's; read here, it is counted and not taken."""
    given_, skips = read(GorWriter(None).records(written, candidate))  # type: ignore[arg-type]
    assert [(each.request, each.production) for each in given_] == [(written.request, written.production)]
    assert skips == {OF_A_REPLAY: 1}


def test_a_capture_has_the_form_that_goreplay_reads() -> None:
    """Kind, id, ns and ns before each message; of a candidate's answer its round trip."""
    answer = Answer(200, ((b"server", b"s"),), whole(b"hi"))
    asked = exchange(
        Request("POST", "/a?b", ((b"host", b"h"),), whole(b"{}")),
        observation(answer, Timings(sent=5, first_byte=40, last_byte=70), ASKED),
    )
    candidate = observation(answer, Timings(sent=9, first_byte=30, last_byte=59), ASKED + 1_000)
    assert GorWriter(None).records(asked, candidate) == (
        record(1, "e1", b"POST /a?b HTTP/1.1\r\nhost: h\r\nContent-Length: 2\r\n\r\n{}", took=5)
        + record(2, "e1", b"HTTP/1.1 200 OK\r\nserver: s\r\nContent-Length: 2\r\n\r\nhi", ASKED + 40, 30)
        + record(3, "e1", b"HTTP/1.1 200 OK\r\nserver: s\r\nContent-Length: 2\r\n\r\nhi", ASKED + 1_009, 50)
    )


def test_a_request_that_was_not_answered_is_written_alone() -> None:
    """A capture has no room for a failure."""
    asked = exchange(Request("GET", "/", (), whole(b"")), observation(Failure("timeout", "late"), Timings(failed=9)))
    assert GorWriter(None).records(asked).count(SEPARATOR) == 1


def test_a_capture_is_redacted() -> None:
    """Whatever leaves passes the redaction first, a candidate's answer too."""
    answer = observation(Answer(200, (), whole(b'{"user":"ada"}')), Timings(sent=0, first_byte=1, last_byte=2))
    asked = exchange(Request("POST", "/", (), whole(b'{"user":"ada"}')), answer)
    redaction = Redaction.create(KeptSettings(redact_pointers=("/user",)), b"k" * 32)
    assert GorWriter(None).records(asked, answer).count(b"ada") == 3
    assert b"ada" not in GorWriter(redaction).records(asked, answer)


@pytest.mark.parametrize(
    ("request_", "name"),
    [
        (Request("GET", "/", (), whole(b"")), "a b"),
        (Request("GET", "/", (), whole(b"")), ""),
        (Request("GET", "/", (), whole(b"")), "a\n"),
        (Request("GET", "/", (), whole(b"")), "\u4e00"),
        (Request("GET /", "/", (), whole(b"")), "a"),
        (Request("GET", "/ HTTP/1.1\r\nx: y", (), whole(b"")), "a"),
        (Request("GET", "/", ((b"a", b"b\r\nc: d"),), whole(b"")), "a"),
    ],
)
def test_what_would_be_another_message_is_not_written(request_: Request, name: str) -> None:
    """An id, method, target or header that would break a record is refused in words."""
    asked = exchange(request_, observation(Failure("connect", ""), Timings()), name)
    with pytest.raises(RecordError, match=r"\.gor file has no room|makes no HTTP/1\.1 message|make no HTTP/1\.1"):
        GorWriter(None).records(asked)


@pytest.mark.parametrize("body", [cut(SEPARATOR, 1), whole(SEPARATOR + b"1 a 5 5\n" + GET)])
def test_a_body_without_an_end_is_not_written(body: Body) -> None:
    """One that holds the separator could not be told from what follows it if it was cut, or holds a record."""
    asked = exchange(Request("POST", "/", (), body), observation(Failure("connect", ""), Timings()))
    with pytest.raises(RecordError, match="the body of 'e1' would have no end"):
        GorWriter(None).records(asked)
