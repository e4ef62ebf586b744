"""The first pairs of each kind of request in an epoch, gathered until conditions can be enumerated from them. Pure.

One for each candidate in each process. What is proposed is stored by the caller, where the first writer wins; it tells
this to forget what has been settled. Memory is bounded in values, whatever requests come.
"""

from collections.abc import Iterable, Sequence
from typing import TypeVar

from msgspec import Struct

from comparators.extract.columns import Values
from comparators.features.features import Features
from comparators.hiding import Hidden
from comparators.settings import Dimension, SliceSettings
from comparators.slices.conditions import Conditions
from comparators.slices.enumerating import enumerate_conditions

PAIRS = 500
MAX_ROWS = 50  # kept of one feature of one request
MAX_VALUES = 50_000  # of one kind of request: with more than 100 values each, fewer requests will do
MAX_KINDS = 16  # learned about at a time
PATIENCE = 1_000  # additions, after which a kind that got none gives up its place

Kind = tuple[int, str]  # the epoch's number, the plan's key
Name = TypeVar("Name", str, Dimension)


class _KindSample(Struct):
    last: int
    features: list[Features]
    values: int = 0


class Learning:
    def __init__(self, configured: Sequence[SliceSettings] = (), *, find: bool = True, hidden: Hidden) -> None:
        self._configured = configured
        self._find = find
        self._hidden = hidden
        self._samples: dict[Kind, _KindSample] = {}
        self._additions = 0

    def add(self, kind: Kind, features: Iterable[Features]) -> bool:
        """Whether there are enough now: then `propose`. A kind for which there is no place waits."""
        self._additions += 1
        sample = self._samples.get(kind) or self._new(kind)
        if sample is None:
            return False
        sample.last = self._additions
        for each in features:
            if _is_enough(sample):
                break
            kept = Features(_shortened(each.body), _shortened(each.chosen))
            sample.features.append(kept)
            sample.values += sum(map(len, kept.body.values())) + sum(map(len, kept.chosen.values()))
        return _is_enough(sample)

    def propose(self, kind: Kind) -> Conditions:
        """From what was added so far."""
        sample = self._samples.get(kind)
        features = sample.features if sample else ()
        return enumerate_conditions(features, self._configured, find=self._find, hidden=self._hidden)

    def forget(self, kind: Kind) -> None:
        """Its conditions are known."""
        self._samples.pop(kind, None)

    def _new(self, kind: Kind) -> _KindSample | None:
        if len(self._samples) >= MAX_KINDS:
            idle = min(self._samples, key=lambda each: self._samples[each].last)
            if self._additions - self._samples[idle].last < PATIENCE:
                return None
            del self._samples[idle]
        return self._samples.setdefault(kind, _KindSample(self._additions, []))


def _is_enough(sample: _KindSample) -> bool:
    return len(sample.features) >= PAIRS or sample.values >= MAX_VALUES


def _shortened(values: dict[Name, Values]) -> dict[Name, Values]:
    return {name: _kept(each) for name, each in values.items()}


def _kept(values: Values) -> Values:
    """Of many rows all different values, where these are few; else from the first to the last, since they may be
    sorted.
    """
    if len(values) <= MAX_ROWS:
        return values
    different = list(dict.fromkeys(values))
    return different if len(different) <= MAX_ROWS else values[:: -(-len(values) // MAX_ROWS)]
