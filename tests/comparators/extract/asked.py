"""Requests as the tests of their features send them, and what is found in them."""

from typing import Any

import orjson

from comparators.extract.columns import Columns
from comparators.extract.request_body import RequestBody
from records.nouns import Headers

JSON: Headers = ((b"content-type", b"application/json"),)
CSV: Headers = ((b"content-type", b"text/csv; charset=utf-8"),)
JSON_LINES: Headers = ((b"content-type", b"application/jsonlines"),)


def sent(body: Any, headers: Headers = JSON) -> RequestBody:
    return RequestBody(body if isinstance(body, bytes) else orjson.dumps(body), headers)


def by_name(columns: Columns) -> dict[str, list[Any]]:
    return {name: list(values) for name, values in columns.items()}


def tensor(name: str, data: list[Any], shape: list[int] | None = None, datatype: str = "FP32") -> dict[str, Any]:
    return {"name": name, "shape": shape or [len(data)], "datatype": datatype, "data": data}
