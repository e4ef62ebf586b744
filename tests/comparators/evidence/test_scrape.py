"""What is scraped of a candidate: the report's metrics by address, within a bound that says what it leaves out."""

from collections import Counter
from collections.abc import Sequence
from typing import Any, get_args

import msgspec
import pytest
from msgspec import Struct
from msgspec.structs import fields

from comparators.compare import size
from comparators.compare.kinds import KINDS, HeadSums
from comparators.compare.size import SizeSums
from comparators.errors import Unmergeable
from comparators.evidence import request_metrics
from comparators.evidence.epochs import Epoch
from comparators.evidence.gathering import Evidence, latest
from comparators.evidence.scrape import MAX_OUTPUTS, MAX_REQUESTS, ScrapedSummary, derived, scrape_of
from comparators.extract.version import ModelVersion
from comparators.metrics.address import MetricAddress
from comparators.metrics.definition import Definition
from comparators.pairs.summary import MAX_PLANS, PlanSummary, Summary, merged
from comparators.statistics.reports_alone import is_marked, without
from tests.comparators import rich
from tests.comparators.made import OIP, VIEW, answer, judged, oip, pair, view_hiding

ALPHA = 0.05


def evidence_of(summary: Summary) -> Evidence:
    versions = ModelVersion("1"), ModelVersion("2")
    epoch = Epoch(
        route="root", candidate="new", production_version=versions[0], candidate_version=versions[1],
        basis=summary.basis, generation=1,
    )  # fmt: skip
    return latest({1: summary}, {1: epoch})


def kinds(count: int) -> Summary:
    """So many kinds of request, the first with the most pairs, each with two outputs."""
    own, other = (answer(oip("1", late=("FP64", [1], [way]), sure=("FP64", [1], [0.5]))) for way in (0.25, 0.75))
    return judged(
        [
            pair(own, other if kind == 1 else own, target=OIP.replace("late", f"m{kind:03}-model"), number=kind)
            for kind in range(count)
            for _ in range(1 + count - kind)
        ]
    ).summary


def test_each_kind_of_request_has_its_own_metrics():
    """That of one is undiluted by the other."""
    found = scrape_of(derived(evidence_of(kinds(2)), ALPHA), "root", "new", {}, VIEW).metrics
    rates = {
        address.request: metric.value
        for address, metric in found.items()
        if (address.name, address.output) == ("disagreement.rate", None)
    }
    assert rates == {
        None: 0.4,
        "POST /v2/models/m000-model/infer": 0.0,
        "POST /v2/models/m001-model/infer": 1.0,
    }


def test_kinds_of_request_beyond_a_bound_are_counted_and_in_the_metrics_of_all():
    """Those with the most pairs are told; whatever clients ask for, the series are as many as stated."""
    summary = kinds(MAX_REQUESTS + 4)
    found = derived(evidence_of(summary), ALPHA)
    told = {request for request, output in found.metrics if request is not None}
    assert told == {f"POST /v2/models/m{kind:03}-model/infer" for kind in range(MAX_REQUESTS)}
    assert len([output for _, output in found.metrics if output is not None]) == MAX_OUTPUTS
    untold = sum(own.pairs for _, own in sorted(summary.plans.items())[MAX_REQUESTS:])
    assert found.left_out == {"request": 4, "output": 2 * 4, "pair": untold}
    overall = found.metrics[None, None]["disagreement.rate"]
    assert overall.n == sum(own.compared for _, own in summary.parts())


def test_kinds_that_the_summary_itself_keeps_together_are_one_more():
    """They have no name by which they could be told."""
    summary = Summary()
    for kind in range(MAX_PLANS + 3):
        summary.add(f"POST /m{kind}", PlanSummary(pairs=1, compared=1))
    found = derived(Evidence(summary, {}, {}), ALPHA)
    assert found.left_out["request"] == MAX_PLANS - MAX_REQUESTS + 1
    assert found.left_out["pair"] == MAX_PLANS - MAX_REQUESTS + 3


