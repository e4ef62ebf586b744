"""The registry: every metric there is, by name. Report, gate, dashboard, load test and pages look a metric up here.

A definition stands where its sums do; this file gathers them, and refuses two of one name as it is imported.
"""

from collections.abc import Iterable
from itertools import chain
from types import MappingProxyType

from comparators.compare import size
from comparators.compare.kinds import KINDS
from comparators.evidence import load_metrics, request_metrics
from comparators.evidence.noise import AGAINST_NOISE
from comparators.metrics.definition import Definition

REQUEST_METRICS = (*request_metrics.METRICS, *size.METRICS, *request_metrics.COVERAGE_METRICS)
OUTPUT_METRICS: dict[str, tuple[Definition, ...]] = {kind: each.metrics for kind, each in KINDS.items()}


def gathered(definitions: Iterable[Definition]) -> dict[str, Definition]:
    """By name. Raises ValueError where two have the same: one of them would be taken for the other."""
    found: dict[str, Definition] = {}
    for each in definitions:
        if found.setdefault(each.name, each) is not each:
            raise ValueError(f"two metrics are named {each.name}; each needs a name of its own")
    return found


NOISE_METRICS = tuple(each for about in AGAINST_NOISE.values() for told in about.values() for each in told)
NOISE_NAMES = frozenset(each.name for each in NOISE_METRICS)
REGISTRY = MappingProxyType(
    gathered(chain(REQUEST_METRICS, *OUTPUT_METRICS.values(), NOISE_METRICS, load_metrics.METRICS))
)
HEADLINE = tuple(each.name for each in REGISTRY.values() if each.headline)
