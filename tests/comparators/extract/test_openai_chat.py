"""Chat completions: messages, refusals and tool calls, whole and streamed."""

from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from comparators.errors import Unreadable
from comparators.extract import openai
from comparators.extract.openai import read_chat
from comparators.extract.output import Reading, Text, Texts, ToolCall, Usage
from tests.comparators.extract import openai_bodies as bodies
from tests.comparators.extract.asked import JSON, by_name, sent
from tests.comparators.extract.fuzzing import holds_for_long, long, never_breaks, never_breaks_asking
from tests.comparators.extract.openai_bodies import DONE, chat, delta, stream

WEATHER = ToolCall("get_weather", {"city": "Boston"})


def texts(reading: Reading) -> list[Text]:
    assert list(reading.heads) == [openai.CHAT]
    value = reading.heads[openai.CHAT]
    assert isinstance(value, Texts)
    return value.values


def test_a_servers_answer_is_read():
    """The message, why it ended, the model as the version, and the tokens; nothing that differs by chance."""
    found = read_chat(bodies.CHAT)
    assert texts(found) == [Text("Hello! How can I assist you today?", "stop")]
    assert (found.version, found.usage) == ("gpt-4.1-2025-04-14", Usage(19, 10))


def test_tool_calls_are_read_with_their_arguments_decoded():
    """Not with their ids; the message then has no content."""
    call = ToolCall("get_current_weather", {"location": "Boston, MA"})
    assert texts(read_chat(bodies.CHAT_TOOLS)) == [Text("", "tool_calls", tool_calls=(call,))]


@pytest.mark.parametrize(
    ("message", "calls"),
    [
        ({"content": None, "function_call": {"name": "f", "arguments": '{"a":1}'}}, [ToolCall("f", {"a": 1})]),
        ({"tool_calls": [{"type": "custom", "custom": {"name": "sh", "input": "[1]"}}]}, [ToolCall("sh", "[1]")]),
        ({"tool_calls": [{"function": {"name": "f", "arguments": "{not JSON"}}]}, [ToolCall("f", "{not JSON")]),
        ({"tool_calls": [{"function": {"name": "f", "arguments": {"a": 1}}}]}, [ToolCall("f", {"a": 1})]),
        ({"tool_calls": [{"function": {"name": "f"}}]}, [ToolCall("f", None)]),
        ({"tool_calls": [], "function_call": None}, []),
        ({"tool_calls": None}, []),
    ],
)
def test_calls_are_read_in_every_form(message, calls):
    """The legacy one, custom tools with their bare text, and arguments that a model did not write as JSON."""
    assert texts(read_chat(chat({"content": None, **message})))[0].tool_calls == tuple(calls)


@pytest.mark.parametrize("name", ["reasoning_content", "reasoning"])
def test_reasoning_is_not_compared(name):
    """As docs/behaviour.md says: of vLLM's and others' answers, whole or streamed."""
    said = {"content": "Four."}
    assert texts(read_chat(chat({**said, name: "2 + 2"}))) == texts(read_chat(chat(said)))
    assert texts(read_chat(stream(delta(**said, **{name: "2 + 2"})))) == texts(read_chat(stream(delta(**said))))


def test_a_refusal_is_a_text_that_is_marked():
    """It is what the model said instead."""
    refused = chat({"role": "assistant", "content": None, "refusal": "I can't help with that."})
    assert texts(read_chat(refused)) == [Text("I can't help with that.", "stop", refusal=True)]


def test_a_content_of_parts_is_the_text_of_its_texts():
    """As Mistral answers where a model thinks; other parts say nothing that is compared."""
    parts = [{"type": "thinking", "thinking": [{"type": "text", "text": "hm"}]}, {"type": "text", "text": "Yes"}]
    assert texts(read_chat(chat({"content": [*parts, {"type": "text", "text": "."}]}))) == [Text("Yes.", "stop")]


