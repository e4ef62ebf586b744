"""What a request more costs, from runs of two lengths."""

from dataclasses import replace

import pytest

from benchmarks.budgets import REPLAY, REPLAY_END, REPLAY_P99, Judgement
from benchmarks.judging import Figures, Names, judgements
from benchmarks.replay.costs import OURS, Cost, Costs, Work, marginal, middle
from benchmarks.replay.fidelity import Fidelity, Truth
from benchmarks.replay.tables import cost_table, fidelity_table

NAMES = Names(recording="", shadowing="", nginx="", nginx_mirror="", envoy_mirror="")
FIDELITY = Fidelity(
    truth=Truth(
        requests=60_000,
        planned_s=60.0,
        ended_late_ms=6.0,
        wasserstein_us=20.0,
        late_p50_us=80.0,
        late_p99_us=900.0,
        lag_p50_us=50.0,
        lag_p99_us=600.0,
    ),
    idle=0.8,
    taken=0.01,
)


def cost(cpu_us: float, scoring_us: float = 0.0) -> Cost:
    return Cost(cpu_us=cpu_us, scoring_us=scoring_us, per_s=1.0)


def test_no_start_is_in_what_a_request_more_costs() -> None:
    """Two seconds to start, then 50 µs a request and 10 of scoring, sent at 10,000 a second."""
    short, long = (
        Work(requests=count, seconds=1.5 + count / 10_000, cpu_s=2 + 50e-6 * count, scoring_s=0.5 + 10e-6 * count)
        for count in (20_000, 100_000)
    )

    found = marginal(short, long)

    assert (found.cpu_us, found.scoring_us, found.per_s) == pytest.approx((50, 10, 10_000))
    assert found.per_core_s == pytest.approx(20_000)


def test_of_several_rounds_the_middle_one_counts() -> None:
    """One that was disturbed changes nothing."""
    assert middle([cost(50, 1), cost(400, 9), cost(60, 2)]) == Cost(cpu_us=60, scoring_us=2, per_s=1.0)


def judged(found: Figures) -> dict[str, Judgement]:
    return {one.budget.what: one for one in judgements(found, NAMES)}


def test_a_replay_is_judged_by_its_own_cost_and_by_its_plan() -> None:
    """By its own row of the table, whatever the others cost."""
    found = judged(Figures(replay_costs=Costs(found={OURS: cost(80), "wrk": cost(5)}), fidelity=FIDELITY))

    assert (found[REPLAY.what].value, found[REPLAY.what].missed) == (12_500, False)
    assert (found[REPLAY_END.what].value, found[REPLAY_END.what].missed) == (6.0, True)
    assert (found[REPLAY_P99.what].value, found[REPLAY_P99.what].missed) == (600.0, False)


def test_a_replay_on_a_busy_machine_is_no_evidence_of_its_fidelity() -> None:
    """Neither met nor missed, and it says why; what it cost is told all the same."""
    busy = replace(FIDELITY, taken=0.72)
    found = judged(Figures(replay_costs=Costs(found={OURS: cost(80)}), fidelity=busy))

    assert found[REPLAY_END.what].said() == "not measured: the host and other programs took 72% of the machine"
    assert found[REPLAY.what].value == 12_500


def test_a_replay_that_was_not_measured_is_neither_met_nor_missed() -> None:
    """As with every section."""
    assert judged(Figures())[REPLAY.what].said() == "not measured: not in this run"


def test_the_tables_show_what_was_found_and_name_what_was_not() -> None:
    """A generator that is not installed is no error."""
    costs = Costs(found={OURS: cost(80, 60), "wrk": cost(5)}, absent={"k6": "it needs k6 (from its releases)"})
    shown = cost_table(costs)

    assert list(shown.rows) == [(OURS, "80.0", "12,500", "1", "60.0"), ("wrk", "5.0", "200,000", "1", "")]
    assert "Not measured: k6; it needs k6 (from its releases)." in shown.notes
    assert ("ended later than its plan", "6.00 ms") in fidelity_table(FIDELITY).rows
