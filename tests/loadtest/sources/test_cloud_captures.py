"""Traffic from tables of SageMaker, Azure ML and Databricks, as they are written there."""

import base64
import csv
import json
from pathlib import Path
from typing import Any

import pytest

from loadtest.errors import SourceError
from records.nouns import Timings
from tests.loadtest.sources.table_files import (
    GATEWAY_ROW,
    JSON_HEADERS,
    LEGACY_ROW,
    NOON_NS,
    SECOND_NS,
    UNITY_ROW,
    answer_of,
    azure_asked,
    azure_replied,
    file_of,
    read,
    sagemaker_line,
)


def test_sagemaker_captures(tmp_path: Path) -> None:
    """Each encoding, and content types that are null or wrong."""
    path = file_of(
        tmp_path,
        sagemaker_line("132,25,113.2", "6295.23876953125"),
        sagemaker_line('{"instances":[[1]]}', '{"predictions":[2]}', encoding="JSON", seen="application/json"),
        sagemaker_line(base64.b64encode(b"\x93NUMPY").decode(), "eyJhIjoxfQ==", encoding="BASE64", seen=None),
        sagemaker_line('{"x":1}', '{"y":2}', encoding="CSV", seen="text/csv"),
        sagemaker_line("not base64!", "x", encoding="BASE64"),
    )
    found, source = read("sagemaker", path)
    assert [each.request.body.data for each in found] == [
        b"132,25,113.2", b'{"instances":[[1]]}', b"\x93NUMPY", b'{"x":1}',
    ]  # fmt: skip
    assert [dict(each.request.headers)[b"content-type"] for each in found] == [
        b"text/csv", b"application/json", b"application/octet-stream", b"application/json",
    ]  # fmt: skip
    assert answer_of(found[2]).body.data == b'{"a":1}'
    assert dict(answer_of(found[2]).headers)[b"content-type"] == b"application/json"
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
    line = sagemaker_line("1,2", "3")
    del line["captureData"]["endpointOutput"]
    (found,), _ = read("sagemaker", file_of(tmp_path, line))
    assert found.production is None


def test_azure_joins_a_request_with_its_answer_in_another_file(tmp_path: Path) -> None:
    """By correlationid, whichever stands first; the bodies are as they were sent, to the byte."""
    requests = file_of(tmp_path, azure_asked("r1", "c1"), azure_asked("r2", "c2", second=1), name="requests.jsonl")
    answers = file_of(
        tmp_path, azure_replied("a2", "c2", second=1), azure_replied("a1", "c1", second=2), name="answers.jsonl"
    )
    for files in ((requests, answers), (answers, requests)):
        found, source = read("azure-ml", *files)
        assert [each.id for each in found] == ["r1", "r2"]
        assert found[0].request.body.data == b'{"data": [  [1,2,3], [3,2,1]]}'
        assert (found[0].request.method, found[0].request.target) == ("POST", "/score")
        assert {answer_of(each).body.data for each in found} == {b"[11055.977245525679, 4503.079536107787]"}
        assert [each.production and each.production.timings for each in found] == [Timings(), Timings()]
        assert (source.rows, source.joined, source.skips.total) == (4, 2, 0)


def test_azure_never_guesses_which_answer_is_which(tmp_path: Path) -> None:
    """Where a name is not the only one, requests are given without answers, and the answers are skipped."""
    requests = file_of(
        tmp_path, azure_asked("r1", "c"), azure_asked("r2", "c"), azure_asked("r3", "lonely"), name="requests.jsonl"
    )
    answers = file_of(
        tmp_path, azure_replied("a1", "c"), azure_replied("a2", "c"), azure_replied("a3", "x"), name="answers.jsonl"
    )
    found, source = read("azure-ml", requests, answers)
    assert [(each.id, each.production) for each in found] == [("r1", None), ("r2", None), ("r3", None)]
    assert source.skips.counts == {
        "an answer that could be another's: its name is not the only one": 2,
        "an answer without its request": 1,
    }


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (azure_asked("r", "c", last=59), "several requests in one event, or a part of one"),
        (azure_asked("r", "c").replace("bytes 0-29", "bytes 30-59"), "several requests in one event, or a part of one"),
        (azure_asked("r", "c").replace("29/*", "29/60"), "several requests in one event, or a part of one"),
        (azure_asked("r", "c").replace('"contentrange"', '"datainblob":"true","contentrange"'), "in a blob of its own"),
        (azure_asked("r", "c").replace("inference.request", "inference.model_inputs"), "no request and no response"),
        (azure_replied("a", ""), "does not say of which request it is"),
        (azure_replied("a", "c").replace("[11055.977245525679, 4503.079536107787]", "null"), "several requests in one"),
    ],
)
def test_azure_events_that_hold_no_single_body_are_skips(tmp_path: Path, line: str, reason: str) -> None:
    """Those that were batched, those whose body lies in a blob, and those of the SDK's own logging."""
    found, source = read("azure-ml", file_of(tmp_path, azure_asked("r1", "c1"), line))
    assert [each.id for each in found] == ["r1"]
    assert source.skips.total == 1
    assert reason in next(iter(source.skips.counts))


def test_an_azure_request_without_a_name_is_given_without_an_answer(tmp_path: Path) -> None:
    """Nothing else has its key."""
    path = file_of(tmp_path, azure_asked("r1", ""), azure_asked("r2", ""), azure_replied("a", ""))
    found, source = read("azure-ml", path)
    assert [(each.id, each.production) for each in found] == [("r1", None), ("r2", None)]
    assert source.skips.total == 1


