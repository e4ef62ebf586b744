"""The finder: which slices are named, in which order, and what is said of them."""

import math
import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from comparators.slices import finder
from comparators.slices.conditions import Condition, Conditions
from comparators.slices.evidence import CORNERS
from comparators.slices.finder import SliceFindings, find
from comparators.slices.matching import Matcher
from comparators.slices.sums import SliceSums
from comparators.statistics import sequences
from comparators.statistics.exact import ONE
from comparators.view import of_everything
from tests.comparators.made import view_hiding
from tests.comparators.slices.asked import enumerated, equals, missing, of, ranged, row
from tests.comparators.slices.oracle import log_e_value

ALPHA = 0.05
VIEW = of_everything(ALPHA)


def sums_of(conditions: Conditions, total: tuple[int, int], *slices: tuple[int, int], together=()) -> SliceSums:
    """(requests, of which disagree) of all and of each condition."""
    return SliceSums(
        conditions=conditions.fingerprint(),
        total_n=total[0],
        total_disagreement=total[1] * ONE,
        n=[n for n, _ in slices],
        disagreement=[k * ONE for _, k in slices],
        together=[each * ONE for each in together],
    )


def found_in(conditions: Conditions, *slices: tuple[int, int], total=(10_000, 480), **more) -> SliceFindings:
    return find(conditions, sums_of(conditions, total, *slices, **more), VIEW)


def test_a_slice_that_disagrees_more_is_named():
    """With its own numbers, its complement's, and how much of all disagreement it carries."""
    conditions = of(missing("pressure"), equals("carrier", "UA"))
    (only,) = found_in(conditions, (1000, 380), (2000, 96)).slices
    assert (only.words, only.named, only.configured) == ("pressure is missing", True, False)
    assert (only.n, only.value, only.complement.n) == (1000, 0.38, 9000)
    assert only.complement.value == pytest.approx(100 / 9000)
    assert only.carries == pytest.approx(380 / 480)
    each = ALPHA / 4
    assert only.alpha == each
    assert (only.lo, only.hi) == pytest.approx(tuple(sequences.rate(380, 1000, each)))
    assert (only.complement.lo, only.complement.hi) == pytest.approx(tuple(sequences.rate(100, 9000, each)))


@settings(max_examples=20)
@given(
    st.lists(st.integers(1, 3000).flatmap(lambda n: st.tuples(st.just(n), st.integers(0, n))), min_size=1, max_size=4),
    st.integers(0, 5000),
    st.floats(0, 1),
)
def test_exactly_those_are_named_whose_evidence_is_enough(slices, rest, rate):
    """By the plain definition, over all conditions: no shortcut loses one or adds one."""
    conditions = of(*(missing(f"f{n}") for n in range(len(slices))))
    total = (sum(n for n, _ in slices) + rest, sum(k for _, k in slices) + int(rate * rest))
    needed, named, near = math.log(len(slices) / ALPHA), set(), set()
    for index, (n, k) in enumerate(slices):
        others = total[1] - k, total[0] - n
        if others[1] and k * others[1] > others[0] * n:
            beyond = log_e_value(k, n, *others) - needed
            (named if beyond > 0 else set()).add(f"f{index} is missing")
            (near if abs(beyond) < 0.1 else set()).add(f"f{index} is missing")  # as exact as the oracle's grid
    found = found_in(conditions, *slices, total=total)
    said = [one.words for one in found.slices] + [also.words for one in found.slices for also in one.also]
    assert set(said) - near == named - near
    assert found.named == len(said)


def test_a_slice_is_named_from_the_evidence_that_it_takes_on():
    """Not before, though its rate is higher; and its interval may still overlap with its complement's."""
    conditions, total = of(missing("a"), configured=1), 400
    found = [found_in(conditions, (10_000, k), total=(50_000, total + k)).slices[0] for k in range(80, 180)]
    assert [each.e_value is not None for each in found] == [k > 100 for k in range(80, 180)]
    assert all(each.named == ((each.e_value or 0) >= each.e_value_needed) for each in found)
    assert all(each.e_value_needed == 1 / ALPHA for each in found)
    first = next(each for each in found if each.named)
    assert first.lo < first.complement.hi


def test_the_more_conditions_the_more_it_takes():
    """One looked at alone is named; among a thousand, it may be chance."""
    slices = (200, 24)
    alone, many = of(missing("a")), of(missing("a"), *(equals("b", n) for n in range(999)))
    assert found_in(alone, slices).named == 1
    assert found_in(many, slices, *[(10, 0)] * 999).named == 0


def test_the_strongest_comes_first():
    """By its evidence."""
    conditions = of(missing("a"), missing("b"), missing("c"))
    found = found_in(conditions, (500, 100), (1000, 500), (1000, 300), total=(100_000, 1000))
    assert [each.words for each in found.slices] == ["b is missing", "c is missing", "a is missing"]


