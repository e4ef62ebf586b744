"""The generate extension: texts, whole and streamed."""

from typing import Any

import orjson
import pytest

from comparators.errors import Unreadable
from comparators.extract import oip_generate
from comparators.extract.detect import detect
from comparators.extract.oip_generate import HEAD
from comparators.extract.output import Reading, Text, Texts, Usage
from tests.comparators.extract.asked import JSON, by_name, sent
from tests.comparators.extract.fuzzing import holds_for_long, long, never_breaks, never_breaks_asking

# As Triton writes them, with vLLM and with TensorRT-LLM behind it.
VLLM = b'{"model_name":"vllm_model","model_version":"1","text_output":"What is Triton?\\n\\nA server."}'
TENSORRT = (
    b'{"context_logits":0.0,"cum_log_probs":-3.5,"model_name":"ensemble","model_version":"1","output_log_probs":[0.0,'
    b'-3.5],"sequence_end":false,"sequence_id":0,"sequence_index":0,"sequence_start":false,"text_output":["one","two"]}'
)
STREAM = (
    b'data: {"model_name":"vllm_model","model_version":"1","text_output":"What"}\n\n'
    b'data: {"model_name":"vllm_model","model_version":"1","text_output":" is"}\n\n'
    b'data: {"model_name":"vllm_model","model_version":"1","text_output":""}\n\n'
)
# After a head that said 200.
FAILED = STREAM + b'data: {"error":"in ensemble: request 1 was cancelled"}\n\n'
# As the protocol's own document has it.
DETAILED = (
    b'{"model_name":"m","model_version":"2","text_output":"yes","details":{"finish_reason":"length","logprobs":[]}}'
)


def stream(*events: Any) -> bytes:
    return b"".join(b"data: " + orjson.dumps(event) + b"\n\n" for event in events)


def texts(reading: Reading) -> list[Text]:
    assert list(reading.heads) == [HEAD]
    value = reading.heads[HEAD]
    assert isinstance(value, Texts)
    return value.values


def test_a_servers_answer_is_read():
    """The text, and the version; tokens are not told."""
    found = oip_generate.read(VLLM)
    assert texts(found) == [Text("What is Triton?\n\nA server.")]
    assert (found.version, found.usage) == ("1", None)


def test_a_list_of_texts_has_one_a_row():
    """As TensorRT-LLM answers to a batch, or with several beams; its other outputs are not compared."""
    assert texts(oip_generate.read(TENSORRT)) == [Text("one"), Text("two")]


def test_the_reason_to_finish_is_told_in_the_details():
    """Where the server tells it."""
    assert texts(oip_generate.read(DETAILED)) == [Text("yes", "length")]


def test_a_stream_is_the_text_that_its_events_make():
    """Piece by piece, and the version once; an event that said nothing is no chunk."""
    found = oip_generate.read(STREAM)
    assert texts(found) == [Text("What is")]
    assert (found.version, found.usage) == ("1", Usage(chunks=2))


def test_a_stream_of_several_rows_is_put_together_row_by_row():
    """Each event has a piece of each."""
    found = oip_generate.read(stream({"text_output": ["a", "x"]}, {"text_output": ["b", ""]}))
    assert texts(found) == [Text("ab"), Text("x")]


def test_an_event_about_other_outputs_adds_no_text():
    """A last one may tell the reason alone."""
    found = oip_generate.read(stream({"text_output": "a"}, {"details": {"finish_reason": "eos_token"}}))
    assert texts(found) == [Text("a", "eos_token")]


