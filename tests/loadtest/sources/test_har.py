"""HAR files of browsers, mitmproxy and ours: requests with production's answers, and each other entry counted."""

import gzip
import io
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadtest.errors import SourceError
from loadtest.sources.har import (
    BAD_BASE64,
    BAD_ENTRY,
    BAD_STATUS,
    BAD_TEXT,
    BAD_TIME,
    FORM_ALONE,
    MAX_HAR_BYTES,
    HarFile,
)
from loadtest.sources.har_document import har_document
from loadtest.sources.messages import BAD_HEADER, BAD_METHOD, BAD_MOMENT, BAD_TARGET, CUT_REQUEST, NOT_HTTP
from loadtest.sources.source import SourceRequest
from records.nouns import Answer, Body, Exchange, Failure, Request, Timings
from records.privacy.redaction import Redaction
from records.settings import KeptSettings
from tests.loadtest.sources.messages_made_up import WALL_NS, exchange, exchanges, observation, whole

STARTED_NS = 1_767_348_000_123_000_000  # 2026-01-02T10:00:00.123Z

# As Chrome's developer tools export it: HTTP/2, cached connections, fields of its own.
CHROME: dict[str, Any] = {
    "_initiator": {"type": "script"},
    "_priority": "High",
    "_resourceType": "fetch",
    "cache": {},
    "connection": "443",
    "pageref": "page_1",
    "request": {
        "method": "POST",
        "url": "https://models.example/v1/score?model=a%20b#top",
        "httpVersion": "http/2.0",
        "headers": [
            {"name": ":authority", "value": "models.example"},
            {"name": ":method", "value": "POST"},
            {"name": ":path", "value": "/v1/score?model=a%20b"},
            {"name": ":scheme", "value": "https"},
            {"name": "content-length", "value": "11"},
            {"name": "content-type", "value": "application/json"},
            {"name": "te", "value": "trailers"},
        ],
        "queryString": [{"name": "model", "value": "a%20b"}],
        "cookies": [],
        "headersSize": -1,
        "bodySize": 11,
        "postData": {"mimeType": "application/json", "text": '{"x":[1.5]}'},
    },
    "response": {
        "status": 200,
        "statusText": "",
        "httpVersion": "http/2.0",
        "headers": [
            {"name": "content-encoding", "value": "br"},
            {"name": "content-type", "value": "application/json"},
            {"name": "set-cookie", "value": "a=1\nb=2"},
        ],
        "cookies": [],
        "content": {"size": 11, "mimeType": "application/json", "text": '{"y":"é"}\n'},
        "redirectURL": "",
        "headersSize": -1,
        "bodySize": -1,
        "_transferSize": 120,
        "_error": None,
    },
    "serverIPAddress": "[::1]",
    "startedDateTime": "2026-01-02T10:00:00.123Z",
    "time": 41.5,
    "timings": {
        "blocked": 1.25, "dns": -1, "ssl": -1, "connect": -1, "send": 0.25, "wait": 30.5, "receive": 9.5,
        "_blocked_queueing": 0.75,
    },
}  # fmt: skip


def document(*entries: Any) -> bytes:
    log = {"version": "1.2", "creator": {"name": "made up", "version": "1"}, "pages": [], "entries": list(entries)}
    return json.dumps({"log": log}).encode()


def changed(**parts: Any) -> dict[str, Any]:
    """Chrome's entry with other parts in it; a part of a part by `request__url`."""
    entry: dict[str, Any] = json.loads(json.dumps(CHROME))
    for path, value in parts.items():
        *outer, name = path.split("__")
        inside = entry
        for step in outer:
            inside = inside[step]
        inside[name] = value
    return entry


def read(content: bytes) -> tuple[list[SourceRequest], dict[str, int]]:
    source = HarFile(io.BytesIO(content))
    return list(source), dict(source.skips.counts)


def only(entry: Any) -> SourceRequest:
    (request,), skips = read(document(entry))
    assert skips == {}
    return request


def written(*exchanges_: Exchange) -> bytes:
    return json.dumps(har_document(exchanges_, None)).encode()


# ---- what is written comes back


@given(st.lists(exchanges(), max_size=4))
def test_what_is_written_is_read_as_it_was(exchanges_: list[Exchange]) -> None:
    """Any exchanges survive the file to the byte and the ns; one that was cut still says so."""
    given_, skips = read(written(*exchanges_))
    assert skips == {}
    assert [(each.id, each.request, each.at_ns, each.production) for each in given_] == [
        (f"har-{at}", each.request, each.production.wall_ns, each.production) for at, each in enumerate(exchanges_)
    ]


