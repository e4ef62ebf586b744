"""vegeta's results: the lines, what each attack says of a request, and that vegeta's report and plot take them."""

import json
import shutil
import subprocess
from collections import defaultdict
from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadtest.results.rows import ResultRow
from loadtest.results.vegeta_results import vegeta_results

STARTED = 1_441_812_279_474_000_000
MS = 10**6
ATTACKS = ["recorded", "candidate", "candidate-scheduled"]


def row(n: int, due: int = 0, **fields: int | str | bool) -> ResultRow:
    """Sent 1 ms late, answered with 200 3 ms after that, what production took 2 ms for: unless said otherwise."""
    told = {"ready": due, "issued": due + MS, "sent": due + MS, "done": due + 4 * MS, "status": 200, "recorded": 2 * MS}
    return ResultRow(n=n, due=due, **(told | fields))


def lines_of(*rows: ResultRow) -> list[bytes]:
    return list(vegeta_results(rows, started_ns=STARTED, method="POST", url="http://127.0.0.1:8000/predict"))


def results_of(*rows: ResultRow) -> dict[str, list[dict[str, object]]]:
    """By attack."""
    found = defaultdict(list)
    for line in lines_of(*rows):
        result = json.loads(line)
        found[result["attack"]].append(result)
    return found


def test_a_request_is_a_line_in_each_attack():
    """vegeta's fields in vegeta's order; a body is never given away."""
    assert b"".join(lines_of(row(0, 526 * MS + 5, bytes_out=600, bytes_in=90))).decode() == (
        '{"attack":"recorded","seq":0,"code":200,"timestamp":"2015-09-09T15:24:40.000000005Z","latency":2000000,'
        '"bytes_out":600,"bytes_in":0,"error":"","body":null,"method":"POST","url":"http://127.0.0.1:8000/predict",'
        '"headers":null}\n'
        '{"attack":"candidate","seq":0,"code":200,"timestamp":"2015-09-09T15:24:40.001000005Z","latency":3000000,'
        '"bytes_out":600,"bytes_in":90,"error":"","body":null,"method":"POST","url":"http://127.0.0.1:8000/predict",'
        '"headers":null}\n'
        '{"attack":"candidate-scheduled","seq":0,"code":200,"timestamp":"2015-09-09T15:24:40.000000005Z",'
        '"latency":4000000,"bytes_out":600,"bytes_in":90,"error":"","body":null,"method":"POST",'
        '"url":"http://127.0.0.1:8000/predict","headers":null}\n'
    )


def test_a_failure_is_told_by_its_kind():
    """With the status that came before it, if one did."""
    candidate = results_of(row(0, failure="connect", status=0), row(1, failure="closed_midway"))["candidate"]
    assert [(each["code"], each["error"]) for each in candidate] == [(0, "connect"), (200, "closed_midway")]


def test_an_answer_that_is_no_success_is_an_error_as_it_is_with_vegeta():
    """vegeta's plot draws it among the errors; 200 to 399 are none."""
    candidate = results_of(*(row(status, status=status) for status in (200, 399, 404, 503)))["candidate"]
    assert [each["error"] for each in candidate] == ["", "", "404", "503"]


def test_what_failed_before_it_was_sent_counts_from_when_the_engine_turned_to_it():
    """It is a hit like any other: success would be overstated without it."""
    (candidate,) = results_of(row(0, sent=-1, status=0, failure="connect"))["candidate"]
    assert (candidate["timestamp"], candidate["latency"]) == ("2015-09-09T15:24:39.475000000Z", 3 * MS)


def test_what_warms_up_has_not_ended_or_was_not_recorded_is_left_out():
    """Each from where it would be untrue."""
    results = results_of(row(0, warmup=True), row(1, done=-1), row(2, recorded=-1), row(3))
    assert {attack: len(each) for attack, each in results.items()} == dict(zip(ATTACKS, (2, 2, 2), strict=True))


@given(
    st.lists(
        st.fixed_dictionaries(
            {"due": st.integers(0, 10**10)},
            optional={"sent": st.integers(0, 10**10), "recorded": st.just(-1), "done": st.just(-1)},
        ),
        max_size=30,
    )
)
def test_each_attack_counts_its_own_results_in_the_order_of_time(found):
    """vegeta's plot waits for ever for a number that is missing, and refuses a time before the last."""
    results = results_of(*(row(n, **fields) for n, fields in enumerate(found)))
    for attack in results.values():
        assert [each["seq"] for each in attack] == list(range(len(attack)))
        moments = [each["timestamp"] for each in attack]
        assert moments == sorted(moments)
        assert all(datetime.fromisoformat(each).tzinfo for each in moments)


def test_a_run_without_requests_has_no_lines():
    """An empty file, and no error."""
    assert lines_of() == []


@pytest.mark.skipif(shutil.which("vegeta") is None, reason="vegeta is not on the PATH")
def test_vegeta_reports_and_plots_them(tmp_path):
    """Its report counts each line, with our latencies; its plot has a series for each attack."""
    rows = [row(n, n * MS, status=503 if n % 10 == 0 else 200) for n in range(100)]
    (file := tmp_path / "run.json").write_bytes(b"".join(lines_of(*rows)))
    (alone := tmp_path / "candidate.json").write_bytes(
        b"".join(line for line in lines_of(*rows) if b'"attack":"candidate",' in line)
    )
    report = json.loads(subprocess.check_output(["vegeta", "report", "-type=json", alone], timeout=60))
    assert (report["requests"], report["latencies"]["max"], report["status_codes"]) == (
        100,
        3 * MS,
        {"200": 90, "503": 10},
    )
    plot = subprocess.check_output(["vegeta", "plot", file], timeout=60).decode()
    assert all(f"{attack}: OK" in plot for attack in ATTACKS)
