"""Traffic from tables: what a row says of a request, and that every row is accounted for."""

import csv
import io
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadtest.errors import SourceError
from records.nouns import Timings
from tests.loadtest.sources.table_files import JSON_HEADERS, NOON_NS, SECOND_NS, answer_of, file_of, read

_TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\x00\r"), min_size=1, max_size=30)


def test_a_row_is_a_request_with_its_answer(tmp_path: Path) -> None:
    """Everything that a map can say of it."""
    line = {
        "id": 7, "in": {"x": 1.50}, "out": {"y": 2}, "when": "2026-03-01T12:00:00.5Z", "who": "ada", "user": "u1",
        "took": 12.5, "code": 201, "path": "/score?q=1&api_key=secret", "verb": "put", "kept": 0.25, "by": "risk",
        "type": "application/vnd.x+json",
    }  # fmt: skip
    mapping = (
        "request=in,answer=out,at=when,id=id,session=who,unit=user,latency_ms=took,status=code,target=path,method=verb,"
        "ratio=kept,route=by,request_type=type"
    )
    (found,), source = read(mapping, file_of(tmp_path, line))
    assert found.id == "7"
    assert (found.request.method, found.request.target) == ("PUT", "/score?q=1")
    assert found.request.headers == ((b"content-type", b"application/vnd.x+json"),)
    assert found.request.body.data == b'{"x":1.5}'
    assert found.at_ns == NOON_NS + SECOND_NS // 2
    assert (found.session, found.unit, found.route, found.ratio) == ("ada", "u1", "risk", 0.25)
    assert found.production is not None
    assert found.production.wall_ns == found.at_ns
    assert found.production.timings == Timings(sent=0, last_byte=12_500_000)
    assert (answer_of(found).status, answer_of(found).headers, answer_of(found).body.data) == (
        201,
        JSON_HEADERS,
        b'{"y":2}',
    )
    assert source.skips.notes == []


def test_what_a_map_does_not_say_is_not_made_up(tmp_path: Path) -> None:
    """No time, no latency, no answer; what is assumed is said."""
    path = file_of(tmp_path, {"body": "1,2", "out": "3"})
    (found,), source = read("request=body", path)
    assert (found.at_ns, found.production, found.ratio) == (None, None, 1.0)
    assert (found.id, found.request.method, found.request.target) == ("calls.jsonl line 1", "POST", "/")
    assert source.skips.notes == [
        "it tells no target: requests go to /", "it tells no answers: nothing can be compared",
    ]  # fmt: skip
    (found,), source = read("request=body,answer=out,target==/score", path)
    assert found.production is not None
    assert found.production.timings == Timings()
    assert answer_of(found).status == 200
    assert source.skips.notes == ["it tells no status: each answer counts as a 200", "it tells no latency"]


def test_requests_without_bodies(tmp_path: Path) -> None:
    """Where no body is mapped, and where a GET has none."""
    path = file_of(tmp_path, {"url": "https://risk.example/users/7?full=1"}, {"url": "/health"})
    found, _ = read("target=url", path)
    assert [(each.request.method, each.request.target) for each in found] == [
        ("GET", "/users/7?full=1"), ("GET", "/health"),
    ]  # fmt: skip
    found, source = read("request=b,method=m", file_of(tmp_path, {"b": None, "m": "GET"}, {"b": None, "m": "POST"}))
    assert [each.request.method for each in found] == ["GET"]
    assert source.skips.counts == {"no request body": 1}


def test_an_unanswered_row_is_a_request_without_production(tmp_path: Path) -> None:
    """An answer without a body that has a status is one."""
    path = file_of(tmp_path, {"b": "x", "a": None, "s": None}, {"b": "x", "a": None, "s": 503})
    (neither, failed), _ = read("request=b,answer=a,status=s", path)
    assert neither.production is None
    assert (answer_of(failed).status, answer_of(failed).headers, answer_of(failed).body.size) == (503, (), 0)


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"at": "soon"}, "a time that is neither RFC 3339 nor a number since 1970"),
        ({"at": None}, "a time that is neither RFC 3339 nor a number since 1970"),
        ({"body": None}, "no request body"),
        ({"enc": "rot13"}, "a body in an encoding that is not known"),
        ({"enc": "base64"}, "a body that is said to be base64 and is not"),
        ({"status": 99}, "a status that is none"),
        ({"status": "ok"}, "a status that is none"),
        ({"took": -1}, "a latency that is none"),
        ({"took": True}, "a latency that is none"),
        ({"kept": 0}, "a sampling ratio that is not above 0 and at most 1"),
        ({"kept": 1.5}, "a sampling ratio that is not above 0 and at most 1"),
        ({"path": "/a b"}, "a target that is no path, or holds what no target may"),
        ({"path": "/a\r\nX-Evil: 1"}, "a target that is no path, or holds what no target may"),
        ({"path": "ftp://host/a"}, "a URL that is not http or https"),
        ({"verb": "GET /x"}, "a method that is no word of HTTP"),
        ({"type": "text/csv\r\nX-Evil: 1"}, "a header that no message may have"),
    ],
)
def test_a_row_that_gives_no_request_is_a_skip(tmp_path: Path, changed: dict[str, Any], reason: str) -> None:
    """With its reason and its place; the rows around it are given."""
    good = {
        "at": "2026-03-01T12:00:00Z", "body": "1,2", "out": "3", "status": 200, "took": 1, "kept": 1, "path": "/",
        "verb": "POST", "enc": "text", "type": "text/csv",
    }  # fmt: skip
    mapping = (
        "request=body,at=at,answer=out,status=status,latency_ms=took,ratio=kept,target=path,method=verb,"
        "request_encoding=enc,request_type=type"
    )
    found, source = read(mapping, file_of(tmp_path, good, good | changed, good))
    assert len(found) == 2
    assert source.skips.counts == {reason: 1}
    assert source.skips.places == {reason: ["calls.jsonl line 2"]}


