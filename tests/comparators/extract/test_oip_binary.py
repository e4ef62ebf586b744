"""Open Inference Protocol V2 with binary tensors, held against Triton's own client where it reads them too."""

import struct
from typing import Any

import numpy as np
import orjson
import pytest
import tritonclient.http
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from comparators.errors import Unreadable
from comparators.extract import oip
from comparators.extract.document import Plain
from comparators.extract.oip import JSON_LENGTH
from comparators.extract.output import Column, Reading, Tensor, Value
from comparators.extract.reading import read_all
from records.nouns import Answer, Body
from tests.comparators.extract.fuzzing import holds_for_long, long, never_breaks

Output = tuple[str, str, list[int], bytes]

DTYPES = {
    "INT8": np.int8, "INT16": np.int16, "INT32": np.int32, "INT64": np.int64,
    "UINT8": np.uint8, "UINT16": np.uint16, "UINT32": np.uint32, "UINT64": np.uint64,
    "FP16": np.float16, "FP32": np.float32, "FP64": np.float64, "BOOL": np.bool_,
}  # fmt: skip

# As Triton writes it: the JSON, then 40 bytes for ten numbers.
TRITON = (
    b'{"model_name":"late","model_version":"1","outputs":[{"name":"predict","datatype":"FP32","shape":[1,10],'
    b'"parameters":{"binary_data_size":40}}]}'
)
NUMBERS = np.linspace(-1, 1, 10, dtype="<f4").tobytes()


def head(*outputs: dict[str, Any]) -> bytes:
    return orjson.dumps({"model_name": "m", "model_version": "7", "outputs": outputs})


def packed(*outputs: Output) -> tuple[bytes, int]:
    """A body of (name, datatype, shape, elements), and the length of its JSON."""
    written = head(
        *(
            {"name": name, "datatype": kind, "shape": shape, "parameters": {"binary_data_size": len(data)}}
            for name, kind, shape, data in outputs
        )
    )
    return written + b"".join(data for *_, data in outputs), len(written)


def stated(body: bytes, json_length: int) -> Plain:
    """As it comes: a header says how long the JSON is."""
    return body, ((JSON_LENGTH, str(json_length).encode()),)


def texts(*elements: bytes) -> bytes:
    return b"".join(struct.pack("<I", len(each)) + each for each in elements)


def read_one(kind: str, shape: list[int], data: bytes) -> Value:
    return oip.read_binary(*packed(("out", kind, shape, data))).heads["/outputs/out"]


def values(value: Value) -> list[Any]:
    assert isinstance(value, Tensor)
    return list(value.values)


def by_triton(body: bytes, length: int, name: str) -> Any:
    return tritonclient.http.InferResult.from_response_body(body, header_length=length).as_numpy(name)


def test_a_servers_answer_is_read():
    """Ten numbers, as an array, and the version that the server tells."""
    found = oip.read_binary(TRITON + NUMBERS, len(TRITON))
    tensor = found.heads["/outputs/predict"]
    assert isinstance(tensor, Tensor)
    assert (tensor.datatype, tensor.shape, found.version) == ("FP32", (1, 10), "1")
    np.testing.assert_array_equal(tensor.values, np.frombuffer(NUMBERS, "<f4"))
    assert tensor.values.dtype == np.float32


@given(st.sampled_from(sorted(DTYPES)), st.data())
def test_every_type_is_read_as_tritons_client_reads_it(kind, data):
    """Little-endian and row-major, from any offset, beside other tensors."""
    array = data.draw(arrays.arrays(DTYPES[kind], arrays.array_shapes(max_dims=3, max_side=4)))
    written = array.astype(array.dtype.newbyteorder("<")).tobytes()
    body, length = packed(("other", "UINT8", [3], b"abc"), ("out", kind, list(array.shape), written))
    tensor = oip.read_binary(body, length).heads["/outputs/out"]
    assert isinstance(tensor, Tensor)
    assert tensor.shape == array.shape
    np.testing.assert_array_equal(tensor.values, by_triton(body, length, "out").ravel())
    np.testing.assert_array_equal(tensor.values, array.ravel())


