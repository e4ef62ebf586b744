"""A mirror worker's numbers as Prometheus families. What is counted over all workers is the store's to say.

noise_called are production's second calls, noise_failed those of them that failed; noise_skipped are the pairs of the
sample that went without one, by reason.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric

from proxy.mirror.candidate import MirrorCandidate
from records.store.share import Names

_NAMES = ["route", "candidate"]


def families(owned: Mapping[MirrorCandidate, int], failures: Mapping[Names, int]) -> Iterator[Metric]:
    """`owned`: how many partitions of each candidate are worked on. `failures`: of lanes, by route and candidate."""
    calls = CounterMetricFamily("understudy_candidate_calls", "Calls by outcome.", labels=[*_NAMES, "outcome"])
    pairs = CounterMetricFamily("understudy_mirrored", "Pairs committed by this worker.", labels=_NAMES)
    skipped = CounterMetricFamily(
        "understudy_skipped", "Exchanges this worker skipped, by reason.", labels=[*_NAMES, "reason"]
    )
    in_flight = GaugeMetricFamily("understudy_candidate_in_flight", "Calls under way.", labels=_NAMES)
    breaker = GaugeMetricFamily("understudy_breaker_open", "1 while the candidate is left alone.", labels=_NAMES)
    delay = GaugeMetricFamily("understudy_queue_delay_seconds", "Of the newest call.", labels=_NAMES)
    partitions = GaugeMetricFamily("understudy_partitions_owned", "Partitions this worker works on.", labels=_NAMES)
    for candidate, partitions_owned in owned.items():
        names = [candidate.route, candidate.settings.name]
        for key, count in sorted(candidate.counts.items()):
            family, _, label = key.partition(".")
            if family == "calls":
                calls.add_metric([*names, label], count)
            elif family == "skipped":
                skipped.add_metric([*names, label], count)
        pairs.add_metric(names, candidate.counts["mirrored"])
        in_flight.add_metric(names, candidate.in_flight)
        breaker.add_metric(names, candidate.breaker.open)
        delay.add_metric(names, candidate.queue_delay_ns / 1e9)
        partitions.add_metric(names, partitions_owned)
    failed = CounterMetricFamily(
        "understudy_lane_failures", "Partitions of this worker that failed and were begun again.", labels=_NAMES
    )
    for names_of_lane, count in failures.items():
        failed.add_metric(names_of_lane, count)
    yield from (calls, pairs, skipped, in_flight, breaker, delay, partitions, failed)
    yield from _noise(owned)


def _noise(candidates: Iterable[MirrorCandidate]) -> Iterator[Metric]:
    called = CounterMetricFamily("understudy_noise_called", "Second calls to production.", labels=_NAMES)
    failed = CounterMetricFamily("understudy_noise_failed", "Second calls to production that failed.", labels=_NAMES)
    skipped = CounterMetricFamily(
        "understudy_noise_skipped",
        "Pairs of the sample that went without a second call, or its answer, by reason.",
        labels=[*_NAMES, "reason"],
    )
    stopped = GaugeMetricFamily(
        "understudy_noise_stopped", "1 after production refused a second call (401, 403).", labels=_NAMES
    )
    for candidate in candidates:
        if (noise := candidate.noise) is None:
            continue
        names = [candidate.route, candidate.settings.name]
        called.add_metric(names, noise.counts["called"])
        failed.add_metric(names, noise.counts["failed"])
        stopped.add_metric(names, noise.stopped)
        for key, count in sorted(noise.counts.items()):
            if key.startswith("skipped."):
                skipped.add_metric([*names, key.removeprefix("skipped.")], count)
    yield from (called, failed, skipped, stopped)
