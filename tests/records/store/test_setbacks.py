"""Lanes that failed: when they may start again, and what is said. Pure."""

from records.store.setbacks import Setbacks, in_words
from records.store.share import Place

NEW, OTHER = ("root", "new"), ("root", "other")
HERE, THERE = Place(NEW, 0), Place(OTHER, 0)


def test_a_lane_that_fails_again_stays_away_longer_up_to_a_minute() -> None:
    """Its candidate's others, and other candidates, are not held back."""
    setbacks = Setbacks()
    pauses = [setbacks.add(HERE, ValueError("no"), 0.0) for _ in range(8)]
    assert pauses == [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 60.0, 60.0]
    assert setbacks.hold_back(HERE, 59.0)
    assert not setbacks.hold_back(HERE, 60.0)
    assert not setbacks.hold_back(THERE, 0.0)
    assert setbacks.counts == {NEW: 8}


def test_a_lane_that_works_again_for_as_long_as_it_stayed_away_is_forgiven() -> None:
    """Until then its candidate is named; a lane that another worker has is nobody's trouble here."""
    setbacks = Setbacks()
    setbacks.add(HERE, ValueError("no"), 0.0)
    setbacks.add(THERE, ValueError("nor this"), 0.0)
    setbacks.look({HERE}, {HERE}, now=2.0)
    assert setbacks.words({}) == {NEW: "fails: ValueError: no"}
    setbacks.look({HERE}, set(), now=9.0)
    assert setbacks.words({}) != {}
    setbacks.look({HERE}, {HERE}, now=9.0)
    assert setbacks.words({}) == {}
    assert setbacks.add(HERE, ValueError("no"), 10.0) == 1.0


def test_what_keeps_a_running_lane_waiting_is_said_too() -> None:
    """Under its candidate's names."""
    assert Setbacks().words({HERE: "NOPERM", THERE: None}) == {NEW: "waits for the store: NOPERM"}


def test_of_several_errors_at_once_the_first_is_told_and_no_long_one_whole() -> None:
    """A group of tasks wraps what happened in it."""
    group = ExceptionGroup("of tasks", [ExceptionGroup("inner", [KeyError("x"), ValueError("y")])])
    assert in_words(group) == "KeyError: 'x'"
    assert len(in_words(ValueError("a" * 10_000))) == 300
