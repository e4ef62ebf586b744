"""An interval once more, from the JSON of a report: the same at its alpha, and what the state gives at another."""

import msgspec
import pytest

from comparators.evidence.distributions import sketches
from comparators.evidence.metric_index import addressed, distributions_of
from comparators.evidence.registry import REGISTRY
from comparators.evidence.report import Report
from comparators.metrics.metric import COUNT, DESCRIPTIVE
from comparators.metrics.rederivation import interval_at
from comparators.view import of_everything
from tests.comparators import rich

ALPHA = rich.VIEW.alpha


def stored(view=rich.VIEW) -> Report:
    """As a program reads it, from its JSON."""
    return msgspec.json.decode(msgspec.json.encode(rich.report(view)), type=Report)


@pytest.fixture(scope="module")
def report() -> Report:
    return stored()


def again(report: Report, address, metric, alpha: float, times: float = 1.0):
    told = sketches(distributions_of(report, address))
    return interval_at(alpha, metric, REGISTRY[address.name], told, times)


def nearly(lo, hi):
    """Large weights of edges are told as floats, which have no room for their last bits."""
    return tuple(None if end is None else pytest.approx(end, rel=1e-9, abs=1e-15) for end in (lo, hi))


def test_at_its_own_alpha_it_is_what_the_report_shows(report):
    """Of each metric with an interval, whatever its method: nothing is missing from what is told."""
    methods = set()
    for address, metric in addressed(report).items():
        if metric.method != DESCRIPTIVE:
            found = again(report, address, metric, metric.alpha)
            assert found == nearly(metric.lo, metric.hi), address
            methods.add(metric.method)
    assert len(methods) == 7


def test_at_another_alpha_it_is_what_the_state_gives(report):
    """A report made at that alpha shows the same."""
    at_another = addressed(stored(of_everything(ALPHA / 7)))
    for address, metric in addressed(report).items():
        if metric.method != DESCRIPTIVE and not address.slice:
            other = at_another[address]
            assert again(report, address, metric, ALPHA / 7) == nearly(other.lo, other.hi), address


def test_more_requests_like_these_tell_more(report):
    """The value stays within, and no end moves away from it; what counts everything stays."""
    narrower = 0
    for address, metric in addressed(report).items():
        if metric.lo is None or metric.hi is None or metric.method in (DESCRIPTIVE, COUNT):
            continue
        lo, hi = again(report, address, metric, metric.alpha, times=10.0)
        assert lo >= metric.lo - 1e-12
        assert hi <= metric.hi + 1e-12
        narrower += hi - lo < metric.hi - metric.lo
    assert narrower > 150
