"""Enumerating: which conditions a sample of requests gives rise to."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from comparators.features.features import Features
from comparators.settings import Dimension, SliceSettings
from comparators.slices.conditions import MAX_CONDITIONS
from comparators.slices.enumerating import TOP
from comparators.slices.matching import Matcher
from comparators.slices.overlap import MAX_MISSING, MAX_TOGETHER
from tests.comparators.slices.asked import enumerated, read, row, rows, words

VALUES = st.none() | st.booleans() | st.integers(-3, 3) | st.floats() | st.sampled_from(["", "a", "b", "1"])
SAMPLES = st.lists(st.dictionaries(st.sampled_from("abc"), st.lists(VALUES, max_size=3), max_size=3), max_size=20)


def test_a_feature_gives_missing_its_values_and_its_ranges():
    """Values by how many requests have them, then by value; no ranges for few numbers, none for text."""
    sample = [row(carrier=each, hour=n % 3) for n, each in enumerate(["UA", "AA", "UA", None, "B6", "AA", "UA"])]
    assert words(enumerated(sample)) == [
        "carrier is missing",
        "hour is missing",
        "carrier is 'UA'",
        "carrier is 'AA'",
        "carrier is 'B6'",
        "hour is 0",
        "hour is 1",
        "hour is 2",
    ]


def test_many_numbers_give_ranges_between_their_deciles():
    """Open at both ends, so that what the sample did not have is in one of them; deciles as numpy has them."""
    numbers = [float(each) for each in np.random.default_rng(1).normal(size=500)]
    found = enumerated([row(a=each) for each in numbers]).conditions[1:]
    edges = np.quantile(numbers, np.arange(1, 10) / 10, method="inverted_cdf").tolist()
    assert [(each.kind, each.lo, each.hi) for each in found] == [
        ("range", lo, hi) for lo, hi in zip([None, *edges], [*edges, None], strict=True)
    ]


def test_equal_deciles_are_one_edge():
    """Zero, mostly: no empty range."""
    numbers = [0] * 400 + list(range(1, 101))
    ranges = [each for each in enumerated([row(a=each) for each in numbers]).conditions if each.kind == "range"]
    assert [(each.lo, each.hi) for each in ranges] == [(None, 50), (50, None)]


def test_of_many_values_one_seen_once_is_no_condition():
    """The next request will have another; ten at most are."""
    sample = [row(tail=f"N{n:03}") for n in range(200)] + [row(tail="N001")] * 2
    assert words(enumerated(sample)) == ["tail is missing", "tail is 'N001'"]
    sample = [row(tail=f"N{n % 30:03}") for n in range(90)]
    assert words(enumerated(sample))[1:] == [f"tail is 'N{n:03}'" for n in range(TOP)]


def test_the_unit_is_the_request():
    """A value that one request has a hundred times was seen in one request."""
    sample = [rows(a=["x"] * 100), row(a="y"), row(a="y")]
    assert words(enumerated(sample)) == ["a is missing", "a is 'y'", "a is 'x'"]


@given(SAMPLES, st.randoms(use_true_random=False))
def test_conditions_depend_on_which_requests_there_are_not_on_their_order(sample, random):
    """Also where Python holds values equal that JSON tells apart: 1, 1.0 and true."""
    made = [rows(**each) for each in sample]
    first = enumerated(made)
    random.shuffle(made)
    second = enumerated([Features(dict(reversed(each.body.items())), {}) for each in made])
    assert second.to_bytes() == first.to_bytes()


@given(SAMPLES)
def test_every_value_and_range_occurs_in_the_sample(sample):
    """No condition that nothing ever satisfied, but missing ones."""
    made = [rows(**each) for each in sample]
    conditions = enumerated(made)
    seen = set(Matcher(conditions).match(made).conditions.tolist())
    assert all(index in seen for index, each in enumerate(conditions.conditions) if each.kind != "missing")


def test_configured_dimensions_come_first():
    """Their values are counted whatever else there is; a found feature is not enumerated twice."""
    asked = (SliceSettings(header="X-Country"), SliceSettings(feature="b"))
    sample = [read({"instances": [{"a": 1, "b": n}]}, *asked, headers=((b"x-country", b"DE"),)) for n in range(2)]
    found = enumerated(sample, asked)
    assert words(found) == [
        "header x-country is missing",
        "header x-country is 'DE'",
        "b is missing",
        "b is 0",
        "b is 1",
        "a is missing",
        "a is 1",
    ]
    assert found.configured == 5
    assert words(enumerated(sample, asked, find=False)) == words(found)[:5]


def test_conditions_are_bounded():
    """That each feature is missing comes before the values of any; a feature's values come whole or not at all."""
    random = np.random.default_rng(2)
    sample = [row(**{f"f{n:03}": float(each) for n, each in enumerate(random.normal(size=400))}) for _ in range(50)]
    found = enumerated(sample)
    assert len(found.conditions) <= MAX_CONDITIONS
    assert [each.kind for each in found.conditions[:400]] == ["missing"] * 400
    assert len(found.conditions) == 400 + 160 * 10
    assert len(found.together) <= MAX_TOGETHER


