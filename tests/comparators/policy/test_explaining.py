"""What `gate --explain` prints: each metric that a check may name, by an address that a policy can hold."""

from comparators.evidence.metric_index import addressed
from comparators.metrics.document import Heading, Table
from comparators.metrics.metric import DESCRIPTIVE
from comparators.policy.explaining import explanation
from comparators.policy.policy import Check, Policy, problems
from comparators.render import words
from tests.comparators import rich


def test_every_metric_with_an_interval_is_listed_once_where_it_is_told():
    """Its name, and behind it the place: together they are its address without route and candidate."""
    report = rich.report()
    listed, place = [], ""
    for block in explanation(report):
        if isinstance(block, Heading):
            place = words.line(block.title).partition("NAME")[2]
        elif isinstance(block, Table):
            listed += [f"{words.said(row[0])}{place}" for row in block.rows]
    known = [address for address, metric in addressed(report).items() if metric.method != DESCRIPTIVE]
    assert listed == [str(address._replace(route=None, candidate=None)) for address in known]
    assert len(set(listed)) == len(listed) > 300


def test_each_of_them_can_stand_in_a_policy():
    """But for means that need a check beside them, which the refusal names."""
    report = rich.report()
    for address, metric in addressed(report).items():
        if metric.method != DESCRIPTIVE:
            short = str(address._replace(route=None, candidate=None))
            wrong = [each.right for each in problems(Policy(checks=(Check(metric=short, max=0.5),)))]
            assert all("is a mean of clipped values" in each for each in wrong)


def test_what_has_no_interval_yet_says_what_it_needs():
    """A number of pairs, or why no number will do; nothing where both ends are known."""
    report = rich.report()
    first = next(block for block in explanation(report) if isinstance(block, Table))
    told = {words.said(row[0]): words.said(row[4]) for row in first.rows}
    assert told["disagreement.rate"] == ""
    assert told["latency.production.p99_ms"].startswith("about ")
    assert told["latency.paired_mean_ms"].endswith("timeouts leave it open")
