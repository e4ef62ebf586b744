"""Rhythms: when requests are due, by their own law, whatever happens in a run."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadtest.rhythms import ConstantRate, GammaRate, PlanExtent, RateStage, RecordedRhythm, Stages

NS = 1_000_000_000
ALL = PlanExtent(1_000_000)
gaps = st.lists(st.integers(0, 10 * NS), min_size=1, max_size=50)


def recorded(gaps_ns: list[int]) -> np.ndarray:
    return np.cumsum(np.array([0, *gaps_ns[1:]], dtype=np.int64))


@given(gaps, st.sampled_from([0.5, 1.0, 2.0, 10.0]))
def test_a_speed_divides_every_recorded_time(gaps_ns: list[int], speed: float) -> None:
    """To the nanosecond, at any speed: nothing adds up from one request to the next."""
    at = recorded(gaps_ns)
    found = RecordedRhythm(speed).offsets(at, PlanExtent(len(at)))
    assert np.all(np.abs(found - at / speed) <= 1)


@given(gaps, st.integers(1, 5))
def test_a_source_is_sent_again_in_its_own_rhythm(gaps_ns: list[int], passes: int) -> None:
    """Each pass has the first one's pauses, and begins after it by a pause of its own."""
    at = recorded(gaps_ns)
    found = RecordedRhythm().offsets(at, PlanExtent(passes * len(at)))
    several = found.reshape(passes, len(at))
    assert np.array_equal(np.diff(several, axis=1), np.tile(np.diff(at), (passes, 1)))
    assert np.all(np.diff(found) >= 0)


def test_a_long_pause_is_cut_short() -> None:
    """Where that is asked for, before it is sped up."""
    found = RecordedRhythm(2.0, max_gap_ns=NS).offsets(np.array([0, 10, 60 * NS]), PlanExtent(3))
    assert found.tolist() == [0, 5, 5 + NS // 2]


@pytest.mark.parametrize("rate", [0.1, 3.0, 1_000.0, 30_000.0])
def test_a_constant_rate_does_not_drift(rate: float) -> None:
    """The millionth is due when it should be, to the nanosecond."""
    found = ConstantRate(rate).offsets(np.empty(0, np.int64), ALL)
    assert len(found) == 1_000_000
    assert abs(int(found[-1]) - round(999_999 * NS / rate)) <= 1


@pytest.mark.parametrize(("shape", "variation"), [(1.0, 1.0), (0.25, 2.0), (4.0, 0.5)])
def test_a_rate_by_chance_has_its_mean_and_its_burstiness(shape: float, variation: float) -> None:
    """The pauses' coefficient of variation is 1/√shape; the same for the same seed, another for another."""
    rhythm = GammaRate(1_000.0, seed=7, shape=shape)
    found = rhythm.offsets(np.empty(0, np.int64), PlanExtent(200_000))
    pauses = np.diff(found)
    assert np.mean(pauses) == pytest.approx(1e6, rel=0.02)
    assert np.std(pauses) / np.mean(pauses) == pytest.approx(variation, rel=0.03)
    assert np.array_equal(found, rhythm.offsets(np.empty(0, np.int64), PlanExtent(200_000)))
    assert not np.array_equal(found, rhythm._replace(seed=8).offsets(np.empty(0, np.int64), PlanExtent(200_000)))


def test_poisson_counts_are_poisson() -> None:
    """Their variance over seconds is their mean."""
    found = GammaRate(50.0, seed=3).offsets(np.empty(0, np.int64), PlanExtent(100_000))
    counts = np.bincount(found // NS)[:-1]
    assert np.var(counts) / np.mean(counts) == pytest.approx(1.0, abs=0.1)


def test_stages_send_what_their_ramps_come_to() -> None:
    """From a rate to the next one in a line: half of each stage's ends, times its length."""
    found = Stages((RateStage(10, 100), RateStage(10, 500), RateStage(10, 0))).offsets(np.empty(0, np.int64), ALL)
    assert len(found) == 1_000 + 3_000 + 2_500
    counts = np.bincount(found // NS)
    assert counts[0] == 100
    assert counts[15] == pytest.approx(320, abs=1)
    assert counts[29] == pytest.approx(25, abs=1)
    assert np.all(np.diff(found) >= 0)


@given(st.lists(st.tuples(st.floats(0.1, 20), st.floats(0, 200)), min_size=1, max_size=5))
def test_any_stages_ascend_and_are_as_many_as_their_area(ramps: list[tuple[float, float]]) -> None:
    """Whatever the rates, none too."""
    stages = Stages(tuple(RateStage(*each) for each in ramps))
    found = stages.offsets(np.empty(0, np.int64), ALL)
    rates = [ramps[0][1], *(rate for _, rate in ramps)]
    area = sum((a + b) / 2 * lasts for (lasts, _), a, b in zip(ramps, rates, rates[1:], strict=False))
    assert abs(len(found) - area) <= 2
    assert np.all(np.diff(found) >= 0)
    assert len(found) == 0 or found[-1] <= stages.seconds * NS


@given(st.integers(0, 5 * NS))
def test_no_rhythm_passes_its_extent(until_ns: int) -> None:
    """In time, or in number."""
    at = recorded([0, NS, NS // 3])
    for rhythm in (RecordedRhythm(), ConstantRate(7.0), GammaRate(7.0, 1), Stages((RateStage(3, 9),))):
        found = rhythm.offsets(at, PlanExtent(20, until_ns))
        assert len(found) <= 20
        assert np.all(found < until_ns)
