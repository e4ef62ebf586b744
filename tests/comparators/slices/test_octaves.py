"""The picture of a distance: its place among the powers of two below the largest."""

from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from comparators.slices.octaves import OCTAVES, pictures
from comparators.statistics.exact import ONE

DISTANCES = st.integers(0, ONE) | st.integers(0, 40).map(lambda octave: ONE >> octave)


@given(DISTANCES)
def test_a_picture_is_the_octave_and_a_line_within_it(distance):
    """Against fractions, to the last bit."""
    expected = 0
    if distance:
        octave = distance.bit_length() - 1
        above = OCTAVES + octave - 40 + Fraction(distance, 1 << octave) - 1
        expected = int(max(above, 0) * ONE / OCTAVES)
    assert pictures([distance]) == [expected]


@given(DISTANCES, DISTANCES)
def test_what_is_further_apart_is_never_less_in_the_picture(one, other):
    """It lies in [0, 1]."""
    lower, higher = pictures(sorted((one, other)))
    assert 0 <= lower <= higher <= ONE


def test_an_octave_is_a_sixteenth():
    """From the largest on down; what is smaller than all of them is nothing."""
    assert pictures([ONE, ONE // 2, ONE >> 15, ONE >> 16, 1, 0]) == [ONE, ONE * 15 // 16, ONE // 16, 0, 0, 0]
    assert pictures([]) == []
