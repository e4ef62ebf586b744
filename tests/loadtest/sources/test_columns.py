"""Traffic from tables: what a row says of a request, the clouds' captures, and that every row is accounted for."""

import base64
import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadtest.errors import SourceError
from loadtest.sources.columns import ColumnSource
from loadtest.sources.formats import format_of
from loadtest.sources.source import SourceRequest
from records.nouns import Answer, Timings

SECOND_NS = 1_000_000_000
NOON_NS = 1_772_366_400 * SECOND_NS  # 2026-03-01T12:00:00Z

JSON_HEADERS = ((b"content-type", b"application/json"),)

_TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\x00\r"), min_size=1, max_size=30)


def _lines(tmp_path: Path, *lines: Any, name: str = "calls.jsonl") -> Path:
    path = tmp_path / name
    path.write_text("".join(f"{each if isinstance(each, str) else json.dumps(each)}\n" for each in lines), "utf-8")
    return path


def _read(mapping: str, *files: Path) -> tuple[list[SourceRequest], ColumnSource]:
    source = ColumnSource(files, format_of(mapping))
    found = list(source)
    assert source.rows == len(found) + source.joined + source.skips.total
    return found, source


def _answer(found: SourceRequest) -> Answer:
    assert found.production is not None
    assert isinstance(found.production.outcome, Answer)
    return found.production.outcome


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
    (found,), source = _read(mapping, _lines(tmp_path, line))
    assert found.id == "7"
    assert (found.request.method, found.request.target) == ("PUT", "/score?q=1")
    assert found.request.headers == ((b"content-type", b"application/vnd.x+json"),)
    assert found.request.body.data == b'{"x":1.5}'
    assert found.at_ns == NOON_NS + SECOND_NS // 2
    assert (found.session, found.unit, found.route, found.ratio) == ("ada", "u1", "risk", 0.25)
    assert found.production is not None
    assert found.production.wall_ns == found.at_ns
    assert found.production.timings == Timings(sent=0, last_byte=12_500_000)
    assert (_answer(found).status, _answer(found).headers, _answer(found).body.data) == (201, JSON_HEADERS, b'{"y":2}')
    assert source.skips.notes == []


def test_what_a_map_does_not_say_is_not_made_up(tmp_path: Path) -> None:
    """No time, no latency, no answer; what is assumed is said."""
    path = _lines(tmp_path, {"body": "1,2", "out": "3"})
    (found,), source = _read("request=body", path)
    assert (found.at_ns, found.production, found.ratio) == (None, None, 1.0)
    assert (found.id, found.request.method, found.request.target) == ("calls.jsonl line 1", "POST", "/")
    assert source.skips.notes == [
        "it tells no target: requests go to /", "it tells no answers: nothing can be compared",
    ]  # fmt: skip
    (found,), source = _read("request=body,answer=out,target==/score", path)
    assert found.production is not None
    assert found.production.timings == Timings()
    assert _answer(found).status == 200
    assert source.skips.notes == ["it tells no status: each answer counts as a 200", "it tells no latency"]


def test_requests_without_bodies(tmp_path: Path) -> None:
    """Where no body is mapped, and where a GET has none."""
    path = _lines(tmp_path, {"url": "https://risk.example/users/7?full=1"}, {"url": "/health"})
    found, _ = _read("target=url", path)
    assert [(each.request.method, each.request.target) for each in found] == [
        ("GET", "/users/7?full=1"), ("GET", "/health"),
    ]  # fmt: skip
    found, source = _read("request=b,method=m", _lines(tmp_path, {"b": None, "m": "GET"}, {"b": None, "m": "POST"}))
    assert [each.request.method for each in found] == ["GET"]
    assert source.skips.counts == {"no request body": 1}


def test_an_unanswered_row_is_a_request_without_production(tmp_path: Path) -> None:
    """An answer without a body that has a status is one."""
    path = _lines(tmp_path, {"b": "x", "a": None, "s": None}, {"b": "x", "a": None, "s": 503})
    (neither, failed), _ = _read("request=b,answer=a,status=s", path)
    assert neither.production is None
    assert (_answer(failed).status, _answer(failed).headers, _answer(failed).body.size) == (503, (), 0)


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
    found, source = _read(mapping, _lines(tmp_path, good, good | changed, good))
    assert len(found) == 2
    assert source.skips.counts == {reason: 1}
    assert source.skips.places == {reason: ["calls.jsonl line 2"]}


