"""The table of protocols: an answer and its plan's protocol in, a reading out. A new one is a file and a line here."""

from collections.abc import Callable
from functools import lru_cache

from comparators.errors import Unreadable
from comparators.extract import document, kserve_v1, mlflow, oip, oip_generate, openai, sagemaker, tf_serving
from comparators.extract.output import Raw, Reading
from comparators.settings import Protocol
from records.nouns import Headers

Reader = Callable[[bytes], Reading]

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
    if protocol == "oip_v2":
        return _oip(data, headers)
    if protocol == "chosen" and chosen is not None:
        return chosen(data)
    return _READERS[protocol](data)


def _oip(data: bytes, headers: Headers) -> Reading:
    for name, value in headers:
        if name == b"inference-header-content-length":
            return oip.read_binary(data, _length(value))
    return oip.read(data)


@lru_cache(maxsize=1024)
def _length(value: bytes) -> int:
    if not value.isdigit() or len(value) > 12:
        msg = "its Inference-Header-Content-Length is not a number"
        raise Unreadable(msg)
    return int(value)
