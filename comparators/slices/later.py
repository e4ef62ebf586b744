"""Conditions on what came after the first requests: a value that was not there, a feature that was not sent. Pure.

Requests are looked at in windows. A window's values that no condition knows, and that enough of its requests have, are
conditions of their own; they count what comes after them. When that is follows from the requests alone, so whatever
they are found to disagree later is new evidence. Enumerations are few, and each has its share of alpha whether it comes
or not; so values that are merely rare should not use them up.
"""

from collections import OrderedDict
from collections.abc import Iterable, Sequence
from itertools import chain

import msgspec
import numpy as np
from msgspec import Struct

from comparators.features.features import Features
from comparators.hiding import Hidden
from comparators.settings import Dimension, SliceSettings
from comparators.slices.conditions import Condition, Conditions, is_hidden, is_hidden_dimension
from comparators.slices.enumerating import TOP, all_on, features_of
from comparators.slices.learned_slices import LearnedSlices
from comparators.slices.matching import Matcher
from comparators.slices.overlap import across
from comparators.slices.samples import Kind, RequestSamples, SampledRequest

MAX_LATER = 4  # enumerations of a kind of request in an epoch
MAX_CONDITIONS = 50  # of one of them
OFTEN = 0.02  # the share of a window's requests that have what is new
COMMON = 0.05  # likewise, where the first requests had more values than there are conditions: some are merely rare
RESTS = 0.25  # of what has been seen, after each window
MAX_REST = 20_000  # requests
MAX_KINDS = 64  # whose windows are known


def enumerate_later(
    sample: Sequence[Features],
    known: Sequence[Conditions],
    configured: Sequence[SliceSettings] = (),
    *,
    find: bool = True,
    hidden: Hidden,
) -> Conditions:
    """The commonest ones; those of configured dimensions first. None of them is `known`."""
    own = list(dict.fromkeys(each.dimension for each in configured))
    found = [each for each in features_of(sample) if each not in own] if find else []
    vocabulary = _KnownConditions(known)
    chosen, others = (
        [one for each in some if not is_hidden_dimension(each, hidden) for one in vocabulary.new(each, sample)]
        for some in (own, found)
    )
    new = [each for each in chosen + others if not is_hidden(each, hidden)]
    counts = np.bincount(Matcher(Conditions(tuple(new))).match(sample).conditions, minlength=len(new)).tolist()
    least = [vocabulary.least(each) * len(sample) for each in new]
    common = [at for at in range(len(new)) if counts[at] >= least[at]]
    common.sort(key=lambda at: (new[at].dimension not in own, -counts[at], at))
    conditions = tuple(new[at] for at in common[:MAX_CONDITIONS])
    count = sum(each.dimension in own for each in conditions)
    return _counted_beside(Conditions(conditions, count, sampled=len(sample)), known, sample)


def _counted_beside(new: Conditions, known: Sequence[Conditions], sample: Sequence[Features]) -> Conditions:
    """With the earlier conditions that may be one thing with a new one, under another name."""
    earlier = tuple(chain.from_iterable(each.conditions for each in known))
    if not new.conditions or not earlier:
        return new
    hits = Matcher(Conditions(new.conditions + earlier)).match(sample)
    found = across(new.conditions, earlier, hits, len(sample))
    places = {each: len(new.conditions) + place for place, each in enumerate(sorted({other for _, other in found}))}
    together = tuple((one, places[other]) for one, other in found)
    return msgspec.structs.replace(new, together=together, beside=tuple(earlier[each] for each in places))


class _KnownConditions:
    def __init__(self, known: Iterable[Conditions]) -> None:
        several = list(known)
        self._conditions = set(chain.from_iterable(each.conditions for each in several))
        self._dimensions = {each.dimension for each in self._conditions}
        first = several[0].conditions if several else ()
        values = [each.dimension for each in first if each.kind == "equals"]
        self._full = {each for each in self._dimensions if values.count(each) >= TOP}

    def new(self, dimension: Dimension, sample: Sequence[Features]) -> list[Condition]:
        """Any number lies in a range that is known, so of a dimension that is known values and hours alone are new."""
        found = [each for each in all_on(dimension, sample) if each not in self._conditions]
        if dimension not in self._dimensions:
            return found
        return [each for each in found if each.kind == "equals" or each.source == "hour"]

    def least(self, condition: Condition) -> float:
        return COMMON if condition.dimension in self._full else OFTEN


class _Pace(Struct):
    """How many requests were seen, and until how many no window is looked at."""

    seen: int = 0
    until: int = 0


class Watching:
    """For new values in each kind of request. One for each candidate in each process."""

    def __init__(self, configured: Sequence[SliceSettings] = (), *, find: bool = True, hidden: Hidden) -> None:
        self._configured = configured
        self._find = find
        self._hidden = hidden
        self._samples = RequestSamples()
        self._paces: OrderedDict[Kind, _Pace] = OrderedDict()

    def rests(self, kind: Kind, requests: int) -> bool:
        """Whether the next `requests` need not be looked at."""
        pace = self._paces.setdefault(kind, _Pace())
        self._paces.move_to_end(kind)
        if len(self._paces) > MAX_KINDS:
            self._paces.popitem(last=False)
        pace.seen += requests
        return pace.seen <= pace.until

    def add(self, kind: Kind, requests: Iterable[SampledRequest]) -> bool:
        """Whether a window is full now: then `propose`."""
        return self._samples.add(kind, requests)

    def propose(self, kind: Kind, known: Sequence[Conditions]) -> LearnedSlices | None:
        """From the window, if there is anything new in it."""
        sample = [each.request.features for each in self._samples.of(kind)]
        found = enumerate_later(sample, known, self._configured, find=self._find, hidden=self._hidden)
        return LearnedSlices(found) if found.conditions else None

    def rest(self, kind: Kind) -> None:
        """The window has been looked at."""
        self._samples.forget(kind)
        pace = self._paces.setdefault(kind, _Pace())
        pace.until = pace.seen + min(int(pace.seen * RESTS), MAX_REST)

    def forget(self, kind: Kind) -> None:
        """Nothing more is to be found."""
        self._samples.forget(kind)
        self._paces.pop(kind, None)
