"""Matching: which conditions each request of a batch satisfies, held against the definition."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from comparators.features.features import Features
from comparators.settings import Dimension
from comparators.slices.conditions import Condition
from comparators.slices.matching import Matcher
from tests.comparators.slices.asked import equals, missing, of, ranged, row, rows, satisfies

COUNTRY = Dimension("header", "x-country")
CONDITIONS = of(
    missing("a"),
    equals("a", 1),
    equals("a", "1"),
    equals("a", "x"),
    equals("a", 2.5),
    ranged("a", None, 0.0),
    ranged("a", 0.0, 2.0),
    ranged("a", 2.0, None),
    missing("b"),
    ranged("c", 1.0, 2.0),
    equals("c", 0),
    Condition("hour", "a", "range", lo=6.0, hi=9.0),
    Condition("hour", "a", "range", lo=21.0, hi=24.0),
    Condition("header", "x-country", "missing"),
    Condition("header", "x-country", "equals", "DE"),
)
TIMES = ("2013-02-01T06:00:00Z", "2013-02-01 08:59", "2013-02-01T09:00:00+02:00", "2013-02-01T23:59:59", "2013-02-01")
CELLS = st.sampled_from(
    [None, "", "1", "x", "y", *TIMES, 0, 1, 1.0, True, False, 2, 2.5, -1, 10**400, -(10**400), float("inf"), 1.999]
)
ROWS = st.dictionaries(st.sampled_from("abcd"), st.lists(CELLS, max_size=4), max_size=4)
CHOSEN = st.dictionaries(st.just(COUNTRY), st.lists(st.sampled_from([None, "DE", "FR"]), max_size=2))
MANY = st.lists(st.builds(Features, ROWS, CHOSEN), max_size=12)
SINGLE = st.lists(
    st.builds(
        lambda body, chosen: Features({name: (cell,) for name, cell in body.items()}, chosen, one_row=True),
        st.dictionaries(st.sampled_from("abcd"), CELLS, max_size=4),
        CHOSEN,
    ),
    max_size=12,
)


@given(MANY | SINGLE)
def test_a_request_is_in_a_corner_where_it_satisfies_both_of_its_conditions(batch):
    """Perhaps in different rows."""
    corners = tuple((index, (index * 5 + 3) % 15) for index in range(15))
    with_corners = replace(CONDITIONS, corners=corners)
    found = Matcher(with_corners).match(batch)
    hits = list(zip(found.conditions.tolist(), found.requests.tolist(), strict=True))
    assert len(set(hits)) == len(hits)
    assert {(index, place) for index, place in hits if index >= 15} == {
        (15 + index, place)
        for index in range(15)
        for place, each in enumerate(batch)
        if all(satisfies(each, condition) for condition in with_corners.of(15 + index))
    }


@given(MANY | SINGLE)
def test_a_request_satisfies_what_any_of_its_rows_does(batch):
    """Each condition once, in one row or in many, over every type of value."""
    found = Matcher(CONDITIONS).match(batch)
    hits = list(zip(found.conditions.tolist(), found.requests.tolist(), strict=True))
    assert len(set(hits)) == len(hits)
    assert set(hits) == {
        (index, place)
        for index, condition in enumerate(CONDITIONS.conditions)
        for place, each in enumerate(batch)
        if satisfies(each, condition)
    }


@given(MANY, st.integers(0, 12))
def test_where_a_batch_ends_changes_nothing(batch, split):
    """Each half finds what the whole does."""
    matcher = Matcher(CONDITIONS)
    whole, first, second = matcher.match(batch), matcher.match(batch[:split]), matcher.match(batch[split:])
    halves = [
        *zip(*first, strict=True),
        *((code, place + len(batch[:split])) for code, place in zip(*second, strict=True)),
    ]
    assert sorted(halves) == sorted(zip(*whole, strict=True))


def test_an_absent_feature_is_missing_and_an_unread_body_lacks_nothing():
    """A request that leaves pressure out lacks it; one that could not be read may have it."""
    found = Matcher(of(missing("pressure"))).match([row(pressure=1), row(wind=1), Features({}, {}), row(pressure=None)])
    assert found.requests.tolist() == [1, 3]


def test_nan_is_missing():
    """Reading turns it into None; here it would be the same."""
    assert Matcher(of(missing("a"))).match([row(a=np.nan), rows(a=[1.0, np.nan]), row(a=1)]).requests.tolist() == [0, 1]


@pytest.mark.parametrize("batch", [[], [Features({}, {})], [row(z=1)]])
def test_batches_without_a_hit(batch):
    """Empty ones among them."""
    assert Matcher(of(equals("a", 1))).match(batch).conditions.size == 0
    assert Matcher(of()).match(batch).conditions.size == 0
