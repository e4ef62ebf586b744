"""Thresholds on a command line, as checks of a policy: `disagreement.rate <= 0.01`, `response.p99_ms < 250ms`. Pure.

A metric is named by its address, as everywhere. A bare number is in the metric's own unit.
"""

import re
from collections.abc import Sequence

from comparators.metrics.definition import Definition
from comparators.policy.policy import Check, Policy, problems

_SPELLING = re.compile(r"\s*(\S+?)\s*(<=|<|>=|>)\s*(-?[\d.]+(?:[eE][+-]?\d+)?)\s*(%|us|µs|ms|s|/s|x)?\s*")
# In a metric's unit, one of these.
_SCALES: dict[str, dict[str, float]] = {
    "share": {"": 1.0, "%": 0.01},
    "ms": {"": 1.0, "us": 1e-3, "µs": 1e-3, "ms": 1.0, "s": 1e3},
    "per_s": {"": 1.0, "/s": 1.0},
    "ratio": {"": 1.0, "x": 1.0},
}
_BARE = {"": 1.0}


def policy_of(thresholds: Sequence[str]) -> Policy:
    """All of them must hold; any number of requests will do, as far as their intervals decide. Raises ValueError."""
    policy = Policy(min_pairs=1, min_coverage=0.0, checks=tuple(map(_check, thresholds)))
    for path, value, right in problems(policy):
        raise ValueError(f"{thresholds[_place(path)]!r}: {right if value is not None else f'expected {right}'}")
    return policy


def _check(threshold: str) -> Check:
    found = _SPELLING.fullmatch(threshold)
    if found is None:
        example = "'disagreement.rate <= 0.01' or 'response.p99_ms < 250ms'"
        raise ValueError(f"{threshold!r} is no threshold: expected a metric, <= or >=, and a number, as {example}")
    metric, sign, number, unit = found[1], found[2], found[3], found[4] or ""
    try:
        limit = float(number) * _scale(metric, unit)
        _refuse_wrong_way(metric, sign)
    except ValueError as error:
        raise ValueError(f"{threshold!r}: {error}") from None
    return Check(metric=metric, max=limit) if sign.startswith("<") else Check(metric=metric, min=limit)


def _refuse_wrong_way(metric: str, sign: str) -> None:
    """It would pass the worse, the worse it is."""
    definition = _definition(metric)
    right = {"lower": "<=", "higher": ">="}.get(definition.better) if definition else None
    if right and not sign.startswith(right[0]):
        raise ValueError(f"of {metric} {definition.better if definition else ''} is better; did you mean {right}?")


def _definition(metric: str) -> Definition | None:
    registry = Policy(checks=(Check(metric=metric, max=1.0),)).registry()
    return registry.get(metric.partition("@")[0])


def _scale(metric: str, unit: str) -> float:
    definition = _definition(metric)
    if definition is None:  # which problems() says, with the nearest
        return 1.0
    scales = _SCALES.get(definition.unit, _BARE)
    if unit not in scales:
        known = ", ".join(filter(None, scales)) or "no unit"
        raise ValueError(f"{unit} is no unit of {metric}; expected a bare number or {known}")
    return scales[unit]


def _place(path: str) -> int:
    found = re.match(r"checks\[(\d+)\]", path)
    return int(found[1]) if found else 0