def test_one_that_shares_its_disagreement_goes_under_the_strongest():
    """As counted: temperature is missing only where pressure is."""
    conditions = of(missing("pressure"), missing("temp"), missing("wind"), together=((0, 1), (0, 2), (1, 2)))
    slices = (3000, 1140), (500, 190), (600, 180)
    found = found_in(conditions, *slices, total=(30_000, 1700), together=(190, 20, 10))
    assert [each.words for each in found.slices] == ["pressure is missing", "wind is missing"]
    (under,) = found.slices[0].also
    assert (under.words, under.n, under.value) == ("temp is missing", 500, 0.38)
    assert found.named == 3


def test_what_was_not_counted_together_goes_under_where_it_must_overlap():
    """Two that have more disagreement than there is share at least the surplus."""
    conditions = of(missing("a"), equals("b", 1), equals("c", 1))
    found = found_in(conditions, (1000, 400), (1100, 380), (500, 60), total=(10_000, 500))
    assert [each.words for each in found.slices] == ["a is missing", "c is 1"]
    assert [each.words for each in found.slices[0].also] == ["b is 1"]


def test_slices_on_one_feature_go_under_the_strongest():
    """A reader looks at the feature once."""
    conditions = of(ranged("x", None, 1.0), ranged("x", 1.0, 2.0), ranged("x", 2.0, None))
    found = found_in(conditions, (8000, 10), (1000, 170), (1000, 300))
    assert [each.words for each in found.slices] == ["x from 2 on"]
    assert [each.words for each in found.slices[0].also] == ["x from 1 to 2"]


def test_what_was_asked_for_is_always_said():
    """Named or not; those that no request satisfied are left out."""
    configured = [Condition("header", "country", "equals", each) for each in ("DE", "FR", "XX")]
    conditions = of(*configured, missing("a"), configured=3)
    found = found_in(conditions, (5000, 400), (2000, 10), (0, 0), (1000, 48)).slices
    assert [(each.words, each.named, each.configured) for each in found] == [
        ("header country is 'DE'", True, True),
        ("header country is 'FR'", False, True),
    ]


def test_what_is_hidden_now_is_not_said():
    """Though it was counted before somebody hid it."""
    conditions = of(missing("ssn"), missing("a"))
    sums = sums_of(conditions, (10_000, 480), (1000, 380), (900, 200))
    view = view_hiding(redact_pointers=("/ssn",))
    assert [each.words for each in find(conditions, sums, view).slices] == ["a is missing"]


def test_each_slice_is_said_as_the_view_shows_it():
    """Without what a pattern finds in the words alone; those that stand under a stronger one too."""
    conditions = of(missing("a"), equals("b", "jane"))
    sums = sums_of(conditions, (10_000, 480), (900, 400), (1000, 380))
    (only,) = find(conditions, sums, view_hiding(redact_patterns=("is (missing|'jane')",))).slices
    (under,) = only.also
    assert re.fullmatch("a redacted-[a-p]{16}", only.words)
    assert re.fullmatch("b redacted-[a-p]{16}", under.words)


