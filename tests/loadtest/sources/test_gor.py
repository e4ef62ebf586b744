"""GoReplay's captures: every request with its answer, and nothing of a damaged file lost without a count."""

import gzip
import io
import tracemalloc
import zlib
from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadtest.errors import SourceError
from loadtest.sources.gor import (
    MAX_EARLY,
    MAX_EARLY_BYTES,
    MAX_WAITING,
    OF_A_REPLAY,
    OLD_LATENCIES,
    UNASKED,
    GorFile,
)
from loadtest.sources.gor_records import (
    AMBIGUOUS,
    CUT_GZIP,
    CUT_RECORD,
    INNER_RECORD,
    MARK,
    NO_HEADER,
    SEPARATOR,
    TOO_LARGE,
)
from loadtest.sources.gor_writer import GorWriter
from loadtest.sources.messages import BAD_HEADER, BAD_METHOD, BAD_TARGET, CUT_REQUEST, NOT_HTTP
from loadtest.sources.source import SourceRequest
from loadtest.sources.wire import BAD_CHUNKS, EXCESS, NO_ANSWER, NO_REQUEST
from records.errors import RecordError
from records.nouns import Answer, Body, Exchange, Failure, Request, Timings
from records.privacy.redaction import Redaction
from records.settings import KeptSettings
from tests.loadtest.sources.messages_made_up import answers, cut, data, exchange, exchanges, observation, timings, whole

ASKED = 1_700_000_000_000_000_000
GET = b"GET /v1/models?all=1 HTTP/1.1\r\nHost: models.example\r\n\r\n"
POST = (
    b"POST /v1/score HTTP/1.1\r\nHost: models.example\r\nUser-Agent: curl/8.4\r\nContent-Type: application/json\r\n"
    b'Content-Length: 15\r\n\r\n{"x":[1.5,2.0]}'
)
OK = b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 11\r\n\r\n{"y":[0.1]}'

# What tempts a reader: lines of the separator, and whole records.
tempting = st.sampled_from(
    [SEPARATOR, MARK, b"\n", b"\r\n\r\n", b"1 a 5 5\n" + GET, b"\n1 a 5 5\n" + GET + SEPARATOR, b"x"]
)
bodies = (data | st.lists(tempting, max_size=5).map(b"".join)).filter(
    lambda body: INNER_RECORD.search(b"\n" + body) is None
)


def record(kind: int, name: str, payload: bytes, at: int = ASKED, took: int | None = 0) -> bytes:
    return f"{kind} {name} {at}{'' if took is None else f' {took}'}\n".encode() + payload + SEPARATOR


def read(content: bytes) -> tuple[list[SourceRequest], dict[str, int]]:
    source = GorFile(io.BytesIO(content))
    return list(source), dict(source.skips.counts)


def only(content: bytes) -> SourceRequest:
    """The one request that is in it, with nothing left out."""
    (request,), skips = read(content)
    assert skips == {}
    return request


def lines(*fields: bytes, end: bytes = b"\r\n") -> bytes:
    return end.join([*fields, b"", b""])


class StreamFile(io.RawIOBase):
    """A file that is made as it is read. `taken`: how many of its pieces were."""

    def __init__(self, pieces: Iterable[bytes]) -> None:
        self.taken = 0
        self._pieces = iter(pieces)
        self._left = b""

    def read(self, size: int = -1) -> bytes:
        while not self._left:
            piece = next(self._pieces, None)
            if piece is None:
                return b""
            self.taken += 1
            self._left = piece
        given, self._left = self._left[:size], self._left[size:]
        return given


# ---- what is written comes back


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


# ---- captures as GoReplay makes them