@pytest.mark.parametrize("row", [GATEWAY_ROW, LEGACY_ROW])
@pytest.mark.parametrize("kind", ["csv", "jsonl"])
def test_databricks_tables(tmp_path: Path, row: dict[str, Any], kind: str) -> None:
    """The present one and the one before it, told by their columns."""
    path = file_of(tmp_path, row)
    if kind == "csv":
        path = tmp_path / "payload.csv"
        with path.open("w", newline="") as file:
            writer = csv.DictWriter(file, list(row))
            writer.writeheader()
            writer.writerow({name: json.dumps(cell) if isinstance(cell, list) else cell for name, cell in row.items()})
    (found,), source = read("databricks", path)
    assert (found.id, found.at_ns, found.ratio) == ("d1", NOON_NS + SECOND_NS // 4, 0.5)
    assert found.request.body.data == b'{"dataframe_records": [{"a": 1}]}'
    assert found.request.headers == JSON_HEADERS
    assert (answer_of(found).status, answer_of(found).body.data) == (200, b'{"predictions": [2]}')
    assert found.production is not None
    assert found.production.timings == Timings(sent=0, last_byte=12_000_000)
    assert source.skips.notes == ["its latency is the model's alone, without the network"]


def test_databricks_tables_of_the_unity_gateway(tmp_path: Path) -> None:
    """Of them no share, no path and no network are known: none is made up, and what is assumed is said."""
    (found,), source = read("databricks", file_of(tmp_path, UNITY_ROW))
    assert (found.id, found.at_ns, found.ratio) == ("d1", NOON_NS + SECOND_NS // 4, 1.0)
    assert found.request.body.data == b'{"messages": [{"role": "user", "content": "a"}]}'
    assert (found.request.method, found.request.target) == ("POST", "/")
    assert (answer_of(found).status, answer_of(found).body.data) == (200, b'{"choices": []}')
    assert found.production is not None
    assert found.production.timings == Timings(sent=0, last_byte=12_000_000)
    assert source.skips.notes == [
        "its latency is as the gateway took it: whether the network is in it is not known here",
        "it tells no sampling, and some requests that failed (401, 403, 429, 500) may be missing in it",
        "it tells no target: requests go to /",
    ]
    (found,), _ = read("databricks,target==/mlflow/v1/chat/completions", file_of(tmp_path, UNITY_ROW))
    assert found.request.target == "/mlflow/v1/chat/completions"


def test_databricks_tables_of_several_forms_are_read_as_one(tmp_path: Path) -> None:
    """Each file by its own columns: an endpoint that was moved goes on in another table."""
    later = UNITY_ROW | {"event_time": "2026-03-01T12:00:01Z", "invocation_id": "d2"}
    found, _ = read(
        "databricks", file_of(tmp_path, later, name="b.jsonl"), file_of(tmp_path, LEGACY_ROW, name="a.jsonl")
    )
    assert [each.id for each in found] == ["d1", "d2"]


@pytest.mark.parametrize("row", [GATEWAY_ROW, LEGACY_ROW, UNITY_ROW])
def test_a_databricks_answer_that_was_not_logged_is_no_empty_one(tmp_path: Path, row: dict[str, Any]) -> None:
    """A success without a body would disagree with any candidate's; of a failure the status is what it tells."""
    path = file_of(tmp_path, row, row | {"response": None}, row | {"response": None, "status_code": 429})
    found, source = read("databricks", path)
    assert [answer_of(each).status for each in found] == [200, 429]
    assert source.skips.counts == {"an answer whose body Databricks did not log": 1}


@pytest.mark.parametrize("codes", [["WRITE_TIMED_OUT"], '["WRITE_TIMED_OUT"]', "[WRITE_TIMED_OUT, A_B]"])
def test_databricks_rows_with_any_other_word_of_damage_are_skips(tmp_path: Path, codes: Any) -> None:
    """However a list is written in its file; an empty one is none."""
    rows = [GATEWAY_ROW | {"logging_error_codes": each} for each in (codes, "[]", "", None, [])]
    found, source = read("databricks", file_of(tmp_path, *rows))
    assert len(found) == 4
    assert source.skips.counts == {"a row that Databricks could not log whole, by its logging_error_codes": 1}


def test_databricks_rows_over_its_size_are_skips(tmp_path: Path) -> None:
    """Their bodies are null, and the row says why; without a word of it an answer that is null is none."""
    path = file_of(
        tmp_path,
        GATEWAY_ROW,
        GATEWAY_ROW | {"request": None, "logging_error_codes": ["MAX_REQUEST_SIZE_EXCEEDED"]},
        GATEWAY_ROW | {"response": None, "logging_error_codes": ["MAX_RESPONSE_SIZE_EXCEEDED"]},
        GATEWAY_ROW | {"request": None},
        GATEWAY_ROW | {"response": None, "status_code": 500},
    )
    found, source = read("databricks", path)
    assert [answer_of(each).status for each in found] == [200, 500]
    assert source.skips.counts == {"a body over the size that Databricks logs": 2, "no request body": 1}


def test_a_table_that_is_not_the_capture_it_is_said_to_be(tmp_path: Path) -> None:
    """The error says of each form that there is which columns it would need, the nearest first, and what is there."""
    path = file_of(tmp_path, {name: cell for name, cell in LEGACY_ROW.items() if name != "execution_time_ms"})
    with pytest.raises(
        SourceError,
        match=r"calls.jsonl is none of the tables that are known: "
        r"one of Model Serving \(legacy\) has execution_time_ms too; "
        r"one of AI Gateway has request_time, execution_duration_ms too; "
        r"one of Unity AI Gateway has invocation_id, event_time, latency_ms too; "
        r"there are databricks_request_id, client_request_id, date, timestamp_ms, ",
    ):
        read("databricks", path)
