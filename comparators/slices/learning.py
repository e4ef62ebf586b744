"""The first pairs of each kind of request in an epoch, gathered until conditions can be enumerated from them. Pure.

One for each candidate in each process. What is proposed is stored by the caller, where the first writer wins; it tells
this to forget what has been settled.
"""

from collections.abc import Iterable, Sequence

from comparators.hiding import Hidden
from comparators.settings import SliceSettings
from comparators.slices.enumerating import enumerate_conditions
from comparators.slices.learned_slices import LearnedSlices
from comparators.slices.samples import Kind, RequestSamples, SampledRequest
from comparators.slices.slicing import Slicing


class Learning:
    def __init__(self, configured: Sequence[SliceSettings] = (), *, find: bool = True, hidden: Hidden) -> None:
        self._configured = configured
        self._find = find
        self._hidden = hidden
        self._samples = RequestSamples()

    def add(self, kind: Kind, requests: Iterable[SampledRequest]) -> bool:
        """Whether there are enough now: then `propose`."""
        return self._samples.add(kind, requests)

    def propose(self, kind: Kind) -> LearnedSlices:
        """From what was added so far."""
        requests = self._samples.of(kind)
        features = [each.request.features for each in requests]
        conditions = enumerate_conditions(features, self._configured, find=self._find, hidden=self._hidden)
        counting = [each for each in requests if each.counts]
        sums = Slicing.of(conditions, since_ms=0).counted([each.request for each in counting])
        return LearnedSlices(conditions, tuple(each.exchange for each in counting), sums)

    def forget(self, kind: Kind) -> None:
        """Its conditions are known."""
        self._samples.forget(kind)
