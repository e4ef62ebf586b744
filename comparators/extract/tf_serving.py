"""TensorFlow Serving over REST (tensorflow/serving, g3doc/api_rest.md): predict, by rows or columns, classify, regress.

    {"predictions": [...]}              by rows; objects name the outputs of each row: "/predictions/*/<name>"
    {"outputs": ...}                    by columns; an object names them: "/outputs/<name>"
    {"results": [[[label, score], …]]}  classify: a Column with a list of pairs a row
    {"results": [number, …]}            regress: a Tensor

"results" is what the server writes (json_tensor.cc, since 1.8), "result" what its documentation says: both are read.
Bytes come as {"b64": "…"}: they become their text, or stay base64 where they are no UTF-8. NaN and Infinity come bare.
The version is in the URL alone (reads.py).

Requests have `instances`, by rows, or `inputs`, by columns; those to classify and regress have `examples`, and beside
them what all of these have in common, `context`. reading.py calls this.
"""

import base64
import binascii
from itertools import chain
from typing import Any

from comparators.extract import asking
from comparators.extract.columns import Columns, gathered
from comparators.extract.document import parsed
from comparators.extract.output import Reading, Value
from comparators.extract.request_body import RequestBody
from comparators.extract.shaping import MAX_DEPTH, heads, members

EXPECTED = ("predictions", "outputs", "results", "result")


def read(data: bytes) -> Reading:
    body = members(parsed(data), EXPECTED)
    found: dict[str, Value] = {}
    for name in EXPECTED:
        if name in body:
            value = _with_text(body[name]) if b'"b64"' in data else body[name]
            found.update(heads(f"/{name}", value, records=True))
    return Reading(found)


def asked(body: RequestBody) -> Columns:
    document = body.document()
    if b'"b64"' in body.data:
        document = _with_text(document)
    examples = document.get("examples") if type(document) is dict else None
    if type(examples) is not list:
        return gathered(asking.by_look(document))
    context = document.get("context")
    return gathered(chain(asking.rows(examples), asking.rows([context]) if type(context) is dict else ()))


def _with_text(value: Any, levels: int = MAX_DEPTH + 3) -> Any:
    """A copy with text for encoded bytes: they are elements of tensors, so what is deeper in is none of them."""
    if levels == 0:
        return value
    if type(value) is list:
        return [_with_text(each, levels - 1) for each in value]
    if type(value) is not dict:
        return value
    if value.keys() == {"b64"} and type(value["b64"]) is str:
        return _text(value["b64"])
    return {key: _with_text(each, levels - 1) for key, each in value.items()}


def _text(encoded: str) -> str:
    try:
        return base64.b64decode(encoded, validate=True).decode()
    except (binascii.Error, ValueError):  # not base64, or not UTF-8
        return encoded
