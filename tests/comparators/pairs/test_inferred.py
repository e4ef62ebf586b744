"""What an inferred kind calls equal is equal, but for a stated tolerance; else the report says what it compares."""

from copy import deepcopy

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from comparators.compare.kinds import KINDS
from comparators.settings import CompareSettings, HeadSettings
from tests.comparators.made import answer, compared, oip, pair, planned
from tests.comparators.render.made import report_of

WORDS = st.text("abcdefgh", min_size=1, max_size=6)
WHOLE = st.integers(-(10**6), 10**6)
REAL = st.floats(-1e6, 1e6).filter(lambda each: not each.is_integer())
LEAF = WORDS | WHOLE | REAL | st.booleans() | st.none()


def rows(element):
    """Rows of one length, of several, or of one element each."""
    equal = st.integers(1, 6).flatmap(
        lambda width: st.lists(st.lists(element, min_size=width, max_size=width), min_size=1, max_size=3)
    )
    return (
        equal
        | st.lists(st.lists(element, min_size=1, max_size=6), min_size=1, max_size=3)
        | st.lists(element, min_size=1)
    )


RECORDS = st.lists(
    st.fixed_dictionaries({"id": WHOLE | WORDS}, optional={"title": WORDS, "price": REAL, "rank": WHOLE}),
    min_size=1,
    max_size=5,
)
PREDICTIONS = (
    rows(WHOLE) | rows(WORDS) | rows(REAL) | rows(WHOLE | REAL) | rows(LEAF) | RECORDS | st.lists(RECORDS, min_size=1)
)
SHAPES = st.sampled_from(["predictions", "outputs", "items", "forecast"])


def leaves(value, way=()):
    if isinstance(value, list | dict):
        inner = enumerate(value) if isinstance(value, list) else value.items()
        return [leaf for key, each in inner for leaf in leaves(each, (*way, key))]
    return [way]


def other_than(value, draw):
    """A leaf that a person would call another one, and no tolerance calls the same."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return value + draw(st.sampled_from([-(10**7), -1, 1, 10**9]))
    if isinstance(value, float):
        return draw(st.sampled_from([value * 10 + 1, value + 1 + abs(value) / 100, -value - 1]))
    return "other" if value is None else f"{value}x"


@st.composite
def changed(draw):
    """An answer, and the same with one leaf changed, or an element more, or less."""
    usual = {draw(SHAPES): draw(PREDICTIONS)}
    other = deepcopy(usual)
    (found,) = other.values()
    way = draw(st.sampled_from(leaves(found)))
    for key in way[:-1]:
        found = found[key]
    how = draw(st.sampled_from(["change", "add", "remove"])) if isinstance(found, list) else "change"
    if how == "change":
        found[way[-1]] = other_than(found[way[-1]], draw)
    elif how == "add":
        found.insert(way[-1], deepcopy(found[way[-1]]))
    else:
        del found[way[-1]]
    return usual, other


@settings(max_examples=400, deadline=None)
@given(changed())
def test_answers_that_differ_disagree(both):
    """Whatever is inferred from production's answer: lists of whole numbers, words, numbers, objects, mixed ones."""
    usual, other = map(answer, both)
    first, second = compared([pair(usual, usual), pair(usual, other)])
    assert first.rows_disagreeing == 0
    assert second.rows_disagreeing > 0


