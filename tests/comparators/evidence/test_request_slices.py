"""Slices of a report: by how often a kind of request disagrees, and by how far apart its answers are."""

import pytest
from msgspec import structs

from comparators.compare.embedding import EmbeddingSums
from comparators.compare.score_sums import ScoreSums
from comparators.compare.text import TextSums
from comparators.evidence.report import PlanSlice
from comparators.evidence.request_slices import distance_slices_of, slices_of
from comparators.pairs.summary import PlanSummary
from comparators.slices.conditions import Conditions
from comparators.slices.slicing import SlicedRequest, Slicing, name_of
from comparators.slices.sums import SliceSums
from comparators.statistics.edges import EdgeHistogram
from comparators.statistics.exact import ONE
from tests.comparators.made import VIEW
from tests.comparators.slices.asked import equals, missing, of, row

KEY = "POST /score"
CONDITIONS = of(equals("carrier", "UA"), missing("pressure"), configured=1)


def sums(*slices: tuple[int, float], total: tuple[int, float]) -> SliceSums:
    return SliceSums(
        conditions=CONDITIONS.fingerprint(),
        total_n=total[0],
        total_disagreement=round(total[1] * ONE),
        n=[n for n, _ in slices],
        disagreement=[round(share * ONE) for _, share in slices],
    )


def summary(disagreement: SliceSums, **distances: SliceSums) -> PlanSummary:
    own = PlanSummary(heads={"/text": TextSums(), "/vector": EmbeddingSums()})
    fingerprint = CONDITIONS.fingerprint()
    own.add_slices({name_of(fingerprint): disagreement})
    own.add_slices({name_of(fingerprint, f"/{output}"): each for output, each in distances.items()})
    return own


NEARLY_ALL = sums((2_000, 1_980), (500, 495), total=(10_000, 9_900))


def test_where_nearly_all_disagree_the_slice_that_is_further_apart_is_told():
    """99 % disagree everywhere; for one carrier the texts are others altogether."""
    own = summary(NEARLY_ALL, text=sums((2_000, 1_600), (500, 105), total=(10_000, 3_200)))
    assert not any(each.named for each in slices_of(KEY, own, [CONDITIONS], VIEW))
    (found,) = distance_slices_of(KEY, own, [CONDITIONS], VIEW)
    assert (found.plan, found.head, found.words) == (KEY, "/text", "carrier is 'UA'")
    assert (found.distance, found.unit) == ("edit distance", "share")
    assert (found.within.n, found.within.value) == (2_000, 0.8)
    assert (found.elsewhere.n, found.elsewhere.value) == (8_000, 0.2)
    assert found.e_value > found.e_value_needed


def test_a_distance_is_told_in_its_own_unit():
    """Of vectors 1 - cosine, which goes to 2."""
    (found,) = distance_slices_of(
        KEY, summary(NEARLY_ALL, vector=sums((2_000, 800), (9, 1), total=(10_000, 900))), [CONDITIONS], VIEW
    )
    assert (found.within.value, found.elsewhere.value) == pytest.approx((0.8, 0.025))
    assert found.within.lo < 0.8 < found.within.hi


def test_a_regressor_that_is_off_for_one_carrier_is_told_in_the_units_of_its_scores():
    """Clipped differences are shares of the clip, which the plan has."""
    own = PlanSummary(heads={"/score": ScoreSums(absolute=EdgeHistogram(top=7))})
    far = sums((2_000, 2_000 * 20 / 128), (500, 20), total=(10_000, 2_000 * 20 / 128 + 8_000 * 5 / 128))
    fingerprint = CONDITIONS.fingerprint()
    own.add_slices({name_of(fingerprint): NEARLY_ALL, name_of(fingerprint, "/score"): far})
    (found,) = distance_slices_of(KEY, own, [CONDITIONS], VIEW)
    assert (found.words, found.distance, found.unit) == ("carrier is 'UA'", "absolute difference", "value")
    assert (found.within.value, found.elsewhere.value) == pytest.approx((20, 5))
    assert found.within.lo < 20 < found.within.hi


