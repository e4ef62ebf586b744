"""Where differences are cut off, on what real models say: `python -m benchmarks.clips` in short.

With UNDERSTUDY_SIMULATE=full on all of its outputs but times, and in as many orders (eight minutes). What it found is
in docs/statistics.md.
"""

import math
import os
from collections.abc import Iterator, Mapping
from itertools import chain, islice
from statistics import fmean, median

import numpy as np
import pytest

from benchmarks.clips import flights, small_data, texts
from benchmarks.clips.__main__ import STREAMS as EVIDENCE
from benchmarks.clips.__main__ import by_outputs, by_rule, each_share, each_width
from benchmarks.clips.outputs import Outputs, pair
from benchmarks.clips.rules import LESS, MORE, OWN, RULES, Rule
from benchmarks.clips.streams import ALPHA, Found, simulate

FULL = os.environ.get("UNDERSTUDY_SIMULATE") == "full"
STREAMS = EVIDENCE if FULL else 10
ALLOWED = ALPHA + 2 * math.sqrt(ALPHA * (1 - ALPHA) / STREAMS)

pytestmark = [pytest.mark.slow, pytest.mark.timeout(3600 if FULL else 120)]

ByRule = Mapping[str, Found]


@pytest.fixture(scope="module")
def found() -> Mapping[str, ByRule]:
    """By outputs and rule."""
    rules = {name: RULES[name] for name in (OWN, LESS, MORE)}
    return {each.name: simulate(each, rules, STREAMS) for each in _outputs()}


def _outputs() -> Iterator[Outputs]:
    if FULL:
        return chain(small_data.all_of_them(), flights.all_of_them(), texts.lengths())
    return chain(small_data.diabetes(), small_data.tumours(), islice(texts.lengths(), 1))


def test_the_means_of_real_outputs_are_within_their_intervals(found: Mapping[str, ByRule]) -> None:
    """At every look from the answers on that decide the clip, but in alpha of the streams and two standard errors."""
    missed = {(name, rule): fmean(one.missed) for name, each in found.items() for rule, one in each.items()}
    assert {key: share for key, share in missed.items() if share > ALLOWED} == {}


def test_little_is_beyond_the_clip_where_a_model_is_another(found: Mapping[str, ByRule]) -> None:
    """Retrained, by another algorithm, or with inputs that are not scaled as they were."""
    models = [each[OWN] for name, each in found.items() if name.startswith(("diabetes", "tumours"))]
    assert max(fmean(one.beyond) for one in models) < 0.001
    assert max(median(one.widths[5_000]) for one in models) < 2


def test_an_octave_less_would_leave_out_too_much_and_an_octave_more_would_cost_too_much(
    found: Mapping[str, ByRule],
) -> None:
    """Which is why the clip is where it is. (How much the texts cost depends on which Python's they are.)"""
    assert max(fmean(each[LESS].beyond) for each in found.values()) > 0.5
    wider = [median(each[MORE].widths[500]) / median(each[OWN].widths[500]) for each in found.values()]
    assert max(wider) > 1.5
    assert fmean(wider) > 1.15


def two_sizes(clip: float) -> Found:
    """Of differences of 2 and of 4."""
    one = pair("two sizes", np.zeros(40), np.tile([2.0, 4.0], 20))
    return simulate(one, {"": Rule(lambda _numbers: clip)}, streams=2)[""]


def test_a_clip_that_is_too_small_is_seen_to_be_so() -> None:
    """All is beyond it, a third of the mean is left, and the whole mean is missed; the clipped one is not."""
    cut, whole = two_sizes(clip=1.0), two_sizes(clip=4.0)
    assert (cut.beyond, cut.left) == ([1.0, 1.0], [1 / 3, 1 / 3])
    assert (cut.missed, cut.missed_whole) == ([False, False], [True, True])
    assert (whole.beyond, whole.left) == ([0.0, 0.0], [1.0, 1.0])
    assert (whole.missed, whole.missed_whole) == ([False, False], [False, False])


def test_the_tables_have_a_row_for_each_rule_and_for_each_output() -> None:
    """In their order."""
    outputs = next(small_data.diabetes())
    found = {outputs.name: simulate(outputs, RULES, streams=1)}
    assert [row[0] for row in by_rule(found).rows] == list(RULES)
    for table in (by_outputs(found), each_width(found, 500), each_share(found)):
        assert [row[0] for row in table.rows] == [outputs.name]
        assert {len(row) for row in table.rows} == {len(table.header)}
