"""The table of protocols: an answer and its plan's protocol in, a reading out. A new one is a file and a line here."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from functools import lru_cache

from comparators.errors import Unreadable
from comparators.extract import document, kserve_v1, mlflow, oip, oip_generate, openai, sagemaker, tf_serving
from comparators.extract.document import plain
from comparators.extract.output import Raw, Reading
from comparators.settings import Protocol
from records.nouns import Answer, Headers

Reader = Callable[[bytes], Reading]
Answered = tuple[Reading, int]  # an answer that was read, and the size of its body without content coding

JSON_LENGTH = b"inference-header-content-length"  # of an answer with binary tensors
EMPTY = Reading({"": Raw(b"")})  # an empty body is empty in all protocols


def _raw(data: bytes) -> Reading:
    return Reading({"": Raw(data)})


_READERS: dict[Protocol, Reader] = {
    "oip_v2": oip.read,
    "oip_generate": oip_generate.read,
    "kserve_v1": kserve_v1.read,
    "tf_serving": tf_serving.read,
    "mlflow": mlflow.read,
    "sagemaker_json": sagemaker.read_json,
    "sagemaker_jsonlines": sagemaker.read_jsonlines,
    "sagemaker_csv": sagemaker.read_csv,
    "openai_chat": openai.read_chat,
    "openai_completions": openai.read_completions,
    "openai_embeddings": openai.read_embeddings,
    "json": document.read,
    "bytes": _raw,
}


def read(protocol: Protocol, data: bytes, headers: Headers, chosen: Reader | None = None) -> Reading:
    """An answer's body without its content coding (document.plain). `chosen` reads what the settings choose.

    Raises Unreadable where the answer is not what the protocol says.
    """
    if not data:
        return EMPTY
    length = _json_length(headers) if protocol == "oip_v2" else None
    return _reader(protocol, chosen)(data) if length is None else oip.read_binary(data, length)


def read_all(
    protocol: Protocol, answers: Sequence[Answer], limit: int, chosen: Reader | None = None
) -> list[Answered | None]:
    """Many answers, unpacked to at most `limit` bytes each, and read as `read` does; None for what is unreadable."""
    found: list[Answered | None] = [None] * len(answers)
    alike: dict[tuple[int, int, bytes], list[tuple[int, bytes]]] = defaultdict(list)  # binary ones, with their places
    reader = _reader(protocol, chosen)
    for place, answer in enumerate(answers):
        data, stated = answer.body.data, None
        try:
            for name, value in answer.headers:
                if name == b"content-encoding":
                    data = plain(answer, limit)
                elif name == JSON_LENGTH and stated is None:  # as _json_length, the first
                    stated = value
            if not data:
                found[place] = EMPTY, 0
            elif stated is None or protocol != "oip_v2":
                found[place] = reader(data), len(data)
            else:
                length = _length(stated)
                alike[length, len(data), data[:length]].append((place, data))
        except Unreadable:
            continue
    for (length, size, _), placed in alike.items():
        readings = oip.read_alike([data for _, data in placed], length)
        for (place, _), reading in zip(placed, readings, strict=True):
            found[place] = None if reading is None else (reading, size)
    return found


def _reader(protocol: Protocol, chosen: Reader | None) -> Reader:
    return chosen if protocol == "chosen" and chosen is not None else _READERS[protocol]


def _json_length(headers: Headers) -> int | None:
    """Of an answer with binary tensors, as its header says; None where it has none."""
    for name, value in headers:
        if name == JSON_LENGTH:
            return _length(value)
    return None


@lru_cache(maxsize=1024)
def _length(value: bytes) -> int:
    if not value.isdigit() or len(value) > 12:
        msg = "its Inference-Header-Content-Length is not a number"
        raise Unreadable(msg)
    return int(value)
