"""The registry: whatever a report says is defined there, once."""

import pytest

from comparators.compare import size
from comparators.compare.kinds import KINDS, kind_of
from comparators.compare.rules import rules_for
from comparators.evidence import request_metrics
from comparators.evidence.load_metrics import LoadSums, PaceSums, load_metrics
from comparators.evidence.noise import noise_metrics
from comparators.evidence.registry import HEADLINE, REGISTRY, gathered
from comparators.evidence.request_metrics import coverage_metrics, head_metrics, metrics_of
from comparators.metrics.definition import derive
from comparators.metrics.metric import CLIPPED_MEAN, RATE, Metric
from comparators.pairs.summary import PlanSummary
from comparators.settings import CompareSettings
from tests.comparators import rich
from tests.comparators.made import judged
from tests.comparators.render.made import COVERAGE

ALPHA = 0.05
RULES = rules_for(CompareSettings(), "/out")


@pytest.fixture(scope="module")
def found() -> dict[str, list[Metric]]:
    """Every metric of a report of rich traffic, by name."""
    summary = judged(rich.pairs(), rich.SETTINGS).summary
    total, plans = summary.total(), summary.plans.values()
    several = [metrics_of(each, ALPHA) for each in (total, *plans)]
    several += [head_metrics(sums, ALPHA) for plan in plans for sums in plan.heads.values()]
    several += [noise_metrics(plan, pointer, ALPHA) for plan in plans for pointer in plan.heads]
    several.append(coverage_metrics({**COVERAGE, "requests": 400, "compared": 400}, ALPHA))
    several.append(load_metrics(_streamed(), ALPHA))
    by_name: dict[str, list[Metric]] = {}
    for each in several:
        for name, metric in each.items():
            by_name.setdefault(name, []).append(metric)
    return by_name


def _streamed() -> LoadSums:
    """Of a replay, of one stream of two tokens."""
    sums = LoadSums(tokens=PaceSums(2, 1_000_000_000))
    sums.first_token.add(1e6)
    sums.between_tokens.add(1e6)
    return sums


def test_every_metric_of_a_report_is_in_the_registry(found):
    """And of each in the registry rich traffic has one, so that no definition goes untried."""
    assert found.keys() == REGISTRY.keys()


def test_a_metric_has_the_unit_and_the_method_that_its_definition_says(found):
    """A page that tells them from the registry tells the truth."""
    told = {(name, each.unit, each.method) for name, several in found.items() for each in several}
    assert told == {(each.name, each.unit, each.method) for each in REGISTRY.values()}


def test_a_metric_is_absent_only_where_its_definition_says_so():
    """Of sums without a request, each metric says that there are none yet, or is not there and said when it is."""
    empty = [(request_metrics.METRICS, PlanSummary()), (size.METRICS, PlanSummary().size)]
    empty += [(kind.metrics, _sums_of(name)) for name, kind in KINDS.items()]
    for definitions, sums in empty:
        there = derive(definitions, sums, ALPHA)
        assert [each.name for each in definitions if not each.only_where] == list(there)
        assert all(each.value is None and each.reason for each in there.values())


def test_each_definition_can_be_told_to_a_person():
    """A label without its kind's name, and one sentence."""
    for each in REGISTRY.values():
        assert each.label
        assert each.help.endswith(".")
        assert "\n" not in each.help
        assert each.scopes


def test_what_can_be_below_zero_is_said_with_its_sign():
    """A mean of differences too, whose method does not tell."""
    signed = {name for name, each in REGISTRY.items() if each.is_difference}
    assert {"latency.paired_mean_ms", "errors.new_minus_fixed", "score.bias", "boxes.count_change"} <= signed
    assert not {"disagreement.rate", "score.mae", "label.kappa", "latency.p99_ratio"} & signed


def test_no_check_passes_on_a_clipped_mean_alone():
    """Its definition names the share of what it leaves out, which has an interval of its own."""
    for each in REGISTRY.values():
        assert bool(each.passes_with) is (each.method == CLIPPED_MEAN)
        if each.passes_with:
            beside = REGISTRY[each.passes_with]
            assert (beside.method, beside.scopes) == (RATE, each.scopes)


def test_a_definition_says_that_it_is_of_the_headline():
    """How often it disagrees, fails and takes longer, and of how much that is known; each is one of all requests."""
    live = ("disagreement.rate", "errors.new_minus_fixed", "latency.paired_ratio_p50", "coverage.ratio")
    replayed = ("response.p99_ms", "failures.rate", "rate.achieved", "goodput")
    assert (*live, *replayed) == HEADLINE
    assert all("route" in REGISTRY[name].scopes for name in HEADLINE)


def test_two_metrics_of_one_name_are_refused():
    """One of them would be taken for the other."""
    rate, *_ = request_metrics.METRICS
    with pytest.raises(ValueError, match=r"two metrics are named disagreement\.rate"):
        gathered([rate, rate._replace(label="another")])


def _sums_of(kind: str):
    """Of an output of this kind, before any request."""
    _, sums = KINDS[kind].compare([], RULES)
    return sums


def test_no_interval_counts_each_request_of_a_user_as_new_evidence():
    """Whichever way a metric has, and whoever adds one: where all requests are one unit's, every interval is open."""
    closed = set()
    for definitions, sums in _all_sums():
        independent, alike = derive(definitions, sums, ALPHA), derive(definitions, sums, ALPHA, effect=1_000.0)
        closed |= {name for name, own in independent.items() if own.lo is not None or own.hi is not None}
        for name, own in alike.items():
            assert own.value == independent[name].value, name
            assert own.n == 0 or (own.lo, own.hi) == (None, None), name
    assert len(closed) > 50


def _all_sums():
    summary = judged(rich.pairs(), rich.SETTINGS).summary
    for own in (summary.total(), *summary.plans.values()):
        yield request_metrics.METRICS, own
        yield size.METRICS, own.size
        yield from ((KINDS[kind_of(sums)].metrics, sums) for sums in own.heads.values())
