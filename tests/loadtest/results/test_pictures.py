"""The pictures of a run: what is drawn is what was measured, of bounded size, and nothing is drawn of nothing."""

import base64
import hashlib
import re
from html import unescape
from time import time
from typing import Any
from xml.etree import ElementTree as ET

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from comparators.evidence.document.whole import document_of
from comparators.evidence.report import Report
from comparators.policy.judging import judged
from comparators.render import html
from loadtest.results.axes import latency_axis, percentile_axis, time_axis
from loadtest.results.panel import HEIGHTS, STRETCHED_WIDTH
from loadtest.results.pictures import page, pictures
from loadtest.results.rows import NEVER, ResultColumns
from loadtest.results.series import CELLS
from loadtest.thresholds import policy_of
from tests.comparators.render.made import HOSTILE, hostile
from tests.loadtest.results.made_runs import MS, S, many, none, ramp, report_on, run_of, stall

N = 60
DUE = range(0, N * 10 * MS, 10 * MS)
NOT_SENT = {"sent": np.full(N, NEVER), "first_byte": np.full(N, NEVER), "disagrees": np.full(N, np.nan)}
FAILED = {**NOT_SENT, "failed": np.ones(N, bool), "status": np.zeros(N, np.int16), "done": np.array(DUE) + MS}


def drawn(rows: ResultColumns, report: Report | None = None) -> ET.Element:
    """The fragment, which is XML by itself."""
    return ET.fromstring(pictures(rows, report or report_on(rows)))


def findings(fragment: ET.Element) -> list[str]:
    return [each.text or "" for each in fragment.iter("h2")]


def text_of(fragment: ET.Element) -> str:
    return " ".join(fragment.itertext())


def panels(fragment: ET.Element) -> list[ET.Element]:
    return [each for each in fragment.iter("svg") if each.get("role") == "img"]


def panel_about(fragment: ET.Element, begins: str) -> ET.Element:
    (found,) = [each for each in panels(fragment) if (each.get("aria-label") or "").startswith(begins)]
    return found


def points(panel: ET.Element, class_: str) -> np.ndarray:
    """Of the path of this class: parts of both axes, from the left and from below."""
    path = next(each for each in panel.iter("path") if each.get("class") == class_)
    pairs = re.findall(r"[ML]([-\d.]+) ([-\d.]+)", path.get("d") or "")
    across, down = np.array(pairs, float).T
    return np.array([across / STRETCHED_WIDTH, 1 - down / HEIGHTS[panel.get("class") or ""]]).T


def value_at(part: np.ndarray, axis: Any) -> np.ndarray:
    if axis.is_log:
        return axis.lo * (axis.hi / axis.lo) ** part
    return axis.lo + part * (axis.hi - axis.lo)


# ---- what is drawn is what was measured


def test_the_line_of_percentiles_runs_through_the_rows_own():
    """Read back from the drawing, at each percentile that it has, to the pixel's width."""
    rows = stall()
    panel = panel_about(drawn(rows), "Latency by percentile")
    ordered = {"response": np.sort(rows.done - rows.due) / MS, "service": np.sort(rows.done - rows.sent) / MS}
    lowest = min(each[round(0.02 * len(each))] for each in (*ordered.values(), np.sort(rows.recorded) / MS))
    highest = max(
        float(each[-1])
        for each in (
            *ordered.values(),
            rows.recorded / MS,
        )
        if len(each)
    )
    x, y = percentile_axis(len(rows.n)), latency_axis([lowest, max(highest, rows.recorded.max() / MS)])
    for side, ms in ordered.items():
        told = points(panel, side)[5:]
        beyond, found = value_at(told[:, 0], x), value_at(told[:, 1], y)
        place = np.minimum(len(ms) - 1, np.round(len(ms) - len(ms) / beyond).astype(int))
        window = np.array([(ms[max(0, at - 25)], ms[min(len(ms) - 1, at + 25)]) for at in place])
        assert (found >= window[:, 0] * 0.99).all()
        assert (found <= window[:, 1] * 1.01).all()


