"""Recordings as JSON Lines: lossless, readable, redacted on the way out, and refused by line number."""

import io
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from records.files.jsonl import SCHEMA, RefusedLine, Writer, read
from records.nouns import Answer, Body, Exchange, Observation, Pair, Request, Timings
from records.privacy.redaction import Redaction
from records.settings import KeptSettings
from tests.records.nouns_made_up import exchanges, pairs

HEADER = json.dumps({"schema": SCHEMA}).encode() + b"\n"


def exchange(body: bytes = b'{"user":"ada"}') -> Exchange:
    return Exchange(
        id="e1",
        route="models",
        revision=3,
        request=Request("POST", "/infer", ((b"content-type", b"application/json"),), Body(body, len(body))),
        production=Observation(
            wall_ns=1_700_000_000_000_000_000,
            timings=Timings(sent=10, last_byte=20),
            outcome=Answer(200, (), Body(b"\xff\x00", 2)),
            in_flight=1,
            loop_lag_ns=0,
            reader_paused=False,
        ),
    )


def file_of(writer: Writer, *records: Exchange | Pair) -> io.BytesIO:
    return io.BytesIO(writer.header() + b"".join(map(writer.line, records)))


@given(st.lists(exchanges | pairs, max_size=3))
def test_what_is_exported_comes_back_as_it_was(records: list[Exchange | Pair]) -> None:
    """Any exchanges and pairs survive the file, byte for byte."""
    assert list(read(file_of(Writer(None), *records))) == records


def test_a_line_is_readable() -> None:
    """Text stands as text, other bytes as base64, and what did not happen is left out."""
    line = json.loads(Writer(None).line(exchange()))
    assert line["record"] == "exchange"
    assert line["request"]["body"] == {"data": '{"user":"ada"}', "size": 14}
    assert line["request"]["headers"] == [["content-type", "application/json"]]
    assert line["production"]["answer"]["body"]["data"] == {"base64": "/wA="}
    assert line["production"]["timings"] == {"sent": 10, "last_byte": 20}
    assert "failure" not in line["production"]


@given(pairs)
def test_a_line_from_before_there_was_noise_is_read(pair: Pair) -> None:
    """A file of an earlier release has no `noise`, and neither has the pair that is read from it."""
    without = replace(pair, noise=None)
    line = Writer(None).line(without)
    assert "noise" not in json.loads(line)
    assert list(read(io.BytesIO(HEADER + line))) == [without]


def test_an_export_is_redacted_and_says_so() -> None:
    """Whatever leaves is redacted first, and the header line tells it."""
    writer = Writer(Redaction.create(KeptSettings(redact_pointers=("/user",)), b"k" * 32))
    file = file_of(writer, exchange())
    assert b"ada" not in file.getvalue()
    assert json.loads(file.readline()) == {"schema": SCHEMA, "redacted": True}


def test_rules_that_hide_nothing_leave_the_file_plain() -> None:
    """Without rules the header does not claim a redaction."""
    writer = Writer(Redaction.create(KeptSettings(), b"k" * 32))
    assert json.loads(writer.header()) == {"schema": SCHEMA, "redacted": False}


@pytest.mark.parametrize("first", [b"", b"\n", b"{}\n", b"[1]\n", b"not json\n", Writer(None).line(exchange())])
def test_a_file_without_our_header_is_refused(first: bytes) -> None:
    """Line 1 says what a recording begins with."""
    with pytest.raises(RefusedLine, match=r'^line 1: a recording begins with \{"schema":"understudy.recording/1"\}'):
        list(read(io.BytesIO(first)))


def test_a_later_schema_is_refused_by_name() -> None:
    """A file of a later release says which schema it has."""
    with pytest.raises(RefusedLine, match=r"^line 1: schema 'understudy.recording/2' is not one of"):
        list(read(io.BytesIO(b'{"schema":"understudy.recording/2"}\n')))


def changed(**changes: object) -> bytes:
    return json.dumps(json.loads(Writer(None).line(exchange())) | changes).encode() + b"\n"


OBSERVED = json.loads(Writer(None).line(exchange()))["production"]
REQUESTED = json.loads(Writer(None).line(exchange()))["request"]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b"{\n", "truncated"),
        (b"\xff\n", "malformed"),
        (b"[" * 10_000 + b"\n", "Expected `object`"),
        (changed(record="query"), r"Invalid value 'query' - at `\$.record`"),
        (changed(id=7), r"Expected `str`, got `int` - at `\$.id`"),
        (changed(revison=7), "unknown field `revison`"),
        (changed(revision=2**63), r"Expected `int` <= 9223372036854775807 - at `\$.revision`"),
        (changed(production=OBSERVED | {"answer": None}), "either an `answer` or a `failure`"),
        (changed(production=OBSERVED | {"failure": {"kind": "timeout", "detail": ""}}), "either an `answer`"),
        (changed(production=OBSERVED | {"answer": None, "failure": {"kind": "odd", "detail": ""}}), "'odd'"),
        (changed(request=REQUESTED | {"body": {"data": {"base64": "?"}, "size": 1}}), "base64"),
    ],
)
def test_a_bad_line_is_refused_by_its_number_and_reason(line: bytes, reason: str) -> None:
    """The records before it are read; the line is named with what is wrong in it."""
    good = Writer(None).line(exchange())
    records = read(io.BytesIO(HEADER + good + b"\n" + line + good))
    assert next(records) == exchange()
    with pytest.raises(RefusedLine, match=reason) as refusal:
        next(records)
    assert refusal.value.number == 4


@given(pairs, st.data())
def test_a_damaged_file_is_read_or_refused_and_nothing_else(pair: Pair, data: st.DataObject) -> None:
    """Bytes changed anywhere in a file end in records or in RefusedLine."""
    damaged = bytearray(file_of(Writer(None), pair).getvalue())
    at = data.draw(st.integers(0, len(damaged) - 1))
    damaged[at : at + data.draw(st.integers(0, 3))] = data.draw(st.binary(max_size=3))
    try:
        records = list(read(io.BytesIO(bytes(damaged))))
    except RefusedLine:
        return
    assert all(isinstance(record, Exchange | Pair) for record in records)