def test_a_document_has_what_the_format_demands() -> None:
    """Version, creator and every field that HAR 1.2 does not call optional."""
    log = har_document([exchange(Request("GET", "/a?b=c&d", (), whole(b"")), answered(whole(b"x")))], None)["log"]
    (entry,) = log["entries"]
    assert (log["version"], log["creator"]["name"]) == ("1.2", "Understudy")
    assert entry.keys() >= {"startedDateTime", "time", "request", "response", "cache", "timings"}
    sides = {"httpVersion", "cookies", "headers", "headersSize", "bodySize"}
    assert entry["request"].keys() >= sides | {"method", "url", "queryString"}
    assert entry["response"].keys() >= sides | {"status", "statusText", "content", "redirectURL"}
    assert entry["response"]["content"] == {"size": 1, "mimeType": "", "text": "x"}
    assert entry["request"]["url"] == "http://production.invalid/a?b=c&d"
    assert entry["request"]["queryString"] == [{"name": "b", "value": "c"}, {"name": "d", "value": ""}]
    assert entry["timings"].keys() == {"send", "wait", "receive"}


def answered(body: Body, *headers: tuple[bytes, bytes]) -> Any:
    return observation(Answer(200, headers, body), Timings(sent=1, first_byte=2, last_byte=3))


def test_a_coded_answer_is_written_as_what_it_stands_for() -> None:
    """Content in a HAR has no content coding: nor has the header; one that cannot be undone is told by its size."""
    coding = (b"content-encoding", b"gzip")
    asked = Request("GET", "/", (), whole(b""))
    one, other = (exchange(asked, answered(whole(body), coding)) for body in (gzip.compress(b"plain"), b"no gzip"))
    assert b"content-encoding" not in written(one, other)
    given_, _ = read(written(one, other))
    assert [each.production.outcome for each in given_ if each.production] == [
        Answer(200, (), whole(b"plain")),
        Answer(200, (), Body(b"", 7, cut=True)),
    ]


@pytest.mark.parametrize("body", [gzip.compress(b"plain"), b"text by chance"])
def test_a_coded_request_is_written_to_the_byte(body: bytes) -> None:
    """A candidate has to be sent what production was."""
    asked = Request("POST", "/", ((b"content-encoding", b"gzip"),), whole(body))
    (request,), _ = read(written(exchange(asked, answered(whole(b"")))))
    assert request.request == asked


@pytest.mark.parametrize("kind", ["connect", "timeout", "closed_before_answer", "too_large"])
def test_a_failure_is_written_as_one(kind: Any) -> None:
    """It has the status 0, and comes back as a failure of its kind, found when it was found."""
    asked = exchange(Request("GET", "/", (), whole(b"")), observation(Failure(kind, "ours"), Timings(failed=5_000)))
    (request,), skips = read(written(asked))
    assert skips == {}
    assert request.production is not None
    assert isinstance(request.production.outcome, Failure)
    assert request.production.outcome.kind == kind
    assert request.production.timings == Timings(failed=5_000)


def test_a_document_is_redacted() -> None:
    """Whatever leaves passes the redaction first."""
    asked = exchange(Request("POST", "/", (), whole(b'{"user":"ada"}')), answered(whole(b'{"user":"ada"}')))
    redaction = Redaction.create(KeptSettings(redact_pointers=("/user",)), b"k" * 32)
    assert "ada" in json.dumps(har_document([asked], None))
    assert "ada" not in json.dumps(har_document([asked], redaction))


# ---- files as tools write them


def test_an_entry_of_chrome_is_read() -> None:
    """Target without fragment, headers without HTTP/2's and the coding's, latency from the timings."""
    request = only(CHROME)
    assert (request.id, request.at_ns, request.session) == ("har-0", STARTED_NS, "")
    assert request.request == Request(
        "POST", "/v1/score?model=a%20b", ((b"content-type", b"application/json"),), whole(b'{"x":[1.5]}')
    )
    assert request.production == observation(
        Answer(
            200,
            ((b"content-type", b"application/json"), (b"set-cookie", b"a=1"), (b"set-cookie", b"b=2")),
            whole('{"y":"é"}\n'.encode()),
        ),
        Timings(sent=1_500_000, first_byte=32_000_000, last_byte=41_500_000),
        STARTED_NS,
    )