def test_latency_over_time_is_drawn_where_it_was():
    """The stall's bucket stands at its time, as high as its p99."""
    rows = stall()
    panel = panel_about(drawn(rows), "Latency over the time")
    told = points(panel, "response")
    highest_at = told[np.argmax(told[:, 1]), 0] * rows.done.max() / S
    assert 11.9 < highest_at < 12.6
    assert len(told) == 60


def test_the_page_says_the_stall_with_waiting_and_not_without():
    """wrk2's demonstration: what a client would have waited is in the one line, and not in the other."""
    first, second, *_ = findings(drawn(stall()))
    with_waiting, without = re.findall(r"([\d,.]+) ms", first)[:2]
    assert float(with_waiting.replace(",", "")) > 1_000
    assert float(without) < 20
    assert re.match("Response p99 rises to 1,[0-9]{3} ms at 12\N{EN DASH}12.5 s", second)


def test_disagreement_that_rises_with_load_is_said_and_drawn():
    """At each load a point as high as its disagreement, between the ends of its interval."""
    rows = ramp()
    report = report_on(rows)
    fragment = drawn(rows, report)
    assert any(each.startswith("Disagreement rises with load") for each in findings(fragment))
    assert "Disagreement rises to" in text_of(fragment)
    assert report.load is not None
    panel = panel_about(fragment, "Disagreement against requests a second")
    circles = [each for each in panel.iter("circle") if each.get("class") == "rate"]
    heights = [1 - float(each.get("cy") or "") / HEIGHTS["high"] for each in circles]
    shares = [each.disagreement for each in report.load.curve]
    assert np.array(heights) / heights[-1] == pytest.approx(np.array(shares) / shares[-1], abs=0.01)
    assert len(circles) == len(report.load.curve) > 3


def test_no_difference_is_claimed_that_intervals_do_not_tell():
    rows = run_of(
        np.sort(np.concatenate([np.arange(0, 2 * S, 20 * MS), np.arange(2 * S, 4 * S, 5 * MS)])).tolist(), [MS] * 500,
        disagrees=(np.arange(500) % 10 == 0).astype(float),
    )  # fmt: skip
    assert any("no difference that so few requests can tell" in each for each in findings(drawn(rows)))


def test_no_part_of_a_run_is_called_worse_by_chance():
    """Some are above its whole, as they must be, and their intervals hold it."""
    assert "Disagreement is 2.02 %, and no part of the run is told from that" in text_of(drawn(stall()))


def test_each_request_that_disagrees_is_told_by_shape_too():
    """Diamonds upon squares: a mark for each cell that holds one, and the counts in words."""
    rows = ramp()
    counting = rows.counting()
    fragment = drawn(rows)
    panel = panel_about(fragment, "Each request by")
    both = ~counting.failed
    marks = dict.fromkeys(("others", "apart"), 0)
    for path in panel.iter("path"):
        name = (path.get("class") or "").split()[0]
        if name in marks:
            marks[name] += (path.get("d") or "").count("M")
    assert 0 < marks["apart"] <= np.count_nonzero(counting.disagrees[both] > 0)
    assert marks["apart"] < marks["others"] <= CELLS * CELLS
    assert f"{np.count_nonzero(counting.disagrees[both] > 0):,} disagree" in text_of(fragment)


def test_a_generator_that_was_too_late_is_said():
    """The p99 of its lag, and the limit of validity.py."""
    lag = np.where(np.arange(N) % 10 == 0, 40 * MS, MS)
    rows = run_of(DUE, [50 * MS] * N, issued=np.array(DUE) + lag, sent=np.array(DUE) + lag)
    assert "99 % at most 40.0 ms: more than the 9.00 ms that evidence allows" in text_of(drawn(rows))


def test_failures_are_marked_where_they_were():
    failed = np.arange(N) == 30
    fragment = drawn(run_of(DUE, [MS] * N, failed=failed, status=np.where(failed, 0, 200).astype(np.int16)))
    marks = [each for each in fragment.iter("text") if "failed" in (each.get("class") or "")]
    assert [round(float((each.get("x") or "").rstrip("%"))) for each in marks] == pytest.approx([50], abs=5)
    assert "1 request failed" in text_of(fragment)


