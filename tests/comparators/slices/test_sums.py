"""SliceSums: exact sums, in any order and grouping, of one set of conditions."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from comparators.errors import Unmergeable
from comparators.slices.matching import Matcher
from comparators.slices.octaves import pictures
from comparators.slices.sums import SliceSums
from comparators.statistics.exact import ONE
from comparators.statistics.sums import merge_named
from tests.comparators.slices.asked import equals, missing, of, row, satisfies

CONDITIONS = of(
    missing("a"), missing("b"), equals("a", 1), equals("b", "x"), together=((0, 1), (2, 3)), corners=((0, 3), (1, 2))
)
REQUESTS = st.builds(lambda a, b: row(a=a, b=b), st.sampled_from([None, 1, 2]), st.sampled_from([None, "x", "y"]))
COUNTED = st.lists(st.tuples(REQUESTS, st.integers(0, ONE)), max_size=10)


def summed(counted, conditions=CONDITIONS) -> SliceSums:
    matcher, sums = Matcher(conditions), SliceSums()
    batch = [each for each, _ in counted]
    sums.add(matcher, matcher.match(batch), [share for _, share in counted])
    return sums


@given(COUNTED)
def test_sums_are_exact(counted):
    """Against Python's own integers, one request at a time."""
    sums = summed(counted)
    assert sums.total_n == len(counted)
    assert sums.total_disagreement == sum(share for _, share in counted)
    for index in range(CONDITIONS.size):
        own = CONDITIONS.of(index)
        shares = [share for each, share in counted if all(satisfies(each, one) for one in own)]
        assert (sums.n[index], sums.disagreement[index]) == (len(shares), sum(shares))
    for index, pair in enumerate(CONDITIONS.together):
        both = [CONDITIONS.conditions[each] for each in pair]
        assert sums.together[index] == sum(s for each, s in counted if all(satisfies(each, one) for one in both))


@given(COUNTED)
def test_what_satisfies_an_earlier_condition_too_is_counted_and_nothing_else_of_that(counted):
    """Of a later condition how much of its disagreement an earlier one has as well."""
    later = of(equals("a", 2), equals("b", "y"), beside=(missing("b"), missing("a")), together=((0, 2), (1, 3)))
    sums = summed(counted, later)
    assert len(sums.n) == len(sums.disagreement) == 2
    for index, own in enumerate(later.conditions):
        shares = [share for each, share in counted if satisfies(each, own)]
        assert (sums.n[index], sums.disagreement[index]) == (len(shares), sum(shares))
    for index, pair in enumerate(later.together):
        both = [later.matched[each] for each in pair]
        assert sums.together[index] == sum(s for each, s in counted if all(satisfies(each, one) for one in both))


@given(COUNTED, st.integers(0, 10))
def test_pictures_of_distances_are_summed_beside_them(counted, cut):
    """Exactly, wherever a batch ends."""
    matcher, sums = Matcher(CONDITIONS), SliceSums()
    for part in (counted[:cut], counted[cut:]):
        batch = SliceSums()
        requests = [each for each, _ in part]
        batch.add_distances(matcher, matcher.match(requests), [share for _, share in part])
        sums.merge(batch)
    found = pictures([share for _, share in counted])
    assert sums.total_octaves == sum(found)
    for index in range(CONDITIONS.size):
        own = CONDITIONS.of(index)
        inside = [one for (each, _), one in zip(counted, found, strict=True) if all(satisfies(each, c) for c in own)]
        assert sums.octaves[index] == sum(inside)
    assert sums.disagreement == summed(counted).disagreement


def test_conditions_have_corners_or_earlier_ones_beside_them():
    """Both would have the indices behind the conditions; and no pair names what is not there."""
    with pytest.raises(ValueError, match="and not both"):
        of(missing("a"), missing("b"), corners=((0, 1),), beside=(missing("c"),))
    with pytest.raises(ValueError, match="not there"):
        of(missing("a"), beside=(missing("c"),), together=((0, 2),))


@given(st.lists(COUNTED, min_size=1, max_size=5), st.randoms(use_true_random=False))
def test_merged_in_any_order_they_are_the_same(batches, random):
    """And where a batch ends changes no bit."""
    whole = summed([each for batch in batches for each in batch])
    parts = [summed(batch) for batch in batches]
    random.shuffle(parts)
    total = SliceSums()
    for part in parts:
        before = msgspec.json.encode(part)
        total.merge(part)
        assert msgspec.json.encode(part) == before
    assert total == whole


def test_more_than_a_float_holds_is_still_exact():
    """Ten thousand shares that differ in their last bit."""
    counted = [(row(a=None), ONE - each % 2) for each in range(10_000)]
    sums = summed(counted)
    assert sums.disagreement[0] == sums.together[0] == sums.total_disagreement == 10_000 * ONE - 5_000


def test_they_merge_by_name_into_nothing():
    """As a summary's other states do."""
    into: dict[str, SliceSums] = {}
    merge_named(into, {"x": summed([(row(a=1), 5)])})
    assert into["x"] == summed([(row(a=1), 5)])
    assert msgspec.json.decode(msgspec.json.encode(into["x"]), type=SliceSums) == into["x"]


def test_sums_over_other_conditions_are_refused():
    """Merged, or added to."""
    sums, other = summed([(row(a=1), 5)]), of(missing("a"))
    with pytest.raises(Unmergeable, match="cannot join"):
        sums.merge(summed([(row(a=1), 5)], other))
    with pytest.raises(Unmergeable, match="cannot join"):
        sums.add(Matcher(other), Matcher(other).match([]), [])
    with pytest.raises(Unmergeable, match="cannot join"):
        sums.merge(SliceSums(conditions=sums.conditions, n=[1], disagreement=[1]))


def test_no_conditions_are_counted_too():
    """Requests in all, and nothing besides."""
    sums = summed([(row(a=1), 5)], of())
    assert (sums.total_n, sums.total_disagreement, sums.n, sums.disagreement) == (1, 5, [], [])
