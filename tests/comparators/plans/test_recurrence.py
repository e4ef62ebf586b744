"""Whole numbers that are labels come again; those of a regression hardly do."""

import os
from collections.abc import Callable

import numpy as np
import pytest

from comparators.extract.output import Column, Tensor
from comparators.plans.recurrence import ALPHA, LABELS, LOOKS, Recurrence

STREAMS = 400 if os.environ.get("UNDERSTUDY_SIMULATE") == "full" else 20

Drawn = Callable[[np.random.Generator, int], np.ndarray]


def zipf(rng: np.random.Generator, size: int) -> np.ndarray:
    """A few of a thousand labels are most of the traffic, as in logs of image classifiers."""
    shares = 1 / np.arange(1, 1001)
    return rng.choice(1000, size, p=shares / shares.sum())


LABELLED: dict[str, Drawn] = {
    "1,000 classes, equally often": lambda rng, size: rng.integers(0, 1000, size),
    "1,000 classes, some often": zipf,
    "as many as tables hold": lambda rng, size: rng.integers(0, LABELS, size) * 7_919,
    "minutes to 600": lambda rng, size: np.minimum(rng.gamma(1.5, 60, size), 600).astype(int),
}
MEASURED: dict[str, tuple[Drawn, int]] = {
    "prices in cents": (lambda rng, size: np.exp(rng.normal(9, 1, size)).astype(int), 256),
    "ids": (lambda _, size: np.arange(size) + 10**12, 256),
    "visitors, some thousands": (lambda rng, size: rng.normal(20_000, 1_000, size).astype(int), 1_024),
    "cents, of which three in five are none": (
        lambda rng, size: np.where(rng.random(size) < 0.6, 0, np.exp(rng.normal(9, 1, size))).astype(int),
        4_096,
    ),
}


def found_at(drawn: Drawn, seed: int) -> int | None:
    """After how many numbers they are none of labels, if ever."""
    counted = Recurrence()
    numbers = drawn(np.random.default_rng(seed), max(LOOKS)).tolist()
    return next((at for at, each in enumerate(numbers, 1) if counted.see(Tensor("INT64", (1,), [each]))), None)


def test_the_bounds_are_those_of_labels_that_are_equally_frequent():
    """Computed anew, one number after the other: the chance of so many different ones is a seventh of ALPHA at most."""
    chances, different = np.zeros(LABELS + 2), np.arange(LABELS + 2)
    chances[0] = 1
    for n in range(1, max(LOOKS) + 1):
        again, new = chances * different / LABELS, chances[:-1] * (LABELS - different[:-1]) / LABELS
        chances = again
        chances[1:] += np.maximum(new, 0)
        if n in LOOKS:
            assert chances[LOOKS[n] :].sum() <= ALPHA / len(LOOKS) < chances[LOOKS[n] - 1 :].sum()


@pytest.mark.parametrize("drawn", LABELLED.values(), ids=LABELLED)
def test_labels_that_come_again_stay_labels(drawn):
    """To 16,384 answers: in none of 400 streams of each were they taken for numbers."""
    assert [found_at(drawn, seed) for seed in range(STREAMS)] == [None] * STREAMS


@pytest.mark.parametrize(("drawn", "within"), MEASURED.values(), ids=MEASURED)
def test_numbers_that_hardly_come_again_are_none(drawn, within):
    """In each of 400 streams, by so many answers."""
    found = [found_at(drawn, seed) for seed in range(STREAMS)]
    assert max(at or max(LOOKS) + 1 for at in found) <= within


def test_one_number_of_an_answer_counts():
    """Rows of one answer may resemble each other; and an answer without numbers says nothing."""
    counted = Recurrence()
    for value in (Tensor("INT64", (3,), [1, 2, 3]), Column([4, "a"]), Tensor("FP32", (1,), np.array([1.0]))):
        counted.see(value)
    for value in (
        Column(["v1"]),
        Column(["1200"]),
        None,
        Column([]),
        Column(["a"]),
        Tensor("BOOL", (1,), [True]),
        Tensor("INT64", (1,), [None]),
    ):
        counted.see(value)
    assert (counted.n, counted.different) == (3, 2)
    counted.see(Column(["0.25"]))
    assert (counted.n, counted.different) == (4, 3)
