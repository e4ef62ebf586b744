"""An answer's head: read strictly, and where that fails as loosely as nginx or curl would, if it has one reading.

An endpoint may be looser than a client may: who talks to it directly would get its answer. Nothing loose passes on.
What is read here is put into the strict form first, and the proxy gives a body a framing of its own. What has two
readings is refused. Pure, but for the heads of the last second.
"""

from __future__ import annotations

import re
from itertools import islice
from math import inf
from typing import Any

import httptools

from http1.body import BodyReader, LengthBody, LooseChunkedBody, UntilCloseBody
from http1.errors import BadAnswer
from http1.fields import (
    CONNECTION,
    CONTENT_LENGTH,
    EXPECT,
    FRAMING,
    HOST,
    KEEP_ALIVE,
    PLAIN,
    TRANSFER_ENCODING,
    Field,
    Fields,
    named_by_connection,
    read_field,
    shared_field,
    tokens,
)
from http1.head import (
    HEAD_END,
    MAX_LENGTH_DIGITS,
    MAX_REMEMBERED,
    MAX_REMEMBERED_BYTES,
    NO_CALLBACKS,
    NO_NAMES,
    VERSIONS,
    described,
)
from http1.idle import announced_s, usable_s

_REASON = re.compile(rb"[^\0\r\n]*")
_HOPELESS = re.compile(rb"\0|\r[^\n]")
_END = re.compile(rb"\n\r?\n")
_STATUS = re.compile(rb"(HTTP/1\.[01]) +([0-9]{3})((?: [^\0\r]*)?)")
# RFC 9110 §5.5 lets a recipient keep control characters where they do no harm: NUL and CR would. A name is whatever is
# visible, as nginx and curl have it.
_FIELD = re.compile(rb"([\x21-\x39\x3b-\x7e\x80-\xff]+)[ \t]*:([^\0\r]*)")
_TOKEN = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+")  # RFC 9110 §5.6.2: what a name has to be
_NO_LETTERS = re.compile(rb"[^A-Za-z]+")
_FRAMING_LETTERS = frozenset(_NO_LETTERS.sub(b"", name) for name in FRAMING)


class AnswerHead:
    """An answer as an endpoint began it. `fields` are the end-to-end ones, as they came."""

    __slots__ = (
        "chunked", "content_length", "fields", "keep_alive", "memo", "minor", "reason", "status", "usable_s",
    )  # fmt: skip

    def __init__(self) -> None:
        self.status = 0
        self.reason = b""
        self.minor = 1
        self.fields: Fields = []
        self.content_length: int | None = None
        self.chunked = False
        self.keep_alive = True
        self.usable_s = inf  # for how long the connection may be used again once it is idle, where that is announced
        self.memo: dict[object, Any] = {}  # what others made of this head, by who they are


# The same bytes are the same head, as with requests (http1/head.py).
_answers: dict[bytes, AnswerHead] = {}


def body_of(head: AnswerHead, *, to_head_request: bool) -> BodyReader | None:
    """How an answer's body is read (RFC 9112 §6.3). None: the answer ends with its head."""
    if to_head_request or head.status in (101, 204, 304):
        return None
    if head.chunked:
        return LooseChunkedBody()
    if head.content_length is None:
        return UntilCloseBody()
    return LengthBody(head.content_length) if head.content_length else None


def next_answer_head(data: bytes) -> tuple[AnswerHead, int] | None:
    """The head that `data` begins with, and where it ends. None: not all of it is here. Raises BadAnswer."""
    end = data.find(HEAD_END) + len(HEAD_END)
    if end >= len(HEAD_END):
        raw = data[:end]
        known = _answers.get(raw)
        if known is not None:
            return known, end
        try:
            return _remembered(raw, read_answer_head(raw)), end
        except BadAnswer:
            pass  # read again below, up to its first empty line, which may come earlier
    end = _end_of_loose_head(data)
    if end < 0:
        _check_beginning(data)
        return None
    raw = data[:end]
    return _answers.get(raw) or _remembered(raw, read_loose_head(raw)), end


def forget_answers() -> None:
    _answers.clear()


def _remembered(raw: bytes, head: AnswerHead) -> AnswerHead:
    if len(raw) <= MAX_REMEMBERED_BYTES and len(_answers) < MAX_REMEMBERED:
        _answers[raw] = head
    return head


def read_answer_head(raw: bytes) -> AnswerHead:
    """`raw` from the status line to the empty line, both included. Raises BadAnswer."""
    parser = httptools.HttpResponseParser(NO_CALLBACKS)
    try:
        parser.feed_data(raw)
    except httptools.HttpParserUpgrade:
        pass  # Subtle: a 101, or an Upgrade header beside another status; the caller knows what it asked for.
    except httptools.HttpParserError as error:
        raise BadAnswer(f"the answer is malformed: {described(error)}") from None
    return _of_lines(raw[:-4].split(b"\r\n"))


def _end_of_loose_head(data: bytes) -> int:
    """Where the head that `data` begins with ends: behind the first empty line, however its lines end (RFC 9112 §2.2).
    -1: not all of it is here."""
    found = _END.search(data)
    return -1 if found is None else found.end()


def _check_beginning(data: bytes) -> None:
    """What will be no head however it goes on is not waited for."""
    first, line_feed, _ = data.partition(b"\n")
    if line_feed and _STATUS.fullmatch(first.removesuffix(b"\r")) is None:
        raise BadAnswer("the answer's status line is malformed")
    if _HOPELESS.search(data) is not None:
        raise BadAnswer("the answer's head holds a NUL or a bare CR")


