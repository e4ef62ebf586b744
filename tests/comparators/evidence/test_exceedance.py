"""How often a candidate is slower than a limit of one's own: against counting the calls themselves."""

import numpy as np
import pytest
from msgspec.structs import replace

from comparators.evidence import exceedance
from comparators.evidence.distributions import sketches
from comparators.evidence.metric_index import addressed_with, distributions_of, registry_with
from comparators.metrics.address import MetricAddress
from comparators.metrics.rederivation import interval_at
from comparators.metrics.way import ShownSums
from comparators.statistics import sequences
from comparators.statistics.sketch import Sketch
from tests.comparators import rich

MS, ALPHA = 1_000_000, 0.05


def sketch(values: np.ndarray, cut_at_ms: float = 0.0, cut: int = 0) -> Sketch:
    found = Sketch()
    found.add_all(values)
    for _ in range(cut):
        found.add_censored(cut_at_ms * MS)
    return found


def over(limit: str, candidate: Sketch, production: Sketch, effect: float = 1.0):
    definition = exceedance.definition_of(f"latency.over_{limit}ms")
    sides = {"latency.candidate": candidate, "latency.production": production}
    return definition.way.again(ShownSums({}, sides), ALPHA, effect)


@pytest.mark.parametrize("limit", ["0.5", "10", "200", "60000"])
@pytest.mark.parametrize("scale", [0.02, 1.0, 50.0])
def test_it_is_the_difference_of_what_is_counted(limit, scale):
    """Within what lies in the limit's own bin; heavy tails, small and large; the interval has both ends of it."""
    random = np.random.default_rng(5)
    candidate, production = (MS * scale * 10 * random.lognormal(0, 1.5, 4_000) for _ in range(2))
    found = over(limit, sketch(candidate), sketch(production))
    at = float(limit) * MS
    truth = np.mean(candidate > at) - np.mean(production > at)
    in_bin = sum(np.mean(np.abs(side / at - 1) < 1 / 64) for side in (candidate, production))
    assert abs(found.value - truth) <= in_bin + 1e-12
    assert found.interval.lo <= truth <= found.interval.hi


def test_its_interval_is_that_of_both_sides_at_half_of_alpha():
    """Where no call lies in the limit's bin."""
    candidate = sketch(np.repeat([1.0 * MS, 30.0 * MS], [900, 100]))
    production = sketch(np.repeat([1.0 * MS, 30.0 * MS], [980, 20]))
    own, other = (sequences.rate(count, 1_000, ALPHA / 2) for count in (100, 20))
    found = over("10", candidate, production)
    assert found.value == pytest.approx(0.08)
    assert found.interval == pytest.approx((own.lo - other.hi, own.hi - other.lo))
    thinner = over("10", candidate, production, effect=4.0)
    assert thinner.interval.lo < found.interval.lo
    assert thinner.interval.hi > found.interval.hi


def test_a_call_that_was_cut_off_counts_by_when_it_was():
    """After the limit it is above it; before, nobody knows, and the upper end has it above."""
    prompt = np.full(990, 1.0 * MS)
    production = sketch(np.full(1_000, 1.0 * MS))
    after, before = (over("100", sketch(prompt, cut_at_ms, 10), production) for cut_at_ms in (300.0, 50.0))
    none = sequences.rate(0, 1_000, ALPHA / 2)
    assert after.value == pytest.approx(0.01)
    assert before.value == 0.0
    assert before.interval.hi == after.interval.hi == pytest.approx(sequences.rate(10, 1_000, ALPHA / 2).hi - none.lo)
    assert before.interval.lo == pytest.approx(none.lo - none.hi)
    assert before.interval.lo < after.interval.lo


def test_few_users_leave_it_open():
    """As any interval."""
    calls = sketch(np.full(100, 1.0 * MS))
    assert over("10", calls, calls, effect=20.0).interval == (None, None)


def test_it_is_told_of_all_requests_and_of_each_kind():
    """Of what the report's own latencies are, with their number; at its alpha the rederived interval is the same."""
    report, name = rich.report(), "latency.over_5ms"
    registry = registry_with([name])
    found = {address: each for address, each in addressed_with(report, registry).items() if address.name == name}
    assert {address.request for address in found} == {None, *(plan.plan for plan in report.plans)}
    for address, metric in found.items():
        told = sketches(distributions_of(report, address))
        assert metric.n == told["latency.candidate"].n
        again = interval_at(report.alpha, metric, registry[name], told)
        assert again == (metric.lo, metric.hi)


def test_where_no_ratio_is_told_it_is_not_either():
    """A candidate that was not asked as production was says nothing by its latencies."""
    at = MetricAddress("", request="POST /x")
    refused = "41 of 200 pairs were asked with as many in hand as production had, and in time"
    like, measured = (rich.report().metrics[each] for each in ("latency.paired_ratio_p50", "latency.candidate.p99_ms"))
    known = {
        at._replace(name="latency.paired_ratio_p50"): _without(like, refused),
        at._replace(name="latency.candidate.p99_ms"): measured,
    }
    definition = exceedance.definition_of("latency.over_5ms")
    calls = sketch(np.full(100, 1.0 * MS))
    sides = {"latency.candidate": calls, "latency.production": calls}
    metric = exceedance.metric_of(definition, known, at, sides)
    assert (metric.value, metric.lo, metric.hi, metric.reason) == (None, None, None, refused)


@pytest.mark.parametrize(
    "name", ["latency.over_0ms", "latency.over_ms", "latency.over_-5ms", "latency.over_5s", "latency"]
)
def test_other_names_are_none_of_these(name):
    """Every call takes longer than nothing."""
    assert exceedance.definition_of(name) is None


def _without(metric, reason):
    return replace(metric, value=None, lo=None, hi=None, reason=reason)
