"""Completions: texts, whole and streamed."""

import orjson
import pytest

from comparators.errors import Unreadable
from comparators.extract import openai
from comparators.extract.openai import read_completions
from comparators.extract.output import Reading, Text, Texts, Usage
from tests.comparators.extract import openai_bodies as bodies
from tests.comparators.extract.asked import by_name, sent
from tests.comparators.extract.fuzzing import holds_for_long, long, never_breaks
from tests.comparators.extract.openai_bodies import DONE, stream


def texts(reading: Reading) -> list[Text]:
    assert list(reading.heads) == [openai.COMPLETIONS]
    value = reading.heads[openai.COMPLETIONS]
    assert isinstance(value, Texts)
    return value.values


def piece(text: str | None, index: int = 0, finish: str | None = None) -> dict[str, object]:
    choice = {"index": index, "text": text, "logprobs": None, "finish_reason": finish}
    return {"object": "text_completion", "model": "m", "choices": [choice]}


def test_a_servers_answer_is_read():
    """The text, why it ended, the model as the version, and the tokens."""
    found = read_completions(bodies.COMPLETION)
    assert texts(found) == [Text("\n\nThis is indeed a test", "length")]
    assert (found.version, found.usage) == ("VAR_completion_model_id", Usage(5, 7))


def test_the_texts_of_several_prompts_come_in_the_order_of_their_index():
    """One row each, whatever order they came in."""
    choices = [{"index": i, "text": f"text {i}", "finish_reason": None} for i in (2, 0, 1)]
    assert texts(read_completions(orjson.dumps({"choices": choices}))) == [Text(f"text {i}") for i in range(3)]


def test_a_stream_is_the_text_that_its_chunks_make():
    """By choice, with the chunks that said something counted."""
    found = read_completions(bodies.COMPLETION_STREAM)
    assert texts(found) == [Text(" It is", "length")]
    assert (found.version, found.usage) == ("gpt-3.5-turbo-instruct", Usage(chunks=2))
    mixed = stream(piece("a", 1), piece("x"), piece("b", 1, "stop"), piece("", 0, "length"))
    assert texts(read_completions(mixed)) == [Text("x", "length"), Text("ab", "stop")]


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"not JSON", "not JSON"),
        (bodies.ERROR, "error message"),
        (bodies.CHAT, "no text"),
        (bodies.CHAT_STREAM, "no text"),
        (b'{"choices":[{"index":0,"text":7}]}', "text is no text"),
        (b'{"choices":[]}', "empty"),
        (stream(piece("a"), done=False), "cut off"),
        (stream(piece("a"), {"error": {"message": "overloaded"}}), "error message"),
        (DONE, "empty"),
    ],
)
def test_what_is_no_answer_of_the_protocol_says_why(data, why):
    """An answer to chat above all: it has no such text, and must not pass for an empty one."""
    with pytest.raises(Unreadable, match=why):
        read_completions(data)


BODIES = (bodies.COMPLETION, bodies.COMPLETION_STREAM)


def test_whatever_comes_is_read_or_unreadable():
    """No other exception, for any bytes."""
    never_breaks(read_completions, *BODIES)


@long
def test_whatever_comes_for_a_long_time_is_read_or_unreadable():
    """The same, as long as UNDERSTUDY_FUZZ_S says."""
    holds_for_long(read_completions, *BODIES)


def test_what_vllm_writes_is_read() -> None:
    """vllm-project/vllm, vllm/entrypoints/openai/completion/protocol.py at d5dba2d: members that are not OpenAI's,
    most of them null; usage of null in each chunk, and in one without choices at the end.
    """
    choice = {"index": 0, "text": "a", "logprobs": None, "finish_reason": "stop", "stop_reason": 128001}
    choice |= {"token_ids": None, "prompt_logprobs": None, "prompt_token_ids": None}
    whole = {"id": "cmpl-1", "object": "text_completion", "created": 1, "model": "m", "choices": [choice]}
    whole |= {"service_tier": None, "usage": {"prompt_tokens": 1, "total_tokens": 2, "completion_tokens": 1}}
    assert texts(read_completions(orjson.dumps({**whole, "kv_transfer_params": None}))) == [Text("a", "stop")]
    events = [{**whole, "usage": None}, {**whole, "choices": []}]
    found = read_completions(b"".join(b"data: %b\n\n" % orjson.dumps(each) for each in events) + DONE)
    assert texts(found) == [Text("a", "stop")]
    assert found.usage == Usage(1, 1, 1)


def test_of_a_completion_its_parameters_are_features():
    """And the length of its prompt, which is none itself."""
    body = b'{"model": "small", "prompt": ["Say so", "Say no"], "suffix": ".", "max_tokens": 7}'
    assert by_name(openai.asked(sent(body))) == {"characters": [12], "/model": ["small"], "/max_tokens": [7]}
