"""Open Inference Protocol V2: what is read of an answer, and what is not an answer."""

import math

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from comparators.errors import Unreadable
from comparators.extract import oip
from comparators.extract.output import Column, Reading, Tensor, Value
from tests.comparators.extract.fuzzing import holds_for_long, long, never_breaks

# As MLServer 1.7 writes it, and as the protocol's own document does.
MLSERVER = (
    b'{"model_name":"late","model_version":"v0.1.0","id":"8e5c","parameters":{},"outputs":[{"name":"predict",'
    b'"shape":[2,1],"datatype":"INT64","parameters":{"content_type":"np"},"data":[0,1]}]}'
)
FROM_THE_SPECIFICATION = (
    b'{"id":"42","outputs":[{"name":"output0","shape":[3,2],"datatype":"FP32","data":[1.0,1.1,2.0,2.1,3.0,3.1]}]}'
)


# As the classification extension's document has it: the two best of [1, 5, 10, 4], and with labels.
CLASSES = (
    b'{"model_name":"resnet","model_version":"1","outputs":[{"name":"probs","datatype":"BYTES","shape":[2,2],'
    b'"data":["0.826453:504:COFFEE MUG","0.103532:968","7.000000:0:","-1.250000:7:a:b"]}]}'
)


def body(shape: list[int], data: object, datatype: str = "FP64", **answered: object) -> bytes:
    output = {"name": "out", "shape": shape, "datatype": datatype, "data": data}
    return orjson.dumps({"outputs": [output], **answered})


def output(reading: Reading, name: str = "out") -> Value:
    return reading.heads[f"/outputs/{name}"]


def values(reading: Reading, name: str = "out") -> list[object]:
    tensor = output(reading, name)
    assert isinstance(tensor, Tensor)
    return list(tensor.values)


def test_a_servers_answer_is_read():
    """Outputs by name, and the version that the server tells."""
    found = oip.read(MLSERVER)
    assert found.heads == {"/outputs/predict": Tensor("INT64", (2, 1), [0, 1])}
    assert found.version == "v0.1.0"


def test_the_specifications_example_is_read():
    """A version is optional."""
    found = oip.read(FROM_THE_SPECIFICATION)
    assert values(found, "output0") == [1.0, 1.1, 2.0, 2.1, 3.0, 3.1]
    assert found.version == ""


def test_an_outputs_name_is_escaped_as_a_pointer():
    """RFC 6901: TensorFlow's names have slashes."""
    named = body([1], [1.0]).replace(b'"out"', b'"tower~0/logits:0"')
    assert list(oip.read(named).heads) == ["/outputs/tower~00~1logits:0"]


@pytest.mark.parametrize(
    ("datatype", "data"),
    [
        ("BOOL", [True, False]),
        ("INT64", [-(2**63), 2**63 - 1]),
        ("UINT64", [0, 2**64 - 1]),
        ("FP32", [0.5, None]),
        ("BYTES", ["late", "on time"]),
        ("BYTES", ["bGF0ZQ==", "b24gdGltZQ=="]),
    ],
)
def test_every_type_is_read_as_it_was_sent(datatype, data):
    """Numbers, flags and texts, null among them, and MLServer's base64 as its text."""
    assert output(oip.read(body([2], data, datatype))) == Tensor(datatype, (2,), data)


@given(st.lists(st.integers(1, 4), min_size=1, max_size=4), st.integers(0, 2**32))
def test_nested_and_flat_data_are_the_same_tensor(shape, seed):
    """Row-major, whatever the number of dimensions."""
    flat = [float((seed + i) % 97) for i in range(math.prod(shape))]
    nested: list = flat
    for size in reversed(shape[1:]):
        nested = [nested[i : i + size] for i in range(0, len(nested), size)]
    assert oip.read(body(shape, nested)) == oip.read(body(shape, flat))


def test_a_tensor_may_be_without_dimensions_or_elements():
    """A scalar has the shape []; no rows are the shape [0, 4]."""
    assert output(oip.read(body([], [1.5]))) == Tensor("FP64", (), [1.5])
    assert output(oip.read(body([0, 4], []))) == Tensor("FP64", (0, 4), [])


def test_triton_classes_are_scores_by_label_or_index():
    """A row is a list of [label, or index where it has none, and value], the best first."""
    assert output(oip.read(CLASSES), "probs") == Column(
        [[["COFFEE MUG", 0.826453], [968, 0.103532]], [[0, 7.0], ["a:b", -1.25]]]
    )


def test_classes_of_a_model_without_batches_are_one_row():
    """The extension's own example: the two best of [1, 5, 10, 4]."""
    assert output(oip.read(body([2], ["10:2", "5:1"], "BYTES"))) == Column([[[2, 10.0], [1, 5.0]]])


