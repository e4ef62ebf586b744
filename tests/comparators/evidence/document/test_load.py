"""The section of a replay: what it says of its generator."""

import pytest

from comparators.evidence.document.whole import document_of
from comparators.render import text
from tests.loadtest.results.made_runs import report_on, stall


def said(**changes: object) -> str:
    """All of it, in one line."""
    return " ".join(text.render(document_of(report_on(stall(), **changes)), text.WIDTH).split())


def test_one_host_s_generator_has_no_skew() -> None:
    """Nothing is said of what there is not."""
    assert "the generator: 2 processes, " in said(processes=2)
    assert "host" not in said(processes=2).partition("the generator")[2].partition("plan")[0]


@pytest.mark.parametrize(("skew_ms", "shown"), [(0.25, "0.250 ms"), (61.0, "61.0 ms")])
def test_several_hosts_tell_how_far_apart_they_started(skew_ms: float, shown: str) -> None:
    """By their clocks, and by what they sent first."""
    found = said(hosts=3, processes=6, skew_ms=skew_ms, end_skew_ms=2.5, first_sends_ms=1.5)
    assert "the generator: 6 processes on 3 hosts, " in found
    assert f"the hosts started within {shown} of each other" in found
    assert "their clocks were within 2.50 ms when it ended" in found
    assert "their first requests 1.50 ms farther apart than planned" in found
