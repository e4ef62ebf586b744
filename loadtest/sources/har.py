"""HAR 1.2, as browsers, mitmproxy and others write it: its requests with production's answers.

What a HAR tells of bodies is not what passed: content codings are undone, and text is told as Unicode. So the answer's
Content-Encoding is not kept, nor a request's whose body is told as text. The writer is har_document.py's.
"""

import base64
import json
import re
from collections.abc import Iterator
from typing import Any, BinaryIO, get_args
from urllib.parse import urlencode

import msgspec

from loadtest.errors import SourceError
from loadtest.sources.har_entry import HarContent, HarEntry, HarHeader, HarPostData, HarRequest, HarResponse, HarTimings
from loadtest.sources.messages import (
    CUT_REQUEST,
    MAX_NS,
    Unusable,
    kept_headers,
    ns_of,
    production_of,
    request_of,
    target_of,
)
from loadtest.sources.source import Skips, SourceRequest
from records.coding import CODING
from records.nouns import Answer, Body, Failure, FailureKind, Observation, Request, Timings

MAX_HAR_BYTES = 512 * 1024 * 1024

BAD_BASE64 = "a body that is said to be base64 and is not"
BAD_ENTRY = "an entry that is none of HAR 1.2"
BAD_STATUS = "a status that no answer has"
BAD_TEXT = "a text with half a character"
BAD_TIME = "a time that is none"
FORM_ALONE = "a body of which only the form's fields are told"

_FORM = "application/x-www-form-urlencoded"
_BASE64 = "base64"
_CODED = frozenset({CODING})
_STATUSES = range(100, 1_000)
_NS_PER_MS = 1_000_000

# What a tool says of a request that was not answered (Chrome: net::ERR_CONNECTION_REFUSED): the first that fits.
_FAILURES: tuple[tuple[str, FailureKind], ...] = (
    (r"connect\w*[ _]tim", "connect_timeout"),
    (r"timed?[ _]?out", "timeout"),
    (r"abort|cancel|blocked|client disconnect", "cancelled"),
    (r"refused|resolve|unreachable|ssl|tls|cert|address|connect\w*[ _]fail|proxy", "connect"),
    (r"protocol|invalid|malformed|http2|quic", "protocol"),
    (r"content_length|incomplete|truncated", "closed_midway"),
)
_KINDS: dict[str, FailureKind] = {kind: kind for kind in get_args(FailureKind)}