@pytest.mark.parametrize(
    ("shape", "texts"),
    [
        ([2], ["12:30", "12:05"]),  # an index has no leading zero
        ([2], ["12:30", "13:45"]),  # the best stands first
        ([2], ["12:30", "11:30"]),  # an index stands once
        ([2], ["0.5:1", "late"]),
        ([1], ["late"]),
        ([1], ["late:3"]),
        ([1], ["\u0665:3"]),
        ([1], [":"]),
        ([1, 1, 1], ["10:2"]),
        ([0, 2], []),
    ],
)
def test_texts_that_only_look_like_classes_stay_texts(shape, texts):
    """Clock times, above all: of two forms for one output, a plan could follow only one."""
    assert output(oip.read(body(shape, texts, "BYTES"))) == Tensor("BYTES", tuple(shape), texts)


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "not JSON"),
        (b"not json", "not JSON"),
        (b"[]", "no answer"),
        (b'{"error":"model not found"}', "error message .* where outputs was expected"),
        (b'{"outputs":[]}', "no answer"),
        (b'{"outputs":[{"name":"a","shape":[1],"datatype":"FP32"}]}', "data"),
        (body([3], [1.0, 2.0]), "2 values"),
        (body([2, 2], [[1.0], [2.0, 3.0, 4.0]]), "nesting"),
        (body([2, 2], [[1.0, 2.0], 3.0, 4.0]), "nesting"),
        (body([2], [1.0, [2.0]]), "nesting"),
        (body([1, 1], [[{"a": 1}]]), "nesting"),
        (body([1], [{"a": 1}]), "nesting"),
        (body([2, -1], [1.0, 2.0]), "no answer"),
        (body([1] * 33, [1.0]), "no answer"),
        (body([0, 2**47], []), "no values, and a size over"),
        (body([2**47, 0], [], "BYTES"), "no values, and a size over"),
        (body([2**63], []), "no answer"),
        (body([1], "AAAA"), "no answer"),
        (b'{"outputs":[{"name":"a","shape":[1],"datatype":"FP32","data":[1]},'
         b'{"name":"a","shape":[1],"datatype":"FP32","data":[1]}]}', "same name"),
        (body([1], [1.0]).replace(b'"out"', b'"%s"' % (b"n" * 129)), "name is too long"),
        (body([1], [1.0]).replace(b'"out"', b'"a\\u0000"'), "not printable"),
        (b'{"outputs":[%s]}' % b",".join([body([1], [1.0])[12:-2]] * 1_025), "no answer"),
        (b'{"outputs":' + b"[" * 100_000, "not JSON"),
        (b'{"outputs":[NaN', "not JSON"),
    ],
)  # fmt: skip
def test_what_is_no_answer_of_the_protocol_says_why(data, why):
    """Unreadable, with a reason, and nothing else is ever raised."""
    with pytest.raises(Unreadable, match=why):
        oip.read(data)


def test_bare_nan_and_infinity_are_read():
    """Python's own JSON writes them, so servers do."""
    found = oip.read(b'{"outputs":[{"name":"out","shape":[2],"datatype":"FP32","data":[NaN,-Infinity]}]}')
    first, second = values(found)
    assert math.isnan(first)
    assert second == -math.inf


def test_whatever_comes_is_read_or_unreadable():
    """No other exception, for any bytes."""
    never_breaks(oip.read, MLSERVER, FROM_THE_SPECIFICATION, CLASSES, body([2, 2], [[1, 2], [3.0, None]]))


@long
def test_whatever_comes_for_a_long_time_is_read_or_unreadable():
    """The same, as long as UNDERSTUDY_FUZZ_S says."""
    holds_for_long(oip.read, MLSERVER, FROM_THE_SPECIFICATION, CLASSES, body([2, 2], [[1, 2], [3.0, None]]))


# Written as text, since no encoder writes a key twice or 10^400.
NUMBERS = ["0", "1", "-0.0", "0.1", "1e-7", "1e308", "1e400", "9007199254740993", "9" * 40, "null"]
ODD = ["true", '"text"', '"\\ud800"', '{"a":1,"a":2}', "[1,[2]]", ""]