def test_an_entry_of_firefox_is_read() -> None:
    """Local time with a zone, base64, integers for times, and a body that was not captured."""
    entry: dict[str, Any] = {
        "startedDateTime": "2026-01-02T11:00:00.123+01:00",
        "request": {
            "bodySize": 0, "method": "GET", "url": "http://models.example", "httpVersion": "HTTP/1.1",
            "headers": [
                {"name": "Host", "value": "models.example"}, {"name": "Connection", "value": "keep-alive, X-Hop"},
                {"name": "X-Hop", "value": "1"},
            ],
            "cookies": [], "queryString": [], "headersSize": 300,
        },
        "response": {
            "status": 200, "statusText": "OK", "httpVersion": "HTTP/1.1",
            "headers": [{"name": "Transfer-Encoding", "value": "chunked"}], "cookies": [],
            "content": {"mimeType": "image/png", "size": 3, "encoding": "base64", "text": "iVD/"},
            "redirectURL": "", "headersSize": 100, "bodySize": 103,
        },
        "cache": {},
        "timings": {"blocked": 0, "dns": 1, "connect": 2, "ssl": 0, "send": 0, "wait": 8, "receive": 0},
        "time": 11, "_securityState": "insecure", "serverIPAddress": "127.0.0.1", "connection": "80",
    }  # fmt: skip
    request = only(entry)
    assert request.request == Request("GET", "/", ((b"host", b"models.example"),), whole(b""))
    assert request.production == observation(
        Answer(200, (), whole(b"\x89P\xff")),
        Timings(sent=3_000_000, first_byte=11_000_000, last_byte=11_000_000),
        STARTED_NS,
    )
    del entry["response"]["content"]["text"]
    not_captured = only(entry).production
    assert not_captured is not None
    assert not_captured.outcome == Answer(200, (), Body(b"", 3, cut=True))


def test_an_entry_of_mitmproxy_is_read() -> None:
    """Null for what did not apply, the size of a coded body, and bytes that are no text as half characters."""
    entry = {
        "startedDateTime": "2026-01-02T10:00:00.123000+00:00",
        "time": 12.5,
        "request": {
            "method": "POST", "url": "http://models.example/v1", "httpVersion": "HTTP/1.1", "cookies": [],
            "headers": [{"name": "Content-Encoding", "value": "gzip"}], "queryString": [], "headersSize": 50,
            "bodySize": 3,
            "postData": {"mimeType": "", "text": b"a\xff\x00".decode("utf-8", "surrogateescape"), "params": []},
        },
        "response": {
            "status": 200, "statusText": "OK", "httpVersion": "HTTP/1.1", "cookies": [], "headers": [],
            "content": {"size": 22, "compression": -20, "mimeType": "text/plain", "text": "ok"},
            "redirectURL": "", "headersSize": 50, "bodySize": 22,
        },
        "cache": {},
        "timings": {"connect": None, "ssl": None, "send": 0.5, "receive": 2.0, "wait": 10.0},
        "serverIPAddress": "127.0.0.1",
    }  # fmt: skip
    request = only(entry)
    assert request.request == Request("POST", "/v1", (), whole(b"a\xff\x00"))
    assert request.production == observation(
        Answer(200, (), whole(b"ok")), Timings(sent=500_000, first_byte=10_500_000, last_byte=12_500_000), STARTED_NS
    )


def test_a_byte_order_mark_and_bytes_that_are_no_utf_8_are_read() -> None:
    """What a tool wrote as it came is sent as it came."""
    content = document(changed(request__postData__text="?", request__bodySize=1))
    (request,), skips = read(b"\xef\xbb\xbf" + content.replace(b'"text": "?"', b'"text": "\xff"'))
    assert skips == {}
    assert request.request.body == whole(b"\xff")


def test_a_form_is_put_together() -> None:
    """Of its fields, where its text is not told."""
    form = {"mimeType": "application/x-www-form-urlencoded", "params": [{"name": "a b", "value": "é&"}, {"name": "c"}]}
    request = only(changed(request__postData=form, request__bodySize=-1)).request
    assert request.body == whole(b"a+b=%C3%A9%26&c=")


def test_a_moment_keeps_its_last_digit() -> None:
    """Also below the microsecond, which other readers round away."""
    assert only(changed(startedDateTime="2026-01-02T10:00:00.123456789Z")).at_ns == STARTED_NS + 456_789


