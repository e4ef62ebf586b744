"""Prometheus families: the JSON face's names with underscores, labels as addresses have them, nothing unknown."""

import pytest

from comparators.evidence.metric_index import addressed
from comparators.evidence.registry import REGISTRY
from comparators.evidence.report import Report
from comparators.evidence.scrape import Scrape
from comparators.metrics.address import MetricAddress, parse
from comparators.stored.exposition import left_out_family, metric_families
from tests.comparators import rich
from tests.comparators.render.made import empty, whole

OIP = "POST /v2/models/late/infer"


def _samples(report: Report) -> dict[tuple[str, ...], float]:
    """By the family's name and all labels but route and candidate."""
    samples = [sample for family in metric_families([addressed(report)]) for sample in family.samples]
    return {(each.name, *list(each.labels.values())[2:]): each.value for each in samples}


def test_a_reports_metrics_keep_their_names_and_bounds():
    """Dots become underscores; value, lo and hi are one family's samples."""
    report = whole()
    samples, rate = _samples(report), report.metrics["disagreement.rate"]
    assert samples["understudy_disagreement_rate", "value"] == rate.value
    assert samples["understudy_disagreement_rate", "hi"] == rate.hi
    assert ("understudy_latency_candidate_p99_ms", "hi") not in samples


def test_each_kind_of_request_has_its_own_rate():
    """Two models behind one prefix are two rates, beside that of all requests."""
    report = whole()
    samples = _samples(report)
    for plan in report.plans:
        request = plan.plan.replace(" ", "+").replace("*", "%2A")
        rate = plan.metrics["disagreement.rate"].value
        assert samples["understudy_request_disagreement_rate", request, "value"] == rate


def test_each_output_has_its_own_metrics():
    """By kind of request and output."""
    samples, report = _samples(rich.report()), rich.report()
    heads = {head.head: head.metrics for plan in report.plans if plan.plan == "POST /rich" for head in plan.heads}
    for head, name in (("/class", "label.kappa"), ("/score", "score.mae"), ("/text", "text.exact")):
        family = f"understudy_{name.replace('.', '_')}"
        assert samples[family, "POST+/rich", head, "value"] == heads[head][name].value


def test_labels_make_up_the_address_of_their_metric():
    """Whoever is told by an alert finds the same number in a report, a policy or a URL."""
    known = addressed(rich.report())
    for family in metric_families([known]):
        name = _name_of(family.name)
        for sample in family.samples:
            labels = {part: value for part, value in sample.labels.items() if part != "bound"}
            address = parse(f"{name}@" + ",".join(f"{part}={value}" for part, value in labels.items()))
            assert getattr(known[address], sample.labels["bound"]) == sample.value


def _name_of(family: str) -> str:
    flat = family.removeprefix("understudy_").removeprefix("request_")
    return next(name for name in REGISTRY if name.replace(".", "_") == flat)


def test_help_is_that_of_the_registry():
    """One sentence, and the unit."""
    for family in metric_families([addressed(rich.report())]):
        definition = REGISTRY[_name_of(family.name)]
        assert family.documentation == f"{definition.help} Unit: {definition.unit}."


def test_no_two_metrics_share_a_family():
    """Underscores in place of dots keep names apart, with and without `request_` before them."""
    flat = [name.replace(".", "_") for name in REGISTRY]
    both = {*flat, *(f"request_{name}" for name in flat)}
    assert len(both) == 2 * len(REGISTRY)


@pytest.mark.parametrize("report", [empty(), rich.report()])
def test_what_is_not_known_has_no_sample(report):
    """A zero would be read as one."""
    known = addressed(report)
    bounds = [(metric.value, metric.lo, metric.hi) for address, metric in known.items() if not address.slice]
    count = sum(each is not None for three in bounds for each in three)
    assert sum(len(family.samples) for family in metric_families([known])) == count


def test_slices_are_a_reports_alone():
    """Which ones there are depends on what was found: their series would come and go."""
    known = addressed(rich.report())
    sliced = {address: metric for address, metric in known.items() if address.slice}
    assert sliced
    assert list(metric_families([sliced])) == []


def test_a_name_from_traffic_stays_one_label():
    """Quotes and line ends of a path are spelled as in an address."""
    odd = MetricAddress("disagreement.rate", "root", "new", 'POST /a"\n,b')
    metric = next(iter(addressed(whole()).values()))
    (family,) = metric_families([{odd: metric}])
    assert {sample.labels["request"] for sample in family.samples} == {"POST+/a%22%0A%2Cb"}


def test_what_is_left_out_is_counted():
    """By candidate, kinds of request and outputs apart."""
    scrape = Scrape(route="root", candidate="new", coverage={}, metrics={}, left_out={"request": 3, "output": 0})
    samples = left_out_family([scrape]).samples
    assert [(each.labels["of"], each.value) for each in samples] == [("request", 3), ("output", 0)]
