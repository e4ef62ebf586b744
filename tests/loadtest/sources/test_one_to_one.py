"""What of one side belongs to what of the other, against an oracle that sees everything at once."""

from collections import Counter
from random import Random
from typing import NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loadtest.errors import SourceError
from loadtest.sources.one_to_one import Fate, OneToOne

Fates = Counter[tuple[str, int | None, int | None]]


class Arrival(NamedTuple):
    number: int
    is_left: bool
    key: str
    at_ns: int


def oracle(arrivals: list[Arrival], window_ns: int) -> Fates:
    """By the definition: who is near whom, counted for each."""
    near = {
        each.number: [
            other.number
            for other in arrivals
            if other.is_left != each.is_left and other.key == each.key and abs(other.at_ns - each.at_ns) <= window_ns
        ]
        for each in arrivals
    }
    found: Fates = Counter()
    for each in arrivals:
        others = near[each.number]
        if len(others) == 1 and len(near[others[0]]) == 1:
            if each.is_left:
                found["pair", each.number, others[0]] += 1
            continue
        word = "alone" if not others else "ambiguous"
        found[(word, each.number, None) if each.is_left else (word, None, each.number)] += 1
    return found


def fates(arrivals: list[Arrival], matching: OneToOne[int, int], size: int = 0) -> Fates:
    told: list[Fate[int, int]] = []
    for each in arrivals:
        add = matching.add_left if each.is_left else matching.add_right
        told += add(each.key, each.at_ns, size, each.number)
    told += matching.end()
    assert matching.held_bytes == 0
    return Counter((each.word, each.left, each.right) for each in told)


def _arrivals(rows: list[tuple[bool, str, int]]) -> list[Arrival]:
    return [Arrival(number, *row) for number, row in enumerate(rows)]


rows = st.lists(st.tuples(st.booleans(), st.sampled_from("ab"), st.integers(0, 60)), max_size=25)


@settings(max_examples=500)
@given(rows, st.integers(0, 12))
def test_all_at_once_and_one_after_another_come_to_the_same(rows: list[tuple[bool, str, int]], window: int) -> None:
    """In the order of time, with duplicates and with some missing."""
    arrivals = _arrivals(sorted(rows, key=lambda row: row[2]))
    assert fates(arrivals, OneToOne(window, 0)) == oracle(arrivals, window)


@settings(max_examples=500)
@given(rows, st.integers(0, 12), st.integers(0, 20), st.randoms(use_true_random=False))
def test_an_order_that_is_a_little_wrong_changes_nothing(
    rows: list[tuple[bool, str, int]], window: int, disorder: int, random: Random
) -> None:
    """As long as nothing comes later than was allowed for."""
    arrivals = sorted(_arrivals(rows), key=lambda each: each.at_ns + random.uniform(0, disorder))
    matching: OneToOne[int, int] = OneToOne(window, disorder)
    assert fates(arrivals, matching) == oracle(arrivals, window)
    assert matching.late == 0


@settings(max_examples=300)
@given(rows, st.integers(0, 12), st.integers(0, 5))
def test_what_is_given_up_is_never_taken_for_a_pair(rows: list[tuple[bool, str, int]], window: int, most: int) -> None:
    """With too little memory fates are fewer pairs, and no other ones; each item has one."""
    arrivals = _arrivals(sorted(rows, key=lambda row: row[2]))
    right, found = oracle(arrivals, window), fates(arrivals, OneToOne(window, 0, max_held_bytes=most), size=1)
    assert {fate for fate in found if fate[0] != "given_up"} - right.keys() <= set()
    items = Counter(number for _, *both in found.elements() for number in both if number is not None)
    assert items == Counter(each.number for each in arrivals)


def test_a_late_item_is_counted() -> None:
    """It may have been the pair of one that is gone."""
    matching: OneToOne[str, str] = OneToOne(10, 5)
    assert matching.add_left("k", 0, 1, "left") == []
    assert matching.add_left("other", 100, 1, "x") == [Fate("alone", "left", None)]
    assert matching.add_right("k", 3, 1, "right") == []
    assert matching.late == 1


def test_seats_are_bounded() -> None:
    """In words that say what would be less."""
    matching: OneToOne[int, int] = OneToOne(10**9, 0, max_seats=3)
    for number in range(3):
        matching.add_left("k", number, 1, number)
    with pytest.raises(SourceError, match="more than 3 lines within 2 s: a shorter window"):
        matching.add_left("k", 3, 1, 3)


def test_one_key_for_all_takes_no_longer_than_many() -> None:
    """A body that is always the same is not compared with each of those that wait."""
    matching: OneToOne[int, int] = OneToOne(10**9, 10**9)
    words = Counter[str]()
    for number in range(20_000):
        add = matching.add_left if number % 2 else matching.add_right
        words.update(fate.word for fate in add("k", number * 10**6, 1, number))
    words.update(fate.word for fate in matching.end())
    assert words == {"ambiguous": 20_000}