def test_choices_come_in_the_order_of_their_index():
    """However the server lists them; where it tells no index, as they stand."""
    written = orjson.loads(chat({"content": "a"}, {"content": "b"}, {"content": "c"}))
    written["choices"].reverse()
    assert [each.content for each in texts(read_chat(orjson.dumps(written)))] == ["a", "b", "c"]
    for choice in written["choices"]:
        del choice["index"]
    assert [each.content for each in texts(read_chat(orjson.dumps(written)))] == ["c", "b", "a"]


@pytest.mark.parametrize(
    ("usage", "read"),
    [
        ({"prompt_tokens": 3, "completion_tokens": 4}, Usage(3, 4)),
        ({"prompt_tokens": 3, "total_tokens": 3}, Usage(3, None)),
        ({"prompt_tokens": -1, "completion_tokens": True}, Usage(None, None)),
        ({"prompt_tokens": 2**53, "completion_tokens": "4"}, Usage(None, None)),
        ({}, Usage(None, None)),
        (None, None),
        ([3, 4], None),
    ],
)
def test_tokens_are_numbers_or_not_told(usage, read):
    """What is no number of tokens tells nothing, and spoils nothing."""
    assert read_chat(chat({"content": "a"}, usage=usage)).usage == read


def test_a_stream_is_the_message_that_its_chunks_make():
    """Tokens stand in the last chunk alone; padding is nothing; chunks that said something are counted."""
    found = read_chat(bodies.CHAT_STREAM)
    assert texts(found) == [Text("Hello!", "stop")]
    assert (found.version, found.usage) == ("gpt-4o-mini", Usage(19, 2, chunks=2))


def test_a_first_event_without_choice_and_model_changes_nothing():
    """Azure's tells what it filtered."""
    assert read_chat(bodies.AZURE_STREAM) == read_chat(bodies.CHAT_STREAM)


def test_the_version_is_the_first_model_that_is_named():
    """A chunk may leave it empty."""
    models = ("", "a", "b")
    assert read_chat(stream(*({**delta(content="x"), "model": model} for model in models))).version == "a"


def test_fragments_of_tool_calls_are_joined_by_index():
    """Even where they alternate."""
    (text,) = texts(read_chat(bodies.TOOLS_STREAM))
    assert text == Text("", "tool_calls", tool_calls=(WEATHER, ToolCall("get_time", {})))


@pytest.mark.parametrize(
    ("fragments", "calls"),
    [
        ([{"id": "1", "function": {"name": "a", "arguments": "{}"}}, {"id": "2", "function": {"name": "b"}}],
         [ToolCall("a", {}), ToolCall("b", "")]),
        ([{"id": "1", "function": {"name": "a"}}, {"function": {"arguments": "["}}, {"function": {"arguments": "2]"}}],
         [ToolCall("a", [2])]),
        ([{"function": {"name": "a", "arguments": "1"}}], [ToolCall("a", 1)]),
        ([{"id": "1", "function": {"name": "a"}}, {"id": "2", "function": {"name": "b"}},
          {"function": {"arguments": "2"}}], [ToolCall("a", ""), ToolCall("b", 2)]),
        ([{"index": 5, "function": {"name": "b"}}, {"index": 2, "function": {"name": "a"}}],
         [ToolCall("a", ""), ToolCall("b", "")]),
        ([{"index": 0, "custom": {"name": "sh", "input": "l"}}, {"index": 0, "custom": {"input": "s"}}],
         [ToolCall("sh", "ls")]),
    ],
)  # fmt: skip
def test_fragments_without_an_index_go_by_their_id(fragments, calls):
    """As some compatible servers write them."""
    streamed = stream(*(delta(tool_calls=[each]) for each in fragments))
    assert texts(read_chat(streamed))[0].tool_calls == tuple(calls)


def test_a_streamed_function_call_and_a_streamed_refusal_are_joined():
    """Like any other text."""
    called = stream(delta(function_call={"name": "f", "arguments": '{"a"'}), delta(function_call={"arguments": ":1}"}))
    assert texts(read_chat(called)) == [Text("", tool_calls=(ToolCall("f", {"a": 1}),))]
    refused = stream(delta(refusal="I "), delta(refusal="can't."), delta(finish="stop"))
    assert texts(read_chat(refused)) == [Text("I can't.", "stop", refusal=True)]


