"""GoReplay's captures: every request with its answer, and nothing of a record lost without a count."""

import io

import pytest

from loadtest.sources.gor import OF_A_REPLAY, OLD_LATENCIES, UNASKED, GorFile
from loadtest.sources.gor_records import AMBIGUOUS, MARK, NO_HEADER, SEPARATOR
from loadtest.sources.gor_writer import GorWriter
from loadtest.sources.messages import BAD_HEADER, BAD_METHOD, BAD_TARGET, CUT_REQUEST, NOT_HTTP
from loadtest.sources.wire import BAD_CHUNKS, EXCESS, NO_ANSWER, NO_REQUEST
from records.nouns import Answer, Body, Request, Timings
from tests.loadtest.sources.gor_captures import ASKED, GET, OK, POST, lines, only, read, record
from tests.loadtest.sources.messages_made_up import exchange, observation, whole


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
