"""From figures to judgements: what is met, missed, or no evidence."""

from dataclasses import replace

import pytest

from benchmarks.budgets import COMPARISON, FAULT_P99, FAULT_THROUGHPUT, LARGE_NGINX, NGINX_MIRROR, OWN_HEADS, Judgement
from benchmarks.comparison import Comparison
from benchmarks.faults import BASELINE, Pace
from benchmarks.figures import Fault, Throughput
from benchmarks.judging import Figures, Names, judgements
from benchmarks.report import fault_table
from benchmarks.throughput import LARGE_ANSWERS
from benchmarks.throughput import OWN_HEADS as EACH_ITS_OWN

NAMES = Names(recording="ours", shadowing="shadowing", nginx="c", nginx_mirror="theirs", envoy_mirror="e")
GOOD = Fault(
    achieved_per_s=1_000.0,
    p50_us=200.0,
    p99_us=300.0,
    throughput_ratio=1.0,
    p99_ratio=1.0,
    failed=0,
    unanswered=0,
    lag_p99_us=10.0,
    load_core_idle=0.2,
    taken=0.0,
)


def throughput(cpu_us: float, recorded: float | None = None) -> Throughput:
    return Throughput(
        per_s=1.0,
        lowest_per_s=1.0,
        highest_per_s=1.0,
        cpu_us=cpu_us,
        others_cpu_us={},
        proxy_busy=1.0,
        load_core_idle=0.5,
        errors=0,
        taken=0.0,
        recorded=recorded,
    )


def judged(found: Figures, budget) -> Judgement:
    return next(one for one in judgements(found, NAMES) if one.budget == budget)


def under_faults(**conditions: Fault) -> Figures:
    return Figures(faults={NAMES.shadowing: {BASELINE: GOOD, **conditions}})


@pytest.mark.parametrize(
    ("budget", "value", "missed", "said"),
    [
        (NGINX_MIRROR, 3.1, False, "goal met"),
        (NGINX_MIRROR, 2.4, False, "must met; 80% of the goal"),
        (NGINX_MIRROR, 0.8, True, "MISSED; 50% of the must"),
        (FAULT_P99, 1.0, False, "goal met"),
        (FAULT_P99, 2.2, True, "MISSED; 200% of the must"),
        (NGINX_MIRROR, None, False, "not measured: why"),
    ],
)
def test_a_judgement_says_how_far_the_value_is(budget, value, missed: bool, said: str) -> None:
    """At least or at most, met, missed or not measured."""
    judged = Judgement(budget=budget, value=value, because="why")

    assert (judged.missed, judged.said()) == (missed, said)


@pytest.mark.parametrize(("times_slower", "missed"), [(1, False), (10, False)])
def test_comparing_is_judged_by_its_floor_on_any_machine(times_slower: int, missed: bool) -> None:
    """A machine on which everything takes ten times as long misses nothing."""
    compared = Comparison(
        pairs_per_core_s=dict.fromkeys(COMPARISON, 50_000 / times_slower),
        floors={what: budget.must for what, budget in COMPARISON.items()},
        report_s=0.01,
    )

    judged = judgements(Figures(comparison=compared), NAMES)

    assert any(one.missed for one in judged) == missed
    assert [one.value for one in judged if one.budget in COMPARISON.values()] == [6, 6, 10, 25]


def test_comparing_that_costs_more_than_its_multiple_is_missed() -> None:
    """However fast the machine is."""
    budget = COMPARISON["texts of 200 words"]

    assert Judgement(budget=budget, value=25.1).missed
    assert not Judgement(budget=budget, value=25.0).missed


def test_heads_of_their_own_are_judged_by_a_budget_of_their_own() -> None:
    """What a proxy behind a tracing gateway pays stands beside what remembered heads cost."""
    found = Figures(
        throughput={
            "ours": throughput(25),
            "theirs": throughput(70),
            "ours" + EACH_ITS_OWN: throughput(40),
            "theirs" + EACH_ITS_OWN: throughput(70),
        }
    )

    assert judged(found, NGINX_MIRROR).value == pytest.approx(2.8)
    assert judged(found, OWN_HEADS[NGINX_MIRROR]).value == pytest.approx(1.75)


@pytest.mark.parametrize(("recorded", "value"), [(1.0, 0.8), (0.5, None)])
def test_large_answers_are_judged_where_all_of_them_were_recorded(recorded: float, value: float | None) -> None:
    """Who sheds saves itself the work: that is no evidence."""
    found = Figures(
        throughput={"ours" + LARGE_ANSWERS: throughput(80, recorded), "theirs" + LARGE_ANSWERS: throughput(100)}
    )

    assert judged(found, LARGE_NGINX).value == (pytest.approx(value) if value else None)


def test_a_row_whose_core_was_full_misses_nothing_and_is_marked() -> None:
    """Its queues are the machine's, not the product's; the rows that are evidence are judged as ever."""
    full = replace(GOOD, p99_ratio=4.0, throughput_ratio=0.5, load_core_idle=0.0)
    found = under_faults(hung=full, dead=replace(GOOD, p99_ratio=1.05))

    assert (judged(found, FAULT_P99).value, judged(found, FAULT_THROUGHPUT).value) == (1.05, 1.0)
    table = fault_table("ours", Pace(rate=1.0, busy=0.5), found.faults[NAMES.shadowing])
    assert [row[0] for row in table.rows] == [BASELINE, "hung*", "dead"]
    assert any("no evidence" in note for note in table.notes)


def test_where_every_row_was_full_the_budget_is_not_measured() -> None:
    """Neither met nor missed, and it says why."""
    full = replace(GOOD, p99_ratio=4.0, load_core_idle=0.0)

    one = judged(under_faults(hung=full), FAULT_P99)

    assert (one.missed, one.said()) == (False, "not measured: the second core was full in every row")


def test_a_miss_with_room_on_the_second_core_is_a_miss() -> None:
    """The rule excuses full cores alone."""
    assert judged(under_faults(hung=replace(GOOD, p99_ratio=4.0)), FAULT_P99).missed