@pytest.mark.parametrize(
    ("timings", "time", "expected"),
    [
        (None, 7, Timings(sent=0, last_byte=7_000_000)),
        ({}, 7.5, Timings(sent=0, last_byte=7_500_000)),
        ({"send": -1, "wait": -1, "receive": -1}, 7, Timings(sent=0, last_byte=7_000_000)),
        ({"send": 0, "wait": 1}, None, Timings()),
        (None, -1, Timings()),
        ({"blocked": -1, "dns": -1, "connect": -1, "send": -1, "wait": 1, "receive": 2}, 9,
         Timings(sent=0, first_byte=1_000_000, last_byte=3_000_000)),
    ],
)  # fmt: skip
def test_what_the_timings_do_not_tell_is_not_made_up(timings: Any, time: Any, expected: Timings) -> None:
    """`time` stands in for them as a whole, and nothing for that."""
    production = only(changed(timings=timings, time=time)).production
    assert production is not None
    assert production.timings == expected


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (None, "closed_before_answer"),
        ({"code": 1}, "closed_before_answer"),
        ("net::ERR_EMPTY_RESPONSE", "closed_before_answer"),
        ("net::ERR_CONNECTION_RESET", "closed_before_answer"),
        ("net::ERR_CONNECTION_REFUSED", "connect"),
        ("net::ERR_NAME_NOT_RESOLVED", "connect"),
        ("net::ERR_CONNECTION_TIMED_OUT", "connect_timeout"),
        ("net::ERR_TIMED_OUT", "timeout"),
        ("net::ERR_ABORTED", "cancelled"),
        ("net::ERR_HTTP2_PROTOCOL_ERROR", "protocol"),
        ("Client disconnected.", "cancelled"),
    ],
)
def test_the_status_0_is_a_failure(error: Any, kind: str) -> None:
    """Of the kind that the tool's words come nearest to; the words themselves are not kept."""
    production = only(
        changed(response__status=0, response__content={}, response__headers=[], response___error=error)
    ).production
    assert production is not None
    assert production.outcome == Failure(kind, "in the HAR its status is 0: no answer came")  # type: ignore[arg-type]
    assert production.timings == Timings(failed=41_500_000)


def test_an_answer_that_broke_off_is_a_failure() -> None:
    """Chrome tells an error beside the status that had come."""
    production = only(changed(response___error="net::ERR_INCOMPLETE_CHUNKED_ENCODING")).production
    assert production is not None
    assert production.outcome == Failure("closed_midway", "in the HAR an error is told beside its status", 200)


def test_a_text_that_is_shorter_than_its_size_was_cut() -> None:
    """Firefox keeps no more than a part of a large answer."""
    production = only(changed(response__content={"size": 2_000_000, "text": "abc"})).production
    assert production is not None
    assert isinstance(production.outcome, Answer)
    assert production.outcome.body == Body(b"abc", 2_000_000, cut=True)


def test_an_entry_without_an_answer_is_a_request() -> None:
    """HAR demands one, and not every tool has it."""
    assert only(changed(response=None)).production is None


# ---- what cannot be used


@pytest.mark.parametrize(
    ("entry", "reason"),
    [
        (None, BAD_ENTRY),
        ([], BAD_ENTRY),
        ({}, BAD_ENTRY),
        (changed(request=None), BAD_ENTRY),
        (changed(request__headers="none"), BAD_ENTRY),
        (changed(response__status="200"), BAD_ENTRY),
        (changed(response__content__size=10**30), BAD_ENTRY),
        (changed(time=True), BAD_ENTRY),
        (changed(startedDateTime="2026-01-02T10:00:00.123"), BAD_MOMENT),
        (changed(startedDateTime="yesterday"), BAD_MOMENT),
        (changed(startedDateTime="2026-02-30T10:00:00Z"), BAD_MOMENT),
        (changed(startedDateTime="1026-01-02T10:00:00Z"), BAD_MOMENT),
        (changed(startedDateTime="9026-01-02T10:00:00Z"), BAD_MOMENT),
        (changed(request__url="wss://models.example/v1"), NOT_HTTP),
        (changed(request__url="data:text/plain,a"), NOT_HTTP),
        (changed(request__url="/v1"), NOT_HTTP),
        (changed(request__url="http://models.example/a b"), BAD_TARGET),
        (changed(request__url="http://models.example/\u4e00"), BAD_TARGET),
        (changed(request__method="GET /"), BAD_METHOD),
        (changed(request__method=""), BAD_METHOD),
        (changed(request__headers=[{"name": "a b", "value": ""}]), BAD_HEADER),
        (changed(request__headers=[{"name": "a", "value": "b\r\nc: d"}]), BAD_HEADER),
        (changed(request__bodySize=12), CUT_REQUEST),
        (changed(request__postData=None), CUT_REQUEST),
        (changed(request__postData={"mimeType": "multipart/form-data", "params": [{"name": "a"}]}), FORM_ALONE),
        (changed(request__postData={"text": "*", "_encoding": "base64"}, request__bodySize=1), BAD_BASE64),
        (changed(request__postData={"text": "\ud800"}, request__bodySize=1), BAD_TEXT),
        (changed(response__content={"text": "*", "encoding": "base64"}), BAD_BASE64),
        (changed(response__status=99), BAD_STATUS),
        (changed(response__status=-1), BAD_STATUS),
        (changed(response__status=1_000), BAD_STATUS),
        (changed(timings={"wait": 1e300, "receive": 0}), BAD_TIME),
    ],
)  # fmt: skip
def test_an_entry_that_cannot_be_used_is_counted(entry: Any, reason: str) -> None:
    """The entries around it are read, and its index is told."""
    source = HarFile(io.BytesIO(document(CHROME, entry, CHROME)))
    assert [each.id for each in source] == ["har-0", "har-2"]
    assert source.skips.places == {reason: ["entry 1"]}


