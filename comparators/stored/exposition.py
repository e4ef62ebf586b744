"""Prometheus families: what a worker counted, and a report's metrics under the JSON face's names, with _ for dots.

Counts over all workers are the store's coverage; these are one process's own.
"""

from collections.abc import Iterable, Iterator, Mapping

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric

from comparators.evidence.report import Figures, Report
from comparators.stored.agreed import Agreed
from records.store.share import Names

_NAMES = ("route", "candidate")


def worker_families(owned: Mapping[Agreed, int], failures: Mapping[Names, int]) -> Iterator[Metric]:
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


def report_families(reports: Iterable[Figures | Report]) -> Iterator[Metric]:
    """Each metric with its bounds; what is not known is left out, since a sample that lies is worse than none."""
    families: dict[str, GaugeMetricFamily] = {}
    for report in reports:
        for name, metric in report.metrics.items():
            if name not in families:
                labels = (*_NAMES, "bound")
                about = f"{metric.unit}, {metric.method}"
                families[name] = GaugeMetricFamily(f"understudy_{name.replace('.', '_')}", about, labels=labels)
            for bound in ("value", "lo", "hi"):
                number = getattr(metric, bound)
                if number is not None:
                    families[name].add_metric((report.route, report.candidate, bound), number)
    yield from families.values()


def broken_family(broken: Mapping[tuple[str, str], int]) -> Metric:
    """Parts of a report that could not be made, by route and candidate."""
    about = "Parts of the report that could not be made, when it was last made."
    family = GaugeMetricFamily("understudy_report_broken", about, labels=_NAMES)
    for names, count in broken.items():
        family.add_metric(names, count)
    return family