def test_a_column_that_is_not_there_is_said_with_the_nearest(tmp_path: Path) -> None:
    """Before anything is given, for each kind of file."""
    path = _lines(tmp_path, {"call": {"request_body": "x"}, "ts": 1})
    with pytest.raises(SourceError, match=r"no column 'call.request_bdy'; did you mean call.request_body\?; there are"):
        _read("request=call.request_bdy,at=ts", path)
    path = tmp_path / "calls.csv"
    path.write_text("payload,ts\nx,1\n")
    with pytest.raises(SourceError, match=r"calls.csv has no column 'paylod'; did you mean payload\?; there are"):
        _read("request=paylod,at=ts", path)


def test_the_unit_of_times_is_said(tmp_path: Path) -> None:
    """For each file, by its first number."""
    first = _lines(tmp_path, {"b": "x", "t": 1_772_366_400}, name="a.jsonl")
    second = _lines(tmp_path, {"b": "y", "t": 1_772_366_399_000}, name="b.jsonl")
    found, source = _read("request=b,at=t,target==/x", first, second)
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
        _lines(path.parent, *({"in": asked, "out": answered, "ns": ns} for asked, answered, ns in calls))
    found, _ = _read("request=in,answer=out,at=ns,at_unit==ns", path)
    assert [
        (each.request.body.data.decode(), _answer(each).body.data.decode(), each.at_ns) for each in found
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
        _, source = _read("request=b,at=t", path)
    except SourceError:
        return
    assert source.rows == 20 - blank


def _capture(data: Any, answer: Any, *, encoding: str = "CSV", seen: Any = "text/csv", **metadata: Any) -> Any:
    """A line as SageMaker writes it."""
    asked = {"observedContentType": seen, "mode": "INPUT", "data": data, "encoding": encoding}
    answered = {"observedContentType": seen, "mode": "OUTPUT", "data": answer, "encoding": encoding}
    metadata = {"eventId": "aaaaaaaa-0000-0000-0000-000000000001", "inferenceTime": "2026-03-01T12:00:00Z"} | metadata
    return {
        "captureData": {"endpointInput": asked, "endpointOutput": answered},
        "eventMetadata": metadata,
        "eventVersion": "0",
    }


def test_sagemaker_captures(tmp_path: Path) -> None:
    """Each encoding, and content types that are null or wrong."""
    path = _lines(
        tmp_path,
        _capture("132,25,113.2", "6295.23876953125"),
        _capture('{"instances":[[1]]}', '{"predictions":[2]}', encoding="JSON", seen="application/json"),
        _capture(base64.b64encode(b"\x93NUMPY").decode(), "eyJhIjoxfQ==", encoding="BASE64", seen=None),
        _capture('{"x":1}', '{"y":2}', encoding="CSV", seen="text/csv"),
        _capture("not base64!", "x", encoding="BASE64"),
    )
    found, source = _read("sagemaker", path)
    assert [each.request.body.data for each in found] == [
        b"132,25,113.2", b'{"instances":[[1]]}', b"\x93NUMPY", b'{"x":1}',
    ]  # fmt: skip
    assert [dict(each.request.headers)[b"content-type"] for each in found] == [
        b"text/csv", b"application/json", b"application/octet-stream", b"application/json",
    ]  # fmt: skip
    assert _answer(found[2]).body.data == b'{"a":1}'
    assert dict(_answer(found[2]).headers)[b"content-type"] == b"application/json"
    assert found[0].id == "aaaaaaaa-0000-0000-0000-000000000001"
    assert (found[0].request.method, found[0].request.target) == ("POST", "/invocations")
    assert found[0].at_ns == NOON_NS
    assert found[0].production is not None
    assert found[0].production.timings == Timings()
    assert source.skips.counts == {"a body that is said to be base64 and is not": 1}
    assert source.skips.notes == [
        "its times are to the second as a rule, and so are the gaps between its requests",
        "it tells no status: each answer counts as a 200",
        "it tells no latency",
    ]


def test_a_sagemaker_capture_of_inputs_alone_gives_requests(tmp_path: Path) -> None:
    """Without production's answers."""
    line = _capture("1,2", "3")
    del line["captureData"]["endpointOutput"]
    (found,), _ = _read("sagemaker", _lines(tmp_path, line))
    assert found.production is None


AZURE_REQUEST = (
    '{"specversion":"1.0","id":"%s","source":"/subscriptions/s/onlineEndpoints/e/deployments/d",'
    '"type":"azureml.inference.request","datacontenttype":"application/json","time":"2026-03-01T12:00:0%dZ",'
    '"data":{"data": [  [1,2,3], [3,2,1]]},"path":"/score","method":"POST","contentrange":"bytes 0-%d/*",'
    '"correlationid":"%s","xrequestid":"%s"}'
)
AZURE_RESPONSE = (
    '{"specversion":"1.0","id":"%s","source":"/subscriptions/s/onlineEndpoints/e/deployments/d",'
    '"type":"azureml.inference.response","datacontenttype":"application/json","time":"2026-03-01T12:00:0%dZ",'
    '"data":[11055.977245525679, 4503.079536107787],"contentrange":"bytes 0-38/39",'
    '"correlationid":"%s","xrequestid":"%s"}'
)


def _asked(event: str, name: str, *, second: int = 0, last: int = 29) -> str:
    return AZURE_REQUEST % (event, second, last, name, name)


def _replied(event: str, name: str, *, second: int = 0) -> str:
    return AZURE_RESPONSE % (event, second, name, name)


def test_azure_joins_a_request_with_its_answer_in_another_file(tmp_path: Path) -> None:
    """By correlationid, whichever stands first; the bodies are as they were sent, to the byte."""
    requests = _lines(tmp_path, _asked("r1", "c1"), _asked("r2", "c2", second=1), name="requests.jsonl")
    answers = _lines(tmp_path, _replied("a2", "c2", second=1), _replied("a1", "c1", second=2), name="answers.jsonl")
    for files in ((requests, answers), (answers, requests)):
        found, source = _read("azure-ml", *files)
        assert [each.id for each in found] == ["r1", "r2"]
        assert found[0].request.body.data == b'{"data": [  [1,2,3], [3,2,1]]}'
        assert (found[0].request.method, found[0].request.target) == ("POST", "/score")
        assert {_answer(each).body.data for each in found} == {b"[11055.977245525679, 4503.079536107787]"}
        assert [each.production and each.production.timings for each in found] == [Timings(), Timings()]
        assert (source.rows, source.joined, source.skips.total) == (4, 2, 0)


def test_azure_never_guesses_which_answer_is_which(tmp_path: Path) -> None:
    """Where a name is not the only one, requests are given without answers, and the answers are skipped."""
    requests = _lines(tmp_path, _asked("r1", "c"), _asked("r2", "c"), _asked("r3", "lonely"), name="requests.jsonl")
    answers = _lines(tmp_path, _replied("a1", "c"), _replied("a2", "c"), _replied("a3", "x"), name="answers.jsonl")
    found, source = _read("azure-ml", requests, answers)
    assert [(each.id, each.production) for each in found] == [("r1", None), ("r2", None), ("r3", None)]
    assert source.skips.counts == {
        "an answer that could be another's: its name is not the only one": 2,
        "an answer without its request": 1,
    }


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (_asked("r", "c", last=59), "several requests in one event, or a part of one"),
        (_asked("r", "c").replace("bytes 0-29", "bytes 30-59"), "several requests in one event, or a part of one"),
        (_asked("r", "c").replace("29/*", "29/60"), "several requests in one event, or a part of one"),
        (_asked("r", "c").replace('"contentrange"', '"datainblob":"true","contentrange"'), "in a blob of its own"),
        (_asked("r", "c").replace("inference.request", "inference.model_inputs"), "no request and no response"),
        (_replied("a", ""), "does not say of which request it is"),
        (_replied("a", "c").replace("[11055.977245525679, 4503.079536107787]", "null"), "several requests in one"),
    ],
)
def test_azure_events_that_hold_no_single_body_are_skips(tmp_path: Path, line: str, reason: str) -> None:
    """Those that were batched, those whose body lies in a blob, and those of the SDK's own logging."""
    found, source = _read("azure-ml", _lines(tmp_path, _asked("r1", "c1"), line))
    assert [each.id for each in found] == ["r1"]
    assert source.skips.total == 1
    assert reason in next(iter(source.skips.counts))


