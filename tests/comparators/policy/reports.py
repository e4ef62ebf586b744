"""Reports to judge: each of one candidate that differs, fails or is slow in so many of its pairs."""

from functools import cache

from msgspec.structs import replace

from comparators.evidence.report import OtherVersions, Report, Window
from comparators.extract.version import ModelVersion
from tests.comparators.made import MS, answer, failure, observation, pair
from tests.comparators.render.made import report_of

START_S, END_S = 1_372_636_800, 1_372_644_000  # 2013-07-01, two hours
NOW_S = END_S + 60.0
_WINDOW = Window("2013-07-01T00:00:00.000Z", "2013-07-01T02:00:00.000Z")


@cache
def report(pairs: int = 1_200, differing: int = 0, failing: int = 0, slow: int = 0, version: str = "2") -> Report:
    """The first pairs differ, the last ones fail; slow ones are those that differ, and more."""
    made = [pair(_answer(0, i), _candidate(i, pairs, differing, failing, slow), number=i) for i in range(pairs)]
    found = report_of(made, version=version)
    return replace(found, window=_WINDOW) if pairs else found


def _candidate(i: int, pairs: int, differing: int, failing: int, slow: int):
    if i >= pairs - failing:
        return observation(failure("connect"))
    return observation(_answer(i < differing, i), 30 * MS if i < slow else 2 * MS)


def _answer(way: int, i: int):
    return answer({"label": "ab"[(way + i) % 2]})


def covered(found: Report, share: float) -> Report:
    """Of whose requests so many were compared."""
    ratio = found.metrics["coverage.ratio"]
    return replace(found, metrics={**found.metrics, "coverage.ratio": replace(ratio, value=share, lo=share, hi=share)})


def mixed(found: Report, other: str) -> Report:
    """Another version of the candidate answered meanwhile."""
    versions = {**found.versions, "candidate": ModelVersion(other)}
    told = OtherVersions(plan=found.plans[0].plan, versions=versions, pairs=41, until="2013-07-01T01:00:00.000Z")
    return replace(found, meanwhile=[told])
