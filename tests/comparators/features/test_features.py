"""Features: what a request asks, whatever bytes come, and what settings tell requests apart by."""

import gzip

import pytest
from hypothesis import given
from hypothesis import strategies as st

from comparators.features.features import FeatureReader, Features
from comparators.settings import SliceSettings
from tests.comparators.extract.asked import JSON, tensor
from tests.comparators.slices.asked import read, request


def test_a_request_is_read_as_its_protocol_has_it():
    """The same bytes ask something else elsewhere."""
    body = {"prompt": "so", "temperature": 0.5}
    assert read(body, protocol="json").body == {"/prompt": ["so"], "/temperature": [0.5]}
    assert read(body, protocol="openai_completions").body == {"characters": [2], "/temperature": [0.5]}
    assert read(body, protocol="chosen").body == read(body, protocol="json").body


def test_one_row_is_told():
    """So that the matcher need not look."""
    assert read({"inputs": [tensor("a", [1])]}).one_row
    assert read({"instances": [{"a": 1}]}, protocol="kserve_v1").one_row
    assert not read({"inputs": [tensor("a", [1, 2])]}).one_row


def test_a_compressed_body_is_read():
    """As the store keeps it."""
    data = gzip.compress(b'{"instances":[{"a":1}]}')
    assert read(data, headers=(*JSON, (b"content-encoding", b"gzip"))).body == {"a": [1]}


@pytest.mark.parametrize(
    "headers",
    [((b"inference-header-content-length", b"5000"),), ((b"content-encoding", b"br"),)],
    ids=["a length that lies", "br"],
)
def test_a_body_that_cannot_be_known_has_no_features(headers):
    """Tensors that are not there, and codings that nobody here undoes."""
    assert read({"inputs": [tensor("a", [1])]}, headers=headers).body == {}


def test_a_cut_body_has_no_features():
    """Half a request is not a request that lacks features."""
    assert FeatureReader().read(request({"a": 1}, cut=True), "json").body == {}


def test_a_body_that_would_weigh_too_much_has_no_features():
    """Three bytes of JSON can stand for an object of many more."""
    assert read(b"[" + b"{}," * 1_500_000 + b"{}]", protocol="json").body == {}


@pytest.mark.parametrize("protocol", ["oip_v2", "json", "tf_serving", "mlflow", "openai_chat", "oip_generate"])
@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\xff\xfe",
        b"[" * 100_000,
        b'{"inputs":' + b"[" * 5000 + b"]" * 5000 + b"}",
        b'{"inputs":[{"name":1,"data":[1]}]}',
        b'{"inputs":[{"name":"a","shape":["x"],"data":[1,2]}]}',
        b'{"inputs":[{"name":"a","shape":[-1],"data":[1,2]}]}',
        b'{"inputs":[{"name":"a","shape":[0],"data":[1,2]}]}',
        b'{"inputs":[{"name":"a","shape":[1e400],"data":[1,2]}]}',
        b'{"dataframe_split":{"columns":3,"data":[]}}',
        b'{"a":' * 2000 + b"1" + b"}" * 2000,
        b'{"a":NaN,"b":' + b"9" * 5000 + b"}",
    ],
)
def test_hostile_bytes_are_read_or_left(body, protocol):
    """Nothing is raised."""
    assert isinstance(read(body, protocol=protocol).body, dict)


@given(st.binary(max_size=100))
def test_any_bytes_have_features_or_none(data):
    """A FeatureReader never raises."""
    read(data, SliceSettings(pointer="/a/*"), SliceSettings(header="x"))


def test_configured_headers_and_pointers_are_read():
    """A header by its name in any case; a pointer's * is any key or index; what is not there is missing."""
    asked = (SliceSettings(header="X-Country"), SliceSettings(header="x-none"), SliceSettings(pointer="/inputs/*/name"))
    headers = (*JSON, (b"x-country", b"DE"))
    found = read({"inputs": [tensor("a", [1]), tensor("b", [2])]}, *asked, headers=headers).chosen
    assert {each.name: list(values) for each, values in found.items()} == {
        "x-country": ["DE"],
        "x-none": [None],
        "/inputs/*/name": ["a", "b"],
    }


def test_a_pointer_into_an_unreadable_body_says_nothing():
    """Not even that it is missing; the header is known all the same."""
    found = read(b"no json", SliceSettings(header="x-country"), SliceSettings(pointer="/a")).chosen
    assert [each.source for each in found] == ["header"]


@pytest.mark.parametrize(
    ("pointer", "expected"),
    [("/a/b", [1]), ("/list", [1, 2]), ("/list/1", [2]), ("/list/7", [None]), ("/none", [None]), ("/a~1b", ["x"])],
)
def test_a_pointer_leads_to_a_value_or_to_none(pointer, expected):
    """RFC 6901; an array's elements are a row each."""
    found = read({"a": {"b": 1}, "list": [1, 2], "a/b": "x"}, SliceSettings(pointer=pointer)).chosen
    assert list(*found.values()) == expected


def test_one_row_of_several_has_its_own_values():
    """What is of all rows, and what stands deeper in them, stays whole."""
    asked = Features(
        {"a": (1, None, 3), "b": ("x", "y", "z"), "limit": (5,), "/legs/*/carrier": ("UA", "AA", "B6")}, {}
    )
    assert asked.rows() == 3
    own = asked.of_row(1)
    assert own.body == {"a": (None,), "b": ("y",), "limit": (5,), "/legs/*/carrier": ("UA", "AA", "B6")}
    assert not own.one_row
    assert Features({"a": (1, 2)}, {}).of_row(0).one_row


@pytest.mark.parametrize(
    "body", [{}, {"a": (1,)}, {"a": (1, 2), "b": (1, 2, 3)}, {"a": ()}, {"/tags": ("x", "y")}], ids=str
)
def test_what_is_no_table_is_one_row(body):
    """Columns of different lengths, an array in a document, nothing at all."""
    assert Features(body, {}).rows() == 1
