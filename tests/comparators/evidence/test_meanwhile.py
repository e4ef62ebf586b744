"""Versions that answer at the same time: they are told, and a roll-over is none of that."""

import pytest

from comparators.evidence.epochs import Epoch
from comparators.evidence.gathering import Evidence, latest
from comparators.evidence.meanwhile import ROLL_OVER_NS
from comparators.evidence.versions import VersionChoice
from comparators.extract.version import ModelVersion
from comparators.pairs.summary import Summary
from tests.comparators.evidence.test_gathering import V1, V2, V3, counts, epoch, sums

SECOND, MINUTE, HOUR = 1_000_000_000, 60_000_000_000, 3_600_000_000_000


def evidence(*found: tuple[Epoch, Summary], asked: VersionChoice | None = None) -> Evidence:
    numbered = list(enumerate(found, 1))
    epochs = {number: epoch for number, (epoch, _) in numbered}
    return latest({number: own for number, (_, own) in numbered}, epochs, asked or VersionChoice())


def others(found: Evidence) -> list[tuple[str | None, ModelVersion, ModelVersion, int, int]]:
    return [(each.plan, *each.versions, each.pairs, each.until_ns) for each in found.meanwhile]


def test_replicas_of_two_versions_behind_one_address_are_told():
    """Both answer all the time: of which one the next request is, is chance."""
    found = evidence(
        (epoch(V1, V2), sums(m=(1, 10 * MINUTE, 20 * MINUTE))), (epoch(V1, V3), sums(m=(2, 15 * MINUTE, 25 * MINUTE)))
    )
    assert others(found) == [("m", V1, V2, 3, 20 * MINUTE)]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ((0, 10 * MINUTE), (11 * MINUTE, 12 * MINUTE)),
        ((0, 10 * MINUTE + ROLL_OVER_NS), (10 * MINUTE, 50 * MINUTE)),
        ((0, 20 * MINUTE), (10 * MINUTE, 20 * MINUTE + HOUR + 1)),
    ],
    ids=["silent before", "overlaps for a minute", "silent for an hour"],
)
def test_a_roll_over_is_not_a_mixture(old, new):
    """Neither one that came to an end, nor the moment in which replicas are replaced one by one."""
    assert others(evidence((epoch(V1, V2), sums(m=old)), (epoch(V1, V3), sums(m=new)))) == []


def test_a_longer_overlap_is_a_mixture_for_an_hour():
    """A nanosecond beyond the minute, and to the last one of the hour."""
    old = sums(m=(0, 10 * MINUTE + ROLL_OVER_NS + 1))
    new = sums(m=(10 * MINUTE, 10 * MINUTE + ROLL_OVER_NS + 1 + HOUR))
    assert len(others(evidence((epoch(V1, V2), old), (epoch(V1, V3), new)))) == 1


def test_a_failure_that_is_booked_to_an_old_version_is_no_answer_of_it():
    """A partition that has not heard the new version books to the old one what fails."""
    old = sums(m=(1, 2))
    old.merge(sums("503", m=(30 * MINUTE,)))
    assert others(evidence((epoch(V1, V2), old), (epoch(V1, V3), sums(m=(10 * MINUTE, 40 * MINUTE))))) == []


def test_a_production_that_mixes_is_told_of_each_kind_of_request():
    """By the side that differs; the other one is as it is now, where nothing was heard of it."""
    found = evidence(
        (epoch(V1, V3), sums(m=(0, 30 * MINUTE), other=(0, 30 * MINUTE))),
        (epoch(V2, V3), sums(m=(1, 40 * MINUTE))),
        (epoch(V1, None), sums("503", m=(2, 35 * MINUTE))),
    )
    told = [("m", V1, V3, 2, 35 * MINUTE), ("m", V1, V3, 2, 30 * MINUTE)]
    assert others(found) == told
    assert counts(found) == {"m": 2, "other": 2}


def test_what_never_answered_does_not_mix():
    """A partition may book failures for long to a version that it heard once, of whatever production."""
    old = evidence((epoch(V1, V2), sums("503", m=(0, 30 * MINUTE))), (epoch(V1, V3), sums(m=(1, 40 * MINUTE))))
    assert others(old) == []


def test_where_a_version_is_asked_for_only_the_other_side_can_mix():
    """The pairs of other versions are told apart, and are in none of the numbers."""
    found = [
        (epoch(V1, V2), sums(m=(0, 30 * MINUTE))),
        (epoch(V1, V3), sums(m=(1, 40 * MINUTE))),
        (epoch(V2, V3), sums(m=(2, 35 * MINUTE))),
    ]
    assert len(evidence(*found).meanwhile) == 2
    assert others(evidence(*found, asked=VersionChoice(candidate="3"))) == [("m", V2, V3, 2, 35 * MINUTE)]
    assert others(evidence(*found, asked=VersionChoice("3", "1"))) == []
    assert others(evidence(*found, asked=VersionChoice("2"))) == []
