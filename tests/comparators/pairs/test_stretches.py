"""Neighbours in time that resemble each other: what is measured of it, and that intervals hold for it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from comparators.compare.latency import Timing
from comparators.evidence.request_metrics import metrics_of
from comparators.metrics.metric import Metric
from comparators.pairs.comparison import Comparison
from comparators.pairs.stretches import STRETCHES, StretchSums
from comparators.pairs.summary import PlanSummary
from comparators.statistics.exact import ONE

MS = 1_000_000
ALPHA = 0.05
N = 6_400


def comparison(*, disagrees: bool = False, candidate: str = "200", timing: Timing | str = "failed") -> Comparison:
    return Comparison(
        plan="POST /a", wall_ns=0, production="200", candidate=candidate, timing=timing, rows_disagreeing=int(disagrees)
    )


def summary_of(comparisons: Sequence[Comparison], *, in_time: bool = True) -> PlanSummary:
    """Pairs in the order in which they were due."""
    found = PlanSummary()
    found.add(comparisons)
    if in_time:
        for stretch, own in enumerate(np.array_split(np.arange(len(comparisons)), STRETCHES)):
            found.stretches.add(stretch, [comparisons[place] for place in own])
    return found


def metrics_in(comparisons: Sequence[Comparison], *, in_time: bool = True) -> dict[str, Metric]:
    return metrics_of(summary_of(comparisons, in_time=in_time), ALPHA)


def is_missed(metric: Metric, truth: float) -> bool:
    assert metric.lo is not None
    return truth < metric.lo or (metric.hi is not None and truth > metric.hi)


def bursts(chance: np.random.Generator, n: int, rate: float, length: int) -> np.ndarray:
    """So many neighbours are alike, and from burst to burst nothing is."""
    return np.repeat(chance.random(n // length + 1) < rate, length)[:n]


@pytest.mark.parametrize("rate", [0.002, 0.05, 0.5])
def test_independent_disagreement_has_no_effect(rate: float) -> None:
    """Rare, common, and even: of 300 runs hardly one is taken for one with bursts."""
    chance = np.random.default_rng(1)
    sizes = [N // STRETCHES] * STRETCHES
    found = [
        StretchSums(compared=sizes, disagreement=(chance.binomial(sizes, rate) * ONE).tolist()).effect_of_disagreement()
        for _ in range(300)
    ]
    assert sum(effect > 1 for effect in found) <= 9


@pytest.mark.parametrize(("n", "length"), [(N, 20), (N, 100), (N, 400), (400, 20)])
def test_the_interval_holds_where_answers_are_wrong_in_bursts(n: int, length: int) -> None:
    """Shorter than a stretch, as long, and longer, and of few requests; taken as independent it misses."""
    chance = np.random.default_rng(length)
    missed = {True: 0, False: 0}
    for _ in range(60):
        wrong = [comparison(disagrees=bool(each)) for each in bursts(chance, n, 0.2, length)]
        for in_time in missed:
            missed[in_time] += is_missed(metrics_in(wrong, in_time=in_time)["disagreement.rate"], 0.2)
    assert missed[True] <= 3
    assert missed[False] >= 9


def test_failures_in_bursts_have_an_effect_of_their_own() -> None:
    """An overloaded candidate refuses many in a row; nothing else is thereby less certain."""
    chance = np.random.default_rng(5)
    failed = [
        comparison(candidate="503" if each else "200", disagrees=bool(at % 10 == 0))
        for at, each in enumerate(bursts(chance, N, 0.1, 200))
    ]
    found, alone = metrics_in(failed), metrics_in(failed, in_time=False)
    assert found["errors.new_minus_fixed"].sums["design_effect_of_new"] > 50
    assert found["disagreement.rate"] == alone["disagreement.rate"]


def queue(chance: np.random.Generator, n: int, load: float) -> np.ndarray:
    """Response times of M/M/1, served 1 ms on average, in ns; their mean is 1/(1 - load) ms."""
    pauses, served = chance.exponential(MS / load, n), chance.exponential(MS, n)
    found, wait = np.empty(n), 0.0
    for at in range(n):
        found[at] = wait + served[at]
        wait = max(0.0, found[at] - (pauses[at + 1] if at + 1 < n else 0.0))
    return found


def test_latencies_hold_their_truth_where_a_queue_connects_them() -> None:
    """Production took 1 ms each; the candidate queues at a load of 0.7."""
    chance = np.random.default_rng(7)
    names = ("latency.paired_mean_ms", "latency.paired_ratio_p50", "latency.candidate.p90_ms")
    truths = (1 / 0.3 - 1, np.log(2) / 0.3, np.log(10) / 0.3)
    missed = {True: dict.fromkeys(names, 0), False: dict.fromkeys(names, 0)}
    for _ in range(60):
        times = queue(chance, N + 1_000, 0.7)[1_000:]
        pairs = [comparison(timing=Timing(MS, int(each))) for each in times]
        for in_time, counts in missed.items():
            found = metrics_in(pairs, in_time=in_time)
            for name, truth in zip(names, truths, strict=True):
                counts[name] += is_missed(found[name], truth)
    assert max(missed[True].values()) <= 3, missed
    assert max(missed[False].values()) >= 9, missed


def test_parts_add_up_to_the_whole_to_the_bit() -> None:
    """However a run is divided among batches and hosts."""
    chance = np.random.default_rng(9)
    pairs = [
        comparison(disagrees=bool(chance.random() < 0.3), timing=Timing(MS, int(chance.exponential(MS)) + 1))
        for _ in range(1_000)
    ]
    whole = summary_of(pairs)
    parts = [PlanSummary() for _ in range(3)]
    for place, each in enumerate(pairs):
        own = parts[int(chance.integers(3))]
        own.add([each])
        own.stretches.add(
            next(s for s, some in enumerate(np.array_split(np.arange(1_000), 64)) if place in some), [each]
        )
    together = PlanSummary()
    for own in parts:
        together.merge(own)
    assert together.stretches == whole.stretches


def test_of_few_requests_nothing_is_found() -> None:
    """Fewer than ten groups of eight tell nothing of how neighbours resemble each other: no effect is made up."""
    assert summary_of([comparison(disagrees=at < 40) for at in range(79)]).stretches.effect_of_disagreement() == 1.0
    assert summary_of([comparison(disagrees=at < 40) for at in range(80)]).stretches.effect_of_disagreement() > 5
    assert StretchSums().effect_of_latency() == StretchSums().effect_of_failures() == 1.0


def test_constant_times_have_no_effect() -> None:
    """Nothing varies, so nothing varies together."""
    pairs = [comparison(timing=Timing(MS, 2 * MS)) for _ in range(640)]
    assert summary_of(pairs).stretches.effect_of_latency() == 1.0
