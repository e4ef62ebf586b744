"""What of a candidate is scraped: the metrics of its report by their addresses, without what only a person reads.

Kinds of request and outputs come from traffic, and each is many series for whoever scrapes: the kinds with the most
pairs are told, of each as many outputs as of another, and how many are not. A series that comes and goes tells nothing,
so kinds are taken by the power of two that their pairs reach, and then by name. Pure.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple

from msgspec import Struct

from comparators.evidence.breakage import Parts
from comparators.evidence.gathering import Evidence
from comparators.evidence.request_metrics import metrics_of, output_metrics
from comparators.metrics.address import MetricAddress
from comparators.metrics.metric import Metric
from comparators.pairs.summary import PlanSummary, Summary
from comparators.statistics.reports_alone import without
from comparators.view import View

ScrapedSummary = without(Summary)  # the sums that metrics are made of

MAX_REQUESTS = 16  # kinds of request, of one candidate
MAX_OUTPUTS = 32  # of these kinds together

Named = tuple[str | None, str | None]  # a kind of request and an output, as sums name them; None: all, none
ALL: Named = (None, None)


class ScrapedMetrics(NamedTuple):
    """`left_out`: how many kinds of request and outputs are beyond their bounds, and how many pairs these kinds have.
    `pairs`: of each kind that is told.

    What a summary keeps together, since there are too many kinds, counts as one: only its pairs are known.
    """

    metrics: Mapping[Named, Mapping[str, Metric]]
    left_out: Mapping[str, int]
    pairs: Mapping[str, int]

    def with_overall(self, more: Mapping[str, Metric]) -> "ScrapedMetrics":
        """With more metrics of all requests."""
        return self._replace(metrics={**self.metrics, ALL: {**self.metrics[ALL], **more}})


class Scrape(Struct, frozen=True, kw_only=True):
    """Of one candidate."""

    route: str
    candidate: str
    coverage: dict[str, Any]
    metrics: dict[MetricAddress, Metric]
    left_out: Mapping[str, int]


def derived(evidence: Evidence, alpha: float) -> ScrapedMetrics:
    summary, parts = evidence.summary, Parts()
    only = _only(summary)
    overall = metrics_of(summary.total() if only is None else only, alpha)
    plans = sorted(summary.plans.items(), key=_rank)
    told = plans[:MAX_REQUESTS]
    found: dict[Named, Mapping[str, Metric]] = {ALL: overall}
    for key, own in told:
        found[key, None] = overall if only is own else metrics_of(own, alpha)
    outputs = _outputs(told)[:MAX_OUTPUTS]
    for key, pointer in outputs:
        of_output = partial(output_metrics, summary.plans[key], pointer, alpha)
        found[key, pointer] = parts.made(key, pointer, of_output, {})
    return ScrapedMetrics(found, _left_out(summary, told, len(outputs)), {key: own.pairs for key, own in told})


def scrape_of(found: ScrapedMetrics, route: str, candidate: str, coverage: dict[str, Any], view: View) -> Scrape:
    """By the addresses that the report has (metric_index.py). Names that meet once they are hidden would have one: the
    first is told, and the others are left out and counted.
    """
    metrics: dict[MetricAddress, Metric] = {}
    left_out = Counter(found.left_out)
    first: dict[Named, Named] = {}
    for named, own in found.metrics.items():
        shown = _shown(named, view)
        kind = named[0], None
        if first.setdefault((shown[0], None), kind) != kind or first.setdefault(shown, named) != named:
            left_out.update({"request": 1, "pair": found.pairs[named[0] or ""]} if named == kind else {"output": 1})
        else:
            metrics |= {MetricAddress(name, route, candidate, *shown): metric for name, metric in own.items()}
    return Scrape(route=route, candidate=candidate, coverage=coverage, metrics=metrics, left_out=left_out)


def _shown(named: Named, view: View) -> Named:
    key, pointer = named
    return None if key is None else view.key(key), None if pointer is None else view.shown_path(pointer)


def _only(summary: Summary) -> PlanSummary | None:
    """The one kind of request there is: its sums are those of all requests."""
    return next(iter(summary.plans.values())) if len(summary.plans) == 1 and summary.other is None else None


def _rank(each: tuple[str, PlanSummary]) -> tuple[int, str]:
    key, own = each
    return -own.pairs.bit_length(), key


def _outputs(plans: Sequence[tuple[str, PlanSummary]]) -> list[tuple[str, str]]:
    """The first of each kind, then the second of each: however many one has, the others keep their places."""
    ranked = [(place, key, pointer) for key, own in plans for place, pointer in enumerate(sorted(own.heads))]
    return [(key, pointer) for _, key, pointer in sorted(ranked)]


def _left_out(summary: Summary, told: Sequence[tuple[str, PlanSummary]], outputs: int) -> dict[str, int]:
    pairs = sum(own.pairs for _, own in summary.parts()) - sum(own.pairs for _, own in told)
    requests = len(summary.plans) - len(told) + (summary.other is not None)
    return {
        "request": requests,
        "output": sum(len(own.heads) for own in summary.plans.values()) - outputs,
        "pair": pairs,
    }
