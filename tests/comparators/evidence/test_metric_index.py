"""Every metric of a report has its address, and is found by it."""

import re
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
from msgspec import structs

from comparators.errors import MeetingAddresses
from comparators.evidence.metric_index import addressed
from comparators.evidence.registry import REGISTRY
from comparators.evidence.report import Report
from comparators.metrics.address import MetricAddress, parse, spelled
from comparators.metrics.resolving import resolve
from tests.comparators import rich


@pytest.fixture(scope="module")
def report() -> Report:
    return rich.report()


def _intervals(document: Any) -> Iterator[tuple[Any, Any, Any, int]]:
    """Of the JSON report: whatever has a value, an interval and a number of requests."""
    if isinstance(document, dict):
        if {"value", "lo", "hi", "n", "sums"} <= document.keys():
            yield document["value"], document["lo"], document["hi"], document["n"]
        document = list(document.values())
    if isinstance(document, list | tuple):
        for each in document:
            yield from _intervals(each)


def test_each_metric_of_a_report_has_one_address(report):
    """As many as its JSON has, and with the same numbers."""
    found = [(each.value, each.lo, each.hi, each.n) for each in addressed(report).values()]
    assert sorted(map(str, found)) == sorted(map(str, _intervals(msgspec.to_builtins(report))))
    assert len(found) > 200


def test_an_address_finds_its_metric_from_its_text(report):
    """A policy, a URL or a label that has it gets this number and no other."""
    known = addressed(report)
    for address in known:
        assert resolve(parse(str(address)), known, REGISTRY) == address


@pytest.mark.parametrize(
    ("written", "n"),
    [
        ("disagreement.rate", 400),
        ("disagreement.rate@request=POST+/image", 40),
        ("score.mae", 313),
        ("text.exact@output=/text", 313),
        ("disagreement.rate@slice=header:x-region=eu", 3_000),
        ("disagreement.rate@slice=wind%3A+gust=null", 1_000),
        ("disagreement.rate@slice=delay=10..20.5", 900),
    ],
)
def test_a_metric_is_found_by_the_parts_that_tell_it(report, written, n):
    """Whatever is unique may be left out."""
    known = addressed(report)
    assert known[resolve(parse(written), known, REGISTRY)].n == n


def test_an_address_says_where_its_metric_is_told(report):
    """Its scope is one of those in its definition."""
    for address in addressed(report):
        assert _scope(address) in REGISTRY[address.name].scopes


def test_names_that_meet_are_no_index(report):
    """Who asks for one of them would get the other's numbers."""
    twice = structs.replace(report, plans=[*report.plans, report.plans[0]])
    with pytest.raises(MeetingAddresses, match=re.escape(spelled(report.plans[0].plan))):
        addressed(twice)


def _scope(address: MetricAddress) -> str:
    if address.slice:
        return "slice"
    return "output" if address.output is not None else "request" if address.request else "route"