def test_nothing_hidden_is_a_condition():
    """Neither a name, nor a value, nor an edge."""
    sample = [row(ssn="1", name="Ann" if n % 2 else "Bob", x=float(n)) for n in range(50)]
    hidden = {("feature", "ssn"), ("value", "Ann"), ("value", "4")}
    found = enumerated(sample, hidden=lambda kind, name: (kind, name) in hidden)
    assert words(found)[:3] == ["name is missing", "x is missing", "name is 'Bob'"]
    assert not any(each.feature == "ssn" or each.value == "Ann" or 4 in (each.lo, each.hi) for each in found.conditions)
    asked = (SliceSettings(feature="ssn"),)
    assert enumerated(sample, asked, hidden=lambda kind, name: name == "ssn").configured == 0


def test_infinite_and_enormous_numbers_are_no_values():
    """JSON cannot hold the first, a float not the second."""
    sample = [row(a=each) for each in [float("inf"), float("-inf"), 10**400, 2**60, 1, 2]]
    assert words(enumerated(sample)) == ["a is missing", "a is 1", "a is 2"]


def test_whole_numbers_that_are_one_float_are_no_values():
    """Another id would be counted with such a one."""
    assert words(enumerated([row(a=each) for each in (2**53, 2**53 - 1)])) == ["a is missing", f"a is {2**53 - 1}"]


def test_no_sample_gives_no_conditions():
    """Requests that cannot be read give none either."""
    assert enumerated([]).conditions == ()
    assert enumerated([Features({}, {})] * 3).conditions == ()


def test_what_may_be_one_thing_is_counted_together():
    """All pairs of missing features, and values that go together more often than by chance; not what is always so."""
    random = np.random.default_rng(3)
    sample = []
    for _ in range(500):
        dest = ["HNL", "BOS", "SFO"][random.integers(3)]
        distance = {"HNL": 4963, "BOS": 187, "SFO": 2586}[dest]
        sample.append(row(dest=dest, distance=distance, day=int(random.integers(7)), year=2013))
    found = enumerated(sample)
    said = words(found)
    together = {(said[one], said[other]) for one, other in found.together}
    assert ("dest is 'HNL'", "distance is 4963") in together
    assert ("dest is missing", "distance is missing") in together
    assert not any(
        "year is 2013" in pair or "day is" in " ".join(pair).replace("day is missing", "") for pair in together
    )


def test_what_goes_together_in_few_requests_is_not_counted_together():
    """Three times as often as by chance, but a third of the rarer one's requests: two things, not one."""
    sample = [row(a="x" if n % 10 == 0 else "z", b="y" if n % 30 == 0 or n % 30 in (1, 2) else "w") for n in range(300)]
    found = enumerated(sample)
    said = words(found)
    together = {frozenset((said[one], said[other])) for one, other in found.together}
    assert {"a is 'x'", "b is 'y'"} <= set(said)
    assert frozenset(("a is 'x'", "b is 'y'")) not in together


def test_pairs_of_missing_features_are_bounded():
    """Those that the sample shows to be missing first."""
    sample = [row(**{f"f{n:03}": None if n >= 90 else 1 for n in range(100)})] * 3
    found = enumerated(sample)
    both_missing = [pair for pair in found.together if all(found.conditions[each].kind == "missing" for each in pair)]
    assert len(both_missing) >= MAX_MISSING * (MAX_MISSING - 1) // 2
    assert (98, 99) in both_missing
    assert Dimension("feature", "f099") == found.conditions[99].dimension


def test_a_time_gives_the_hours_that_occur():
    """Three at a time, by the hour as it is written; the times themselves are all different ones."""
    sample = [row(at=f"2013-02-{1 + n % 28:02}T{hour:02}:{n:02}:00Z") for n, hour in enumerate([5, 6, 7, 8, 23] * 6)]
    assert words(enumerated(sample)) == [
        "at is missing",
        "hour of at from 3 to 6",
        "hour of at from 6 to 9",
        "hour of at from 21 to 24",
    ]


def test_what_is_not_always_a_time_gives_no_hours():
    """Nor does a day without a time."""
    for values in (["2013-02-01T06:00", "noon"], ["2013-02-01", "2013-02-02"]):
        sample = [row(at=each) for each in values * 2]
        assert not any(each.source == "hour" for each in enumerated(sample).conditions)


def test_hours_that_are_all_alike_are_a_condition_too():
    """The first requests come within an hour, mostly; those of other hours are told from them later."""
    assert "hour of at from 6 to 9" in words(enumerated([row(at="2013-02-01T06:00"), row(at="2013-02-02T07:00")]))
