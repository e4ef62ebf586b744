"""Features: what each protocol's requests hold, a few values each, whatever bytes come."""

import gzip
import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from comparators.extract.columns import MAX_CELLS, MAX_FEATURES, MAX_ROWS, MAX_TEXT_CHARS
from comparators.features.features import FeatureReader
from comparators.settings import SliceSettings
from tests.comparators.slices.asked import JSON, features, read, request, tensor

ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=20,
)
LAYOUTS = ["inputs", "instances", "dataframe_split", "dataframe_records", "other"]

READ = {
    "OIP, one row": ({"inputs": [tensor("a", [1.5]), tensor("b", ["UA"], [1, 1])]}, {"a": [1.5], "b": ["UA"]}),
    "OIP, [rows]": ({"inputs": [tensor("a", [1, 2, None])]}, {"a": [1, 2, None]}),
    "OIP, [rows, 1]": ({"inputs": [tensor("a", [1, 2], [2, 1])]}, {"a": [1, 2]}),
    "OIP, [rows, 1] nested": ({"inputs": [tensor("a", [[1], [2]], [2, 1])]}, {"a": [1, 2]}),
    "OIP, [rows, k]": ({"inputs": [tensor("a", [1, 2, 3, 4], [2, 2])]}, {"a[0]": [1, 3], "a[1]": [2, 4]}),
    "OIP, [rows, k] nested": ({"inputs": [tensor("a", [[1, 2], [3, 4]], [2, 2])]}, {"a[0]": [1, 3], "a[1]": [2, 4]}),
    "OIP, an image": ({"inputs": [tensor("a", [0] * 12, [1, 3, 4]), tensor("b", [7])]}, {"b": [7]}),
    "OIP, a shape that lies": ({"inputs": [tensor("a", [1, 2, 3], [2])]}, {}),
    "instances, objects": ({"instances": [{"a": 1}, {"a": 2, "b": "x"}]}, {"a": [1, 2], "b": [None, "x"]}),
    "instances, lists": ({"instances": [[1, 2], [3]]}, {"x0": [1, 3], "x1": [2, None]}),
    "instances, scalars": ({"instances": [1, 2]}, {"x0": [1, 2]}),
    "columns": ({"inputs": {"a": [1, 2], "b": [["x"], ["y"]], "c": 3}}, {"a": [1, 2], "b": ["x", "y"], "c": [3]}),
    "columns of lists": ({"inputs": {"a": [[1, 2], [3, 4]]}}, {"a[0]": [1, 3], "a[1]": [2, 4]}),
    "dataframe_split": (
        {"dataframe_split": {"columns": ["a", "b"], "data": [[1, "x"], [2, None]]}},
        {"a": [1, 2], "b": ["x", None]},
    ),
    "dataframe_records": ({"dataframe_records": [{"a": 1}, {"a": None}]}, {"a": [1, None]}),
    "rows": ([{"a": 1}, {"a": 2}], {"a": [1, 2]}),
    "an object": (
        {"age": 3, "user": {"plan/x": "free", "tags": [1]}, "scores": [1, 2], "items": [{"a": 1}]},
        {"/age": [3], "/user/plan~1x": ["free"], "/scores": [1, 2]},
    ),
    "a text input": ({"inputs": "hello", "parameters": {"k": 1}}, {"/inputs": ["hello"], "/parameters/k": [1]}),
    "cells that are no scalars": ({"instances": [{"a": {"b": 1}}, {"a": [1]}]}, {"a": []}),
    "nothing": ({"instances": []}, {}),
}


@pytest.mark.parametrize("layout", READ)
def test_each_layout_is_read_into_columns(layout):
    """Names as the protocol has them, one value a row."""
    body, expected = READ[layout]
    assert features(body) == expected


def test_one_row_is_told():
    """So that the matcher need not look."""
    assert read({"inputs": [tensor("a", [1])]}).one_row
    assert not read({"inputs": [tensor("a", [1, 2])]}).one_row


def test_nan_is_none():
    """Python's servers and clients write it bare."""
    assert features(b'{"inputs": [{"name": "a", "shape": [2], "data": [NaN, 1.5]}]}') == {"a": [None, 1.5]}
    assert features(b'{"inputs": [{"name": "a", "shape": [1], "data": [NaN]}]}') == {"a": [None]}


@pytest.mark.parametrize("rows_", [1, 2])
def test_long_text_is_cut(rows_):
    """What differs only later counts as equal."""
    (found,) = read({"inputs": [tensor("a", ["x" * 1000] * rows_)]}).body.values()
    assert list(found) == ["x" * MAX_TEXT_CHARS] * rows_


def test_a_compressed_body_is_read():
    """As the store keeps it."""
    data = gzip.compress(b'{"instances":[{"a":1}]}')
    assert read(data, headers=(*JSON, (b"content-encoding", b"gzip"))).body == {"a": [1]}


@pytest.mark.parametrize(
    "headers", [((b"inference-header-content-length", b"50"),), ((b"content-encoding", b"br"),)], ids=["binary", "br"]
)
def test_a_body_that_cannot_be_known_has_no_features(headers):
    """Binary tensors, and codings that nobody here undoes."""
    assert read({"inputs": [tensor("a", [1])]}, headers=headers).body == {}


def test_a_cut_body_has_no_features():
    """Half a request is not a request that lacks features."""
    assert FeatureReader().read(request({"a": 1}, cut=True), "json").body == {}


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
def test_hostile_bytes_are_read_or_left(body):
    """Nothing is raised."""
    assert isinstance(read(body).body, dict)


@given(st.sampled_from(LAYOUTS), ANYTHING)
def test_whatever_stands_in_a_layout_becomes_scalars_or_nothing(layout, value):
    """Every cell is a scalar, text is short, NaN is gone."""
    for cells in read(json.dumps({layout: value}).encode()).body.values():
        for cell in cells:
            assert cell is None or isinstance(cell, str | int | float)
            assert not isinstance(cell, str) or len(cell) <= MAX_TEXT_CHARS
            assert not isinstance(cell, float) or not math.isnan(cell)


@given(st.binary(max_size=100))
def test_any_bytes_have_features_or_none(data):
    """A FeatureReader never raises."""
    read(data, SliceSettings(pointer="/a/*"), SliceSettings(header="x"))


@pytest.mark.parametrize(
    "body",
    [
        {"inputs": [tensor(f"f{n}", [1]) for n in range(MAX_FEATURES + 1)]},
        {"instances": [{f"k{r}-{n}": 1 for n in range(10)} for r in range(2 * MAX_ROWS)]},
        {"instances": [[1] * (MAX_FEATURES - 1)] * MAX_ROWS},
        {"inputs": {f"f{n}": list(range(2 * MAX_ROWS)) for n in range(MAX_FEATURES + 9)}},
        {f"f{n}": n for n in range(MAX_FEATURES + 9)},
        {"inputs": [tensor("a", [1] * 2 * MAX_ROWS)]},
        {"inputs": [tensor("a", [1] * 100_000, [500, 200])]},
    ],
    ids=["tensors", "keys", "wide rows", "columns", "leaves", "rows", "a wide tensor"],
)
def test_what_is_looked_at_is_bounded(body):
    """In features, in rows, and in both together where the client can have every row differ."""
    found = features(body)
    assert 0 < len(found) <= MAX_FEATURES
    assert max(map(len, found.values())) <= MAX_ROWS
    if "instances" in body:
        assert sum(map(len, found.values())) <= MAX_CELLS


def test_long_names_are_no_features():
    """Two of them, cut, could meet."""
    assert features({"n" * 200: 1, "a": 2}) == {"/a": [2]}


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