def read_loose_head(raw: bytes) -> AnswerHead:
    """`raw` from the status line to the empty line, both included. Raises BadAnswer."""
    first, *rest = [line.removesuffix(b"\r") for line in raw.split(b"\n")[:-2]]
    status = _STATUS.fullmatch(first)
    if status is None:
        raise BadAnswer("the answer's status line is malformed")
    fields: list[bytes] = []
    for line in rest:
        if line.startswith((b" ", b"\t")):
            _unfold(fields, line)
        else:
            fields.append(_strict(line))
    return _of_lines([b"%b %b%b" % status.groups(), *fields])


def _strict(line: bytes) -> bytes:
    """RFC 9112 §5.1: a proxy takes out what stands between a name and its colon."""
    field = _FIELD.fullmatch(line)
    if field is None:
        raise BadAnswer("the answer has a header line that is none")
    _refuse_hidden_framing(field[1])
    return b"%b:%b" % field.groups()


def _refuse_hidden_framing(name: bytes) -> None:
    """A client that takes blanks of Unicode, quotes or odd hyphens out of a name would see a second framing in it."""
    if _TOKEN.fullmatch(name) is None and _NO_LETTERS.sub(b"", name).lower() in _FRAMING_LETTERS:
        raise BadAnswer("the answer has a framing field whose name holds what no name may")


def _unfold(fields: list[bytes], line: bytes) -> None:
    """RFC 9112 §5.2: a fold becomes a space. None reads one in a field that says where the body ends."""
    if not fields or fields[-1].partition(b":")[0].lower() in FRAMING or _FIELD.fullmatch(b"x:" + line) is None:
        raise BadAnswer("the answer has a folded line where none may be")
    fields[-1] = b"%b %b" % (fields[-1].rstrip(b" \t"), line.strip(b" \t"))


def _of_lines(lines: list[bytes]) -> AnswerHead:
    """The head whose status line and fields these are, each in its strict form. Raises BadAnswer."""
    version, _, status = lines[0].partition(b" ")
    if version not in VERSIONS:
        raise BadAnswer("the answer is not HTTP/1.1 or HTTP/1.0")
    head = AnswerHead()
    head.reason = status[4:]
    if not b"100" <= status[:3] <= b"999" or _REASON.fullmatch(head.reason) is None:
        raise BadAnswer("the answer's status line is malformed")
    head.status = int(status[:3])
    head.minor = VERSIONS[version]
    head.keep_alive = head.minor == 1
    _read_answer_fields(head, lines)
    return head


def _read_answer_fields(head: AnswerHead, lines: list[bytes]) -> None:
    kept: Fields = []
    named = NO_NAMES
    for line in islice(lines, 1, None):
        field = shared_field(line) or read_field(line)
        meaning = field.meaning
        if meaning in (PLAIN, HOST, EXPECT):
            kept.append(field)
        elif meaning == CONTENT_LENGTH:
            if head.content_length is None:
                kept.append(_length_field(field))  # in its place
            head.content_length = _answer_length(field.value, head.content_length)
        elif meaning == TRANSFER_ENCODING:
            head.chunked |= _says_chunked(field.value)
        elif meaning == CONNECTION:
            members = tokens(field.value)
            named |= named_by_connection(members)
            if b"close" in members:
                head.keep_alive = False
            elif head.minor == 0 and b"keep-alive" in members:
                head.keep_alive = True
        elif meaning == KEEP_ALIVE:
            head.usable_s = usable_s(announced_s(field.value))
    if named:
        kept = [field for field in kept if field.name not in named]
    head.fields = kept
    _settle_answer_framing(head)


def _length_field(field: Field) -> Field:
    """One length, where an endpoint repeats it in a list."""
    return field if field.value.isdigit() else read_field(b"Content-Length: " + field.value.partition(b",")[0])


def _answer_length(value: bytes, before: int | None) -> int:
    """RFC 9112 §6.3: the same length said several times is one length; two lengths are none."""
    said = {digits.strip(b" \t") for digits in value.split(b",")}
    if not all(digits.isdigit() and len(digits) <= MAX_LENGTH_DIGITS for digits in said):
        raise BadAnswer("the answer's Content-Length is not a number")
    lengths = {int(digits) for digits in said} | ({before} if before is not None else set())
    if len(lengths) > 1:
        raise BadAnswer("the answer has two lengths")
    return lengths.pop()


def _says_chunked(coding: bytes) -> bool:
    """As curl has it: `identity` means nothing, and `chunked` said twice is said (it is never done twice)."""
    codings = set(tokens(coding)) - {b"identity"}
    if codings - {b"chunked"}:
        raise BadAnswer("the answer has a transfer coding other than 'chunked'")
    return bool(codings)


def _settle_answer_framing(head: AnswerHead) -> None:
    if head.status < 200 or head.status == 204:
        _end_with_head(head)
    elif head.chunked:
        if head.content_length is not None:
            raise BadAnswer("the answer has both a length and a transfer coding")
        if head.minor == 0:
            head.keep_alive = False  # RFC 9112 §6.1: read, and the connection is trusted no further


def _end_with_head(head: AnswerHead) -> None:
    """RFC 9112 §6.3: such an answer ends with its head, whatever it says of a body. A client is not told of one."""
    if head.content_length or (head.content_length is not None and head.status < 200):
        head.fields = [field for field in head.fields if field.meaning != CONTENT_LENGTH]
        head.content_length = None
    head.chunked = False
