"""The table of protocols: an answer and its plan's protocol in, a reading out. A new one is a file and a line here."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from functools import lru_cache

from comparators.errors import Unreadable
from comparators.extract import (
    document,
    kserve_v1,
    mlflow,
    oip,
    oip_generate,
    openai,
    plain_text,
    sagemaker,
    tf_serving,
    torchserve,
)
from comparators.extract.document import plain
from comparators.extract.output import Raw, Reading
from comparators.settings import Protocol
from records.nouns import Answer

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
    "torchserve": torchserve.read,
    "json": document.read,
    "json_lines": document.read_lines,
    "text": plain_text.read,
    "bytes": _raw,
}

# Where an answer of these protocols tells the model's version.
VERSION_AT: dict[Protocol, str] = {
    "oip_v2": "/model_version",
    "oip_generate": "/model_version",
    "openai_chat": "/model",
    "openai_completions": "/model",
    "openai_embeddings": "/model",
}


def read_all(
    protocol: Protocol, answers: Sequence[Answer], limit: int, chosen: Reader | None = None
) -> list[Answered | None]:
    """Answers by one plan, unpacked to at most `limit` bytes each; None for what is not what the protocol says.

    `chosen` reads what the settings choose.
    """
    found: list[Answered | None] = [None] * len(answers)
    alike: dict[tuple[int, int, bytes], list[tuple[int, bytes]]] = defaultdict(list)  # binary ones, with their places
    reader = chosen if protocol == "chosen" and chosen is not None else _READERS[protocol]
    for place, answer in enumerate(answers):
        data, stated = answer.body.data, None
        try:
            for name, value in answer.headers:
                if name == b"content-encoding":
                    data = plain(answer, limit)
                elif name == JSON_LENGTH and stated is None:  # the first, where there are several
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


@lru_cache(maxsize=1024)
def _length(value: bytes) -> int:
    if not value.isdigit() or len(value) > 12:
        msg = "its Inference-Header-Content-Length is not a number"
        raise Unreadable(msg)
    return int(value)
