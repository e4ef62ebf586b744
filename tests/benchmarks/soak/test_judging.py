"""What a soak calls wrong, and what it doesn't."""

from typing import Any

import pytest

from benchmarks.soak.clients import ClientTally, Trouble
from benchmarks.soak.judging import (
    PastFault,
    sorted_out,
    wrong_with_clients,
    wrong_with_coverage,
    wrong_with_report,
)

KILLED = PastFault(name="proxy killed", began_s=10.0, ended_s=11.0, explains={"unanswered": "it was under way"})


def coverage(**changes: Any) -> dict[str, Any]:
    whole = {
        "requests": 100,
        "not_sampled": 0,
        "shed": {"worker_died": 2},
        "held": 0,
        "recorded": 98,
        "skipped": {"expired": 8},
        "waiting": 0,
        "mirrored": 90,
        "compared": 85,
        "incomparable": {"capture_cut": 5},
        "uncompared": 0,
    }
    return whole | changes


@pytest.mark.parametrize(
    ("trouble", "explained"),
    [
        (Trouble("unanswered", 9.9, 10.0), True),
        (Trouble("unanswered", 5.0, 30.0), True),
        (Trouble("unanswered", 10.5, 10.6), True),
        (Trouble("unanswered", 9.0, 9.9), False),  # it had ended before
        (Trouble("unanswered", 11.01, 11.02), True),  # the news was on its way
        (Trouble("unanswered", 11.03, 11.2), False),  # it was sent after
        (Trouble("cut", 10.5, 10.6), False),  # of another kind
        (Trouble("wrong body", 10.5, 10.6), False),
    ],
)
def test_a_fault_explains_the_errors_of_its_table_while_it_lasts(trouble: Trouble, explained: bool) -> None:
    """Neither another kind of error, nor the same kind before or after it."""
    found, left = sorted_out([trouble], [KILLED])

    assert (dict(found), left) == (({("proxy killed", trouble.kind): 1}, []) if explained else ({}, [trouble]))


def test_one_unexplained_error_is_wrong() -> None:
    """However many requests went well."""
    told = ClientTally(sent=10**6, answered=10**6 - 1, right=10**6 - 1, unknown=1)

    assert list(wrong_with_clients([Trouble("unanswered", 1.0, 2.0)], told)) == [
        "1 times a client's `unanswered` that nothing explains"
    ]


def test_errors_that_were_not_told_and_requests_that_never_ended_are_wrong() -> None:
    """What is not known is not taken for well."""
    assert len(list(wrong_with_clients([], ClientTally(untold=1, under_way=1)))) == 2


def test_a_coverage_that_adds_up_to_the_clients_count_is_right() -> None:
    """All of it is compared, or stands under a reason."""
    assert list(wrong_with_coverage(coverage(), ClientTally(sent=100, answered=100, right=100))) == []


@pytest.mark.parametrize("requests", [97, 98, 99, 100])
def test_requests_without_a_byte_of_an_answer_may_have_arrived_or_not(requests: int) -> None:
    """By so many, and no more, may the server's count be lower than what was sent."""
    told = ClientTally(sent=100, answered=98, right=98, unknown=2)
    found = coverage(requests=requests, recorded=requests - 2, mirrored=requests - 10, compared=requests - 15)

    assert bool(list(wrong_with_coverage(found, told))) == (requests < 98)


@pytest.mark.parametrize(
    "changes",
    [
        {"held": 1, "recorded": 97},
        {"waiting": 1},
        {"uncompared": 1},
        {"recorded": 97},
        {"mirrored": 91},
        {"compared": 84},
        {"skipped": {}},
        {"shed": {}, "requests": 98},
        {"requests": 101, "recorded": 99, "mirrored": 91, "compared": 86},
    ],
)
def test_a_coverage_off_by_one_is_wrong(changes: dict[str, Any]) -> None:
    """Whichever number it is."""
    assert list(wrong_with_coverage(coverage(**changes), ClientTally(sent=100, answered=100, right=100)))


def test_a_report_over_more_or_fewer_than_were_compared_is_wrong() -> None:
    """Every comparison is in it once."""

    def report(n: int) -> dict[str, Any]:
        return {"metrics": {"disagreement.rate": {"n": n}}}

    assert list(wrong_with_report(report(85), coverage())) == []
    assert list(wrong_with_report(report(86), coverage())) == ["report: its n is 86, and 85 were compared: off by +1"]