def test_a_request_gets_its_answer_and_its_latency() -> None:
    """First byte is when the answer began, last byte when it ended, both from the request's first byte on."""
    request = only(
        record(1, "8e091765ae902fef8a2b7d9d", POST, ASKED, 20_000)
        + record(2, "8e091765ae902fef8a2b7d9d", OK, ASKED + 1_000_000, 300_000)
    )
    assert request.id == "8e091765ae902fef8a2b7d9d"
    assert request.at_ns == ASKED
    assert request.request == Request(
        "POST",
        "/v1/score",
        ((b"host", b"models.example"), (b"user-agent", b"curl/8.4"), (b"content-type", b"application/json")),
        whole(b'{"x":[1.5,2.0]}'),
    )
    assert request.production == observation(
        Answer(200, ((b"content-type", b"application/json"),), whole(b'{"y":[0.1]}')),
        Timings(sent=20_000, first_byte=1_000_000, last_byte=1_300_000),
        ASKED,
    )


def test_a_latency_that_was_not_taken_is_not_made_up() -> None:
    """Headers of three fields, and -1, tell when an answer began, and not when it ended."""
    for took in (None, -1):
        request = only(record(1, "a", GET, took=took) + record(2, "a", OK, ASKED + 7, took))
        assert request.production is not None
        assert request.production.timings == Timings(sent=0, first_byte=7)


def test_an_older_capture_tells_when_an_answer_began_and_not_how_long_it_took() -> None:
    """Its requests have no latency, and its answers' is counted from the request's end: added up it would be doubled.

    The figures are of a capture in GoReplay's issue 573.
    """
    asked_ns, answered_ns, took = 1_525_438_882_658_777_000, 1_525_438_882_811_020_000, 152_243_000
    source = GorFile(io.BytesIO(record(1, "a", GET, asked_ns, None) + record(2, "a", OK, answered_ns, took)))
    (request,) = source
    assert request.production is not None
    assert request.production.timings == Timings(sent=0, first_byte=152_243_000)
    assert source.skips.notes == [OLD_LATENCIES]


def test_the_oldest_captures_tell_of_an_answer_neither_when_it_began_nor_how_long_it_took() -> None:
    """Its time is its request's there, or no time at all but how long it took, by a clock that ran late."""
    for at, took in ((ASKED, 511_125_014), (511_125_014, None)):
        source = GorFile(io.BytesIO(record(1, "a", GET, ASKED, None) + record(2, "a", OK, at, took)))
        (request,) = source
        assert request.production is not None
        assert request.production.timings in (Timings(), Timings(sent=0))  # no first byte, and no last one
        assert source.skips.notes == [OLD_LATENCIES]


def test_an_answer_does_not_begin_with_its_request() -> None:
    """A record whose answer has the request's own time tells when it ended, as we write what has no first byte."""
    took = observation(Answer(200, (), whole(b"")), Timings(sent=5, last_byte=70), ASKED)
    request = only(GorWriter(None).records(exchange(Request("GET", "/", (), whole(b"")), took)))
    assert request.production == took


def test_an_answer_from_before_its_request_has_no_latency() -> None:
    """A clock that was set back makes no negative time."""
    request = only(record(1, "a", GET) + record(2, "a", OK, ASKED - 1, 5))
    assert request.production is not None
    assert request.production.timings == Timings()


def test_answers_may_come_late_and_early() -> None:
    """They are joined by id, and the requests keep the file's order."""
    requests = {name: record(1, name, GET) for name in "abc"}
    answers_ = {name: record(2, name, OK.replace(b"0.1", f"0.{at}".encode())) for at, name in enumerate("abc")}
    given_, skips = read(
        b"".join([answers_["b"], requests["a"], requests["b"], requests["c"], answers_["c"], answers_["a"]])
    )
    assert [each.id for each in given_] == ["a", "b", "c"]
    assert [each.production.outcome.body.data for each in given_ if each.production] == [  # type: ignore[union-attr]
        b'{"y":[0.0]}', b'{"y":[0.1]}', b'{"y":[0.2]}'
    ]  # fmt: skip
    assert skips == {}


def test_what_has_no_other_half_is_given_or_counted() -> None:
    """A request without an answer is given without; an answer without a request, and a replay's, are counted."""
    given_, skips = read(record(2, "b", OK) + record(1, "a", GET) + record(3, "a", OK) + record(2, "b", OK))
    assert [(each.id, each.production) for each in given_] == [("a", None)]
    assert skips == {UNASKED: 2, OF_A_REPLAY: 1}


