"""Where the output of a streamed answer stands."""

from __future__ import annotations

import orjson
import pytest

from comparators.extract.spoken_events import NONE, spoken_events


def stream(*events: dict, end: bytes = b"data: [DONE]\n\n") -> bytes:
    return b"".join(b"data: " + orjson.dumps(each) + b"\n\n" for each in events) + end


def chunk(text: str | None, **more: object) -> dict:
    delta = {"role": "assistant"} if text is None else {"content": text}
    return {"choices": [{"index": 0, "delta": delta, "finish_reason": None}], **more}


def test_pieces_that_carry_output_are_told_from_those_that_do_not() -> None:
    """A role, an empty delta, a finish reason and a usage are no token."""
    events = [
        chunk(None), chunk(""), chunk("Hel"), chunk("lo"),
        {"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]},
        {"choices": [], "usage": {"prompt_tokens": 9, "completion_tokens": 7}},
    ]  # fmt: skip
    found = spoken_events(stream(*events))
    assert found.ends == [len(stream(*events[:count], end=b"")) for count in (3, 4)]
    assert found.tokens == 7


def test_an_answer_in_one_piece_says_all_at_its_end() -> None:
    """As servers answer that do not stream."""
    whole = orjson.dumps({"choices": [{"message": {"content": "a b"}}], "usage": {"completion_tokens": 2}})
    assert spoken_events(whole) == ([len(whole)], 2)


def test_without_a_usage_nobody_counted_tokens() -> None:
    """The events are what there is."""
    assert spoken_events(stream(chunk("a"), chunk("b"))).tokens is None


def test_tool_calls_texts_and_the_generate_extension_are_output_too() -> None:
    """Whatever the protocol calls it."""
    call = {"index": 0, "id": "c", "function": {"name": "f", "arguments": "{"}}
    assert len(spoken_events(stream({"choices": [{"index": 0, "delta": {"tool_calls": [call]}}]})).ends) == 1
    assert len(spoken_events(stream({"choices": [{"index": 0, "text": "x"}]})).ends) == 1
    generated = stream({"text_output": "x"}, {"text_output": ""}, {"text_output": ["y"]}, end=b"")
    assert len(spoken_events(generated).ends) == 2


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{}",
        b"data: no json\n\n",
        b"data: [1]\n\n",
        stream({"error": {"message": "full"}}),
        b"\x1f\x8b\x08",
        b"data: 1",
    ],
)
def test_of_what_is_no_such_stream_nothing_is_said(data: bytes) -> None:
    """And nothing raised."""
    assert spoken_events(data) == NONE