# ---- form


@pytest.mark.parametrize("make", [ramp, stall, lambda: many(500)])
def test_each_drawing_says_in_words_what_it_shows(make):
    """And is well-formed, with finite numbers; each section has a finding."""
    fragment = drawn(make())
    assert len(panels(fragment)) >= 7
    for panel in panels(fragment):
        assert len(panel.get("aria-label") or "") > 30
    assert all(len(each) > 20 for each in findings(fragment))
    attributes = " ".join(value for each in fragment.iter() for value in each.attrib.values())
    assert not re.search(r"\b(nan|inf|None)\b", attributes + text_of(fragment))


def test_the_page_has_verdict_pictures_and_tables_in_this_order():
    rows = ramp()
    report = report_on(rows)
    judgement = judged(report, policy_of(["disagreement.rate <= 0.001"]), time())
    whole = page(rows, report, judgement)
    places = [
        whole.index(each) for each in ("FAIL", 'class="metric"', 'class="pictures"', ">Failed", ">Load", ">Coverage")
    ]
    assert places == sorted(places)
    assert whole.count("<h1>") == 1
    assert page(rows, report).count("<h1>") == 1


def test_the_page_needs_nothing_and_allows_nothing():
    """No address, no script, no inline style; the one style sheet is that of the policy."""
    rows = ramp()
    whole = page(rows, report_on(rows))
    assert not re.search(r"\s(?:src|href|style|on\w+)=", whole)
    assert "<script" not in whole
    assert "url(" not in whole
    (style,) = re.findall(r"<style>(.*?)</style>", whole, re.DOTALL)
    pinned = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert f"sha256-{pinned}" in unescape(whole)
    assert "prefers-color-scheme: dark" in style
    assert "@media print" in style


def test_hostile_text_stays_text():
    """Of names, targets and notes nothing becomes an element or an attribute."""
    rows = ramp()
    report = report_on(rows, hostile(), target=HOSTILE, rhythm=HOSTILE, notes=[HOSTILE])
    whole, plain = page(rows, report), page(rows, report_on(rows))
    assert "<script" not in whole
    assert "&lt;script&gt;" in whole
    assert "\x1b" not in whole
    tags, known = (set(re.findall(r"<(\w+)", each)) for each in (whole, plain))
    assert tags <= known | {"code"}
    assert HOSTILE not in pictures(rows, report)


def test_a_page_without_pictures_is_what_it_was():
    """The hook changes nothing for who does not use it, and only adds to who does."""
    rows = stall()
    report = report_on(rows)
    own, pictured = html.render(document_of(report)), page(rows, report)
    assert html.CONTENT_SECURITY_POLICY in unescape(own)
    before, _, after = pictured.partition("<main>")[2].partition(pictures(rows, report))
    assert before + after == own.partition("<main>")[2]
    assert before.endswith("</p>")
    assert after.startswith("<h2>")


# ---- bounds


def test_a_million_requests_make_no_larger_a_page():
    """Marks, points and columns are as many as for a few thousand."""
    few, more = many(4_000), many(150_000)
    sizes = [len(page(rows, report_on(rows))) for rows in (few, more)]
    assert max(sizes) < 400_000
    marks = [sum(1 for _ in drawn(rows).iter()) for rows in (few, more)]
    assert marks[1] < 3 * marks[0]
    assert max(marks) < 3_000


@pytest.mark.slow
def test_a_page_of_a_million_requests_is_small():
    rows = many(1_000_000)
    assert len(page(rows, report_on(rows))) < 400_000


# ---- nothing is drawn of nothing


