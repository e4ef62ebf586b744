"""Which calls failed in a row: a table of endings, a plain model of the rule, and endpoints that die or don't."""

from __future__ import annotations

from collections.abc import Iterator
from heapq import heappop, heappush
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy.mirror.breaker import Breaker
from proxy.mirror.rows import FailureRows, StartedCall
from proxy.settings import BreakerSettings
from records.silence import Silence

FAILURES = 20
AT_ONCE = 32


def failure(at: int) -> Silence:
    return Silence(since_ns=at, last_ns=at, calls=1, why=f"of {at}")


@pytest.mark.parametrize(
    ("endings", "row"),
    [
        ("", None),
        ("1f 2f 3f", (1, 3)),
        ("3f 1f 2f", (1, 3)),
        ("2a 3a 5a 1f 4f", None),
        ("2a 1f 3f 4f", (3, 4)),
        ("3f 4f 2a", (3, 4)),
        ("1f 2f 4a", None),
        ("1f 3f 4f", (3, 4)),
        ("1f 3f 4f 2f", (1, 4)),
        ("1f 3f 4f 2g", (1, 4)),
        ("1f 3f", (3, 3)),
    ],
    ids=[
        "nothing ended", "all failed", "all failed, in another order", "each failure before an answer",
        "failures after an answer", "an answer that came late, to a call before them", "an answer after them",
        "one between is under way", "and fails", "or is given up", "the later of two as long",
    ],
)  # fmt: skip
def test_a_row_is_of_calls_as_they_were_started(endings: str, row: tuple[int, int] | None) -> None:
    """Whatever order they end in. Calls 1 to 5 are under way together; f: failed, a: answered, g: given up."""
    rows = FailureRows()
    calls = {number: rows.started() for number in range(1, 6)}
    for number, how in endings.split():
        end(rows, calls[int(number)], int(number), how)
    longest = rows.longest
    assert (longest and (longest.since_ns, longest.last_ns)) == row
    assert longest is None or longest.why == f"of {longest.last_ns}"


@given(st.lists(st.tuples(st.sampled_from("ffffag"), st.integers(0, 12)), max_size=60), st.integers(1, 8))
def test_it_is_the_longest_run_of_failures_after_the_last_answered_start(
    calls: list[tuple[str, int]], at_once: int
) -> None:
    """At every start and ending, as counted anew from all endings so far."""
    rows = FailureRows()
    under_way = dict[int, StartedCall]()
    ended = dict[int, str]()
    for number, how in played(calls, at_once):
        if how is None:
            under_way[number] = rows.started()
        else:
            ended[number] = how
            end(rows, under_way.pop(number), number, how)
        longest = rows.longest
        assert (0 if longest is None else longest.calls) == by_hand(ended)


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("slow", ["f", "a"], ids=["failures end last", "answers end last"])
def test_an_endpoint_that_answers_four_fifths_is_never_left_alone(seed: int, slow: str) -> None:
    """Whichever of the two take longer, with 32 calls under way."""
    random = Random(seed)
    outcomes = random.choices("fa", weights=(1, 4), k=2_000)
    assert started_until_open(outcomes, slow, random) is None


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("slow", ["f", "a"], ids=["failures end last", "answers end last"])
@pytest.mark.parametrize("alive", [0, 500])
def test_an_endpoint_that_is_dead_is_left_alone_after_so_many_calls(seed: int, slow: str, alive: int) -> None:
    """From the start or in the midst: when twenty in a row have failed, which takes no more than those under way."""
    random = Random(seed)
    outcomes = [*random.choices("fa", weights=(1, 4), k=alive), *("f" * 200)]
    started = started_until_open(outcomes, slow, random)
    assert started is not None
    assert FAILURES <= started - alive <= FAILURES + 2 * AT_ONCE


def end(rows: FailureRows, call: StartedCall, number: int, how: str) -> None:
    if how == "f":
        rows.failed(call, failure(number))
    elif how == "a":
        rows.answered(call)
    else:
        rows.given_up(call)


def played(calls: list[tuple[str, int]], at_once: int) -> Iterator[tuple[int, str | None]]:
    """The starts (None) and endings of calls that last as long as they say, with so many under way at once."""
    now, under_way = 0, list[tuple[int, int]]()
    for number, (_, lasts) in enumerate(calls):
        if len(under_way) == at_once:
            now, ended = heappop(under_way)
            yield ended, calls[ended][0]
        yield number, None
        heappush(under_way, (now + lasts, number))
    while under_way:
        _, ended = heappop(under_way)
        yield ended, calls[ended][0]


def by_hand(ended: dict[int, str]) -> int:
    """The rule, said plainly: a call under way ends a run, one that was given up is no part of any."""
    runs, run = [0], 0
    for number in range(max(ended, default=-1) + 1):
        how = ended.get(number)
        if how == "a":
            runs = [0]
        run = run + (how == "f") if how in ("f", "g") else 0
        runs.append(run)
    return max(runs)


def started_until_open(outcomes: list[str], slow: str, random: Random) -> int | None:
    """How many calls were started when the breaker opened; None if it never did."""
    breaker = Breaker(BreakerSettings(failures=FAILURES))
    calls = [(how, random.randint(40, 60) if how == slow else random.randint(1, 3)) for how in outcomes]
    under_way = dict[int, StartedCall]()
    for number, how in played(calls, AT_ONCE):
        if how is None:
            under_way[number] = breaker.calling()
        elif how == "a":
            breaker.answered(under_way.pop(number), now=0.0)
        else:
            breaker.failed(under_way.pop(number), failure(number), now=0.0)
        if breaker.open:
            return max(number, *under_way) + 1
    return None
