"""Tables of requests as clouds and gateways write them, for tests."""

import json
from pathlib import Path
from typing import Any

from loadtest.sources.columns import ColumnSource
from loadtest.sources.formats import format_of
from loadtest.sources.source import SourceRequest
from records.nouns import Answer

SECOND_NS = 1_000_000_000
NOON_NS = 1_772_366_400 * SECOND_NS  # 2026-03-01T12:00:00Z

JSON_HEADERS = ((b"content-type", b"application/json"),)


def file_of(tmp_path: Path, *lines: Any, name: str = "calls.jsonl") -> Path:
    path = tmp_path / name
    path.write_text("".join(f"{each if isinstance(each, str) else json.dumps(each)}\n" for each in lines), "utf-8")
    return path


def read(mapping: str, *files: Path) -> tuple[list[SourceRequest], ColumnSource]:
    source = ColumnSource(files, format_of(mapping))
    found = list(source)
    assert source.rows == len(found) + source.joined + source.skips.total
    return found, source


def answer_of(found: SourceRequest) -> Answer:
    assert found.production is not None
    assert isinstance(found.production.outcome, Answer)
    return found.production.outcome


def sagemaker_line(data: Any, answer: Any, *, encoding: str = "CSV", seen: Any = "text/csv", **metadata: Any) -> Any:
    """A line as SageMaker writes it."""
    asked = {"observedContentType": seen, "mode": "INPUT", "data": data, "encoding": encoding}
    answered = {"observedContentType": seen, "mode": "OUTPUT", "data": answer, "encoding": encoding}
    metadata = {"eventId": "aaaaaaaa-0000-0000-0000-000000000001", "inferenceTime": "2026-03-01T12:00:00Z"} | metadata
    return {
        "captureData": {"endpointInput": asked, "endpointOutput": answered},
        "eventMetadata": metadata,
        "eventVersion": "0",
    }


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


def azure_asked(event: str, name: str, *, second: int = 0, last: int = 29) -> str:
    return AZURE_REQUEST % (event, second, last, name, name)


def azure_replied(event: str, name: str, *, second: int = 0) -> str:
    return AZURE_RESPONSE % (event, second, name, name)


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
