"""Latencies as they are spread, and their chart."""

import math
from itertools import pairwise

import numpy as np
import pytest

from comparators.compare.latency import LATENCY_CLIP, Timing
from comparators.evidence.distributions import COLUMNS, Chart, chart, sketches, told
from comparators.evidence.request_metrics import request_sketches
from comparators.metrics.definition import NamedSketch
from comparators.pairs.latencies import LatencySummary
from comparators.pairs.summary import PlanSummary
from comparators.statistics.sketch import Sketch
from tests.comparators.made import MS


def latencies(*timings: Timing) -> LatencySummary:
    found = LatencySummary()
    found.add(timings, LATENCY_CLIP)
    return found


def drawn(*timings: Timing) -> Chart:
    found = chart(latencies(*timings))
    assert found is not None
    return found


def test_every_call_is_in_a_bin_and_what_was_cut_off_apart():
    """Each bin says from where to where, and how many."""
    latency = latencies(Timing(2 * MS, 3 * MS, False), Timing(2 * MS, 50 * MS, True))
    found = told(request_sketches(PlanSummary(latency=latency)))
    (low, high, count), *none = found["latency.production"].bins
    assert (count, none) == (2, [])
    assert low <= 2 * MS < high
    candidate = found["latency.candidate"]
    assert (candidate.n, len(candidate.bins), len(candidate.censored)) == (2, 1, 1)


def test_what_is_told_is_the_sketch():
    """Bin by bin, also those of 0 and of 1, which hold nothing but themselves, and the one above 1."""
    sketch = Sketch()
    sketch.add_all(np.array([0.0, 1e-300, 0.5, 1.0, 1.0, 1.001, 1.02, 3.0, 2.0**900]))
    sketch.add_censored(7.0)
    assert sketches(told({"any": NamedSketch("value", sketch)})) == {"any": sketch}


def test_the_columns_are_equally_wide_and_hold_every_call():
    """On a log scale; a share in each column, and what was cut off beyond them all."""
    spread = [Timing(number * MS, 2 * number * MS, False) for number in range(1, 300)]
    found = drawn(*spread, Timing(MS, 900 * MS, True))
    widths = [math.log(b / a) for a, b in pairwise(found.edges_ms)]
    assert len(widths) == len(found.production) == len(found.candidate) == COLUMNS
    assert widths == pytest.approx([widths[0]] * COLUMNS)
    assert sum(found.production) == pytest.approx(1)
    assert sum(found.candidate) + found.candidate_cut_off == pytest.approx(1)
    assert found.candidate_cut_off == pytest.approx(1 / 300)


def test_equal_calls_have_room_on_either_side():
    """A chart of one column would tell nothing."""
    found = drawn(Timing(2 * MS, 2 * MS, False))
    assert found.edges_ms[0] < 2 < found.edges_ms[-1]
    assert found.edges_ms[-1] / found.edges_ms[0] == pytest.approx(math.e)
    assert found.production == found.candidate
    assert [share for share in found.production if share] == [1.0]


def test_nothing_measured_is_no_chart():
    """What does not compare like with like is counted elsewhere."""
    assert chart(LatencySummary()) is None
