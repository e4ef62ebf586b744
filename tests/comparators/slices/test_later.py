"""What was not there among the first requests is found later, and little is spent on what is merely rare."""

from collections.abc import Sequence
from itertools import count

from comparators.features.features import Features
from comparators.settings import SliceSettings
from comparators.slices import later, samples
from comparators.slices.conditions import Conditions, in_words
from comparators.slices.later import Watching, enumerate_later
from comparators.slices.samples import SampledRequest
from comparators.slices.slicing import SlicedRequest
from tests.comparators.made import VIEW, view_hiding
from tests.comparators.slices.asked import enumerated, row, words

KIND = (1, "POST /a")
IDS = count()


def found(first: Sequence[Features], window: Sequence[Features], **more) -> list[str]:
    return words(enumerate_later(window, [enumerated(first)], hidden=VIEW.hidden, **more))


def carriers(*names: str) -> list[Features]:
    return [row(carrier=each) for each in names]


def test_a_value_that_was_not_there_is_a_condition():
    """Where enough requests have it; those that are known are no new ones."""
    window = carriers(*["UA"] * 400, *["NEW"] * 80, *["RARE"] * 20)
    assert found(carriers(*["UA", "AA"] * 250), window) == ["carrier is 'NEW'", "carrier is 'RARE'"]
    assert found(carriers(*["UA", "AA"] * 250), carriers(*["UA"] * 491, *["ODD"] * 9)) == []
    assert found(carriers(*["UA", "AA"] * 250), carriers(*["UA", "AA"] * 250)) == []


def test_of_many_values_those_that_are_merely_rare_are_not_new():
    """Ten of them are conditions from the beginning; the others were there too, perhaps."""
    first = carriers(*(f"C{n % 25}" for n in range(500)))
    assert found(first, first) == []
    assert found(first, [*first[:470], *carriers(*["NEW"] * 30)]) == ["carrier is 'NEW'"]


def test_values_that_are_all_different_are_never_new():
    """An id, say, or a number that is measured: it lies in a range that is known."""
    first, window = ([row(id=f"r{n}", x=n + 0.5) for n in range(start, start + 500)] for start in (0, 9_000))
    assert found(first, window) == []


def test_a_feature_that_was_not_sent_brings_all_its_conditions():
    """That it is missing, its values, its ranges."""
    window = [row(a=1, device="phone" if n % 4 else "tablet") for n in range(500)]
    assert found([row(a=1)] * 500, window) == ["device is 'phone'", "device is 'tablet'"]
    half = [row(a=1, **({"speed": n / 10} if n % 2 else {})) for n in range(500)]
    new = found([row(a=1)] * 500, half)
    assert new[0] == "speed is missing"
    assert len(new) == 1 + 10


def test_hours_come_as_the_day_goes_on():
    """The first requests are of one hour, mostly."""
    morning, noon = ([row(at=f"2013-02-01T{hour}:{n % 60:02}:00Z") for n in range(500)] for hour in ("10", "12"))
    assert found(morning, morning) == []
    assert found(morning, noon) == ["hour of at from 12 to 15"]


def test_configured_dimensions_come_first_and_are_alone_where_none_are_to_be_found():
    """They are shown whatever they say, as the first ones are."""
    window = [row(a=5, b=7 if n < 100 else 1) for n in range(500)]
    conditions = enumerate_later(
        window, [enumerated([row(a=1, b=1)] * 500)], (SliceSettings(feature="b"),), hidden=VIEW.hidden
    )
    assert (words(conditions), conditions.configured) == (["b is 7", "a is 5"], 1)
    assert found([row(a=1, b=1)] * 500, window, configured=(SliceSettings(feature="b"),), find=False) == ["b is 7"]


def test_what_is_hidden_is_not_learnt_later_either():
    """Neither by its name nor by its value."""
    view = view_hiding(redact_pointers=("/ssn",), redact_patterns=(r"\d{9}",))
    window = [row(ssn="x", **{"/card": 123456789, "/plan": "free"})] * 500
    known = [enumerated([row(a=1)] * 500)]
    assert words(enumerate_later(window, known, hidden=view.hidden)) == ["a is missing", "plan is 'free'"][1:]


def test_later_conditions_are_bounded():
    """The commonest of them."""
    window = [row(**{f"f{n}": 1 for n in range(60)}) for _ in range(500)]
    assert len(found([row(a=1)] * 500, window)) == later.MAX_CONDITIONS


def test_what_goes_together_with_an_earlier_condition_is_counted_beside_it():
    """Where a station fails, wind gusts are missing, and temperatures are stuck: that is one thing, and not two."""
    first = [row(temp=n % 7, wind_gust=None if n % 20 == 0 else 5) for n in range(500)]
    window = [row(temp=68 if n < 60 else n % 7, wind_gust=None if n < 80 else 5) for n in range(500)]
    known = enumerated(first)
    conditions = enumerate_later(window, [known], hidden=VIEW.hidden)
    assert words(conditions) == ["temp is 68"]
    told = list(map(in_words, conditions.matched))
    assert {(told[one], told[other]) for one, other in conditions.together} == {("temp is 68", "wind_gust is missing")}
    assert enumerate_later(carriers(*["NEW"] * 500), [Conditions(())], hidden=VIEW.hidden).beside == ()


def fed(watching: Watching, window: Sequence[Features]) -> bool:
    asked = [SampledRequest(f"id-{next(IDS)}", SlicedRequest(each, 0)) for each in window]
    return watching.add(KIND, asked)


def test_a_window_is_looked_at_and_then_rests():
    """For a quarter of what was seen; so a value is noticed when a quarter more has come, and a window."""
    watching, known = Watching(hidden=VIEW.hidden), [enumerated(carriers(*["UA"] * 500))]
    assert not watching.rests(KIND, 499)
    assert not fed(watching, carriers(*["UA"] * 499))
    assert not watching.rests(KIND, 1)
    assert fed(watching, carriers("UA"))
    assert watching.propose(KIND, known) is None
    watching.rest(KIND)
    assert watching.rests(KIND, 125)
    assert not watching.rests(KIND, 1)
    assert fed(watching, carriers(*["UA", "NEW"] * 250))
    proposed = watching.propose(KIND, known)
    assert proposed is not None
    assert words(proposed.conditions) == ["carrier is 'NEW'"]
    assert (proposed.first, proposed.sums) == ((), {})


def test_it_never_rests_longer_than_a_bound():
    """However much was seen."""
    watching = Watching(hidden=VIEW.hidden)
    watching.rests(KIND, 10_000_000)
    watching.rest(KIND)
    assert watching.rests(KIND, later.MAX_REST)
    assert not watching.rests(KIND, 1)


def test_windows_are_bounded_in_kinds():
    """The one that was not seen for longest is forgotten, and begins again."""
    watching = Watching(hidden=VIEW.hidden)
    watching.rests(KIND, samples.PAIRS)
    watching.rest(KIND)
    for number in range(later.MAX_KINDS):
        watching.rests((1, str(number)), 1)
    assert not watching.rests(KIND, 1)


def test_without_known_conditions_everything_is_new():
    """Which is what the first requests are to the first enumeration."""
    assert words(enumerate_later(carriers(*["UA"] * 500), [Conditions(())], hidden=VIEW.hidden)) == ["carrier is 'UA'"]