def test_an_id_that_was_there_gets_the_records_number() -> None:
    """Ids are unique, also where one looks as if it had a number; each request gets an answer of its own."""
    given_, skips = read(
        record(1, "a", GET) + record(1, "a", GET) + record(2, "a", OK) + record(2, "a", OK) + record(1, "a#2", GET)
    )
    assert [(each.id, each.production is not None) for each in given_] == [("a", True), ("a#2", True), ("a#2#5", False)]
    assert skips == {}


def test_what_belongs_to_a_connection_is_not_kept() -> None:
    """Hop-by-hop headers go, with those that Connection names, and so do length, Expect and white space around."""
    request = only(
        record(
            1,
            "a",
            lines(
                b"POST http://models.example/v1?a=b HTTP/1.1", b"Host:models.example", b"Connection: keep-alive, X-Hop",
                b"X-Hop: 1", b"TE: trailers", b"Expect: 100-continue", b"Proxy-Authorization: x", b"Upgrade: h2c",
                b"X-Kept:  \tyes ", b"Content-Encoding: gzip", b"Content-Length: 2",
            ) + b"\x1f\x8b",
        )
    )  # fmt: skip
    assert request.request.target == "/v1?a=b"
    assert request.request.headers == (
        (b"host", b"models.example"), (b"x-kept", b"yes"), (b"content-encoding", b"gzip"),
    )  # fmt: skip
    assert request.request.body == whole(b"\x1f\x8b")


def test_chunks_are_put_together() -> None:
    """On either side, with extensions and trailers; one whose data holds the separator is one body."""
    chunked = (
        lines(b"POST / HTTP/1.1", b"Transfer-Encoding: chunked") + b"5;a=b\r\nhello\r\n%x\r\n%b\r\n0\r\nT: x\r\n\r\n"
    )
    streamed = lines(b"HTTP/1.1 200 OK", b"Transfer-Encoding: chunked") + b"2\r\nab\r\n0\r\n\r\n"
    asked = chunked % (len(SEPARATOR), SEPARATOR)
    request = only(record(1, "a", asked) + record(2, "a", streamed))
    assert request.request.body == whole(b"hello" + SEPARATOR)
    assert request.production is not None
    assert request.production.outcome == Answer(200, (), whole(b"ab"))


def test_chunks_that_were_cut_take_nothing_of_the_next_record() -> None:
    """Also where that holds, by chance, what would complete them."""
    head = lines(b"POST / HTTP/1.1", b"Transfer-Encoding: chunked")
    behind = record(1, "b", lines(b"POST /b HTTP/1.1", b"Content-Length: 9") + b"\r\n0\r\n\r\nno")
    size = len(b"ab" + SEPARATOR + behind.partition(b"\r\n0")[0])
    given_, skips = read(record(1, "a", head + b"%x\r\nab" % size) + behind)
    assert ([each.id for each in given_], skips) == (["b"], {CUT_REQUEST: 1})


def test_heads_with_bare_line_feeds_are_read() -> None:
    """Captures that were written by hand, or went through an editor."""
    request = only(record(1, "a", lines(b"POST /x HTTP/1.1", b"A: b", b"Content-Length: 1", end=b"\n") + b"z"))
    assert request.request == Request("POST", "/x", ((b"a", b"b"),), whole(b"z"))


def test_separators_with_crlf_are_read() -> None:
    """The line end before a separator is never a part of the body, however it is written."""
    until_close = b"HTTP/1.0 200 OK\r\n\r\nbody"
    content = (record(1, "a", POST) + record(2, "a", until_close)).replace(SEPARATOR, b"\r\n" + MARK + b"\r\n")
    request = only(content.replace(b" 0\n", b" 0\r\n"))
    assert request.request.body == whole(b'{"x":[1.5,2.0]}')
    assert request.production is not None
    assert request.production.outcome == Answer(200, (), whole(b"body"))