@pytest.mark.parametrize(
    ("production", "candidate"),
    [
        ([[10, 20, 110, 220]], [[10, 99, 990, 999]]),
        ([[120, 125, 131]], [[120, 1250, 1310]]),
        ([["new", "sale", "red"]], [["new", "old", "blue"]]),
        ([[101, 7592, 102]], [[101, 7593, 102]]),
        ([[1, 2]], [[1, 3]]),
        ([["a", "b"]], [["a"]]),
        ([[0.5] * 96], [[5.0] * 96]),
        ([[{"id": 1, "title": "x"}, {"id": 2, "title": "y"}]], [[{"id": 1, "title": "x"}, {"id": 2, "title": "z"}]]),
        ([[{"box": [0, 0, 9, 9], "mask": [1, 2]}]], [[{"box": [0, 0, 9, 9], "mask": [3, 4]}]]),
        ([[{"id": 1, "score": 0.5, "price": 10}]], [[{"id": 1, "score": 0.5, "price": 99}]]),
        ([{"mae": 0.4, "bias": 0.6}], [{"mae": 0.2, "bias": 0.8}]),
        ([[0.4, 0.6]], [[0.2, 0.8]]),
        ([[0.9, 0.08, 0.02]], [[0.5, 0.3, 0.2]]),
        ([[{"box": [0, 0, 9, 9], "score": 0.9}]], [[{"box": [0, 0, 9, 9], "score": 0.1}]]),
    ],
    ids=[
        "corners",
        "forecast",
        "tags",
        "tokens",
        "labels",
        "shorter",
        "scaled",
        "titles",
        "masks",
        "prices",
        "map",
        "two",
        "three",
        "scores",
    ],
)
def test_what_was_called_equal_by_its_first_item_disagrees(production, candidate):
    """Corners of boxes, forecasts, tags, token ids, labels: no first item decides for the others."""
    usual, other = answer({"predictions": production}), answer({"predictions": candidate})
    assert [each.rows_disagreeing for each in compared([pair(usual, usual), pair(usual, other)])] == [0, 1]


def test_whole_numbers_are_equal_however_they_are_written():
    """[[3, 1]] is [[3.0, 1.0]]."""
    usual, other = answer(b'{"predictions": [[3, 1]]}'), answer(b'{"predictions": [[3.0, 1.0]]}')
    assert [each.rows_disagreeing for each in compared([pair(usual, other), pair(other, usual)])] == [0, 0]


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        ([[0.25, 0.75], [0.5, 0.5], [0.75, 0.25]], "probabilities"),
        ([[{"id": 1, "score": 0.5}, {"id": 2, "score": 0.25}]], "ranking"),
        ([[{"box": [0, 0, 9, 9], "label": "cat", "score": 0.5}]], "boxes"),
        (["A sentence with more than five words in it."], "text"),
    ],
)
def test_a_kind_that_leaves_something_out_says_what_it_compares(value, kind):
    """In every report, beside the output."""
    usual = answer({"predictions": value})
    (head,) = report_of([pair(usual, usual)]).plans[0].heads
    assert head.kind == kind
    assert head.compared == KINDS[kind].compared != ""


def vector(numbers):
    return [(-1) ** at * (0.5 + at / 100) for at in range(numbers)]


@pytest.mark.parametrize(
    "change",
    [lambda v: [1.04 * each for each in v], lambda v: [2.3 * v[0], *v[1:]], sorted, lambda v: v[:-1]],
    ids=["higher", "one", "sorted", "shorter"],
)
@pytest.mark.parametrize("numbers", [8, 64, 1024])
def test_each_number_of_a_vector_counts_however_many_there_are(numbers, change):
    """What is called a forecast is one; only a name or settings make it an embedding."""
    usual, other = vector(numbers), change(vector(numbers))
    own, its = (answer(oip(forecast=("FP32", [1, len(each)], each))) for each in (usual, other))
    assert [each.rows_disagreeing for each in compared([pair(own, own), pair(own, its)])] == [0, 1]
    own, its = (answer({"predictions": [each]}) for each in (usual, other))
    assert [each.rows_disagreeing for each in compared([pair(own, own), pair(own, its)])] == [0, 1]


def test_a_vector_is_an_embedding_of_any_length_where_settings_say_so():
    """Then the direction alone counts; where its name says so, the length does too."""
    usual, longer = (
        answer(oip(embedding=("FP32", [1, 64], [scale * each for each in vector(64)]))) for scale in (1, 9)
    )
    settings = CompareSettings(heads=(HeadSettings(pointer="/outputs/embedding", kind="embedding"),))
    assert planned([pair(usual, longer)], settings).known("POST /score").heads[0].decided_by == "settings"
    assert [each.rows_disagreeing for each in compared([pair(usual, longer)], settings)] == [0]
    (found,) = compared([pair(usual, longer)])
    assert (found.rows_disagreeing, [each.kind for each in found.differences]) == (1, ["norm"])
