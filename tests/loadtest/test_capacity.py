"""The search for a capacity, against targets whose capacity is known."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from loadtest.capacity import CLOSE, MAX_PROBES, Found, LoadSearch, Probe, outcome_in_words

Target = Callable[[float], Found]


def searched(search: LoadSearch, target: Target) -> list[Probe]:
    probes: list[Probe] = []
    while (load := search.next(probes)) is not None:
        probes.append(Probe(load=load, found=target(load), why="because", values={}))
    return probes


def up_to(capacity: float, beyond: Found = "missed") -> Target:
    return lambda load: "met" if load <= capacity else beyond


def words(search: LoadSearch, probes: list[Probe]) -> str:
    return "; ".join(outcome_in_words(search, probes, "/s"))


@pytest.mark.parametrize("capacity", [1.0, 1.01, 3.0, 99.0, 100.0, 777.0, 65_000.0, 99_999.0])
def test_a_capacity_is_found(capacity: float) -> None:
    """It lies between the highest load that was met and the lowest that was missed, and these lie close together."""
    search = LoadSearch(1.0, 100_000.0)
    probes = searched(search, up_to(capacity))
    met, missed = search.met(probes), search.missed(probes)
    assert met is not None
    assert missed is not None
    assert met <= capacity < missed
    assert missed / met <= CLOSE * 1.000001
    assert len(probes) <= MAX_PROBES


def test_where_it_ends_above_or_below() -> None:
    """The capacity is beyond what may be tried, or below the least of it: both are said, and no number is made up."""
    search = LoadSearch(10.0, 1_000.0)
    above, below = searched(search, up_to(5_000.0)), searched(search, up_to(2.0))
    assert words(search, above) == "1000/s, the most that was tried, meets them: the capacity is higher"
    assert words(search, below) == "not even 10/s meets the thresholds"
    assert len(below) == 1


def test_a_high_load_is_written_out() -> None:
    """A rate of five digits is no power of ten."""
    search = LoadSearch(12_345.0, 12_345.0)
    assert words(search, searched(search, up_to(99_999.0))).startswith("12,345/s, the most that was tried")


def test_what_cannot_be_decided_is_not_called_missed() -> None:
    search = LoadSearch(10.0, 1_000.0)
    told = words(search, searched(search, up_to(100.0, beyond="undecided")))
    assert "at which the run was too short to tell" in told
    assert "that does not" not in told
    nothing = words(search, searched(search, up_to(1.0, beyond="undecided")))
    assert nothing == "nothing is known of the capacity: at 10/s the run was too short to tell (--duration)"


def test_a_probe_that_measured_its_generator_is_made_once_more() -> None:
    """And where that says no more, the search ends with what was found, and says where and why."""
    search = LoadSearch(10.0, 1_000.0)
    probes = searched(search, lambda load: "met" if load < 100 else "invalid")
    assert [each.found for each in probes[-2:]] == ["invalid", "invalid"]
    assert probes[-1].load == probes[-2].load
    told = words(search, probes)
    assert f"{probes[-3].load:g}/s meets the thresholds; how much more does is not known" in told
    assert f"at {probes[-1].load:g}/s the run was no evidence: because" in told
    assert "the capacity is higher" not in told


def test_a_disturbance_that_is_over_costs_a_probe() -> None:
    times = 0

    def disturbed_once(load: float) -> Found:
        nonlocal times
        if load >= 100 and not times:
            times += 1
            return "invalid"
        return up_to(300.0)(load)

    search = LoadSearch(10.0, 1_000.0)
    probes = searched(search, disturbed_once)
    met, missed = search.met(probes), search.missed(probes)
    assert met is not None
    assert missed is not None
    assert met <= 300 < missed
    assert missed / met <= CLOSE * 1.000001