@pytest.mark.parametrize(
    ("fragments", "calls"),
    [
        # Bridges to Gemini (LiteLLM before #11999 of 2025): each call whole, all under index 0.
        ([{"index": 0, "id": "1", "function": {"name": "a", "arguments": "{}"}},
          {"index": 0, "id": "2", "function": {"name": "b", "arguments": "[]"}}],
         [ToolCall("a", {}), ToolCall("b", [])]),
        # vLLM while DeltaToolCall's id had a default: one made up for each fragment.
        ([{"index": 0, "id": "1", "function": {"name": "a"}}, {"index": 0, "id": "2", "function": {"arguments": "1"}},
          {"index": 0, "id": "3", "function": {"arguments": "2"}}],
         [ToolCall("a", 12)]),
        # An id, and perhaps the name, repeated in each fragment, with an index and without.
        ([{"id": "1", "function": {"name": "a", "arguments": "1"}}, {"id": "1", "function": {"arguments": "2"}},
          {"id": "2", "function": {"name": "a", "arguments": "3"}}],
         [ToolCall("a", 12), ToolCall("a", 3)]),
        ([{"index": 0, "id": "1", "function": {"name": "a", "arguments": "1"}},
          {"index": 0, "id": "1", "function": {"name": "a", "arguments": "2"}}],
         [ToolCall("a", 12)]),
        # Arguments as an object, as Ollama's own API has them.
        ([{"index": 0, "id": "1", "function": {"name": "a", "arguments": {"x": 1}}}], [ToolCall("a", {"x": 1})]),
        ([{"index": 0, "id": "1", "function": {"name": "a", "arguments": ""}},
          {"index": 0, "function": {"arguments": {"x": 1}}}],
         [ToolCall("a", {"x": 1})]),
    ],
)  # fmt: skip
def test_tool_calls_are_told_apart_as_servers_write_them(fragments, calls):
    """Whatever a server does with ids and indices: as many calls as the model made, each of them whole."""
    streamed = stream(*(delta(tool_calls=[each]) for each in fragments))
    assert texts(read_chat(streamed))[0].tool_calls == tuple(calls)


def test_choices_of_a_stream_are_told_apart_by_index():
    """Their chunks come in any order."""
    streamed = stream(
        delta(1, content="x"), delta(0, content="a"), delta(1, content="y"), delta(0, "length"), delta(1, "stop")
    )
    assert texts(read_chat(streamed)) == [Text("a", "length"), Text("xy", "stop")]


def test_a_chunk_that_tells_less_takes_nothing_back():
    """Tokens once told stay, and a choice without an index is where it stands."""
    told = {"choices": [], "usage": {"prompt_tokens": 1, "completion_tokens": 2}}
    plain = {"choices": [{"delta": {"content": "a"}}, {"delta": {"content": "x"}}], "usage": None}
    found = read_chat(stream(plain, told, plain))
    assert (texts(found), found.usage) == ([Text("aa"), Text("xx")], Usage(1, 2, chunks=2))


def test_nothing_is_read_after_done():
    """It is the end."""
    assert texts(read_chat(stream(delta(content="a")) + stream(delta(content="b")) + b"data: {")) == [Text("a")]


def test_a_stream_that_told_why_it_ended_needs_no_done():
    """Some servers leave it out, or its empty line."""
    whole = [delta(content="a"), delta(finish="stop")]
    for end in (b"", DONE[:-1], b"data: [DO"):
        assert texts(read_chat(stream(*whole, done=False) + end)) == [Text("a", "stop")]