def test_an_azure_request_without_a_name_is_given_without_an_answer(tmp_path: Path) -> None:
    """Nothing else has its key."""
    path = _lines(tmp_path, _asked("r1", ""), _asked("r2", ""), _replied("a", ""))
    found, source = _read("azure-ml", path)
    assert [(each.id, each.production) for each in found] == [("r1", None), ("r2", None)]
    assert source.skips.total == 1


GATEWAY_ROW = {
    "request_date": "2026-03-01", "databricks_request_id": "d1", "client_request_id": None,
    "request_time": "2026-03-01T12:00:00.250Z", "status_code": 200, "sampling_fraction": 0.5,
    "execution_duration_ms": 12, "request": '{"dataframe_records": [{"a": 1}]}', "response": '{"predictions": [2]}',
    "served_entity_id": "e", "requester": "ada@example.com", "logging_error_codes": [],
}  # fmt: skip
LEGACY_ROW = {
    "databricks_request_id": "d1", "client_request_id": None, "date": "2026-03-01", "timestamp_ms": 1_772_366_400_250,
    "status_code": 200, "sampling_fraction": 0.5, "execution_time_ms": 12,
    "request": '{"dataframe_records": [{"a": 1}]}', "response": '{"predictions": [2]}',
    "request_metadata": {"endpoint_name": "risk"},
}  # fmt: skip