def test_the_one_carrier_that_is_20_off_is_told_beside_a_clip_of_2048():
    """Its 100 requests have a mean that is too small a share of the clip to say anything; their octaves do not."""
    slicing = Slicing.of(CONDITIONS, since_ms=0)
    asked = [(row(carrier="UA"), 20), *[(row(carrier=f"C{n}"), 1) for n in range(99)]]
    (_, far) = slicing.counted(
        [SlicedRequest(each, ONE, {"/score": off * ONE // 2_048}) for each, off in asked * 100]
    ).values()
    own = PlanSummary(heads={"/score": ScoreSums(absolute=EdgeHistogram(top=11))})
    own.add_slices({name_of(CONDITIONS.fingerprint(), "/score"): far})
    (found,) = distance_slices_of(KEY, own, [CONDITIONS], VIEW)
    assert (found.words, found.within.n) == ("carrier is 'UA'", 100)
    assert (found.within.value, found.elsewhere.value) == pytest.approx((20, 1))
    own.slices = {name: structs.replace(sums, octaves=[], total_octaves=0) for name, sums in own.slices.items()}
    assert not distance_slices_of(KEY, own, [CONDITIONS], VIEW)


def test_disagreement_and_distances_share_alpha():
    """So that the chance of ever naming any falsely is alpha for all of them together."""
    far = sums((2_000, 1_600), (500, 105), total=(10_000, 3_200))
    alone, one, two = (
        summary(NEARLY_ALL, **dict.fromkeys(names, far)) for names in ((), ("text",), ("text", "vector"))
    )
    needed = [slices_of(KEY, each, [CONDITIONS], VIEW)[0].e_value_needed for each in (alone, one, two)]
    assert needed == pytest.approx([2 / 0.04, 2 / 0.02, 2 / 0.02])
    needed = [each.e_value_needed for each in distance_slices_of(KEY, one, [CONDITIONS], VIEW)]
    assert needed == pytest.approx([2 / 0.02])
    needed = [each.e_value_needed for each in distance_slices_of(KEY, two, [CONDITIONS], VIEW)]
    assert needed == pytest.approx([2 / 0.01] * 2)


LATER = of(equals("carrier", "NEW"))
LATER_SUMS = SliceSums(
    conditions=LATER.fingerprint(), total_n=3_000, total_disagreement=130 * ONE, n=[500], disagreement=[100 * ONE]
)


def test_what_is_first_seen_later_has_its_own_share_of_alpha():
    """A fifth for all later conditions together, whether they come or not: a quarter of it each time."""
    own = summary(sums((2_000, 20), (500, 5), total=(10_000, 100)))
    own.add_slices({name_of(LATER.fingerprint()): LATER_SUMS})
    first, found = slices_of(KEY, own, [CONDITIONS, LATER], VIEW)
    assert (first.words, first.later, first.named) == ("carrier is 'UA'", False, False)
    assert (found.words, found.later, found.named) == ("carrier is 'NEW'", True, True)
    assert (found.n, found.complement.n) == (500, 2_500)
    assert [each.e_value_needed for each in (first, found)] == pytest.approx([2 / 0.04, 1 / 0.0025])


def test_distances_of_what_is_first_seen_later_are_told_too():
    """By half of its share of alpha."""
    far = sums((2_000, 200), (500, 50), total=(10_000, 1_000))
    own = summary(NEARLY_ALL, text=far)
    own.add_slices({name_of(LATER.fingerprint()): LATER_SUMS, name_of(LATER.fingerprint(), "/text"): LATER_SUMS})
    (found,) = distance_slices_of(KEY, own, [CONDITIONS, LATER], VIEW)
    assert (found.words, found.head, found.later) == ("carrier is 'NEW'", "/text", True)
    assert found.e_value_needed == pytest.approx(1 / 0.00125)


def later_beside(first: int, both: int, **more) -> tuple[list[PlanSlice], Conditions]:
    """The first slices name `carrier is 'UA'` where so many of its requests disagree; a later one, of which so much
    disagreement is of that carrier.
    """
    beside = of(equals("flight", 12), beside=(equals("carrier", "UA"),), together=((0, 1),), **more)
    own = summary(sums((2_000, first), (500, 5), total=(10_000, first + 10)))
    own.add_slices({name_of(beside.fingerprint()): SliceSums(
        conditions=beside.fingerprint(), total_n=3_000, total_disagreement=130 * ONE, n=[500], disagreement=[100 * ONE],
        together=[both * ONE],
    )})  # fmt: skip
    return slices_of(KEY, own, [CONDITIONS, beside], VIEW), beside


def test_a_later_slice_stands_under_the_earlier_one_that_has_its_disagreement():
    """Named by its own evidence, with the alpha of its own interval; the report says that it is counted since later."""
    (found,), beside = later_beside(first=400, both=80)
    assert (found.words, found.later, found.named) == ("carrier is 'UA'", False, True)
    (under,) = found.also
    assert (under.words, under.later, under.n, under.value) == ("flight is 12", True, 500, 0.2)
    (alone,) = slices_of(KEY, _alone(beside), [of(), beside], VIEW)
    assert (under.lo, under.hi, under.alpha) == (alone.lo, alone.hi, alone.alpha)
    assert under.e_value == alone.e_value >= alone.e_value_needed


def _alone(beside: Conditions) -> PlanSummary:
    own = PlanSummary()
    own.add_slices({name_of(beside.fingerprint()): SliceSums(
        conditions=beside.fingerprint(), total_n=3_000, total_disagreement=130 * ONE, n=[500], disagreement=[100 * ONE],
        together=[80 * ONE],
    )})  # fmt: skip
    return own


@pytest.mark.parametrize(
    ("first", "both", "more"),
    [(400, 49, {}), (2, 80, {}), (400, 80, {"configured": 1})],
    ids=["mostly others", "the earlier one is not named", "asked for"],
)
def test_a_later_slice_stands_alone_where_it_is_another_thing(first, both, more):
    """Where most of its disagreement is of others, no earlier one is named, or settings ask for it."""
    found, _ = later_beside(first, both, **more)
    assert [(each.words, each.later, each.also) for each in found] == [
        ("carrier is 'UA'", False, ()),
        ("flight is 12", True, ()),
    ]