def test_a_column_that_is_not_there_is_said_with_the_nearest(tmp_path: Path) -> None:
    """Before anything is given, for each kind of file."""
    path = file_of(tmp_path, {"call": {"request_body": "x"}, "ts": 1})
    with pytest.raises(SourceError, match=r"no column 'call.request_bdy'; did you mean call.request_body\?; there are"):
        read("request=call.request_bdy,at=ts", path)
    path = tmp_path / "calls.csv"
    path.write_text("payload,ts\nx,1\n")
    with pytest.raises(SourceError, match=r"calls.csv has no column 'paylod'; did you mean payload\?; there are"):
        read("request=paylod,at=ts", path)


def test_the_unit_of_times_is_said(tmp_path: Path) -> None:
    """For each file, by its first number."""
    first = file_of(tmp_path, {"b": "x", "t": 1_772_366_400}, name="a.jsonl")
    second = file_of(tmp_path, {"b": "y", "t": 1_772_366_399_000}, name="b.jsonl")
    found, source = read("request=b,at=t,target==/x", first, second)
    assert [each.request.body.data for each in found] == [b"y", b"x"]
    assert [each.at_ns for each in found] == [NOON_NS - SECOND_NS, NOON_NS]
    assert sorted(source.skips.notes)[:2] == [
        "a.jsonl: its times are seconds since 1970", "b.jsonl: its times are milliseconds since 1970",
    ]  # fmt: skip


@given(st.lists(st.tuples(_TEXTS, _TEXTS, st.integers(0, 2**62)), max_size=6), st.sampled_from(["csv", "jsonl"]))
def test_requests_survive_a_file(
    tmp_path_factory: pytest.TempPathFactory, calls: list[tuple[str, str, int]], kind: str
) -> None:
    """Written as CSV or JSON Lines and read by a map, they are what they were."""
    path = tmp_path_factory.mktemp("calls") / f"calls.{kind}"
    if kind == "csv":
        written = io.StringIO(newline="")
        csv.writer(written, quoting=csv.QUOTE_ALL).writerows([("in", "out", "ns"), *calls])
        path.write_bytes(written.getvalue().encode())
    else:
        file_of(path.parent, *({"in": asked, "out": answered, "ns": ns} for asked, answered, ns in calls))
    found, _ = read("request=in,answer=out,at=ns,at_unit==ns", path)
    assert [
        (each.request.body.data.decode(), answer_of(each).body.data.decode(), each.at_ns) for each in found
    ] == calls  # fmt: skip


@given(data=st.data(), kind=st.sampled_from(["csv", "jsonl"]))
def test_random_damage_loses_no_row_in_silence(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject, kind: str
) -> None:
    """Bytes changed within lines: each line is given or skipped, or reading ends with an error."""
    lines = [
        f'{{"b":"{number}","t":{1_772_366_400 + number}}}' if kind == "jsonl" else f"{number},{1_772_366_400 + number}"
        for number in range(20)
    ]
    raw = [bytearray(each.encode()) for each in (lines if kind == "jsonl" else ["b,t", *lines])]
    for _ in range(data.draw(st.integers(0, 6))):
        line = raw[data.draw(st.integers(1, len(raw) - 1))]
        line[data.draw(st.integers(0, len(line) - 1))] = data.draw(st.integers(32, 255) | st.just(0))
    path = tmp_path_factory.mktemp("damage") / f"calls.{kind}"
    path.write_bytes(b"\n".join(map(bytes, raw)) + b"\n")
    blank = sum(not bytes(line).strip() for line in raw)
    try:
        _, source = read("request=b,at=t", path)
    except SourceError:
        return
    assert source.rows == 20 - blank