def test_a_stream_agrees_with_the_answer_in_one_piece():
    """The same text is the same reading, but for the chunks."""
    whole = oip_generate.read(b'{"model_name":"m","model_version":3,"text_output":"What is"}')
    streamed = oip_generate.read(stream({"model_version": 3, "text_output": "What "}, {"text_output": "is"}))
    assert (streamed.heads, streamed.version) == (whole.heads, whole.version)


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "not JSON"),
        (b'{"error":"model not found"}', "error message"),
        (b'{"generated_text":"hello"}', "none of text_output"),
        (b"[]", "no object"),
        (b'{"text_output":7}', "neither a text nor a list"),
        (b'{"text_output":null}', "neither a text nor a list"),
        (b'{"text_output":[]}', "neither a text nor a list"),
        (b'{"text_output":["a",null]}', "neither a text nor a list"),
        (b'{"text_output":[%s""]}' % (b'"",' * 10_000), "neither a text nor a list"),
        (FAILED, "error message"),
        (stream({"text_output": "a", "error": "out of memory"}), "error message"),
        (stream({"error": "out of memory"}), "error message"),
        (STREAM[:-1], "within an event"),
        (STREAM[:-40], "within an event"),
        (stream({"model_version": "1"}), "no event"),
        (b": ping\n\n", "no event"),
        (stream(["a"]), "no object"),
        (b"data: What\n\n", "not JSON"),
        (stream({"text_output": "a"}, {"text_output": ["a", "b"]}), "different numbers"),
    ],
)
def test_what_is_no_answer_of_the_protocol_says_why(data, why):
    """A stream that failed or was cut above all: half of a text is no text."""
    with pytest.raises(Unreadable, match=why):
        oip_generate.read(data)


BODIES = (VLLM, TENSORRT, STREAM, DETAILED)


def test_whatever_comes_is_read_or_unreadable():
    """No other exception, for any bytes."""
    never_breaks(oip_generate.read, *BODIES)


@long
def test_whatever_comes_for_a_long_time_is_read_or_unreadable():
    """The same, as long as UNDERSTUDY_FUZZ_S says."""
    holds_for_long(oip_generate.read, *BODIES)


def test_what_triton_writes_is_read() -> None:
    """triton-inference-server/server, src/http_server.cc at 00a165a (GenerateRequestClass): one element without its
    array (in later versions, none as an empty one), other outputs and parameters beside them, by name; errors as events
    or, of a model that answers several times, in a body under 200.
    """
    assert texts(oip_generate.read(b'{"id":"7","model_name":"m","model_version":"1","text_output":"a","n":[1,2]}')) == [
        Text("a")
    ]
    last = b'data: {"model_name":"m","model_version":"1","text_output":[]}\n\n'
    assert texts(oip_generate.read(STREAM + last)) == [Text("What is")]
    with pytest.raises(Unreadable):
        oip_generate.read(b'{"error":"generate expects model to produce exactly 1 response"}')


@pytest.mark.parametrize(
    ("body", "protocol"),
    [
        (b'{"model_name":"m","model_version":"1","OUTPUT0":[1,2]}', "json"),
        (b'{"error":"timeout"}', "oip_generate"),
        (b"", "oip_generate"),
        (STREAM, "oip_generate"),
    ],
)
def test_a_model_whose_output_is_no_text_output_is_read_as_json(body: bytes, protocol: str) -> None:
    """Triton serves every model under /generate, by the names that its outputs have."""
    assert detect("POST", "/v2/models/m/generate", (), body).protocol == protocol


ASKED = b'{"id": "42", "text_input": "client input", "parameters": {"stream": false, "temperature": 0}}'


def test_of_a_request_the_parameters_are_features():
    """And the length of its text, which is none itself under either name, nor is its id."""
    assert by_name(oip_generate.asked(sent(ASKED))) == {
        "characters": [len("client input")],
        "/parameters/stream": [False],
        "/parameters/temperature": [0],
    }
    assert by_name(oip_generate.asked(sent(b'{"prompt": "so", "max_tokens": 20}'))) == {
        "characters": [2],
        "/max_tokens": [20],
    }


def test_whatever_is_asked_has_features_or_none():
    """Requests, hostile ones among them."""
    never_breaks_asking(oip_generate.asked, ASKED, headers=JSON)