@pytest.mark.parametrize(
    "total", [(0, 0), (1000, 0), (1000, 1000)], ids=["no pairs", "nothing disagrees", "everything disagrees"]
)
def test_nothing_is_named_where_nothing_differs(total):
    """And nothing breaks."""
    conditions = of(missing("a"), configured=1)
    assert found_in(conditions, (total[0] // 2, total[1] // 2), total=total).named == 0


def test_a_slice_that_is_all_requests_is_not_named():
    """It has nothing to be above; asked for, it is said."""
    conditions = of(missing("a"), configured=1)
    (only,) = found_in(conditions, (1000, 500), total=(1000, 500)).slices
    assert (only.named, only.complement.n, only.complement.value) == (False, 0, None)


def test_sums_over_other_conditions_say_nothing():
    """And none at all neither."""
    conditions = of(missing("a"))
    sums = sums_of(of(missing("b")), (1000, 100), (100, 90))
    assert find(conditions, sums, VIEW) == SliceFindings(conditions=1)
    assert find(of(), SliceSums(), VIEW) == SliceFindings()


def test_what_is_listed_is_bounded():
    """However many are named; all of them are counted."""
    many = [equals(f"f{n:04}", 1) for n in range(1000)] + [equals("x", n) for n in range(1000)]
    conditions = of(*many)
    found = found_in(conditions, *[(1000, 900)] * 2000, total=(1_000_000, 120_000))
    assert len(found.slices) == finder.MAX_NAMED
    assert found.named == 2000
    assert all(len(each.also) <= finder.MAX_ALSO for each in found.slices)


def test_a_true_effect_is_found_in_requests():
    """From requests to words: pressure is missing in one of ten, and there the candidate is wrong 38 % of the time."""
    random = np.random.default_rng(5)
    batch, shares = [], []
    for _ in range(4000):
        lost = random.random() < 0.1
        half = lost and random.random() < 0.2
        pressure, temp = None if lost else float(random.normal(1013, 5)), None if half else float(random.normal(10, 8))
        batch.append(
            row(
                pressure=pressure,
                temp=temp,
                carrier=["UA", "AA", "B6"][random.integers(3)],
                hour=int(random.integers(24)),
            )
        )
        shares.append(ONE if random.random() < (0.38 if lost else 0.012) else 0)
    conditions = enumerated(batch[:500])
    matcher, sums = Matcher(conditions), SliceSums()
    sums.add(matcher, matcher.match(batch[500:]), shares[500:])
    found = find(conditions, sums, VIEW)
    (only,) = found.slices
    assert only.words == "pressure is missing"
    assert only.lo < 0.38 < only.hi
    assert only.complement.lo < 0.012 < only.complement.hi < only.lo
    assert [each.words for each in only.also] in ([], ["temp is missing"])
    assert math.isclose(only.alpha, ALPHA * (1 - CORNERS) / 2 / len(conditions.conditions))


def corners_of(*corners: tuple[int, int], **more) -> Conditions:
    return of(equals("country", "X"), equals("device", "Y"), equals("plan", "Z"), corners=corners, **more)


def test_a_corner_that_is_worse_than_both_of_its_conditions_is_named():
    """They stand under it: what they have is its disagreement."""
    conditions = corners_of((0, 1))
    found = found_in(conditions, (2_200, 117), (2_300, 118), (2_000, 36), (500, 100), total=(10_000, 195))
    (only,) = found.slices
    assert (only.words, only.named) == ("country is 'X' and device is 'Y'", True)
    assert (only.condition, only.second) == conditions.conditions[:2]
    assert (only.n, only.value, only.complement.n) == (500, 0.2, 9_500)
    assert {each.words for each in only.also} == {"country is 'X'", "device is 'Y'"}


def test_a_corner_that_only_has_what_one_of_its_conditions_has_is_not_named():
    """All requests of the country disagree alike, whatever the device."""
    found = found_in(corners_of((0, 1)), (2_200, 440), (2_300, 175), (2_000, 100), (500, 100), total=(10_000, 518))
    assert [each.words for each in found.slices] == ["country is 'X'"]


def test_a_corner_stands_beside_its_condition_where_both_say_something():
    """The country disagrees, and on this device far more."""
    found = found_in(corners_of((0, 1)), (2_200, 540), (2_300, 375), (2_000, 120), (500, 300), total=(10_000, 620))
    assert {each.words for each in found.slices} == {"country is 'X'", "country is 'X' and device is 'Y'"}
    assert [one.words for each in found.slices for one in each.also] == ["device is 'Y'"]


def test_corners_on_one_feature_go_under_the_strongest():
    """A reader looks at these features once."""
    conditions = corners_of((0, 1), (0, 2))
    slices = (2_200, 137), (2_300, 118), (2_000, 86), (500, 100), (300, 50)
    found = found_in(conditions, *slices, total=(10_000, 195))
    assert found.slices[0].words == "country is 'X' and device is 'Y'"
    assert "country is 'X' and plan is 'Z'" in [each.words for each in found.slices[0].also]


def test_corners_have_a_share_of_alpha_of_their_own():
    """A quarter, where there are any; intervals are by it too."""
    slices = (2_200, 117), (2_300, 118), (2_000, 36)
    alone = found_in(corners_of(configured=1), *slices).slices[0]
    first, corner = sorted(
        found_in(corners_of((0, 1), configured=3), *slices, (500, 100), total=(10_000, 195)).slices,
        key=lambda each: each.second is not None,
    )[-2:]
    assert (alone.e_value_needed, first.e_value_needed) == pytest.approx((3 / ALPHA, 3 / (0.75 * ALPHA)))
    assert (corner.e_value_needed, corner.alpha) == pytest.approx((1 / (0.25 * ALPHA), 0.25 * ALPHA / 2))
    assert (corner.lo, corner.hi) == pytest.approx(tuple(sequences.rate(100, 500, corner.alpha)))


def test_a_corner_is_hidden_where_either_of_its_conditions_is():
    """Though both were counted before."""
    conditions = corners_of((0, 1))
    sums = sums_of(conditions, (10_000, 195), (2_200, 117), (2_300, 118), (2_000, 36), (500, 100))
    shown = find(conditions, sums, view_hiding(redact_pointers=("/country",))).slices
    assert [each.words for each in shown] == ["device is 'Y'"]


def test_requests_of_one_unit_are_not_so_many_reasons_to_name_a_slice():
    """All sums are divided by the design effect; the rate and the number of requests stay what they are."""
    conditions = of(missing("pressure"))
    sums = sums_of(conditions, (10_000, 480), (1_000, 90))
    (alone,) = find(conditions, sums, VIEW).slices
    assert find(conditions, sums, VIEW, 20.0).named == 0
    configured = of(missing("pressure"), configured=1)
    (alike,) = find(configured, sums_of(configured, (10_000, 480), (1_000, 90)), VIEW, 20.0).slices
    assert (alike.n, alike.value, alike.complement.n) == (alone.n, alone.value, alone.complement.n)
    assert alike.sums == {"k": 90.0, "n": 1_000, "design_effect": 20.0}
    assert (alike.lo, alike.hi) == pytest.approx(tuple(sequences.rate(90 / 20, 1_000 / 20, alike.alpha)))
