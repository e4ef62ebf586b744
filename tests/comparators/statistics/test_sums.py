"""Sums: states that add up to the same bits however they are grouped."""

import numpy as np
import pytest

from comparators.errors import Unmergeable
from comparators.statistics import exact
from comparators.statistics.sums import Sums


class Measurement(Sums, kw_only=True):
    seconds: int = 0
    bytes: int = 0
    bytes_squares: int = 0


class Other(Sums, kw_only=True):
    seconds: int = 0


def test_terms_add_up_in_the_fields_of_their_names():
    """Each rounded once to a multiple of 2^-40."""
    sums = Measurement(seconds=exact.ONE)
    sums.add_totals(seconds=np.array([0.5, 2.25]), bytes=np.array([3.0]))
    assert (exact.real(sums.seconds), exact.real(sums.bytes)) == (3.75, 3.0)


def test_moments_are_totals_and_squares():
    """Of the rounded terms."""
    sums = Measurement()
    sums.add_moments(bytes=np.array([1.0, -3.0]))
    sums.add_moments(bytes=np.array([2.0]))
    assert exact.real(sums.bytes) == 0.0
    assert sums.bytes_squares == 14 * exact.ONE**2


def test_merged_halves_are_the_whole():
    """To the bit, for terms that floats would round."""
    terms = np.random.default_rng(7).normal(size=100)
    whole, first, second = Measurement(), Measurement(), Measurement()
    whole.add_moments(bytes=terms)
    first.add_moments(bytes=terms[:31])
    second.add_moments(bytes=terms[31:])
    first.merge(second)
    assert first == whole


def test_a_field_that_is_not_there_is_no_sum():
    """A name misspelt ends where it is written, not in a report."""
    with pytest.raises(AttributeError):
        Measurement().add_totals(second=np.ones(1))


def test_states_of_two_kinds_do_not_merge():
    """Even where their fields look alike."""
    with pytest.raises(Unmergeable):
        Measurement().merge(Other())  # type: ignore[arg-type]
