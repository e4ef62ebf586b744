"""Requests of each kind, gathered until there are enough of them to enumerate conditions from. Pure.

Memory is bounded in values, whatever requests come.
"""

from collections.abc import Iterable
from itertools import chain
from typing import NamedTuple

from msgspec import Struct

from comparators.extract.columns import Values
from comparators.features.features import Features
from comparators.slices.slicing import SlicedRequest

PAIRS = 500
MAX_ROWS = 50  # kept of one feature of one request
MAX_VALUES = 50_000  # of one kind of request: with more than 100 values each, fewer requests will do
MAX_KINDS = 16  # gathered at a time
PATIENCE = 1_000  # additions, after which a kind that got none gives up its place

Kind = tuple[int, str]  # the epoch's number, the plan's key


class SampledRequest(NamedTuple):
    """`counts`: it was compared, and is known whole."""

    exchange: str  # its id
    request: SlicedRequest
    counts: bool = True


class _KindSample(Struct):
    last: int
    requests: dict[str, SampledRequest]  # by exchange: one that is delivered twice is one
    values: int = 0


class RequestSamples:
    def __init__(self) -> None:
        self._samples: dict[Kind, _KindSample] = {}
        self._additions = 0

    def add(self, kind: Kind, requests: Iterable[SampledRequest]) -> bool:
        """Whether there are enough now. A kind for which there is no place waits."""
        self._additions += 1
        sample = self._samples.get(kind) or self._new(kind)
        if sample is None:
            return False
        sample.last = self._additions
        for each in requests:
            if _is_enough(sample):
                break
            if each.exchange not in sample.requests:
                kept = _shortened(each)
                sample.requests[each.exchange] = kept
                sample.values += sum(map(len, kept.request.features.body.values()))
                sample.values += sum(map(len, kept.request.features.chosen.values()))
        return _is_enough(sample)

    def of(self, kind: Kind) -> list[SampledRequest]:
        sample = self._samples.get(kind)
        return list(sample.requests.values()) if sample else []

    def forget(self, kind: Kind) -> None:
        self._samples.pop(kind, None)

    def _new(self, kind: Kind) -> _KindSample | None:
        if len(self._samples) >= MAX_KINDS:
            idle = min(self._samples, key=lambda each: self._samples[each].last)
            if self._additions - self._samples[idle].last < PATIENCE:
                return None
            del self._samples[idle]
        return self._samples.setdefault(kind, _KindSample(self._additions, {}))


def _is_enough(sample: _KindSample) -> bool:
    return len(sample.requests) >= PAIRS or sample.values >= MAX_VALUES


def _shortened(each: SampledRequest) -> SampledRequest:
    """Bounded. A request that lost a value by it does not count: it may satisfy more than is known of it then."""
    body, chosen = each.request.features.body, each.request.features.chosen
    kept = Features(
        {name: _kept(values) for name, values in body.items()},
        {dimension: _kept(values) for dimension, values in chosen.items()},
    )
    whole = all(map(_is_kept_whole, chain(body.values(), chosen.values())))
    return each._replace(request=each.request._replace(features=kept), counts=each.counts and whole)


def _kept(values: Values) -> Values:
    """Of many rows all different values, where these are few; else from the first to the last, since they may be
    sorted.
    """
    if len(values) <= MAX_ROWS:
        return values
    different = list(dict.fromkeys(values))
    return different if len(different) <= MAX_ROWS else values[:: -(-len(values) // MAX_ROWS)]


def _is_kept_whole(values: Values) -> bool:
    return len(values) <= MAX_ROWS or len(set(values)) <= MAX_ROWS