def test_only_a_line_of_its_own_is_a_separator() -> None:
    """An answer that its connection ends may hold the three monkeys elsewhere."""
    body = b"." + MARK + b"\r" + MARK + b" and\n " + MARK + b"\n" + MARK + b".\n"
    request = only(record(1, "a", GET) + record(2, "a", b"HTTP/1.0 200 OK\r\n\r\n" + body))
    assert request.production is not None
    assert request.production.outcome == Answer(200, (), whole(body))


def test_an_answer_to_head_has_no_body() -> None:
    """Its length is that of a body which was not asked for: nothing of it is cut."""
    request = only(record(1, "a", GET.replace(b"GET", b"HEAD")) + record(2, "a", OK.partition(b"{")[0]))
    assert request.production is not None
    assert request.production.outcome == Answer(200, ((b"content-type", b"application/json"),), whole(b""))


def test_an_interim_answer_is_not_the_answer() -> None:
    """100 Continue stands before the answer, or in a record of its own, which is counted."""
    interim = lines(b"HTTP/1.1 100 Continue")
    joined = only(record(1, "a", POST) + record(2, "a", interim + OK))
    given_, skips = read(record(1, "a", POST) + record(2, "a", interim) + record(2, "a", OK))
    assert joined.production is not None
    assert [each.production for each in given_] == [joined.production]
    assert skips == {NO_ANSWER: 1}


def test_bodies_that_are_cut_short_are_told() -> None:
    """GoReplay cuts at 5 MB: an answer's body says so, and a request that was cut cannot be asked."""
    given_, skips = read(
        record(1, "a", GET) + record(2, "a", OK[:-4]) + record(1, "b", POST[:-4]) + record(1, "c", POST)
    )
    assert [each.id for each in given_] == ["a", "c"]
    assert given_[0].production is not None
    assert isinstance(given_[0].production.outcome, Answer)
    assert given_[0].production.outcome.body == Body(b'{"y":[0', 11, cut=True)
    assert skips == {CUT_REQUEST: 1}


def test_a_body_that_holds_the_separator_is_one_body() -> None:
    """What its head says of its length counts; where no separator stands there, the first one does."""
    inner = b"x" + SEPARATOR + b"y" + SEPARATOR
    head = b"POST / HTTP/1.1\r\nContent-Length: %d\r\n\r\n"
    assert only(record(1, "a", head % len(inner) + inner)).request.body == whole(inner)
    given_, skips = read(record(1, "a", head % 3 + inner) + record(1, "b", GET))
    assert [each.id for each in given_] == ["b"]
    assert skips == {CUT_REQUEST: 1, NO_HEADER: 2}


def test_a_body_that_holds_a_record_is_no_request_more() -> None:
    """It cannot be told from a body that was cut, before other records: all of them are counted, and none is given."""
    inner = b"x" + SEPARATOR + record(1, "b", GET) + record(2, "b", OK) + b"y"
    outer = b"POST / HTTP/1.1\r\nContent-Length: %d\r\n\r\n" % len(inner) + inner
    source = GorFile(io.BytesIO(record(1, "a", outer) + record(1, "c", GET)))
    assert [each.id for each in source] == ["c"]
    assert source.skips.places == {AMBIGUOUS: ["record 1", "record 2", "record 3", "record 4"]}


