"""Where a failed candidate disagrees most is said with its verdict."""

from comparators.policy.judging import judged
from comparators.policy.policy import Check, Policy
from tests.comparators import rich
from tests.comparators.made import answer, pair
from tests.comparators.render.made import report_of

NOW_S = 1_372_640_400.0


def judgement(*checks: Check):
    return judged(rich.report(), Policy(min_coverage=0.0, checks=checks), NOW_S)


def test_a_failed_disagreement_names_its_slice():
    """The strongest one in the reason, each with its figures in a note."""
    found = judgement(Check(metric="disagreement.rate", max=0.01))
    assert found.reason.endswith("; most where `wind: gust is missing`")
    assert any("38 % disagrees where `wind: gust is missing`, and 1.11 % elsewhere" in note for note in found.notes)


def test_the_tolerance_of_numbers_that_differ_is_told():
    """With the size of the differences, and the settings that widen it: another precision may be all there is to it."""
    sides = [[{"score": 0.5 + n / 1_000, "id": "a"} for _ in (0, 1)] for n in range(400)]
    for n, (_, candidate) in enumerate(sides):
        candidate["score"] += 1e-3 if n % 2 else 0.0
    report = report_of([pair(*map(answer, both), number=n) for n, both in enumerate(sides)])
    policy = Policy(min_coverage=0.0, checks=(Check(metric="disagreement.rate", max=0.01),))
    (told,) = [note for note in judged(report, policy, NOW_S).notes if note.startswith("numbers of")]
    assert told.startswith("numbers of `/score` agree within 1e-05 and 0.0001 of production's number")
    assert "`precision` or `rtol` in `[[compare.heads]]`" in told


def test_another_failure_names_none():
    """Slices are of disagreement, and say nothing of a latency."""
    found = judgement(Check(metric="latency.over_5ms", max=0.01))
    assert found.verdict == "fail"
    assert "wind" not in found.reason + "".join(found.notes)