class HarFile:
    """A HAR. A source: see source.py. An id is `har-` and the entry's index in `log.entries`, from 0.

    `sent` is when the request had been sent: after `blocked`, `dns`, `connect` and `send`. Where the timings are not
    told, the last byte came at the entry's `time`. A HAR does not tell whose an entry was: there are no sessions.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.skips = Skips()

    def __iter__(self) -> Iterator[SourceRequest]:
        """Raises SourceError where the file is no HAR."""
        for index, value in enumerate(_entries(self._file)):
            try:
                request = _source_request(f"har-{index}", _entry(value))
            except Unusable as error:
                self.skips.add(error.reason, f"entry {index}")
            else:
                yield request


def _entries(file: BinaryIO) -> list[Any]:
    data = file.read(MAX_HAR_BYTES + 1)
    if len(data) > MAX_HAR_BYTES:
        raise SourceError(f"a HAR is one JSON document, read whole, of up to {MAX_HAR_BYTES:,} bytes; this has more")
    try:
        # What is no UTF-8 in it comes back as the bytes that it was.
        document = json.loads(data.decode("utf-8-sig", "surrogateescape"))
    except (ValueError, RecursionError) as error:
        raise SourceError(f"no HAR, which is a JSON document: {error}") from error
    log = document.get("log") if isinstance(document, dict) else None
    entries = log.get("entries") if isinstance(log, dict) else None
    if not isinstance(entries, list):
        raise SourceError('no HAR, which begins as {"log":{"version":"1.2",…}} and has a list, log.entries')
    return entries


def _entry(value: Any) -> HarEntry:
    try:
        return msgspec.convert(value, HarEntry)
    except ValueError:  # msgspec's, and that of a field whose name is no UTF-8
        raise Unusable(BAD_ENTRY) from None


def _source_request(name: str, entry: HarEntry) -> SourceRequest:
    at_ns = ns_of(entry.started_date_time)
    production = None if entry.response is None else _production(entry, entry.response, at_ns)
    return SourceRequest(id=name, request=_request(entry.request), at_ns=at_ns, production=production)


def _request(asked: HarRequest) -> Request:
    post = asked.post_data or HarPostData()
    data = _posted(post)
    if len(data) < (asked.body_size or 0):
        raise Unusable(CUT_REQUEST)
    is_as_it_passed = not data or _is_base64(post.encoding)
    headers = kept_headers(_fields(asked.headers), frozenset() if is_as_it_passed else _CODED)
    return request_of(asked.method, target_of(asked.url), headers, data)


def _posted(post: HarPostData) -> bytes:
    if post.text or not post.params:
        return _body_bytes(post.text or "", post.encoding)
    if not (post.mime_type or _FORM).lower().startswith(_FORM):
        raise Unusable(FORM_ALONE)
    return urlencode([(_utf8(each.name), _utf8(each.value or "")) for each in post.params]).encode()


def _production(entry: HarEntry, response: HarResponse, at_ns: int) -> Observation:
    timings = _timings(entry)
    status = response.status or None
    if status is not None and status not in _STATUSES:
        raise Unusable(BAD_STATUS)
    if status is None or response.error:
        return production_of(at_ns, Timings(failed=timings.last_byte), _failure(response.error, status))
    # Chrome joins the values of several headers of one name with line ends.
    fields = ((name, each) for name, value in _fields(response.headers) for each in value.split(b"\n"))
    answer = Answer(status, kept_headers(fields, _CODED), _answer_body(response.content or HarContent()))
    return production_of(at_ns, timings, answer)


def _answer_body(content: HarContent) -> Body:
    size = max(0, content.size or 0)
    if content.text is None:
        return Body(b"", size, cut=size > 0)
    data = _body_bytes(content.text, content.encoding)
    # mitmproxy's `size` is that of the coded body, which may be the longer one where there is next to nothing in it.
    least = min(size, size + (content.compression or 0))
    return Body(data, size, cut=True) if len(data) < least else Body(data, len(data))


def _failure(error: Any, status: int | None) -> Failure:
    detail = "its status is 0: no answer came" if status is None else "an error is told beside its status"
    otherwise: FailureKind = "closed_before_answer" if status is None else "closed_midway"
    return Failure(_kind(error.lower() if isinstance(error, str) else "", otherwise), f"in the HAR {detail}", status)


def _kind(said: str, otherwise: FailureKind) -> FailureKind:
    if said in _KINDS:
        return _KINDS[said]
    return next((kind for pattern, kind in _FAILURES if re.search(pattern, said)), otherwise)


def _timings(entry: HarEntry) -> Timings:
    told = entry.timings or HarTimings()
    if not (_is_told(told.wait) and _is_told(told.receive)):
        return Timings(sent=0, last_byte=_ns(entry.time)) if _is_told(entry.time) else Timings()
    sent = sum(map(_ns, (told.blocked, told.dns, told.connect, told.send)))
    first = sent + _ns(told.wait)
    return Timings(sent=sent, first_byte=first, last_byte=first + _ns(told.receive))


def _is_told(ms: float | None) -> bool:
    return ms is not None and ms >= 0


def _ns(ms: float | None) -> int:
    """0 of what did not apply. Raises Unusable for more than a record holds."""
    if ms is None or ms <= 0:
        return 0
    if not ms < MAX_NS / _NS_PER_MS / 8:  # eight of them are no more than a record holds; NaN is none
        raise Unusable(BAD_TIME)
    return round(ms * _NS_PER_MS)


def _fields(headers: list[HarHeader] | None) -> Iterator[tuple[bytes, bytes]]:
    return ((_field_bytes(each.name), _field_bytes(each.value or "")) for each in headers or ())


def _field_bytes(text: str) -> bytes:
    """Tools read a header's bytes as Latin-1, or as UTF-8 where that has a reading."""
    try:
        return text.encode("latin-1")
    except UnicodeEncodeError:
        return _utf8(text)


def _body_bytes(text: str, encoding: str | None) -> bytes:
    if not _is_base64(encoding):
        return _utf8(text)
    try:
        return base64.b64decode(text, validate=True)
    except ValueError:
        raise Unusable(BAD_BASE64) from None


def _is_base64(encoding: str | None) -> bool:
    return encoding is not None and encoding.lower() == _BASE64


def _utf8(text: str) -> bytes:
    """mitmproxy writes a byte that is no UTF-8 as Python does, as half a character that stands for it."""
    try:
        return text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        raise Unusable(BAD_TEXT) from None
