"""The table of protocols: answers in, readings out, each by itself whatever stands beside it."""

import gzip
from typing import get_args

import pytest

from comparators.extract.output import Raw
from comparators.extract.reading import EMPTY, PROTOCOLS, read_all
from comparators.settings import Protocol
from records.nouns import Answer, Body, Headers

LIMIT = 10**6
GOOD: dict[Protocol, bytes] = {
    "oip_v2": b'{"outputs":[{"name":"a","shape":[1],"datatype":"FP32","data":[1.5]}]}',
    "oip_generate": b'{"text_output":"so"}',
    "kserve_v1": b'{"predictions":[1]}',
    "tf_serving": b'{"predictions":[1]}',
    "mlflow": b'{"predictions":[1]}',
    "sagemaker_json": b'{"predictions":[{"score":1}]}',
    "sagemaker_jsonlines": b'{"score":1}\n',
    "sagemaker_csv": b"1,2\n",
    "openai_chat": b'{"choices":[{"message":{"content":"so"}}]}',
    "openai_completions": b'{"choices":[{"text":"so"}]}',
    "openai_embeddings": b'{"data":[{"embedding":[1.5]}]}',
    "torchserve": b'{"cat":0.75,"dog":0.25}',
    "json_outputs": b'{"score":0.5}',
    "json_classes": b'[{"label":"a","score":0.75},{"label":"b","score":0.25}]',
    "json_number": b'{"price":12.5}',
    "json": b'{"a":1}',
    "json_lines": b'{"a":1}\n',
    "text": b"so",
    "bytes": b"\x00",
}


def answer(data: bytes, headers: Headers = ()) -> Answer:
    return Answer(200, headers, Body(data, len(data)))


def test_every_protocol_of_the_settings_is_spoken():
    """But for the one of which settings choose the outputs."""
    assert PROTOCOLS.keys() == set(get_args(Protocol)) - {"chosen"}
    assert GOOD.keys() == PROTOCOLS.keys()


@pytest.mark.parametrize("protocol", [each for each in GOOD if each != "bytes"])
def test_an_answer_that_cannot_be_read_spoils_no_other(protocol):
    """Those that are read together keep their places."""
    good, bad = answer(GOOD[protocol]), answer(b"\xff\xfe\x00")
    first, unread, empty, last = read_all(protocol, [good, bad, answer(b""), good], LIMIT)
    assert unread is None
    assert empty == (EMPTY, 0)
    assert first == last
    assert first is not None
    assert first[1] == len(GOOD[protocol])


def test_content_codings_are_undone_within_the_limit():
    """What unpacks to more is not read."""
    coded = answer(gzip.compress(b"x" * 1_000), ((b"content-encoding", b"gzip"),))
    (found,) = read_all("bytes", [coded], 1_000)
    assert found is not None
    assert (found[0].heads, found[1]) == ({"": Raw(b"x" * 1_000)}, 1_000)
    assert read_all("bytes", [coded], 999) == [None]
