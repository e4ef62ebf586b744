"""Asking: what a request's body holds, by the look of it, a few values by name."""

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from comparators.errors import Unreadable
from comparators.extract.asking import asked
from comparators.extract.columns import MAX_CELLS, MAX_FEATURES, MAX_TEXT_CHARS
from comparators.extract.leaves import MAX_DEPTH
from tests.comparators.extract.asked import CSV, JSON, JSON_LINES, by_name, sent, tensor
from tests.comparators.extract.fuzzing import never_breaks_asking

ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=20,
)
LAYOUTS = ["inputs", "instances", "dataframe_split", "dataframe_records", "other"]

READ = {
    "instances, objects": ({"instances": [{"a": 1}, {"a": 2, "b": "x"}]}, {"a": [1, 2], "b": [None, "x"]}),
    "instances, lists": ({"instances": [[1, 2], [3]]}, {"x0": [1, 3], "x1": [2, None]}),
    "instances, scalars": ({"instances": [1, 2]}, {"x0": [1, 2]}),
    "instances, vectors in objects": (
        {"instances": [{"dense": [0.5, 1.5], "one": [7], "tags": ["a", "b"]}, {"dense": [2.5, 3.5], "one": [8]}]},
        {"dense[0]": [0.5, 2.5], "dense[1]": [1.5, 3.5], "one": [7, 8], "tags": ["a", "b", None]},
    ),
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
        {"/age": [3], "/user/plan~1x": ["free"], "/user/tags": [1], "/scores": [1, 2], "/items/*/a": [1]},
    ),
    "a text input": ({"inputs": "hello", "parameters": {"k": 1}}, {"/inputs": ["hello"], "/parameters/k": [1]}),
    "objects in rows": ({"instances": [{"a": {"b": 1}}, {"a": [1]}]}, {"/a/b": [1, None], "a": [None, 1]}),
    "nothing": ({"instances": []}, {}),
    "a scalar": (3, {}),
}


@pytest.mark.parametrize("layout", READ)
def test_each_layout_is_read_into_columns(layout):
    """Names as the protocol has them, one value a row."""
    body, expected = READ[layout]
    assert by_name(asked(sent(body))) == expected


def test_arrays_below_the_top_are_read():
    """Each element is a value: of the request, and of no row of its own."""
    trip = {"trip": {"legs": [{"carrier": "AA", "stops": []}, {"carrier": "UA", "stops": ["ORD"]}], "class": "Y"}}
    assert by_name(asked(sent(trip))) == {
        "/trip/legs/*/carrier": ["AA", "UA"],
        "/trip/legs/*/stops": ["ORD", None],
        "/trip/class": ["Y"],
    }


def test_what_some_element_lacks_is_missing():
    """Once, however many lack it."""
    legs = {"legs": [{"carrier": "AA"}, {"gate": 7}, {}]}
    found = by_name(asked(sent(legs)))
    assert found == {"/legs/*/carrier": ["AA", None, None], "/legs/*/gate": [None, 7, None]}
    rows = [{"user": {"plan": "free"}}, {"user": None}, {}]
    assert by_name(asked(sent(rows))) == {"/user/plan": ["free", None]}
    assert by_name(asked(sent({"legs": []}))) == {"/legs": [None]}


def test_images_and_embeddings_are_no_features():
    """Arrays of arrays, and rows wider than MAX_FEATURES."""
    image = [[[0.5] * 3] * 4] * 4
    assert by_name(asked(sent({"image": image, "size": 4}))) == {"/size": [4]}
    assert by_name(asked(sent({"instances": [{"image": image, "size": 4}]}))) == {"size": [4]}
    assert by_name(asked(sent({"instances": [{"vector": [0.5] * (MAX_FEATURES + 1), "size": 4}]}))) == {"size": [4]}


def test_what_is_said_is_no_feature():
    """Whoever passes a chat on to a model unwrapped."""
    chat = {
        "messages": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Who am I?"}],
        "top": 3,
    }
    assert by_name(asked(sent(chat))) == {"/messages/*/role": ["system", "user"], "/top": [3]}


@pytest.mark.parametrize("rows", [1_000, 20_000])
def test_a_batch_of_any_number_of_rows_is_read(rows):
    """To its last row."""
    body = {"instances": [{"a": row, "b": "last" if row == rows - 1 else "x"} for row in range(rows)]}
    found = by_name(asked(sent(body)))
    assert found["a"] == list(range(rows))
    assert found["b"][-1] == "last"


