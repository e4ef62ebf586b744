"""Judgements whose every text from outside is an attack, and one of as many checks as a policy may have."""

from functools import cache

from msgspec.structs import replace

from comparators.evidence.breakage import Breakage
from comparators.evidence.versions import VersionChoice
from comparators.extract.version import ModelVersion
from comparators.policy.judgement import Judgement
from comparators.policy.judging import judged
from comparators.policy.policy import Check, Policy
from tests.comparators.policy.reports import NOW_S, report

ATTACK = (
    "</failure>]]><script>alert(1)</script>\"'&`|**x**@all ](https://evil.test)\x00\x1b[2J\x85\u202e\uffff\n::error::x"
)
MOST_CHECKS = 10_000


def attacked() -> Judgement:
    """A verdict of a hostile version, which is not there, with hostile checks and notes."""
    found = replace(report(), broken=[Breakage(f"POST /{ATTACK}", ATTACK, "TypeError at late.py:7")], candidate=ATTACK)
    versions = {"production": ModelVersion(ATTACK, ATTACK), "candidate": ModelVersion("", ATTACK)}
    found = replace(found, versions=versions, route=ATTACK)
    checks = (
        Check(metric="disagreement.rate", max=0.02, why=ATTACK),
        Check(metric=f"label.disagreement@output=/{ATTACK}", max=0.5, why=ATTACK),
    )
    judgement = judged(found, Policy(checks=checks), NOW_S, VersionChoice(candidate=f"{ATTACK} 3"))
    return replace(judgement, policy=ATTACK, record=ATTACK, url=ATTACK)


@cache
def with_most_checks(failing: int = 7) -> Judgement:
    """The last of them fail; each has an address and a reason as long as people write them."""
    limits = [0.5] * (MOST_CHECKS - failing) + [0.0] * failing
    checks = [
        Check(metric="latency.p50_ratio", max=2 + limit, why=f"reason {place}, which is a sentence of some length")
        if limit
        else Check(metric="latency.p50_ratio", max=limit, why=f"reason {place}")
        for place, limit in enumerate(limits)
    ]
    return judged(report(), Policy(checks=tuple(checks)), NOW_S)
