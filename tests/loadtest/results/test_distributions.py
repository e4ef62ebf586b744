"""What the exported distributions are of: answers, as the report's own percentiles are."""

from __future__ import annotations

import numpy as np
import pytest

from loadtest.measuring import load_sums
from loadtest.results.distributions import histogram_of_times, left_out_in_words
from loadtest.results.hdr import HdrHistogram
from loadtest.results.hgrm import hgrm
from loadtest.results.hlog import hlog
from loadtest.results.rows import NEVER, ResultColumns, ResultRow

MS = 10**6


def row(n: int, **fields: int | str | bool) -> ResultRow:
    """Due each millisecond, sent at once, answered 20 ms later, as production had done: unless said otherwise."""
    due = n * MS
    told = {"ready": due, "issued": due, "sent": due, "first_byte": due + 9 * MS, "done": due + 20 * MS}
    return ResultRow(n=n, due=due, **({"status": 200, "recorded": 20 * MS} | told | fields))


def of_all_kinds() -> ResultColumns:
    """A thousand that were answered, ever later; two that failed at once, one midway, three cut off at 50 ms."""
    answered = [row(n, done=n * MS + (n + 1) * MS // 10) for n in range(10, 1_010)]
    refused = [row(n, sent=NEVER, first_byte=NEVER, done=n * MS + 200, failure="connect", status=0) for n in (0, 1)]
    midway = [row(2, done=2 * MS + 9 * MS, failure="closed_midway")]
    cut_off = [row(n, first_byte=NEVER, done=n * MS + 50 * MS, failure="timeout", status=0) for n in (3, 4, 5)]
    return ResultColumns.of([*answered, *refused, *midway, *cut_off])


@pytest.mark.parametrize("of", ["response", "service"])
def test_a_time_that_is_no_answers_is_in_no_distribution_of_answers(of: str) -> None:
    """A connection that is refused within 0.2 µs is no fast answer: the histogram is of those that were answered."""
    rows = of_all_kinds()
    oracle = HdrHistogram()
    oracle.add_all(np.array([(n + 1) * MS // 10 for n in range(10, 1_010)]))
    found = histogram_of_times(rows, of)
    assert found.counts.tolist() == oracle.counts.tolist()
    assert found.n == getattr(load_sums(rows), of).n - 3  # the report's has those that were cut off, as censored


def test_what_is_left_out_is_said_in_the_files_comments() -> None:
    """By how many and why, since percentiles look better without what was cut off."""
    said = left_out_in_words(of_all_kinds(), "response")
    assert said == "of 1,006 requests 1,000; left out: 3 cut off at a timeout, 3 failed otherwise"
    lines = hgrm(histogram_of_times(of_all_kinds(), "response"), note=said).splitlines()
    assert lines[-1] == f"#[{said}]"
    assert lines[-2].startswith("#[Buckets = ")
    head = list(hlog(of_all_kinds(), 0))[:5]
    assert head[3] == f"#[Of the candidate's answers: {said}]\n"


def test_what_a_distribution_of_production_is_without_is_said_too() -> None:
    rows = ResultColumns.of([row(0), row(1, recorded=NEVER), row(2, failure="connect")])
    assert left_out_in_words(rows, "recorded") == "of 3 requests 2; left out: 1 without an answer of production's"
    assert histogram_of_times(rows, "recorded").n == 2


def test_nothing_is_said_where_nothing_is_left_out() -> None:
    """The generator is late to send a request whatever becomes of it."""
    rows = of_all_kinds()
    assert left_out_in_words(rows, "lag") == ""
    assert histogram_of_times(rows, "lag").n == 1_006
    assert left_out_in_words(ResultColumns.of([row(0)]), "response") == ""
    assert left_out_in_words(ResultColumns.of([]), "response") == ""
