"""Labels by other names: what is one label, and what chance never makes one.

UNDERSTUDY_SIMULATE=full: 2,000 streams of each kind, and more looks.
"""

import os

import numpy as np
import pytest

from comparators.compare.label_map import Confusion, are_alike, label_map, types
from comparators.statistics.exact import ONE

FULL = os.environ.get("UNDERSTUDY_SIMULATE") == "full"
STREAMS, FURTHER = (2_000, 20) if FULL else (100, 100)


def confusion(cells: dict[tuple[str, str], float]) -> Confusion:
    """Of requests."""
    return Confusion.of({names: int(count * ONE) for names, count in cells.items()})


def mapped(cells: dict[tuple[str, str], float], effect: float = 1.0) -> dict[str, str]:
    found = label_map(confusion(cells), effect)
    return {} if found is None else {each.production: each.candidate for each in found.names}


def test_labels_that_come_together_are_one_by_another_name():
    """Each with its share of requests, and how many agree if they are read so: what else differs still differs."""
    found = label_map(confusion({("1", '"1"'): 60, ("2", '"2"'): 30, ("1", '"2"'): 4, ("2", '"1"'): 6}))
    assert found is not None
    assert [tuple(each) for each in found.names] == [("1", '"1"', 0.6), ("2", '"2"', 0.3)]
    assert found.agreeing == 0.9


def test_one_label_that_was_renamed_leaves_the_others_as_they_are():
    """Also where it is said now and then by its old name."""
    found = label_map(confusion({("a", "a"): 50, ("b", "b"): 25, ("c", "C"): 20, ("c", "c"): 1, ("a", "b"): 4}))
    assert found is not None
    assert [(each.production, each.candidate) for each in found.names] == [("c", "C")]
    assert found.agreeing == 0.95


def test_labels_that_changed_places_are_a_map():
    """Of the true class and the other one: whoever reads it knows which is meant."""
    assert mapped({("0", "1"): 50, ("1", "0"): 40, ("0", "0"): 1, ("1", "1"): 2}) == {"0": "1", "1": "0"}


@pytest.mark.parametrize(
    "cells",
    [
        {("1", "cat"): 1000},
        {("1", "cat"): 980, ("2", "dog"): 9, ("1", "dog"): 6, ("2", "cat"): 5},
        {("1", "cat"): 14, ("2", "dog"): 14},
        {("a", "a"): 70, ("b", "b"): 70, ("a", "b"): 30, ("b", "a"): 30},
        {("a", "b"): 60, ("a", "a"): 40, ("b", "b"): 100},
        {("null", "none"): 50, ("a", "a"): 50},
        {},
    ],
    ids=["constants", "a rare label", "few requests", "the same names", "a confusion", "a missing label", "nothing"],
)
def test_what_is_no_map(cells):
    """Two constants, labels that are seldom said, and confusions are none."""
    assert mapped(cells) == {}


def test_users_who_ask_many_requests_count_as_users():
    """Twenty requests of one user tell as much as one."""
    cells = {("1", "cat"): 150.0, ("2", "dog"): 150.0}
    assert mapped(cells, effect=10)
    assert not mapped(cells, effect=12)


@pytest.mark.timeout(600 if FULL else 60)
@pytest.mark.parametrize(
    "weights", [(1, 1), (6, 4), (7, 3), (9, 1), (97, 3), (1, 1, 1), (1, 1, 1, 1), (80, 10, 5, 3, 2)], ids=str
)
def test_labels_that_are_independent_of_each_other_make_no_map(weights):
    """In no stream at any look: after each of the first hundred requests, then after some."""
    rng, shares = np.random.default_rng(9), np.array(weights) / sum(weights)
    looks = [*range(20, 100), *range(100, 1001, FURTHER)]
    for _ in range(STREAMS):
        p, c = (rng.choice(len(shares), 1000, p=shares) for _ in range(2))
        numbers = p * len(shares) + c
        for n in looks:
            found = np.bincount(numbers[:n], minlength=len(shares) ** 2).reshape(len(shares), -1)
            cells = {(f"{i}", f"c{j}"): int(found[i, j]) for i, j in np.argwhere(found).tolist()}
            assert mapped(cells) == {}


def test_a_map_of_two_types_says_which():
    """And whether they say the same."""
    numbers, words = {("1", '"1"'): 50, ("2", '"2"'): 50}, {("1", "cat"): 50, ("0", "dog"): 50}
    truth = {("1", "true"): 50, ("0", "false"): 50}
    maps = [label_map(confusion(cells)) for cells in (numbers, words, truth)]
    names = [found.names for found in maps if found]
    assert list(map(are_alike, names)) == [True, False, False]
    assert list(map(types, names)) == [
        ("whole numbers", "text"),
        ("whole numbers", "text"),
        ("whole numbers", "true and false"),
    ]