def test_an_answer_to_head_hides_no_record() -> None:
    """Its length may lead by chance to the end of a later record."""
    behind = SEPARATOR + record(1, "b", GET) + record(1, "c", GET).removesuffix(SEPARATOR)
    answer = lines(b"HTTP/1.1 200 OK", b"Content-Length: %d" % len(behind))
    given_, skips = read(record(1, "a", GET.replace(b"GET", b"HEAD")) + b"2 a 5 5\n" + answer + behind + SEPARATOR)
    assert [each.id for each in given_] == ["a", "b", "c"]
    assert skips == {}


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        (b"", NO_REQUEST),
        (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", NO_REQUEST),
        (b"\x16\x03\x01\x02\x00", NO_REQUEST),
        (b"GET / HTTP/1.1\r\nHost: a\r\n", NO_REQUEST),
        (b"GET / HTTP/1.1\r\nno colon\r\n\r\n", NO_REQUEST),
        (b"GET /a b HTTP/1.1\r\n\r\n", NO_REQUEST),
        (b"GET / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab", NO_REQUEST),
        (b"GET / HTTP/1.1\r\nContent-Length: 0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", NO_REQUEST),
        (b"G@T / HTTP/1.1\r\n\r\n", BAD_METHOD),
        (b"GET /\x01 HTTP/1.1\r\n\r\n", BAD_TARGET),
        (b"CONNECT a:443 HTTP/1.1\r\n\r\n", NOT_HTTP),
        (b"GET / HTTP/1.1\r\n\xff: x\r\n\r\n", BAD_HEADER),
        (b"GET / HTTP/1.1\r\n\r\nGET /2 HTTP/1.1\r\n\r\n", EXCESS),
        (b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", BAD_CHUNKS),
        (b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab", CUT_REQUEST),
        (b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nfffff\r\nab", CUT_REQUEST),
        (b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nab", EXCESS),
        (b"POST / HTTP/1.1\r\nContent-Length: 999999999999\r\n\r\nab", CUT_REQUEST),
    ],
)
def test_a_payload_that_is_no_request_is_counted(payload: bytes, reason: str) -> None:
    """The records around it are read, and its place is told."""
    source = GorFile(io.BytesIO(record(1, "a", GET) + record(1, "b", payload) + record(1, "c", GET)))
    assert [each.id for each in source] == ["a", "c"]
    assert source.skips.places == {reason: ["record 2"]}


@pytest.mark.parametrize(
    "header",
    [
        b"garbage\n",
        b"\xff\xfe",
        b"4 a 5 5\n",
        b"1 a\n",
        b"1 a b\n",
        b"1 a 9999999999999999999 1\n",
        b"1 a 99999999999999999999\n",
        b"1" * 5_000 + b"\n",
    ],
)
def test_a_header_that_is_none_is_counted(header: bytes) -> None:
    """Whatever stands before the next separator is passed over, and counted once."""
    given_, skips = read(record(1, "a", GET) + header + GET + SEPARATOR + record(1, "c", GET))
    assert [each.id for each in given_] == ["a", "c"]
    assert skips == {NO_HEADER: 1}


def test_an_unreadable_answer_is_counted_and_its_request_given() -> None:
    """Whatever it is, the request is there to be asked."""
    given_, skips = read(record(1, "a", GET) + record(2, "a", b"\x15\x03 not HTTP"))
    assert [(each.id, each.production) for each in given_] == [("a", None)]
    assert skips == {NO_ANSWER: 1}


# ---- ends and damage


def test_a_last_record_without_a_separator_is_kept_if_it_is_whole() -> None:
    """GoReplay drops it; its own length says whether all of it is there."""
    first, last = record(1, "a", GET), record(1, "b", POST)
    for missing in range(len(SEPARATOR) + 1):
        given_, skips = read(first + last[: len(last) - missing])
        assert ([each.id for each in given_], skips) == (["a", "b"], {})
    for missing in range(len(SEPARATOR) + 1, len(last)):
        given_, skips = read(first + last[: len(last) - missing])
        assert ([each.id for each in given_], skips) == (["a"], {CUT_RECORD: 1})


def test_a_last_answer_that_only_its_connection_ends_is_not_known_to_be_whole() -> None:
    """It is counted, and its request is given without."""
    given_, skips = read(record(1, "a", GET) + b"2 a 5 5\nHTTP/1.0 200 OK\r\n\r\nhal")
    assert [(each.id, each.production) for each in given_] == [("a", None)]
    assert skips == {CUT_RECORD: 1}


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (b"", "there is nothing in it"),
        (b"\r\n\n", r"it begins with b'\r\n\n'"),
        (b"hello\n", r"it begins with b'hello\n'"),
        (b'{"log":{}}', """it begins with b'{"log":{}}'"""),
        (b"\xd4\xc3\xb2\xa1\x02\x00" * 50_000, r"it begins with b'\xd4\xc3"),
        (gzip.compress(b"x" * 90)[:10], "there is nothing in it, as far as its gzip can be read"),
    ],
)
def test_a_file_without_a_record_is_refused(content: bytes, found: str) -> None:
    """The error says what stands there, and what a capture looks like."""
    with pytest.raises(SourceError, match=r"no \.gor file: .*; a record begins with a line such as '1 ") as refusal:
        read(content)
    assert found in str(refusal.value)


def test_a_gzip_is_known_by_its_bytes() -> None:
    """In one member or several, with zeros behind it or none."""
    one, two = record(1, "a", GET), record(1, "b", POST)
    for content in (
        gzip.compress(one + two),
        gzip.compress(one) + gzip.compress(two),
        gzip.compress(one + two) + b"\0" * 99,
    ):
        given_, skips = read(content)
        assert ([each.id for each in given_], skips) == (["a", "b"], {})


def test_what_stands_behind_a_gzip_is_counted() -> None:
    """Bytes that are no gzip are not passed over silently."""
    given_, skips = read(gzip.compress(record(1, "a", GET)) + b"tail")
    assert ([each.id for each in given_], skips) == (["a"], {CUT_GZIP: 1})


def test_a_gzip_with_a_wrong_checksum_is_told_and_read() -> None:
    """What stands before the damage is given."""
    content = bytearray(gzip.compress(record(1, "a", GET)))
    content[-8] ^= 1
    given_, skips = read(bytes(content))
    assert ([each.id for each in given_], skips) == (["a"], {CUT_GZIP: 1})


CAPTURE = b"".join(record(1, f"{at:08x}", POST) + record(2, f"{at:08x}", OK, ASKED + 5, 5) for at in range(3))
ZIPPED = gzip.compress(CAPTURE, mtime=0)
changes = st.lists(st.tuples(st.integers(0, len(CAPTURE) - 1), st.integers(0, 255)), max_size=3)


def record_count(content: bytes) -> int:
    """By lines, as GoReplay counts."""
    count, left = 0, b""
    for line in io.BytesIO(content):
        if line in (MARK, MARK + b"\n", MARK + b"\r\n"):
            count, left = count + 1, b""
        else:
            left += line
    return count + bool(left.strip(b"\r\n"))


def accounted(content: bytes) -> int:
    """Records that are in what is given, or counted."""
    source = GorFile(io.BytesIO(content))
    count = 0
    try:
        for each in source:
            count += 1 if each.production is None else 2
    except SourceError:
        assert count == 0
    return count + source.skips.total


@given(
    st.integers(0, len(CAPTURE)), st.lists(st.tuples(st.integers(0, len(CAPTURE) - 1), st.integers(0, 255)), max_size=3)
)
def test_no_record_of_a_damaged_file_is_lost_silently(end: int, changes: list[tuple[int, int]]) -> None:
    """Cut anywhere and changed anywhere, it gives or counts as many records as stand in it."""
    content = bytearray(CAPTURE)
    for at, byte in changes:
        content[at] = byte
    damaged = bytes(content[:end])
    assert accounted(damaged) == record_count(damaged)


@given(st.integers(2, len(ZIPPED) - 1))
def test_no_record_of_a_cut_gzip_is_lost_silently(end: int) -> None:
    """What can be unpacked is given or counted, and the damage is counted as well."""
    damaged = ZIPPED[:end]
    there = zlib.decompressobj(16 + zlib.MAX_WBITS).decompress(damaged)
    assert accounted(damaged) == record_count(there) + 1


@given(st.integers(0, len(ZIPPED) - 1), st.integers(0, 255))
def test_a_damaged_gzip_ends_in_requests_and_counts(at: int, byte: int) -> None:
    """Any byte of it may be another: nothing is raised but SourceError."""
    damaged = bytearray(ZIPPED)
    damaged[at] = byte
    assert accounted(bytes(damaged)) >= (0 if at < 2 else 1)


@given(st.binary(max_size=400))
def test_garbage_ends_in_counts_or_is_refused(content: bytes) -> None:
    """Whatever the bytes are, nothing else is raised."""
    assert accounted(content) == record_count(content)
    assert accounted(b"1 a 5 5\n" + content) >= 0
    assert accounted(b"2 a 5 5\nHTTP/1.1 200 OK\r\n" + content) >= 0


# ---- bounds


def test_requests_wait_for_their_answers_within_a_bound() -> None:
    """Of a long capture without answers no more is read ahead than may wait, and each request is given."""
    file = StreamFile(record(1, f"{at:x}", GET) for at in range(3 * MAX_WAITING))
    source = GorFile(file)  # type: ignore[arg-type]
    for number, each in enumerate(source, 1):
        assert each.id == f"{number - 1:x}"
        assert file.taken <= number + MAX_WAITING + 2
    assert number == 3 * MAX_WAITING
    assert source.skips.total == 0


def test_an_answer_that_comes_too_late_is_counted() -> None:
    """Its request was given without it."""
    content = b"".join(record(1, name, GET) for name in "abcd") + record(2, "a", OK) + record(2, "d", OK)
    source = GorFile(io.BytesIO(content), max_waiting=2)
    assert [(each.id, each.production is not None) for each in source] == [
        ("a", False), ("b", False), ("c", False), ("d", True),
    ]  # fmt: skip
    assert source.skips.counts == {UNASKED: 1}


def test_what_waits_is_bounded_in_bytes() -> None:
    """Large bodies wait in the memory that they may have, whatever the file's length."""
    body = b"b" * 1_000_000
    head = b"POST / HTTP/1.1\r\nContent-Length: 1000000\r\n\r\n"
    file = StreamFile(record(1, f"{at}", head + body) for at in range(60))
    tracemalloc.start()
    assert sum(1 for _ in GorFile(file, max_waiting_bytes=8_000_000)) == 60  # type: ignore[arg-type]
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 8_000_000 + 16 * 1024 * 1024 + 8_000_000  # with the filter of ids, and what is being read


def test_what_has_left_is_not_counted_as_waiting() -> None:
    """Nothing adds up: late in a long capture a request waits, and an early answer too, as at its beginning."""
    large = lines(b"HTTP/1.1 200 OK", b"Content-Length: 1000000") + b"b" * 1_000_000
    pairs = (record(2, f"{at}", large) + record(1, f"{at}", GET) for at in range(1 + MAX_EARLY_BYTES // 1_000_000))
    late = [record(1, "late", GET), record(2, "early", OK), record(1, "early", GET), record(2, "late", OK)]
    source = GorFile(StreamFile([*pairs, *late]), max_waiting_bytes=8_000_000)  # type: ignore[arg-type]
    assert all(each.production is not None for each in source)
    assert source.skips.total == 0


def test_answers_wait_for_their_requests_within_a_bound() -> None:
    """The oldest that nobody asked for are counted as they leave."""
    unasked = b"".join(record(2, f"x{at}", OK) for at in range(MAX_EARLY + 5))
    given_, skips = read(unasked + record(1, f"x{MAX_EARLY}", GET) + record(1, "x0", GET))
    assert [each.production is not None for each in given_] == [True, False]
    assert skips == {UNASKED: MAX_EARLY + 4}


def test_a_record_that_is_too_large_is_passed_over() -> None:
    """It is counted once, and what follows is read."""
    block = b"z" * 1_000_000
    pieces = [record(1, "a", GET), b"1 b 5 5\nPOST / HTTP/1.1\r\nContent-Length: 150000000\r\n\r\n", *[block] * 150]
    source = GorFile(StreamFile([*pieces, SEPARATOR, record(1, "c", GET)]))  # type: ignore[arg-type]
    assert [each.id for each in source] == ["a", "c"]
    assert source.skips.places == {TOO_LARGE: ["record 2"]}