def of_two_models(busy: int, calm: int, outputs: int) -> Summary:
    """So many pairs of each, each with so many outputs."""
    named = {f"out{number:02}": ("FP64", [1], [0.5]) for number in range(outputs)}
    own = answer(oip("1", **named))
    targets = ["/v2/models/late/infer"] * busy + ["/v2/models/sure/infer"] * calm
    return judged([pair(own, own, target=target, number=number) for number, target in enumerate(targets)]).summary


def test_places_for_outputs_are_shared_between_kinds_of_request():
    """A model with many outputs and most of the traffic leaves its neighbour as many places as it takes."""
    found = derived(evidence_of(of_two_models(3, 2, MAX_OUTPUTS + 8)), ALPHA)
    told = Counter(request for request, output in found.metrics if output is not None)
    assert set(told.values()) == {MAX_OUTPUTS // 2}
    assert len(told) == 2
    assert found.left_out["output"] == MAX_OUTPUTS + 16


def test_what_is_told_does_not_change_with_a_pair_more_or_less():
    """Neither outputs nor kinds of request: a series that comes and goes is worse than none."""
    ahead, behind = (derived(evidence_of(of_two_models(*pairs, MAX_OUTPUTS + 8)), ALPHA) for pairs in ((3, 2), (2, 3)))
    assert set(ahead.metrics) == set(behind.metrics)
    crowds = []
    for leading in (0, 1):
        summary = Summary()
        for kind in range(MAX_REQUESTS + 4):
            pairs = 101 if kind % 2 == leading else 100
            summary.add(f"POST /m{kind:02}", PlanSummary(pairs=pairs, compared=pairs))
        crowds.append(derived(Evidence(summary, {}, {}), ALPHA))
    assert set(crowds[0].metrics) == set(crowds[1].metrics)


def test_one_kind_of_request_has_the_metrics_of_all():
    """They are the same sums, and derived once."""
    found = derived(evidence_of(kinds(1)), ALPHA)
    assert found.metrics["POST /v2/models/m000-model/infer", None] is found.metrics[None, None]


def test_names_are_shown_through_the_view():
    """What a report hides, no label tells."""
    hiding = view_hiding(redact_patterns=("secret",))
    own = answer(oip("1", secret_score=("FP64", [1], [1.0])))
    summary = judged([pair(own, own, target="/secret/path")]).summary
    found = scrape_of(derived(evidence_of(summary), ALPHA), "root", "new", {}, hiding).metrics
    request, output = hiding.key("POST /secret/path"), hiding.shown_path("/outputs/secret_score")
    assert {(each.request, each.output) for each in found} == {(None, None), (request, None), (request, output)}
    assert "secret" not in request + output
    assert MetricAddress("disagreement.rate", "root", "new", request) in found


def test_names_that_differ_by_percent_encoding_alone_have_metrics_of_their_own():
    """Each way to write what is hidden, of kinds of request as of outputs."""
    ways = ["jane doe", "jane+doe", "jane%20doe", "%6aane%2520doe"]
    own = answer(oip("1", **{each: ("FP64", [1], [1.0]) for each in ways}))
    summary = judged([pair(own, own, target=f"/{each}/score", number=n) for n, each in enumerate(ways)]).summary
    found, hiding = derived(evidence_of(summary), ALPHA), view_hiding(redact_patterns=("jane doe",))
    scrape = scrape_of(found, "root", "new", {}, hiding)
    assert len({each.request for each in scrape.metrics if each.request}) == 4
    assert len({each.output for each in scrape.metrics if each.output}) == 4
    assert scrape.left_out == {"request": 0, "output": 0, "pair": 0}


def test_names_that_meet_once_they_are_hidden_are_told_once_and_counted():
    """No number stands under another's name, and none is lost without a count: here of a kind of request with one of
    its outputs, and of an output of the other kind.
    """
    hiding = view_hiding(redact_patterns=("jane doe", "a/b"), redact_before_storage=True)
    values = {each: ("FP64", [1], [1.0]) for each in ("x", "y")}
    own = answer(oip("1", **values))
    targets = ["/jane+doe/score"] * 4 + ["/jane%20doe/score"] * 2
    summary = judged([pair(own, own, target=target, number=n) for n, target in enumerate(targets)]).summary
    heads = summary.plans["POST /jane+doe/score"].heads
    heads |= {"/outputs/a/b": heads["/outputs/x"], "/outputs/a~1b": heads["/outputs/y"]}
    found = derived(evidence_of(summary), ALPHA)
    scrape = scrape_of(found, "root", "new", {}, hiding)
    assert len({each.request for each in scrape.metrics if each.request}) == 1
    assert len({each.output for each in scrape.metrics if each.output}) == 3
    assert scrape.left_out == {"request": 1, "output": 1 + 2, "pair": 2}
    rate = next(each for at, each in scrape.metrics.items() if at.request and at.name == "disagreement.rate")
    assert rate.n == 4


def test_a_scrape_reads_nothing_of_what_reports_alone_read():
    """Whatever stands in its place: no part of it is decoded or merged, and each metric is the report's."""
    summary = judged(rich.pairs(), rich.SETTINGS).summary
    stored = msgspec.json.encode(_spoilt(summary), order="deterministic")
    with pytest.raises(Unmergeable):
        Summary.from_bytes(stored)
    whole, scraped = (
        merged([form.from_bytes(data)] * 2, summary.basis)
        for form, data in ((Summary, summary.to_bytes()), (ScrapedSummary, stored))
    )
    assert derived(evidence_of(scraped), ALPHA) == derived(evidence_of(whole), ALPHA)


def test_a_scrape_reads_what_a_report_reads():
    """From the same bytes: of every kind of output, the metrics are the report's."""
    summary = judged(rich.pairs(), rich.SETTINGS).summary
    whole, scraped = (form.from_bytes(summary.to_bytes()) for form in (Summary, ScrapedSummary))
    assert {type(head).__name__ for own in whole.plans.values() for head in own.heads.values()} >= {"JsonSums"}
    assert derived(evidence_of(scraped), ALPHA) == derived(evidence_of(whole), ALPHA)


def test_no_scraped_metric_is_made_of_sums_that_reports_alone_read():
    """Who marks a sum that is scraped, or scrapes one that is marked, is told of which metric it is."""
    scraped = [(PlanSummary, request_metrics.METRICS), (SizeSums, size.METRICS)]
    scraped += [(sums, KINDS[sums.__struct_config__.tag].metrics) for sums in get_args(HeadSums)]
    assert [found for sums, definitions in scraped for found in _left(sums, definitions)] == []
    rate, *_ = request_metrics.METRICS
    assert _left(PlanSummary, [rate._replace(sums=("noise.paths.dropped", "compared"))]) == ["disagreement.rate"]
    assert _left(PlanSummary, [rate._replace(sums=("noise",))]) == ["disagreement.rate"]


def _left(sums: Any, definitions: Sequence[Definition]) -> list[str]:
    """The metrics that are made of what is not read without what reports alone read."""
    return [each.name for each in definitions if not all(_is_read(sums, name.split(".")) for name in each.sums)]


def _is_read(shape: Any, names: Sequence[str]) -> bool:
    """Whole, where no name is left."""
    if is_marked(shape):
        return False
    if names:
        return _is_read({each.name: each.type for each in fields(shape)}[names[0]], names[1:])
    return not (isinstance(shape, type) and issubclass(shape, Struct)) or without(shape) is shape


def _spoilt(stored: Any) -> Any:
    """What is stored of these, with what no release wrote where reports alone read."""
    if isinstance(stored, dict):
        return {str(name): _spoilt(each) for name, each in stored.items()}
    if not isinstance(stored, Struct):
        return stored
    tag = stored.__struct_config__.tag
    own = {
        each.encode_name: {"limit": {}} if is_marked(each.type) else _spoilt(getattr(stored, each.name))
        for each in fields(stored)
    }
    return own | ({} if tag is None else {"type": tag})
