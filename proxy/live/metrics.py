"""The live path's counters as Prometheus families, summed over the workers that share a directory of counters files."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric

from proxy.live.counters import read_counters

_BY_ROUTE = {
    "requests": "Request heads that were accepted.",
    "recorded": "Exchanges that the store acknowledged.",
    "failed": "Requests that production gave no answer to.",
}
_BY_REASON = {
    "not_sampled": "Requests that were served and not recorded, as the settings say.",
    "shed": "Requests that were served and could not be recorded.",
}
_OF_WORKERS = {
    "unrouted": "Requests that no route takes (404).",
    "refused": "Requests that were refused as malformed, too large or too slow.",
}


def families(directory: Path) -> Iterator[Metric]:
    routes = _sums(directory)
    workers = routes.pop("", Counter())
    for name, about in _BY_ROUTE.items():
        family = CounterMetricFamily(f"understudy_{name}", about, labels=["route"])
        for route, counts in routes.items():
            family.add_metric([route], counts[name])
        yield family
    for name, about in _BY_REASON.items():
        family = CounterMetricFamily(f"understudy_{name}", about, labels=["route", "reason"])
        for route, counts in routes.items():
            for key, count in counts.items():
                if key.startswith(f"{name}."):
                    family.add_metric([route, key.partition(".")[2]], count)
        yield family
    for name, about in _OF_WORKERS.items():
        yield CounterMetricFamily(f"understudy_{name}", about, value=workers[name])
    held = GaugeMetricFamily("understudy_held", "Sampled requests between head and store.", labels=["route"])
    for route, counts in routes.items():
        held.add_metric([route], counts["held"])
    yield held
    in_hand = GaugeMetricFamily("understudy_production_in_hand", "Calls that production has in hand.", labels=["route"])
    for route, counts in routes.items():
        in_hand.add_metric([route], counts["in_hand"])
    yield in_hand
    yield GaugeMetricFamily("understudy_connections", "Open client connections.", value=workers["connections"])
    yield GaugeMetricFamily("understudy_buffer_bytes", "Captures in hand.", value=workers["buffer_bytes"])


def _sums(directory: Path) -> dict[str, Counter[str]]:
    sums: dict[str, Counter[str]] = {}
    for path in sorted(directory.glob("*.mm")):
        try:
            _, routes = read_counters(path)
        except FileNotFoundError:
            continue  # its worker died, and it was retired between the listing and the reading
        except ValueError:
            continue  # of another build: the supervisor says so, and keeps it aside (processes/settlement.py)
        for route, counts in routes.items():
            sums.setdefault(route, Counter()).update(counts)
    return sums