def test_csv_has_names_where_its_first_line_has_them():
    """Above a column of numbers; else columns are counted. An empty field is missing."""
    assert by_name(asked(sent(b"age,plan\n3,free\n4,\n", CSV))) == {"age": [3, 4], "plan": ["free", None]}
    assert by_name(asked(sent(b"3,free\n4.5,\n", CSV))) == {"x0": [3, 4.5], "x1": ["free", None]}
    assert by_name(asked(sent(b"3\n4\n", CSV))) == {"x0": [3, 4]}
    assert by_name(asked(sent(b"1,2\n3\n", CSV))) == {"x0": [1, 3], "x1": [2, None]}
    assert by_name(asked(sent(b"", CSV))) == {}


def test_json_lines_are_rows():
    """A line each."""
    assert by_name(asked(sent(b'{"features":[1,2]}\n{"features":[3,4]}\n', JSON_LINES))) == {
        "features[0]": [1, 3],
        "features[1]": [2, 4],
    }


def test_nan_is_missing():
    """Python's clients write it bare."""
    assert by_name(asked(sent(b'{"instances": [NaN, 1.5]}'))) == {"x0": [None, 1.5]}


def test_what_differs_only_after_many_characters_counts_as_equal():
    """Long texts are cut."""
    assert by_name(asked(sent({"a": "x" * 1_000}))) == {"/a": ["x" * MAX_TEXT_CHARS]}


def test_long_names_are_no_features():
    """Two of them, cut, could meet."""
    assert by_name(asked(sent({"n" * 200: 1, "a": 2, "deep": {"n" * 126: 3}}))) == {"/a": [2]}


@pytest.mark.parametrize(("depth", "is_read"), [(MAX_DEPTH, True), (MAX_DEPTH + 1, False)])
def test_what_is_nested_deeper_than_the_bound_is_not_looked_at(depth, is_read):
    """Objects in objects."""
    body = b'{"a":' * (depth + 1) + b"1" + b"}" * (depth + 1)
    assert bool(asked(sent(body))) is is_read


@pytest.mark.parametrize(
    "body",
    [
        {"instances": [{f"k{row}-{number}": 1 for number in range(10)} for row in range(2_000)]},
        {"instances": [{} if row else {f"k{number}": 1 for number in range(MAX_FEATURES)} for row in range(5_000)]},
        {"instances": [[1] * (MAX_FEATURES - 1)] * 3_000},
        {"inputs": {f"f{number}": [1] * 5_000 for number in range(MAX_FEATURES + 9)}},
        {f"f{number}": number for number in range(MAX_FEATURES + 9)},
        {"a": [{"b": [{f"k{number}": 1 for number in range(300)}] * 50}] * 100, "more": [{"c": [1]}, {"d": 2}]},
        {"inputs": [tensor("a", [1] * 2_000_000)]},
        {"inputs": [tensor("a", [1] * 1_500_000, [7_500, 200])]},
    ],
    ids=["keys", "sparse rows", "wide rows", "columns", "leaves", "arrays in arrays", "rows", "a wide tensor"],
)
def test_what_is_looked_at_is_bounded(body):
    """In features, and in cells where the client can have many more of these than bytes."""
    found = asked(sent(body))
    assert 0 < len(found) <= MAX_FEATURES
    assert 0 < sum(map(len, found.values())) <= MAX_CELLS


@given(st.sampled_from(LAYOUTS), ANYTHING)
def test_whatever_stands_in_a_layout_becomes_scalars_or_nothing(layout, value):
    """Every cell is a scalar, text is short, NaN is gone."""
    for cells in asked(sent(json.dumps({layout: value}).encode())).values():
        for cell in cells:
            assert cell is None or isinstance(cell, str | int | float)
            assert not isinstance(cell, str) or len(cell) <= MAX_TEXT_CHARS
            assert not isinstance(cell, float) or not math.isnan(cell)


@pytest.mark.parametrize("body", [b"", b"\xff", b"[", b"[" * 100_000])
def test_a_body_that_is_no_json_is_unreadable(body):
    """Nothing is guessed."""
    with pytest.raises(Unreadable):
        asked(sent(body))


def test_whatever_is_sent_has_features_or_none():
    """JSON, lines of it, and CSV."""
    trip = b'{"trip":{"legs":[{"carrier":"AA"},{"carrier":null}]},"tags":["a"]}'
    never_breaks_asking(asked, trip, b'{"instances":[{"a":[1,2],"b":{"c":3}},[1]]}', headers=JSON)
    never_breaks_asking(asked, b'{"a":1}\n[2]\n', headers=JSON_LINES)
    never_breaks_asking(asked, b'a,b\n1,"x"\n2,[3]\n', b"1,2\n3\n", headers=CSV)
