"""Open Inference Protocol V2: what is read of an answer, and what is not an answer."""

import contextlib
import math

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from comparators.errors import Unreadable
from comparators.extract import document, oip
from comparators.extract.output import Tensor

# As MLServer 1.7 writes it, and as the protocol's own document does.
MLSERVER = (
    b'{"model_name":"late","model_version":"v0.1.0","id":"8e5c","parameters":{},"outputs":[{"name":"predict",'
    b'"shape":[2,1],"datatype":"INT64","parameters":{"content_type":"np"},"data":[0,1]}]}'
)
FROM_THE_SPECIFICATION = (
    b'{"id":"42","outputs":[{"name":"output0","shape":[3,2],"datatype":"FP32","data":[1.0,1.1,2.0,2.1,3.0,3.1]}]}'
)


def body(shape: list[int], data: object, **answered: object) -> bytes:
    output = {"name": "out", "shape": shape, "datatype": "FP64", "data": data}
    return orjson.dumps({"outputs": [output], **answered})


def test_a_servers_answer_is_read():
    """Outputs by name, and the version that the server tells."""
    found = oip.read(MLSERVER)
    assert found.outputs == {"predict": Tensor("INT64", (2, 1), [0, 1])}
    assert found.version == "v0.1.0"


def test_the_specifications_example_is_read():
    """A version is optional."""
    found = oip.read(FROM_THE_SPECIFICATION)
    assert found.outputs["output0"].values == [1.0, 1.1, 2.0, 2.1, 3.0, 3.1]
    assert found.version == ""


@given(st.lists(st.integers(1, 4), min_size=1, max_size=4), st.integers(0, 2**32))
def test_nested_and_flat_data_are_the_same_tensor(shape, seed):
    """Row-major, whatever the number of dimensions."""
    flat = [float((seed + i) % 97) for i in range(math.prod(shape))]
    nested: list = flat
    for size in reversed(shape[1:]):
        nested = [nested[i : i + size] for i in range(0, len(nested), size)]
    assert oip.read(body(shape, nested)) == oip.read(body(shape, flat))


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "not an answer"),
        (b"not json", "not an answer"),
        (b'{"error":"model not found"}', "outputs"),
        (body([3], [1.0, 2.0]), "2 values"),
        (body([2, 2], [[1.0], [2.0, 3.0, 4.0]]), "nesting"),
        (body([2, 2], [[1.0, 2.0], 3.0, 4.0]), "nesting"),
        (body([2, -1], [1.0, 2.0]), "2 values"),
        (body([1], "AAAA"), "not an answer"),
        (b'{"outputs":[{"name":"a","shape":[1],"datatype":"FP32","data":[1]},'
         b'{"name":"a","shape":[1],"datatype":"FP32","data":[1]}]}', "same name"),
        (b'{"outputs":' + b"[" * 100_000, "not an answer"),
        (b'{"outputs":[NaN', "not JSON"),
    ],
)  # fmt: skip
def test_what_is_no_answer_of_the_protocol_says_why(data, why):
    """Unreadable, with a reason, and nothing else is ever raised."""
    with pytest.raises(Unreadable, match=why):
        oip.read(data)


def test_bare_nan_and_infinity_are_read():
    """Python's own JSON writes them, so servers do."""
    found = oip.read(b'{"outputs":[{"name":"a","shape":[2],"datatype":"FP32","data":[NaN,-Infinity]}]}')
    assert math.isnan(found.outputs["a"].values[0])
    assert found.outputs["a"].values[1] == -math.inf


NEARLY = st.builds(
    lambda outputs: orjson.dumps({"outputs": outputs}, option=orjson.OPT_NON_STR_KEYS),
    st.lists(
        st.fixed_dictionaries(
            {},
            optional={
                "name": st.text(max_size=3),
                "shape": st.lists(st.integers(-2, 3), max_size=3),
                "datatype": st.sampled_from(["FP32", "BYTES", ""]),
                "data": st.lists(st.integers(0, 3) | st.lists(st.integers(0, 3), max_size=3), max_size=6),
            },
        ),
        max_size=3,
    ),
)


@given(st.binary(max_size=60) | NEARLY)
def test_whatever_comes_is_read_or_unreadable(data):
    """No other exception, for any bytes."""
    for read in (oip.read, document.read):
        with contextlib.suppress(Unreadable):
            read(data)


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