@pytest.mark.parametrize(
    "cut",
    [
        stream(delta(content="a"), done=False),
        stream(delta(0, content="a"), delta(1, content="b"), delta(0, finish="stop"), done=False),
        stream(delta(content="a"), done=False) + b'data: {"choices":[{"index":0,"finish_reason":"stop"}]}\n',
        bodies.CHAT_STREAM[: bodies.CHAT_STREAM.index(b'"finish_reason":"stop"')],
        stream({"object": "chat.completion.chunk", "choices": []}, done=False),
        b": ping\n\n",
    ],
    ids=["no reason", "no reason for one", "reason in half an event", "in the middle", "no choice", "no event"],
)
def test_a_stream_that_was_cut_off_is_unreadable(cut):
    """Its text is not what the model said, and must neither match nor differ."""
    with pytest.raises(Unreadable, match="cut off"):
        read_chat(cut)


ENOUGH = [delta(content="a"), delta(finish="stop")]


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "not JSON"),
        (b"[]", "no object"),
        (bodies.ERROR, "error message"),
        (bodies.FLAT_ERROR, "none of choices"),
        (chat({"content": "a"}, error={"message": "cut"}), "error message"),
        (chat(), "empty"),
        (b'{"choices":{}}', "no list"),
        (b'{"choices":[1]}', "no list of objects"),
        (b'{"choices":[{"index":0,"message":{}},{"index":0,"message":{}}]}', "same index"),
        (b'{"choices":[%s]}' % b",".join([b'{"message":{}}'] * 1_025), "more than 1,024 choices"),
        (bodies.COMPLETION, "no message"),
        (bodies.COMPLETION_STREAM, "no message"),
        (chat({"content": 7}), "content is no text"),
        (chat({"content": ["a"]}), "content is no text"),
        (chat({"content": "a", "refusal": {}}), "refusal is no text"),
        (chat({"content": None, "audio": {"id": "a", "data": "AAAA"}}), "spoken"),
        (chat({"tool_calls": [{"type": "function"}]}), "no name"),
        (chat({"tool_calls": ["f"]}), "no name"),
        (chat({"function_call": {"name": 1}}), "no name"),
        (stream(*ENOUGH, {"error": {"message": "overloaded"}}), "error message"),
        (stream(*ENOUGH, orjson.loads(bodies.FLAT_ERROR)), "no chunk"),
        (stream(*ENOUGH, ["a"]), "no chunk"),
        (stream(*ENOUGH, done=False) + b"data: half of\n\n", "not JSON"),
        (stream(*(delta(i, "stop", content="a") for i in range(1_025))), "more than 1,024 choices"),
        (stream(*(delta(tool_calls=[{"index": i}]) for i in range(1_025))), "more than 1,024 tool calls"),
        (stream(delta(content={})), "content is no text"),
        (stream(delta(tool_calls=[{"index": 0, "function": {"arguments": 1}}])), "arguments is no text"),
        (stream(delta(audio={"id": "a"})), "spoken"),
        (stream({"choices": []}), "empty"),
        (DONE, "empty"),
    ],
)
def test_what_is_no_answer_of_the_protocol_says_why(data, why):
    """Unreadable, with a reason, and nothing else is ever raised."""
    with pytest.raises(Unreadable, match=why):
        read_chat(data)


PIECES = st.lists(st.tuples(st.integers(0, 2), st.text(max_size=3)), max_size=12)


@given(PIECES)
def test_a_stream_reads_as_the_answer_in_one_piece(pieces):
    """However the texts of several choices were cut and mixed."""
    said = {index: "".join(piece for at, piece in pieces if at == index) for index in range(3)}
    streamed = stream(*(delta(at, content=piece) for at, piece in pieces), *(delta(i, "stop") for i in range(3)))
    whole = chat(*({"content": text} for text in said.values()))
    assert read_chat(streamed).heads == read_chat(whole).heads


def test_a_stream_of_many_fragments_is_read_in_one_go():
    """Fragments without an index are what a quadratic reading would be slow at; here are 100,000."""
    fragments: list[Any] = [{"id": "1", "function": {"name": "f"}}, *([{"function": {"arguments": "1"}}] * 100_000)]
    (text,) = texts(read_chat(stream(delta(tool_calls=fragments))))
    assert text.tool_calls == (ToolCall("f", "1" * 100_000),)


