"""Near misses: an error about a name says what may have been meant."""

from ground.near import did_you_mean, nearest

KNOWN = ("disagreement.rate", "disagreement.noise", "coverage.ratio")


def test_the_nearest_name_is_proposed():
    """One, the most alike."""
    assert nearest("disagrement.rate", KNOWN) == "disagreement.rate"
    assert did_you_mean("disagrement.rate", KNOWN) == "; did you mean disagreement.rate?"


def test_nothing_is_proposed_where_nothing_is_near():
    """A wild guess would send its reader astray."""
    assert nearest("x", KNOWN) is None
    assert did_you_mean("x", KNOWN) == ""