@pytest.mark.parametrize(
    ("rows", "said", "count"),
    [
        (none(), ["No request counts", "0 requests sent: too few", "no two stretches"], 0),
        (run_of([S], [3 * MS]), ["1 request answered, within 3.06 ms", "1 request sent: too few"], 0),
        (run_of(DUE, [MS] * N, recorded=np.full(N, NEVER)), ["The source says of no request how long"], 6),
        (run_of(DUE, [MS] * N, disagrees=np.full(N, np.nan)), ["none of the answers was scored", "60 not scored"], 6),
        (run_of(DUE, [MS] * N, **FAILED), ["None of 60 requests was answered", "60 failed", "no connection came"], 2),
        (run_of(DUE, [MS] * N, **{**NOT_SENT, "sent": np.array(DUE), "done": np.full(N, NEVER)}),
         ["None of 60 requests was answered", "At most 60 requests in flight"], 3),
        (run_of(DUE, [MS] * N, warmup=np.ones(N, bool)), ["all requests warm up", "Of 0 requests"], 2),
        (run_of(DUE, [2 * S] * N, failed=np.ones(N, bool), timed_out=np.ones(N, bool)),
         ["None of 60 requests was answered", "60 requests cut off at a timeout"], 5),
        (run_of([0] * N, [MS] * N), ["All was sent at one moment"], 7),
    ],
    ids=["empty", "one", "no recorded", "no scores", "failures", "no ends", "warmup", "timeouts", "at once"],
)  # fmt: skip
def test_nothing_is_drawn_of_nothing(rows, said, count):
    """A sentence says why instead."""
    fragment = drawn(rows)
    for each in said:
        assert each in text_of(fragment)
    assert len(panels(fragment)) == count
    for panel in panels(fragment):
        shapes = [each for each in panel.iter() if each.tag in ("path", "circle", "rect")]
        assert shapes
        assert all(each.get("d") != "" for each in shapes)


def test_a_report_without_a_load_has_pictures_of_its_rows():
    rows = stall()
    report = replace(report_on(rows), load=None, metrics={})
    assert len(panels(drawn(rows, report))) == 7


@given(st.data())
def test_no_run_breaks_a_picture(data):
    """Whatever few requests came to."""
    n = data.draw(st.integers(0, 12))

    def column(values: st.SearchStrategy[Any], dtype: Any = np.int64) -> np.ndarray:
        return np.array(data.draw(st.lists(values, min_size=n, max_size=n)), dtype)

    ns, either = st.sampled_from([0, 1, 1_000, MS, 3 * MS, S, 3_600 * S]), st.booleans()
    due = np.sort(column(ns))
    issued = due + column(ns)
    sent = np.where(column(either, bool), issued + column(ns), NEVER)
    done = np.where(column(either, bool), np.maximum(issued, sent) + column(ns), NEVER)
    failed = column(either, bool)
    rows = run_of(
        due.tolist(), [0] * n, issued=issued, sent=sent, done=done, failed=failed,
        timed_out=failed & column(either, bool), recorded=column(st.sampled_from([NEVER, 0, MS, S])),
        disagrees=column(st.sampled_from([0.0, 0.3, 1.0, float("nan")]), np.float64), warmup=column(either, bool),
    )  # fmt: skip
    report = replace(BASE, load=None, metrics={})
    fragment = drawn(rows, report)
    assert "nan" not in ET.tostring(fragment, "unicode")


BASE = report_on(none())


@pytest.mark.parametrize(
    ("end_s", "labels"),
    [
        (0.04, ["0 ms", "5 ms", "10 ms", "15 ms", "20 ms", "25 ms", "30 ms", "35 ms", "40 ms"]),
        (9.26, ["0 s", "2 s", "4 s", "6 s", "8 s"]),
        (600, ["0 min", "2 min", "4 min", "6 min", "8 min", "10 min"]),
        (6 * 3_600, ["0 h", "1 h", "2 h", "3 h", "4 h", "5 h", "6 h"]),
    ],
)
def test_time_is_told_in_its_own_unit(end_s, labels):
    assert [each.label for each in time_axis(end_s).ticks] == labels
    assert time_axis(end_s).hi == end_s


def test_a_logarithmic_axis_encloses_its_values():
    for lo, hi in ((1e-3, 1e-3), (0.2, 0.21), (0.003, 14_000.0), (5.0, 50.0)):
        axis = latency_axis([lo, hi])
        assert axis.lo <= lo <= hi <= axis.hi
        assert axis.lo < axis.hi
        assert 2 <= len(axis.ticks) <= 9
        assert axis.parts([axis.lo, axis.hi]) == pytest.approx([0, 1])