@given(
    st.sampled_from(sorted(DTYPES)),
    st.lists(st.binary(min_size=16, max_size=16), min_size=1, max_size=4),
    st.sampled_from([1, 100]),
)
def test_answers_that_are_read_together_are_read_as_alone(kind, numbers, times):
    """With the same JSON and of one size, small or large: each has its own numbers, of each of its outputs."""
    shape = [1, times * 16 // np.dtype(DTYPES[kind]).itemsize]
    bodies = [packed(("a", "INT64", [1], each[:8]), ("b", kind, shape, times * each)) for each in numbers]
    together = oip.read_several([stated(*each) for each in bodies])
    for (body, length), found in zip(bodies, together, strict=True):
        alone = oip.read_binary(body, length)
        assert found is not None
        assert found.heads.keys() == alone.heads.keys()
        for own, other in zip(found.heads.values(), alone.heads.values(), strict=True):
            assert isinstance(own, Tensor)
            assert isinstance(other, Tensor)
            assert (own.datatype, own.shape, own.values.dtype) == (other.datatype, other.shape, other.values.dtype)
            assert own.values.tobytes() == other.values.tobytes()


def test_of_two_stated_lengths_the_first_counts():
    """In a batch too."""
    lengths = [(JSON_LENGTH, str(length).encode()) for length in (len(TRITON), 5)]
    for headers in (tuple(lengths), tuple(reversed(lengths))):
        (found,) = read_all("oip_v2", [Answer(200, headers, Body(TRITON + NUMBERS, 0))], 10**6)
        assert (found is None) == (headers[0] != lengths[0])


def test_one_that_is_unreadable_among_answers_with_the_same_json_is_left_out_alone():
    """Its texts don't fill its bytes; the others' do."""
    bodies = [packed(("a", "BYTES", [1], each)) for each in (texts(b"one"), b"\xff" * 7, texts(b"two"))]
    found = oip.read_several([stated(*each) for each in bodies])
    assert [each is None for each in found] == [False, True, False]


@given(st.lists(st.text(max_size=4), max_size=5))
def test_texts_are_read_as_tritons_client_reads_them(elements):
    """Each with its length before it."""
    written = texts(*(each.encode() for each in elements))
    body, length = packed(("out", "BYTES", [len(elements)], written))
    tensor = oip.read_binary(body, length).heads["/outputs/out"]
    if isinstance(tensor, Tensor):
        assert tensor.values == elements
    if elements:
        assert [each.decode() for each in by_triton(body, length, "out")] == elements


def test_texts_that_are_no_utf_8_are_read_in_base64():
    """All of one tensor, as MLServer's base64 content type writes them, so that no text stands for two contents."""
    assert read_one("BYTES", [2], texts(b"\xff\xd8", b"late")) == Tensor("BYTES", (2,), ["/9g=", "bGF0ZQ=="])


def test_bfloat16_is_widened():
    """The upper half of a float32: 1, -2.5, infinity, and the next after 1."""
    words = struct.pack("<4H", 0x3F80, 0xC020, 0x7F80, 0x3F81)
    tensor = read_one("BF16", [4], words)
    assert values(tensor) == [1.0, -2.5, np.inf, 1.0078125]
    assert tensor.datatype == "BF16"


def test_a_flag_is_true_for_any_byte_but_zero():
    """And the same as any other true one, to the bit."""
    tensor = read_one("BOOL", [3], b"\x00\x01\x02")
    assert isinstance(tensor, Tensor)
    assert tensor.values.tolist() == [False, True, True]
    assert tensor.values.tobytes() == b"\x00\x01\x01"


def test_binary_and_json_outputs_may_stand_side_by_side():
    """Bytes belong, in order, to those that say so."""
    written = head(
        {"name": "a", "datatype": "INT32", "shape": [2], "parameters": {"binary_data_size": 8}},
        {"name": "b", "datatype": "FP32", "shape": [1, 2], "data": [[0.5, 1]], "parameters": {"content_type": "np"}},
        {"name": "c", "datatype": "UINT8", "shape": [1], "parameters": {"binary_data_size": 1}},
        {"name": "d", "datatype": "BYTES", "shape": [1], "data": ["late"]},
    )
    found = oip.read_binary(written + struct.pack("<2i", -1, 2) + b"\x09", len(written))
    assert {name: values(value) for name, value in found.heads.items()} == {
        "/outputs/a": [-1, 2],
        "/outputs/b": [0.5, 1],
        "/outputs/c": [9],
        "/outputs/d": ["late"],
    }


def test_an_answer_may_be_all_json_or_without_elements():
    """The header then is as long as the body."""
    written = head({"name": "a", "datatype": "INT32", "shape": [2], "data": [1, 2]})
    assert oip.read_binary(written, len(written)) == oip.read(written)
    assert values(read_one("FP32", [0, 4], b"")) == []
    assert values(read_one("BOOL", [0], b"")) == []
    assert values(read_one("BF16", [0], b"")) == []
    assert values(read_one("BYTES", [0], b"")) == []


def test_triton_classes_in_binary_are_scores_by_label_or_index():
    """As the same classes in JSON are."""
    data = texts(b"0.826453:504:COFFEE MUG", b"0.103532:968")
    assert read_one("BYTES", [1, 2], data) == Column([[["COFFEE MUG", 0.826453], [968, 0.103532]]])


def test_bare_nan_beside_binary_tensors_is_read():
    """A Python server may write it into an output that stays JSON."""
    written = b'{"outputs":[{"name":"a","shape":[1],"datatype":"FP32","data":[NaN]}]}'
    (value,) = values(oip.read_binary(written, len(written)).heads["/outputs/a"])
    assert value != value


SIZED = {"name": "a", "datatype": "FP32", "shape": [2], "parameters": {"binary_data_size": 8}}


@pytest.mark.parametrize(
    ("outputs", "rest", "why"),
    [
        ([SIZED], b"\0" * 7, "more bytes than came"),
        ([SIZED], b"\0" * 9, "1 bytes after its last tensor"),
        ([SIZED, {**SIZED, "name": "b"}], b"\0" * 8, "more bytes than came"),
        ([SIZED, SIZED], b"\0" * 16, "same name"),
        ([{**SIZED, "shape": [3]}], b"\0" * 8, "8 bytes, its datatype and its shape"),
        ([{**SIZED, "shape": [2**40, 2**40]}], b"\0" * 8, "8 bytes, its datatype and its shape"),
        ([{**SIZED, "shape": [-2]}], b"\0" * 8, "no answer"),
        ([{**SIZED, "datatype": "FP64"}], b"\0" * 8, "8 bytes, its datatype and its shape"),
        ([{**SIZED, "datatype": "BOOL"}], b"\0" * 8, "8 bytes, its datatype and its shape"),
        ([{**SIZED, "datatype": "BF16"}], b"\0" * 8, "8 bytes, its datatype and its shape"),
        ([{**SIZED, "datatype": "FP8"}], b"\0" * 8, "8 bytes, its datatype and its shape"),
        ([{**SIZED, "data": [1.0, 2.0]}], b"\0" * 8, "data in the JSON and after it"),
        ([{**SIZED, "parameters": {"binary_data_size": -8}}], b"", "no answer"),
        ([{**SIZED, "parameters": {"binary_data_size": "8"}}], b"\0" * 8, "no answer"),
        ([{**SIZED, "parameters": {"binary_data_size": 2**63}}], b"\0" * 8, "no answer"),
        ([{**SIZED, "parameters": {}}], b"", "no data"),
        ([{**SIZED, "parameters": {"shared_memory_region": "r"}}], b"", "no data"),
        ([{**SIZED, "parameters": {}, "data": [1.0]}], b"", "1 values"),
        ([{**SIZED, "parameters": {}, "data": [1.0, {}]}], b"", "nesting"),
        ([{**SIZED, "shape": [2**40, 0], "parameters": {"binary_data_size": 0}}], b"", "no values, and a size over"),
        ([], b"", "no answer"),
    ],
)  # fmt: skip
def test_bytes_and_description_must_agree(outputs, rest, why):
    """Sizes, shapes and datatypes, to the byte: what is left over would go uncompared."""
    written = head(*outputs)
    with pytest.raises(Unreadable, match=why):
        oip.read_binary(written + rest, len(written))


@pytest.mark.parametrize(
    "data",
    [
        texts(b"ab")[:-1],
        texts(b"ab") + b"c",
        texts(b"ab"),
        texts(b"ab", b"c", b"d"),
        b"\xff\xff\xff\xffabcd",
        b"\x02\x00\x00\x00ab\x01\x00\x00",
        b"\x01\x00",
        b"",
    ],
)
def test_the_lengths_of_texts_must_add_up(data):
    """Two texts, and nothing beside them."""
    with pytest.raises(Unreadable, match="its datatype and its shape"):
        read_one("BYTES", [2], data)


def test_more_texts_than_the_bytes_could_hold_are_not_looked_for():
    """A shape costs its sender nothing."""
    with pytest.raises(Unreadable, match="its datatype and its shape"):
        read_one("BYTES", [2**47], texts(b"a"))


@pytest.mark.parametrize(
    ("length", "why"),
    [(0, "not JSON"), (1, "not JSON"), (len(TRITON) + 1, "not"), (10**11, "should have 100,000,000,000 bytes")],
)
def test_the_length_of_the_json_must_be_right(length, why):
    """It is the header's word: Inference-Header-Content-Length."""
    with pytest.raises(Unreadable, match=why):
        oip.read_binary(TRITON + NUMBERS, length)


# For the fuzzing: as many bytes of JSON as there are before the first NUL, or, without one, all of them.
def read_until_nul(data: bytes) -> Reading:
    body = data.replace(b"\x00", b"", 1)
    return oip.read_binary(body, data.index(b"\x00") if b"\x00" in data else len(data))


def marked(*outputs: Output) -> bytes:
    body, length = packed(*outputs)
    return body[:length] + b"\x00" + body[length:]


BODIES = (
    TRITON + b"\x00" + NUMBERS,
    marked(("a", "BYTES", [2], texts(b"one", b"\xff")), ("b", "BOOL", [1], b"\x01")),
    marked(("a", "BF16", [1, 2], b"\x80\x3f\x80\x3f"), ("b", "BYTES", [1, 1], texts(b"0.5:1:late"))),
    marked(("a", "INT64", [0], b"")),
)


def test_whatever_comes_is_read_or_unreadable():
    """No other exception, for any bytes."""
    never_breaks(read_until_nul, *BODIES)


@long
def test_whatever_comes_for_a_long_time_is_read_or_unreadable():
    """The same, as long as UNDERSTUDY_FUZZ_S says."""
    holds_for_long(read_until_nul, *BODIES)


@given(st.binary(max_size=80), st.integers(0, 100))
def test_any_bytes_of_any_length_are_read_or_unreadable(data, length):
    """The header may say anything."""
    with pytest.raises(Unreadable):
        oip.read_binary(data, length)
