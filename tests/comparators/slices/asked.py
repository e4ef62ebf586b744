"""Requests and features as the slices' tests need them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import orjson

from comparators.features.features import ABSENT, FeatureReader, Features
from comparators.hiding import Hidden
from comparators.settings import Protocol, SliceSettings
from comparators.slices.conditions import Condition, Conditions, in_words
from comparators.slices.enumerating import enumerate_conditions
from records.nouns import Body, Headers, Request
from tests.comparators.extract.asked import JSON
from tests.comparators.made import VIEW


def request(body: Any, headers: Headers = JSON, cut: bool = False) -> Request:
    data = body if isinstance(body, bytes) else orjson.dumps(body)
    return Request("POST", "/v2/models/late/infer", headers, Body(data, len(data), cut))


def read(body: Any, *configured: SliceSettings, headers: Headers = JSON, protocol: Protocol = "oip_v2") -> Features:
    return FeatureReader(configured).read(request(body, headers), protocol)


def row(**values: Any) -> Features:
    """A request of one row."""
    return Features({name: (value,) for name, value in values.items()}, {}, one_row=True)


def rows(**values: Sequence[Any]) -> Features:
    return Features(dict(values), {})


def of(*conditions: Condition, **fields: Any) -> Conditions:
    return Conditions(conditions, **fields)


def missing(name: str) -> Condition:
    return Condition("feature", name, "missing")


def equals(name: str, value: Any) -> Condition:
    return Condition("feature", name, "equals", value)


def ranged(name: str, lo: float | None, hi: float | None) -> Condition:
    return Condition("feature", name, "range", lo=lo, hi=hi)


def words(conditions: Conditions) -> list[str]:
    return [in_words(each) for each in conditions.conditions]


def satisfies(request: Features, condition: Condition) -> bool:
    """By its definition, one value at a time: what the matcher is held against."""
    if condition.source == "hour":
        texts = [each for each in request.body.get(condition.feature, ()) if isinstance(each, str)]
        return any(_hour_is_within(each, condition) for each in texts)
    if condition.source == "feature":
        values = request.body.get(condition.feature, ABSENT) if request.body else ()
    else:
        values = request.chosen.get(condition.dimension, ())
    return any(_holds(value, condition) for value in values)


def _holds(value: Any, condition: Condition) -> bool:
    if condition.kind == "missing":
        return value is None or value == ""
    if condition.kind == "equals":
        return value is not None and value == condition.value
    if value is None or isinstance(value, str):
        return False
    above = condition.lo is None or value >= condition.lo
    return above and (condition.hi is None or value < condition.hi)


def enumerated(
    sample: Sequence[Features],
    configured: Sequence[SliceSettings] = (),
    *,
    find: bool = True,
    hidden: Hidden = VIEW.hidden,
) -> Conditions:
    """Where nothing is hidden, unless told otherwise."""
    return enumerate_conditions(sample, configured, find=find, hidden=hidden)


def _hour_is_within(text: str, condition: Condition) -> bool:
    try:
        hour = datetime.fromisoformat(text).hour
    except ValueError:
        return False
    return condition.lo <= hour < condition.hi and len(text) >= len("2013-01-01T00:00")