def objects(**members: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """All members in any order, and now and then one of them a second time."""
    written = [value.map(f'"{key}": {{}}'.format) for key, value in members.items()]
    again = st.lists(st.one_of(written), max_size=1)
    parts = st.tuples(st.tuples(*written).flatmap(lambda each: st.permutations([*each])), again)
    return parts.map(lambda each: f"{{{','.join([*each[0], *each[1]])}}}")


def mostly(usual: list[str], unusual: list[str]) -> st.SearchStrategy[str]:
    return st.integers(0, 9).flatmap(lambda dice: st.sampled_from(unusual if dice == 0 else usual))


@st.composite
def tensors(draw: st.DrawFn) -> str:
    a, b = draw(mostly(NUMBERS, ODD)), draw(mostly(NUMBERS, ODD))
    shape, data = draw(
        st.sampled_from(
            [("[2]", f"[{a},{b}]"), ("[1,2]", f"[[{a}, {b}]]"), ("[2,1]", f"[[{a}],[{b}]]"), ("[]", f"[{a}]")]
        )
    )
    written = objects(
        name=mostly(['"a"', '"b"', '"c"'], ["1"]),
        shape=mostly([shape], ["[3]", "[-1,-2]", "[2.0]", "null"]),
        datatype=mostly(['"FP32"', '"INT64"', '"BYTES"'], ["null"]),
        data=st.just(data),
        parameters=st.sampled_from(["{}", '{"binary_data_size":8}']),
    )
    return draw(written)


ANSWERS = objects(
    model_version=mostly(['"3"', "3", "null"], ["[]"]),
    outputs=st.lists(tensors(), max_size=2).map(lambda outputs: f"[{','.join(outputs)}]"),
)


@given(ANSWERS)
def test_a_nan_elsewhere_in_an_answer_changes_nothing_of_its_outputs(answered):
    """What the fast, strict reading takes, the general one, which a bare NaN leads to, reads to the same bit."""
    try:
        strictly = oip.read(answered.encode())
    except Unreadable:
        return
    assert repr(oip.read(f'{answered[:-1]}, "id": NaN}}'.encode())) == repr(strictly)


def test_what_kserves_python_server_writes_is_read() -> None:
    """kserve/kserve, python/kserve/kserve/protocol/infer_type.py, InferResponse.to_rest at 0217bda: a version of null,
    parameters of any kind, NaN as null by orjson.
    """
    found = oip.read(
        b'{"id":"d5c1","model_name":"late","model_version":null,"outputs":[{"name":"y","shape":[2],"datatype":"FP32",'
        b'"parameters":{"content_type":"np","headers":1},"data":[0.5,null]}],"parameters":{"sequence_end":true}}'
    )
    assert found == Reading({"/outputs/y": Tensor("FP32", (2,), [0.5, None])})


def test_what_mlserver_writes_is_read() -> None:
    """SeldonIO/MLServer, mlserver/codecs/numpy.py at 01e4eb7 and rest/responses.py at 0f2a589: flat data beside the
    whole shape; null where there are no parameters; Starlette's JSON, or orjson's, refuses or replaces NaN.
    """
    found = oip.read(
        b'{"model_name":"late","model_version":null,"id":"1","parameters":null,"outputs":[{"name":"p","shape":[2,2],'
        b'"datatype":"BOOL","parameters":null,"data":[true,false,false,true]}]}'
    )
    assert found == Reading({"/outputs/p": Tensor("BOOL", (2, 2), [True, False, False, True])})


def test_what_triton_writes_is_read() -> None:
    """triton-inference-server/server, src/http_server.cc at 00a165a (FinalizeResponse, WriteDataToJson), and
    common's triton_json.h at 04420e6: flat data, the version as text, bare NaN and Infinity, strings as the bytes they
    are.
    """
    found = oip.read(
        b'{"model_name":"late","model_version":"3","parameters":{"sequence_id":0},"outputs":[{"name":"y","datatype":'
        b'"FP32","shape":[1,3],"data":[NaN,Infinity,-Infinity]},{"name":"t","datatype":"BYTES","shape":[1],'
        b'"data":["caf\xe9"]},{"name":"n","datatype":"UINT64","shape":[1],"data":[18446744073709551615]}]}'
    )
    y, t, n = (output(found, name) for name in "ytn")
    assert found.version == "3"
    assert isinstance(y, Tensor)
    assert math.isnan(y.values[0])
    assert list(y.values[1:]) == [math.inf, -math.inf]
    assert t == Tensor("BYTES", (1,), ["caf\\xe9"])
    assert n == Tensor("UINT64", (1,), [2**64 - 1])


def test_what_torchserves_envelope_writes_is_read() -> None:
    """pytorch/serve, ts/torch_handler/request_envelope/kservev2.py at 062a722: of a handler that gives one number the
    shape is [], and the data are the number itself.
    """
    found = oip.read(
        b'{"id": "f022", "model_name": "bert", "model_version": "1.0", "outputs": [{"name": "predict", "shape": [], '
        b'"datatype": "INT64", "data": 2}]}'
    )
    assert found == Reading({"/outputs/predict": Tensor("INT64", (), [2])}, "1.0")
    with pytest.raises(Unreadable):
        oip.read(body([2], 2))
