"""Which corners are counted: those that most requests of a sample are in."""

from itertools import product

from comparators.slices import corners
from comparators.slices.conditions import Conditions, in_words
from tests.comparators.slices.asked import enumerated, row


def told(conditions: Conditions) -> list[str]:
    several = range(len(conditions.conditions), conditions.size)
    return [" and ".join(map(in_words, conditions.of(index))) for index in several]


def test_corners_are_of_two_features_the_commonest_first():
    """However the requests were answered, of which nothing is known here."""
    sample = [row(a=n % 2, b="x" if n % 5 else "y") for n in range(100)]
    often, rarely = ([f"a is {bit} and b is '{text}'" for bit in (0, 1)] for text in "xy")
    assert told(enumerated(sample)) == often + rarely


def test_a_corner_that_hardly_anyone_is_in_is_not_counted():
    """Fewer than one request in fifty."""
    sample = [row(a=n % 2, b="z" if n < 6 else "xxy"[n % 3]) for n in range(200)]
    assert {each.split()[-1] for each in told(enumerated(sample))} == {"'x'", "'y'"}


def test_a_corner_that_is_one_of_its_conditions_is_not_counted():
    """Nearly all requests of one carrier are of one airport."""
    sample = [row(carrier=each, airport=each.lower(), n=n % 2) for n, each in enumerate(["UA", "UA", "AA", "AA"] * 20)]
    assert not any("carrier" in each and "airport" in each for each in told(enumerated(sample)))


def test_an_hour_and_its_time_are_one_feature():
    """A value that is often asked about, say, and the hour in it."""
    sample = [row(at=f"2013-02-01T{hour:02}:00", a=n % 2) for n, hour in enumerate([1, 1, 5, 5, 9, 9] * 20)]
    assert not any("hour of at" in each and "at is" in each for each in told(enumerated(sample)))


def test_corners_are_bounded():
    """By the commonest, whatever the number of features."""
    sample = [row(**{f"f{n}": bit for n, bit in enumerate(bits)}) for bits in product((0, 1), repeat=10)][::2]
    wide = [row(**{f"g{n}": each.body[f"f{n % 10}"][0] ^ (n // 10) for n in range(40)}) for each in sample]
    assert len(enumerated(wide).corners) == corners.MAX_CORNERS
