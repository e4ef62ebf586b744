"""The table of protocols: answers and their plan's protocol in, readings out. A new one is a file and a line here."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from comparators.errors import Unreadable
from comparators.extract import (
    asking,
    document,
    json_outputs,
    kserve_v1,
    lone_number,
    mlflow,
    oip,
    oip_generate,
    oip_inputs,
    openai,
    plain_text,
    sagemaker,
    tf_serving,
    torchserve,
)
from comparators.extract.columns import Columns
from comparators.extract.document import Plain, plain
from comparators.extract.output import Raw, Reading
from comparators.extract.request_body import RequestBody
from comparators.settings import Protocol
from records.nouns import Answer

Reader = Callable[[bytes], Reading]
SizedReading = tuple[Reading, int]  # an answer that was read, and the size of its body without content coding

EMPTY = Reading({"": Raw(b"")})  # an empty body is empty in all protocols


class ProtocolFace(NamedTuple):
    """What a protocol's module can.

    `read`: the answers to one kind of request, None for what is not what the protocol says. `asked`: what a request
    asks, by name; raises Unreadable. `version_at`: where an answer tells the model's version.
    """

    read: Callable[[Sequence[Plain]], list[Reading | None]]
    asked: Callable[[RequestBody], Columns]
    version_at: str = ""


def one_by_one(read: Reader) -> Callable[[Sequence[Plain]], list[Reading | None]]:
    """For protocols in which answers have nothing in common that need be read once only."""

    def read_several(bodies: Sequence[Plain]) -> list[Reading | None]:
        found: list[Reading | None] = []
        for data, _ in bodies:
            try:
                found.append(read(data))
            except Unreadable:
                found.append(None)
        return found

    return read_several


def _raw(data: bytes) -> Reading:
    return Reading({"": Raw(data)})


PROTOCOLS: dict[Protocol, ProtocolFace] = {
    "oip_v2": ProtocolFace(oip.read_several, oip_inputs.asked, "/model_version"),
    "oip_generate": ProtocolFace(one_by_one(oip_generate.read), oip_generate.asked, "/model_version"),
    "kserve_v1": ProtocolFace(one_by_one(kserve_v1.read), asking.asked),
    "tf_serving": ProtocolFace(one_by_one(tf_serving.read), tf_serving.asked),
    "mlflow": ProtocolFace(one_by_one(mlflow.read), mlflow.asked),
    "sagemaker_json": ProtocolFace(one_by_one(sagemaker.read_json), asking.asked),
    "sagemaker_jsonlines": ProtocolFace(one_by_one(sagemaker.read_jsonlines), asking.asked),
    "sagemaker_csv": ProtocolFace(one_by_one(sagemaker.read_csv), asking.asked),
    "openai_chat": ProtocolFace(one_by_one(openai.read_chat), openai.asked, "/model"),
    "openai_completions": ProtocolFace(one_by_one(openai.read_completions), openai.asked, "/model"),
    "openai_embeddings": ProtocolFace(one_by_one(openai.read_embeddings), openai.asked, "/model"),
    "torchserve": ProtocolFace(one_by_one(torchserve.read), asking.asked),
    "json_outputs": ProtocolFace(one_by_one(json_outputs.read), asking.asked),
    "json_classes": ProtocolFace(one_by_one(json_outputs.read_classes), asking.asked),
    "json_number": ProtocolFace(one_by_one(lone_number.read), asking.asked),
    "json": ProtocolFace(one_by_one(document.read), asking.asked),
    "json_lines": ProtocolFace(one_by_one(document.read_lines), asking.asked),
    "text": ProtocolFace(one_by_one(plain_text.read), asking.asked),
    "bytes": ProtocolFace(one_by_one(_raw), asking.asked),
}


def asked(protocol: Protocol, body: RequestBody) -> Columns:
    """What a request asks whose answers speak this protocol. Raises Unreadable."""
    own = PROTOCOLS.get(protocol)
    return asking.asked(body) if own is None else own.asked(body)


def read_all(
    protocol: Protocol, answers: Sequence[Answer], limit: int, chosen: Reader | None = None
) -> list[SizedReading | None]:
    """Answers by one plan, unpacked to at most `limit` bytes each; None for what is not what the protocol says.

    `chosen` reads what the settings choose.
    """
    found: list[SizedReading | None] = [None] * len(answers)
    places: list[int] = []
    bodies: list[Plain] = []
    for place, answer in enumerate(answers):
        try:
            data = plain(answer, limit)
        except Unreadable:
            continue
        if data:
            places.append(place)
            bodies.append((data, answer.headers))
        else:
            found[place] = EMPTY, 0
    read = one_by_one(chosen) if chosen is not None else PROTOCOLS[protocol].read
    for place, (data, _), reading in zip(places, bodies, read(bodies), strict=True):
        if reading is not None:
            found[place] = reading, len(data)
    return found
