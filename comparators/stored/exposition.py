"""Prometheus families: what a worker counted, and a report's metrics under the JSON face's names, with _ for dots.
Labels are the parts of a metric's address.

Counts over all workers are the store's coverage; these are one process's own.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric

from comparators.evidence.registry import REGISTRY
from comparators.evidence.scrape import MAX_OUTPUTS, MAX_REQUESTS, Scrape
from comparators.metrics import metric as reported
from comparators.metrics.address import MetricAddress, spelled
from comparators.stored.decisions import SharedDecisions
from records.store.share import Names

_NAMES = ("route", "candidate")
_BOUNDS = ("value", "lo", "hi")
_PARTS = (*_NAMES, "request", "output")

ByAddress = Mapping[MetricAddress, reported.Metric]


def worker_families(owned: Mapping[SharedDecisions, int], failures: Mapping[Names, int]) -> Iterator[Metric]:
    """`owned`: how many partitions of each candidate are worked on. `failures`: of lanes, by route and candidate."""
    compared = CounterMetricFamily("understudy_compared", "Pairs this worker compared.", labels=_NAMES)
    by_reason = {
        "incomparable": "Pairs that were not comparable, by reason.",
        "latency_excluded": "Pairs whose latency does not count, by reason.",
    }
    reasons = {
        name: CounterMetricFamily(f"understudy_{name}", about, labels=(*_NAMES, "reason"))
        for name, about in by_reason.items()
    }
    partitions = GaugeMetricFamily(
        "understudy_compare_partitions_owned", "Partitions this worker works on.", labels=_NAMES
    )
    for candidate, partitions_owned in owned.items():
        names = (candidate.route, candidate.candidate)
        compared.add_metric(names, candidate.counts["compared"])
        partitions.add_metric(names, partitions_owned)
        for counter, count in sorted(candidate.counts.items()):
            name, _, reason = counter.partition(".")
            if reason:
                reasons[name].add_metric((*names, reason), count)
    failed = CounterMetricFamily(
        "understudy_lane_failures", "Partitions of this worker that failed and were begun again.", labels=_NAMES
    )
    for names_of_lane, count in failures.items():
        failed.add_metric(names_of_lane, count)
    yield from (compared, *reasons.values(), partitions, failed)


def metric_families(found: Iterable[ByAddress]) -> Iterator[Metric]:
    """A family for each metric of all requests, of a kind of request, and of an output; slices are a report's.

    What is not known is left out, since a sample that lies is worse than none.
    """
    families: dict[tuple[str, ...], GaugeMetricFamily] = {}
    for address, metric in ((address, metric) for each in found for address, metric in each.items()):
        if address.slice:
            continue
        known = [(bound, number) for bound in _BOUNDS if (number := getattr(metric, bound)) is not None]
        names, parts = _labels(*address[1:5])
        key = (address.name, *names)
        if known and key not in families:
            families[key] = _metric_family(address, (*names, "bound"))
        for bound, number in known:
            families[key].add_metric((*parts, bound), number)
    yield from families.values()


@lru_cache(4096)  # all metrics of one place have the same
def _labels(*parts: str | None) -> tuple[Sequence[str], Sequence[str]]:
    """Names and values: those parts of an address that it has, spelled as there."""
    told = {name: spelled(part) for name, part in zip(_PARTS, parts, strict=True) if part is not None}
    return tuple(told), tuple(told.values())


def _metric_family(address: MetricAddress, labels: Sequence[str]) -> GaugeMetricFamily:
    """That of a kind of request is another one than that of all requests: whoever adds up or averages a family must not
    mix parts with the whole.
    """
    definition, of_request = REGISTRY[address.name], address.request is not None and address.output is None
    name = f"{'request_' if of_request else ''}{address.name.replace('.', '_')}"
    return GaugeMetricFamily(f"understudy_{name}", f"{definition.help} Unit: {definition.unit}.", labels=labels)


def left_out_family(scrapes: Iterable[Scrape]) -> Metric:
    """What is not told of kinds of request, their pairs and outputs: they are too many, or no name is theirs alone."""
    about = (
        f"Not told: kinds of request beyond the {MAX_REQUESTS} with the most pairs (at least so many), their pairs, "
        f"and outputs beyond {MAX_OUTPUTS}; and what has the name of another since both are hidden."
    )
    family = GaugeMetricFamily("understudy_metrics_left_out", about, labels=(*_NAMES, "of"))
    for each in scrapes:
        for what, count in each.left_out.items():
            family.add_metric((each.route, each.candidate, what), count)
    return family


def broken_family(broken: Mapping[tuple[str, str], int]) -> Metric:
    """Parts of a report that could not be made, by route and candidate."""
    about = "Parts of the report that could not be made, when it was last made."
    family = GaugeMetricFamily("understudy_report_broken", about, labels=_NAMES)
    for names, count in broken.items():
        family.add_metric(names, count)
    return family
