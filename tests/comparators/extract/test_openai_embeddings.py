"""Embeddings: lists of numbers, or base64, as one tensor."""

import base64
import struct

import numpy as np
import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from comparators.errors import Unreadable
from comparators.extract import openai
from comparators.extract.openai import read_embeddings
from comparators.extract.output import Reading, Tensor, Usage
from tests.comparators.extract import openai_bodies as bodies
from tests.comparators.extract.asked import by_name, sent
from tests.comparators.extract.fuzzing import holds_for_long, long, never_breaks
from tests.comparators.extract.openai_bodies import embeddings


def tensor(reading: Reading) -> Tensor:
    assert list(reading.heads) == [openai.EMBEDDINGS]
    value = reading.heads[openai.EMBEDDINGS]
    assert isinstance(value, Tensor)
    assert value.datatype == "FP32"
    return value


def rows(reading: Reading) -> list[list[float]]:
    value = tensor(reading)
    return np.reshape(value.values, value.shape).tolist()


def coded(*numbers: float) -> str:
    return base64.b64encode(struct.pack(f"<{len(numbers)}f", *numbers)).decode()


def test_a_servers_answer_is_read():
    """Texts times dimensions, the model as the version, and the tokens of the texts."""
    found = read_embeddings(bodies.EMBEDDINGS)
    value = tensor(found)
    assert value.shape == (1, 3)
    np.testing.assert_array_equal(value.values, np.array([0.0023064255, -0.009327292, -0.0028842222], np.float32))
    assert (found.version, found.usage) == ("text-embedding-ada-002", Usage(8, None))


def test_base64_is_little_endian_32_bit_floats():
    """As `encoding_format: base64` asks for them, which OpenAI's own client does unasked."""
    assert rows(read_embeddings(embeddings(coded(1.0, -2.5), coded(0.5, 0.0)))) == [[1.0, -2.5], [0.5, 0.0]]


@given(st.lists(st.floats(width=32, allow_nan=False, allow_infinity=False), min_size=1, max_size=8))
def test_both_encodings_are_the_same_tensor_to_the_bit(numbers):
    """A model that changes the encoding changes nothing."""
    listed, packed = read_embeddings(embeddings(numbers)), read_embeddings(embeddings(coded(*numbers)))
    assert np.array(tensor(listed).values).tobytes() == np.array(tensor(packed).values).tobytes()


def test_rows_come_in_the_order_of_their_index():
    """However the server lists them."""
    data = [{"index": i, "embedding": [float(i), 0.5]} for i in (2, 0, 1)]
    assert rows(read_embeddings(orjson.dumps({"data": data}))) == [[0.0, 0.5], [1.0, 0.5], [2.0, 0.5]]


def test_whole_numbers_null_and_nan_are_numbers():
    """Quantised embeddings are whole numbers; what is not a number is NaN."""
    (row,) = rows(read_embeddings(b'{"data":[{"embedding":[1,-128,null,NaN,Infinity]}]}'))
    np.testing.assert_array_equal(row, [1.0, -128.0, np.nan, np.nan, np.inf])


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"not JSON", "not JSON"),
        (bodies.ERROR, "error message"),
        (bodies.CHAT, "none of data"),
        (embeddings(), "empty"),
        (b'{"data":{"embedding":[1]}}', "no list"),
        (b'{"data":[{"index":0,"embedding":[1]},{"index":0,"embedding":[2]}]}', "same index"),
        (b'{"data":[{"index":0}]}', "neither a list of numbers nor base64"),
        (embeddings([0.5], [0.5, 1.0]), "different numbers of dimensions"),
        (embeddings([0.5], coded(0.5, 1.0)), "different numbers of dimensions"),
        (embeddings([]), "or none"),
        (embeddings(""), "or none"),
        (embeddings(["0.5"]), "neither a list of numbers nor base64"),
        (embeddings([True]), "neither a list of numbers nor base64"),
        (embeddings([[0.5, 1.0]]), "neither a list of numbers nor base64"),
        (embeddings({"a": 1}), "neither a list of numbers nor base64"),
        (embeddings("AAA"), "no base64"),
        (embeddings("AAAA\n"), "no base64"),
        (embeddings("späť"), "no base64"),
        (embeddings("AAAA"), "no whole number of 32-bit floats"),
        (embeddings([1e39]), "beyond 32-bit floats"),
        (b'{"data":[{"embedding":[NaN,%s]}]}' % (b"9" * 400), "beyond all floats"),
    ],
)
def test_what_is_no_answer_of_the_protocol_says_why(data, why):
    """Unreadable, with a reason, and nothing else is ever raised."""
    with pytest.raises(Unreadable, match=why):
        read_embeddings(data)


BODIES = (bodies.EMBEDDINGS, embeddings([1, None], [0.5, 2]), embeddings(coded(1.0, 2.0), coded(3.0, 4.0)))


def test_whatever_comes_is_read_or_unreadable():
    """No other exception, for any bytes."""
    never_breaks(read_embeddings, *BODIES)


@long
def test_whatever_comes_for_a_long_time_is_read_or_unreadable():
    """The same, as long as UNDERSTUDY_FUZZ_S says."""
    holds_for_long(read_embeddings, *BODIES)


def test_what_vllm_writes_is_read() -> None:
    """vllm-project/vllm, EmbeddingResponse in the protocol of its pooling entrypoints (2026): an id and a time, usage
    with completion_tokens of 0, a model that may be null.
    """
    data = [{"index": 0, "object": "embedding", "embedding": [0.5, -1.0]}]
    usage = {"prompt_tokens": 2, "total_tokens": 2, "completion_tokens": 0, "prompt_tokens_details": None}
    answer = {"id": "embd-1", "object": "list", "created": 1, "model": None, "data": data, "usage": usage}
    found = read_embeddings(orjson.dumps(answer))
    assert rows(found) == [[0.5, -1.0]]
    assert (found.version, found.usage) == ("", Usage(2, 0))


def test_of_texts_to_embed_the_parameters_are_features():
    """And how long the texts are, which are none themselves, nor are their tokens."""
    for texts, characters in ((b'"so"', [2]), (b'["so", "no"]', [4]), (b"[[1, 2], [3]]", None)):
        body = b'{"model": "small", "dimensions": 256, "input": %s}' % texts
        found = by_name(openai.asked(sent(body)))
        assert found.pop("characters", None) == characters
        assert found == {"/model": ["small"], "/dimensions": [256]}