BODIES = (
    bodies.CHAT, bodies.CHAT_TOOLS, bodies.CHAT_STREAM, bodies.TOOLS_STREAM, bodies.AZURE_STREAM,
    chat({"function_call": {"name": "f", "arguments": "[NaN]"}}, {"refusal": "no"}),
)  # fmt: skip


def test_whatever_comes_is_read_or_unreadable():
    """No other exception, for any bytes."""
    never_breaks(read_chat, *BODIES)


@long
def test_whatever_comes_for_a_long_time_is_read_or_unreadable():
    """The same, as long as UNDERSTUDY_FUZZ_S says."""
    holds_for_long(read_chat, *BODIES)


def test_what_text_generation_inference_writes_is_read() -> None:
    """huggingface/text-generation-inference, router/src/lib.rs at 014d3fd (objects of "text_completion", empty ids) and
    chat.rs at 03fe626: arguments of a tool as an object, streamed as pieces of its text under one id, and no [DONE] at
    first; what is special among the tokens says nothing.
    """
    call = {"id": "0", "type": "function", "function": {"description": None, "name": "f", "arguments": {"a": 1}}}
    message = {"role": "assistant", "tool_calls": [call]}
    choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": "eos_token"}
    whole = {"id": "", "object": "text_completion", "created": 1, "model": "m", "choices": [choice]}
    said = Text("", "eos_token", tool_calls=(ToolCall("f", {"a": 1}),))
    assert texts(read_chat(orjson.dumps(whole))) == [said]
    pieces = [("f", "{"), (None, '"a": 1}'), (None, "")]
    deltas = [
        {"role": "assistant", "tool_calls": [{"index": 0, "id": "0", "type": "function", "function": function}]}
        for name, arguments in pieces
        for function in [{"name": name, "arguments": arguments}]
    ]
    chunks = [{"index": 0, "delta": each, "logprobs": None, "finish_reason": None} for each in deltas]
    chunks.append({"index": 0, "delta": {"role": "assistant", "content": ""}, "finish_reason": "eos_token"})
    events = [{"id": "", "object": "text_completion", "created": 1, "model": "m", "choices": [each]} for each in chunks]
    assert texts(read_chat(b"".join(b"data:%b\n\n" % orjson.dumps(each) for each in events))) == [said]


ASKED = b"""{"model": "small", "temperature": 0.2, "stream": true, "stop": ["a", "b"],
    "messages": [
        {"role": "developer", "content": "You are helpful."},
        {"role": "user", "content": [{"type": "text", "text": "What is the weather in Boston?"}]},
        {"role": "assistant", "tool_calls": [
            {"id": "call_1", "type": "function", "function": {"name": "get_weather", "arguments": "{}"}}
        ]}
    ],
    "tools": [{"type": "function", "function": {
        "name": "get_weather", "description": "of a city", "parameters": {"type": "object", "properties": {}}
    }}],
    "response_format": {"type": "json_schema", "json_schema": {"name": "w", "schema": {"type": "object"}}},
    "user": "user-17", "metadata": {"plan": "free"}
}"""


def test_of_a_chat_its_parameters_are_features():
    """And the roles of its messages, its tools' names, and how long it is: not what is said, and not who asks."""
    assert by_name(openai.asked(sent(ASKED))) == {
        "characters": [len("You are helpful.What is the weather in Boston?")],
        "/model": ["small"],
        "/temperature": [0.2],
        "/stream": [True],
        "/stop": ["a", "b"],
        "/messages/*/role": ["developer", "user", "assistant"],
        "/tools/*/type": ["function"],
        "/tools/*/function/name": ["get_weather"],
        "/response_format/type": ["json_schema"],
        "/response_format/json_schema/name": ["w"],
        "/metadata/plan": ["free"],
    }


def test_whatever_is_asked_has_features_or_none():
    """Requests, hostile ones among them."""
    never_breaks_asking(openai.asked, ASKED, headers=JSON)
