"""Where in a streamed answer its output stands: after how many of its bytes each piece was there, and how many tokens.

Who knows when bytes came knows by this when tokens did. Streams of the OpenAI API and of the Open Inference Protocol's
generate extension; of anything else nothing is said.
"""

from typing import Any, NamedTuple

from comparators.errors import Unreadable
from comparators.extract import sse
from comparators.extract.document import parsed, parsed_piece
from comparators.extract.openai import tokens_told
from comparators.extract.openai_stream import DONE, StreamedAnswer


class SpokenEvents(NamedTuple):
    """`ends`: of each event that carries output, how many bytes of the body there are at its end. `tokens`: of the
    completion, as the endpoint counted them; None where it does not tell.
    """

    ends: list[int]
    tokens: int | None


NONE = SpokenEvents([], None)


def spoken_events(data: bytes) -> SpokenEvents:
    """Of a body without content coding. What can't be read has none; an answer in one piece says all at its end."""
    try:
        return _streamed(data) if sse.is_stream(data) else _whole(data)
    except Unreadable:
        return NONE


def _whole(data: bytes) -> SpokenEvents:
    answer = parsed(data)
    if type(answer) is not dict or not ("choices" in answer or "text_output" in answer):
        return NONE
    return SpokenEvents([len(data)], tokens_told(answer.get("usage")))


def _streamed(data: bytes) -> SpokenEvents:
    answer, ends = StreamedAnswer(), []
    for piece, end in zip(sse.events(data).data, sse.ends(data), strict=True):
        if piece.strip() == DONE:
            break
        event = parsed_piece(piece)
        if _says(event, answer):
            ends.append(end)
    return SpokenEvents(ends, tokens_told(answer.usage))


def _says(event: Any, answer: StreamedAnswer) -> bool:
    """Subtle: one parser for both protocols, which share no member."""
    if type(event) is dict and "text_output" in event:
        texts = event["text_output"]
        return any(texts) if type(texts) is list else bool(texts)
    before = answer.chunks
    answer.add(event)
    return answer.chunks > before