@pytest.mark.parametrize(
    "content",
    [b"", b"\0", b"[]", b"{}", b'{"log":[]}', b'{"log":{}}', b'{"log":{"entries":{}}}', b"[" * 100_000, b"1" * 5_000,
     document(CHROME)[:-1], document(CHROME).decode().encode("utf-16")],
)  # fmt: skip
def test_a_file_that_is_no_har_is_refused(content: bytes) -> None:
    """The error says what a HAR is."""
    with pytest.raises(SourceError, match=r"^no HAR, which (is a JSON document: |begins as )"):
        read(content)


def test_a_har_that_is_too_large_is_refused() -> None:
    """It would have to be read whole."""

    class LargeFile(io.RawIOBase):
        def read(self, size: int = -1) -> bytes:
            return bytes(size)

    with pytest.raises(SourceError, match=f"of up to {MAX_HAR_BYTES:,} bytes; this has more"):
        list(HarFile(LargeFile()))  # type: ignore[arg-type]


HAR = document(
    CHROME, changed(response__status=0), changed(request__method="GET", request__postData=None, request__bodySize=0)
)


@given(st.integers(0, len(HAR) - 1), st.binary(max_size=2), st.integers(0, 2))
def test_no_entry_of_a_damaged_file_is_lost_silently(at: int, bytes_: bytes, removed: int) -> None:
    """Bytes changed anywhere end in as many requests and counts as there are entries, or in SourceError."""
    damaged = HAR[:at] + bytes_ + HAR[at + removed :]
    source = HarFile(io.BytesIO(damaged))
    try:
        given_ = len(list(source))
    except SourceError:
        return
    entries = json.loads(damaged.decode("utf-8-sig", "surrogateescape"))["log"]["entries"]
    assert given_ + source.skips.total == len(entries)


leaves = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.just("YQ==")
names = st.sampled_from(["name", "value", "text", "size"])
anything = st.recursive(leaves, lambda inner: st.lists(inner, max_size=2) | st.dictionaries(names, inner), max_leaves=4)
PATHS = [
    "startedDateTime", "time", "timings", "timings__wait", "timings__blocked", "request__method", "request__url",
    "request__headers", "request__postData", "request__postData__text", "request__postData__params",
    "request__bodySize", "response", "response__status", "response__headers", "response__content",
    "response__content__size", "response__content__text", "response__content__encoding", "response___error",
]  # fmt: skip


@given(st.sampled_from(PATHS), anything)
def test_whatever_a_field_holds_the_entry_is_given_or_counted(path: str, value: Any) -> None:
    """Nothing that JSON can say in any place is raised as an error."""
    given_, skips = read(document(changed(**{path: value})))
    assert len(given_) + sum(skips.values()) == 1


def test_moments_are_written_as_they_are_read() -> None:
    """To the ns, in UTC."""
    asked = exchange(Request("GET", "/", (), whole(b"")), answered(whole(b"")))
    (entry,) = har_document([asked], None)["log"]["entries"]
    assert entry["startedDateTime"] == "2023-11-14T22:13:20.123456789Z"
    assert asked.production.wall_ns == WALL_NS
