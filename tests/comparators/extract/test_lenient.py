"""JSON that is not strictly JSON, and that clients read all the same."""

import math

import pytest

from comparators.errors import Unreadable
from comparators.extract import oip, oip_generate, sagemaker
from comparators.extract.document import parsed, read
from comparators.extract.openai import read_chat
from comparators.extract.output import Tensor
from tests.comparators.extract.fuzzing import never_breaks
from tests.comparators.extract.openai_bodies import DONE

FLAT = b'{"outputs":[{"name":"a","shape":[1],"datatype":"FP64","data":[%s]}]}'


@pytest.mark.parametrize(
    ("data", "value"),
    [
        (b'\xef\xbb\xbf{"a": 1}', {"a": 1}),
        (b'{"a": "\\ud83d"}', {"a": "\\ud83d"}),
        (b'{"a": "\\ude00 \\ud83d\\ude00"}', {"a": "\\ude00 \U0001f600"}),
        (b'{"a": "\\\\ud83d", "b": 1e400}', {"a": "\\ud83d", "b": math.inf}),
        (b"[1e400, -1e400]", [math.inf, -math.inf]),
        (b'{"a": "caf\xe9"}', {"a": "caf\\xe9"}),
        (b'{"caf\xe9": [NaN, "\xf0\x9f"]}', None),
    ],
)
def test_what_clients_read_is_read(data, value):
    """A byte-order mark, half a character, a number beyond floats; and all of it can be written again."""
    found = parsed(data)
    str(found).encode()
    assert value is None or found == value


def test_different_halves_of_characters_stay_different():
    """What is not equal is never read as equal."""
    assert len({parsed(b'"%s"' % half) for half in (b"\\ud83d", b"\\ud83e", b"\xe9", b"\xe8")}) == 4


@pytest.mark.parametrize(
    "data", [b'\xe9{"a": 1}', b'{"a": \xe9}', b'{"a": "\\\xe9"}', b"\xef\xbb\xbf", b'{"a": "\\ud8"}']
)
def test_what_is_no_json_stays_unreadable(data):
    """Looseness is for what clients read."""
    with pytest.raises(Unreadable, match="not JSON"):
        parsed(data)


@pytest.mark.parametrize(
    ("pieces", "text"),
    [
        ((b"\\ud83d", b"\\ude00!"), "\U0001f600!"),
        ((b"\xf0\x9f", b"\x98\x80!"), "\U0001f600!"),
        ((b"a\\ud83d", b"b"), "a\\ud83db"),
        ((b"caf\xe9", b"s"), "caf\\xe9s"),
    ],
)
def test_a_character_that_is_cut_across_two_events_is_whole_again(pieces, text):
    """Escaped or in bytes, in chat and in generate; half of one that never goes on is kept visible."""
    chunk = b'data: {"model":"m","choices":[{"index":0,"delta":{"content":"%s"},"finish_reason":null}]}\n\n'
    chat = read_chat(b"".join(chunk % piece for piece in pieces) + DONE)
    assert chat.heads["/choices/*/message/content"].values[0].content == text
    generated = oip_generate.read(b"".join(b'data: {"text_output":"%s"}\n\n' % piece for piece in pieces))
    assert generated.heads["/text_output"].values[0].content == text


def test_the_strict_reading_of_tensors_is_loose_where_json_is():
    """Open Inference Protocol: a mark before it, a number beyond floats."""
    infinite = {"/outputs/a": Tensor("FP64", (1,), [math.inf])}
    assert oip.read(FLAT % b"1e400").heads == infinite
    assert oip.read(b"\xef\xbb\xbf" + FLAT % b"0.5").heads == {"/outputs/a": Tensor("FP64", (1,), [0.5])}


def test_csv_and_lines_may_begin_with_a_mark_too():
    """As spreadsheets write them."""
    assert sagemaker.read_csv(b"\xef\xbb\xbf0.5\n0.25\n").heads == {"": Tensor("FP64", (2,), [0.5, 0.25])}
    assert sagemaker.read_jsonlines(b'\xef\xbb\xbf{"a":1}\n').heads == {"/*/a": Tensor("INT64", (1,), [1])}


def test_whatever_comes_is_read_or_unreadable():
    """No other exception, for any bytes."""
    never_breaks(read, b'\xef\xbb\xbf{"a": "\\ud83d"}', b'{"caf\xe9": [1e400, "\xf0\x9f", "\\\\ud83d"]}', examples=100)
