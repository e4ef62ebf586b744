"""The one request and the one answer of every measurement, in bytes; and the same with a number, for the soak.

Both are Open Inference Protocol messages, so that a comparator reads them as such; their sizes are those that
the budgets were set with. Used by the endpoints, the load generators and nothing else.
"""

import json

REQUEST_BYTES = 622
ANSWER_BYTES = 207
LARGE_ANSWER_BYTES = 22 * 1024
PATH = "/v2/models/late/infer"
LARGE_PATH = "/v2/models/large/infer"  # the same request; its answer is the large one


def _padded(message: dict[str, object], size: int) -> bytes:
    """The message as JSON of exactly `size` bytes; its parameters carry the filling."""
    bare = json.dumps(message | {"parameters": {"fill": ""}}, separators=(",", ":"))
    return json.dumps(message | {"parameters": {"fill": "x" * (size - len(bare))}}, separators=(",", ":")).encode()


REQUEST_BODY = _padded(
    {
        "inputs": [
            {"name": f"feature_{n}", "shape": [1], "datatype": "FP32", "data": [round(1.7 * n, 2)]} for n in range(8)
        ]
    },
    REQUEST_BYTES,
)
_ANSWER: dict[str, object] = {
    "model_name": "late",
    "outputs": [{"name": "p", "shape": [10], "datatype": "FP32", "data": [n / 16 for n in range(10)]}],
}
ANSWER_BODY = _padded(_ANSWER, ANSWER_BYTES)
LARGE_ANSWER_BODY = _padded(_ANSWER, LARGE_ANSWER_BYTES)


def request(port: int) -> bytes:
    """The request as it goes over the wire."""
    head = (
        f"POST {PATH} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUser-Agent: benchmarks\r\nAccept: */*\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(REQUEST_BODY)}\r\n\r\n"
    )
    return head.encode() + REQUEST_BODY


_NUMBER = b'{"id":"%012d",'
_NUMBER_DIGITS = slice(7, 19)


def numbered(body: bytes, number: int) -> bytes:
    """The message with an id of its own, so that one answer can be told from another."""
    return _NUMBER % number + body[1:]


def number_of(body: bytes) -> int:
    """The number of a numbered message."""
    return int(body[_NUMBER_DIGITS])