UNITY_ROW = {
    "event_time": "2026-03-01T12:00:00.250Z", "invocation_id": "d1", "status_code": 200, "latency_ms": 12,
    "request": '{"messages": [{"role": "user", "content": "a"}]}', "response": '{"choices": []}',
    "logging_error_codes": None,
}  # fmt: skip


@pytest.mark.parametrize("row", [GATEWAY_ROW, LEGACY_ROW])
@pytest.mark.parametrize("kind", ["csv", "jsonl"])
def test_databricks_tables(tmp_path: Path, row: dict[str, Any], kind: str) -> None:
    """The present one and the one before it, told by their columns."""
    path = _lines(tmp_path, row)
    if kind == "csv":
        path = tmp_path / "payload.csv"
        with path.open("w", newline="") as file:
            writer = csv.DictWriter(file, list(row))
            writer.writeheader()
            writer.writerow({name: json.dumps(cell) if isinstance(cell, list) else cell for name, cell in row.items()})
    (found,), source = _read("databricks", path)
    assert (found.id, found.at_ns, found.ratio) == ("d1", NOON_NS + SECOND_NS // 4, 0.5)
    assert found.request.body.data == b'{"dataframe_records": [{"a": 1}]}'
    assert found.request.headers == JSON_HEADERS
    assert (_answer(found).status, _answer(found).body.data) == (200, b'{"predictions": [2]}')
    assert found.production is not None
    assert found.production.timings == Timings(sent=0, last_byte=12_000_000)
    assert source.skips.notes == ["its latency is the model's alone, without the network"]


def test_databricks_tables_of_the_unity_gateway(tmp_path: Path) -> None:
    """Of them no share, no path and no network are known: none is made up, and what is assumed is said."""
    (found,), source = _read("databricks", _lines(tmp_path, UNITY_ROW))
    assert (found.id, found.at_ns, found.ratio) == ("d1", NOON_NS + SECOND_NS // 4, 1.0)
    assert found.request.body.data == b'{"messages": [{"role": "user", "content": "a"}]}'
    assert (found.request.method, found.request.target) == ("POST", "/")
    assert (_answer(found).status, _answer(found).body.data) == (200, b'{"choices": []}')
    assert found.production is not None
    assert found.production.timings == Timings(sent=0, last_byte=12_000_000)
    assert source.skips.notes == [
        "its latency is as the gateway took it: whether the network is in it is not known here",
        "it tells no sampling, and some requests that failed (401, 403, 429, 500) may be missing in it",
        "it tells no target: requests go to /",
    ]
    (found,), _ = _read("databricks,target==/mlflow/v1/chat/completions", _lines(tmp_path, UNITY_ROW))
    assert found.request.target == "/mlflow/v1/chat/completions"


def test_databricks_tables_of_several_forms_are_read_as_one(tmp_path: Path) -> None:
    """Each file by its own columns: an endpoint that was moved goes on in another table."""
    later = UNITY_ROW | {"event_time": "2026-03-01T12:00:01Z", "invocation_id": "d2"}
    found, _ = _read(
        "databricks", _lines(tmp_path, later, name="b.jsonl"), _lines(tmp_path, LEGACY_ROW, name="a.jsonl")
    )
    assert [each.id for each in found] == ["d1", "d2"]


@pytest.mark.parametrize("row", [GATEWAY_ROW, LEGACY_ROW, UNITY_ROW])
def test_a_databricks_answer_that_was_not_logged_is_no_empty_one(tmp_path: Path, row: dict[str, Any]) -> None:
    """A success without a body would disagree with any candidate's; of a failure the status is what it tells."""
    path = _lines(tmp_path, row, row | {"response": None}, row | {"response": None, "status_code": 429})
    found, source = _read("databricks", path)
    assert [_answer(each).status for each in found] == [200, 429]
    assert source.skips.counts == {"an answer whose body Databricks did not log": 1}


@pytest.mark.parametrize("codes", [["WRITE_TIMED_OUT"], '["WRITE_TIMED_OUT"]', "[WRITE_TIMED_OUT, A_B]"])
def test_databricks_rows_with_any_other_word_of_damage_are_skips(tmp_path: Path, codes: Any) -> None:
    """However a list is written in its file; an empty one is none."""
    rows = [GATEWAY_ROW | {"logging_error_codes": each} for each in (codes, "[]", "", None, [])]
    found, source = _read("databricks", _lines(tmp_path, *rows))
    assert len(found) == 4
    assert source.skips.counts == {"a row that Databricks could not log whole, by its logging_error_codes": 1}


def test_databricks_rows_over_its_size_are_skips(tmp_path: Path) -> None:
    """Their bodies are null, and the row says why; without a word of it an answer that is null is none."""
    path = _lines(
        tmp_path,
        GATEWAY_ROW,
        GATEWAY_ROW | {"request": None, "logging_error_codes": ["MAX_REQUEST_SIZE_EXCEEDED"]},
        GATEWAY_ROW | {"response": None, "logging_error_codes": ["MAX_RESPONSE_SIZE_EXCEEDED"]},
        GATEWAY_ROW | {"request": None},
        GATEWAY_ROW | {"response": None, "status_code": 500},
    )
    found, source = _read("databricks", path)
    assert [_answer(each).status for each in found] == [200, 500]
    assert source.skips.counts == {"a body over the size that Databricks logs": 2, "no request body": 1}


def test_a_table_that_is_not_the_capture_it_is_said_to_be(tmp_path: Path) -> None:
    """The error says of each form that there is which columns it would need, the nearest first, and what is there."""
    path = _lines(tmp_path, {name: cell for name, cell in LEGACY_ROW.items() if name != "execution_time_ms"})
    with pytest.raises(
        SourceError,
        match=r"calls.jsonl is none of the tables that are known: "
        r"one of Model Serving \(legacy\) has execution_time_ms too; "
        r"one of AI Gateway has request_time, execution_duration_ms too; "
        r"one of Unity AI Gateway has invocation_id, event_time, latency_ms too; "
        r"there are databricks_request_id, client_request_id, date, timestamp_ms, ",
    ):
        _read("databricks", path)


def test_more_events_than_can_wait_lose_nothing(tmp_path: Path) -> None:
    """Many requests and answers over many seconds come out in order, each with its own answer."""
    requests, answers = [], []
    for number in range(2_000):
        at = f"2026-03-01T12:{number // 60:02}:{number % 60:02}Z"
        asked = json.loads(_asked(f"r{number}", f"c{number}"))
        asked |= {"time": at, "data": [number], "contentrange": f"bytes 0-{len(str([number])) - 1}/*"}
        replied = json.loads(_replied(f"a{number}", f"c{number}"))
        replied |= {"time": at, "data": [-number], "contentrange": f"bytes 0-{len(str([-number])) - 1}/*"}
        requests.append(asked)
        answers.append(replied)
    files = (_lines(tmp_path, *requests, name="r.jsonl"), _lines(tmp_path, *answers, name="a.jsonl"))
    found, source = _read("azure-ml", *files)
    assert [json.loads(each.request.body.data) for each in found] == [[number] for number in range(2_000)]
    assert [json.loads(_answer(each).body.data) for each in found] == [[-number] for number in range(2_000)]
    assert source.joined == 2_000


# ---- one load is of one deployment


def _laid_down(tmp_path: Path, *folders: str) -> list[Path]:
    """A capture in each, as Amazon lays them down."""
    paths = [tmp_path / folder / "2026/03/01/12" for folder in folders]
    for path in paths:
        path.mkdir(parents=True)
    return [_lines(path, _capture("1,2", str(number))) for number, path in enumerate(paths)]


@pytest.mark.parametrize("folders", [("risk/AllTraffic", "risk/Shadow-01"), ("risk/AllTraffic", "fraud/AllTraffic")])
def test_captures_of_two_variants_or_endpoints_are_no_load(tmp_path: Path, folders: tuple[str, str]) -> None:
    """The error names the directory of each, to give one of them; nothing is read before it."""
    source = ColumnSource(_laid_down(tmp_path, *folders), format_of("sagemaker"))
    with pytest.raises(SourceError, match="captures of several variants") as refusal:
        next(iter(source))
    assert all(str(tmp_path / folder) in str(refusal.value) for folder in folders)
    assert source.rows == 0


def test_captures_of_one_variant_are_a_load_whatever_lies_beside_them(tmp_path: Path) -> None:
    """Its own directory gives them, over all its hours, and so does one whose files lie as nobody laid them."""
    first, _ = _laid_down(tmp_path, "risk/AllTraffic", "risk/Shadow-01")
    later = tmp_path / "risk/AllTraffic/2026/03/01/13"
    later.mkdir()
    second = _lines(later, _capture("3,4", "5"))
    assert len(_read("sagemaker", first, second)[0]) == 2
    flat = [_lines(tmp_path, _capture("1,2", "3"), name=name) for name in ("a.jsonl", "b.jsonl")]
    assert len(_read("sagemaker", *flat)[0]) == 2


def _of_two(name: str) -> tuple[list[str], str, str]:
    """Rows of two deployments in turn, and what each is called."""
    if name == "azure-ml":
        first, second = (f"/subscriptions/s/onlineEndpoints/e/deployments/{each}" for each in "dx")
        rows = [_asked("r1", "c1"), _replied("a1", "c1"), _asked("r2", "c2", second=1)]
        return [*rows[:2], rows[2].replace(first, second)], first, second
    if name == "gateway":
        return [json.dumps(GATEWAY_ROW), json.dumps(GATEWAY_ROW | {"served_entity_id": "f"})], "e", "f"
    metadata = {"endpoint_name": "risk", "model_name": "trees", "model_version": "1"}
    rows = [json.dumps(LEGACY_ROW | {"request_metadata": metadata | {"model_version": each}}) for each in "12"]
    return rows, "risk/trees/1", "risk/trees/2"


@pytest.mark.parametrize("name", ["azure-ml", "gateway", "legacy"])
def test_rows_of_two_deployments_are_no_load(tmp_path: Path, name: str) -> None:
    """No candidate can agree with two models' answers: the error names them, and how to choose."""
    lines, first, second = _of_two(name)
    capture = "azure-ml" if name == "azure-ml" else "databricks"
    with pytest.raises(SourceError) as refusal:
        _read(capture, _lines(tmp_path, *lines))
    assert f"is of {second!r}, and rows before it of {first!r}" in str(refusal.value)
    assert f"only=={first}" in str(refusal.value)


@pytest.mark.parametrize("name", ["azure-ml", "gateway", "legacy"])
def test_one_of_several_deployments_can_be_chosen(tmp_path: Path, name: str) -> None:
    """The rows of the others are counted as left out; one that is not there is said, with those that are."""
    lines, first, second = _of_two(name)
    capture = "azure-ml" if name == "azure-ml" else "databricks"
    path = _lines(tmp_path, *lines)
    for chosen, left in ((first, 1), (second, len(lines) - 1)):
        found, source = _read(f"{capture},only=={chosen}", path)
        assert len(found) == 1
        assert source.skips.counts == {"of another deployment than the one that was chosen": left}
    with pytest.raises(SourceError, match="no row is of 'g'") as refusal:
        _read(f"{capture},only==g", path)
    assert first in str(refusal.value)
    assert second in str(refusal.value)


def test_a_chosen_deployment_is_found_behind_any_number_of_others(tmp_path: Path) -> None:
    """What is held of the others to be told is bounded."""
    rows = [GATEWAY_ROW | {"served_entity_id": f"e{number}"} for number in range(100)]
    found, source = _read("databricks,only==e99", _lines(tmp_path, *rows))
    assert (len(found), source.skips.total) == (1, 99)
    with pytest.raises(SourceError, match=r"no row is of 'f'; there are e0, .*, e11$"):
        _read("databricks,only==f", _lines(tmp_path, *rows))


def test_rows_that_do_not_say_whose_they_are_are_a_load(tmp_path: Path) -> None:
    """A served entity that is null is nobody else's; an endpoint without one is read as it always was."""
    rows = [GATEWAY_ROW, GATEWAY_ROW | {"served_entity_id": None}, GATEWAY_ROW]
    assert len(_read("databricks", _lines(tmp_path, *rows))[0]) == 3
    bare = {name: cell for name, cell in GATEWAY_ROW.items() if name != "served_entity_id"}
    assert len(_read("databricks", _lines(tmp_path, bare, name="bare.jsonl"))[0]) == 1
