"""Which conditions a kind of request can be told apart by: enumerated from a sample, before anything is counted.

They follow from the requests alone, never from how they were answered, and from which requests there are, never from
their order. Of each dimension: that it is missing, its ten top values, ten ranges between its deciles; where a feature
is a time, of a day's hours three at a time.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import chain, pairwise

import msgspec
import numpy as np
from numpy.typing import NDArray

from comparators.extract.columns import MAX_FEATURES, Values
from comparators.features.features import ABSENT, Features
from comparators.hiding import Hidden
from comparators.settings import Dimension, SliceSettings
from comparators.slices.conditions import MAX_CONDITIONS, Condition, Conditions, is_hidden, is_hidden_dimension
from comparators.slices.corners import commonest
from comparators.slices.hours import AT_A_TIME, hour_of
from comparators.slices.matching import Matcher
from comparators.slices.overlap import partners

TOP = 10  # values of a dimension
DECILES = np.arange(1, 10) / 10
RANGES_FROM = 11  # different numbers
EXACT = 2**53  # a float holds whole numbers up to here; further on two of them are one float

Value = str | int | float | bool


def enumerate_conditions(
    sample: Sequence[Features],
    configured: Sequence[SliceSettings] = (),
    *,
    find: bool = True,
    hidden: Hidden,
) -> Conditions:
    """At most MAX_CONDITIONS: those of configured dimensions first, then that a feature is missing, of each one found,
    then values and ranges of one feature after the other, as long as there is room for all of a feature's.
    """
    own = list(dict.fromkeys(each.dimension for each in configured))
    found = [each for each in features_of(sample) if each not in own] if find else []
    chosen = list(chain.from_iterable(all_on(each, sample) for each in own if not is_hidden_dimension(each, hidden)))
    conditions = [each for each in chosen if not is_hidden(each, hidden)][:MAX_CONDITIONS]
    count = len(conditions)
    several = [all_on(each, sample) for each in found if not is_hidden_dimension(each, hidden)]
    conditions += [each[0] for each in several][: MAX_CONDITIONS - count]
    for each in several:
        more = [one for one in each[1:] if not is_hidden(one, hidden)]
        if len(conditions) + len(more) <= MAX_CONDITIONS:
            conditions += more
    return _counted_together(Conditions(tuple(conditions), count, sampled=len(sample)), sample)


def _counted_together(conditions: Conditions, sample: Sequence[Features]) -> Conditions:
    hits = Matcher(conditions).match(sample)
    together = partners(conditions.conditions, hits, len(sample))
    corners = commonest(conditions.conditions, hits, len(sample))
    return msgspec.structs.replace(conditions, together=together, corners=corners)


def features_of(sample: Sequence[Features]) -> list[Dimension]:
    """By name, of those that most requests have."""
    counts = Counter(chain.from_iterable(each.body for each in sample))
    names = sorted(counts, key=lambda name: (-counts[name], name))[:MAX_FEATURES]
    return [Dimension("feature", name) for name in sorted(names)]


def all_on(dimension: Dimension, sample: Sequence[Features]) -> list[Condition]:
    """What can be true of it. That it is missing comes first."""
    columns = list(_columns(dimension, sample))
    numbers = _numbers(columns)
    source, name = dimension
    return [
        Condition(source, name, "missing"),
        *(Condition(source, name, "equals", value) for value in _top(columns, bools=not numbers.size)),
        *(Condition(source, name, "range", lo=lo, hi=hi) for lo, hi in _ranges(numbers)),
        *_hours(name, columns if source == "feature" else ()),
    ]


def _columns(dimension: Dimension, sample: Sequence[Features]) -> Iterable[Values]:
    if dimension.source == "feature":
        return [each.body.get(dimension.name, ABSENT) for each in sample if each.body]
    return [each.chosen.get(dimension, ()) for each in sample]


def _numbers(columns: Iterable[Values]) -> NDArray[np.float64]:
    """Of all rows together, without those that are no finite float."""
    numbers = [each for each in chain.from_iterable(columns) if type(each) in (int, float)]
    return np.array([each for each in numbers if abs(each) < 1e300], dtype=np.float64)  # type: ignore[arg-type]


def _top(columns: Sequence[Values], bools: bool) -> list[Value]:
    """By requests that have them, then by value. Of many values, one that was seen once says nothing."""
    counts = Counter(chain.from_iterable(map(set, columns)))
    named = [(count, value) for value, count in counts.items() if value is not None and _is_told_apart(value)]
    values = [(count, _plain(value, bools)) for count, value in named]
    least = 2 if len(values) > TOP else 1
    values.sort(key=lambda each: (-each[0], isinstance(each[1], str), each[1]))
    return [value for count, value in values[:TOP] if count >= least]


def _is_told_apart(value: Value) -> bool:
    return value != "" and (isinstance(value, str) or abs(value) < EXACT)


def _plain(value: Value, bools: bool) -> Value:
    """One form of what Python holds equal: which of 1, 1.0 and true came first must not matter."""
    if isinstance(value, str):
        return value
    if bools:
        return bool(value)
    return int(value) if value == int(value) else value


def _ranges(numbers: NDArray[np.float64]) -> list[tuple[float | None, float | None]]:
    """[lo, hi) between the deciles, open at both ends; equal deciles give one range less."""
    if len(np.unique(numbers)) < RANGES_FROM:
        return []
    edges = np.unique(np.quantile(numbers, DECILES, method="inverted_cdf"))
    inner = [each for each in edges.tolist() if each > numbers.min()]
    return list(pairwise([None, *inner, None])) if inner else []


def _hours(name: str, columns: Iterable[Values]) -> list[Condition]:
    """Those that occur, where whatever the feature has is a time. A lone stretch is one too: others may come later."""
    values = [each for each in chain.from_iterable(columns) if each is not None and each != ""]
    hours = [each for each in map(hour_of, values) if each is not None]
    if len(hours) < len(values):
        return []
    starts = sorted({hour - hour % AT_A_TIME for hour in hours})
    return [Condition("hour", name, "range", lo=float(start), hi=float(start + AT_A_TIME)) for start in starts]
