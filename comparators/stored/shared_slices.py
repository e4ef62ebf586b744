"""Slices as all compare workers agreed on them: conditions enumerated from the first pairs, stored for an epoch, and
from later ones where something new comes.

One for each candidate, shared by the lanes of its partitions. What is known is kept in memory, within a bound.
"""

import asyncio
from collections import Counter, OrderedDict
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import msgspec
import structlog

from comparators.pairs.batch import sliced
from comparators.pairs.judging import JudgedPair
from comparators.pairs.reads import PairReading
from comparators.settings import CompareSettings
from comparators.slices.later import MAX_LATER, Watching
from comparators.slices.learned_slices import LearnedSlices
from comparators.slices.learning import Learning
from comparators.slices.samples import Kind, SampledRequest
from comparators.slices.slicing import Slicing
from comparators.view import View
from records.store.control import Control, StoredConditions

MAX_KNOWN = 64  # kinds of request of an epoch

log = structlog.get_logger()


class _KindSlices(NamedTuple):
    """`later`: how many enumerations after the first are settled. Without the first there is no other."""

    slicings: tuple[Slicing, ...] = ()
    later: int = 0

    @classmethod
    def of(cls, first: Slicing | None) -> "_KindSlices":
        return cls() if first is None else cls((first,))

    @property
    def is_complete(self) -> bool:
        return not self.slicings or self.later >= MAX_LATER

    def and_later(self, slicing: Slicing | None) -> "_KindSlices":
        return _KindSlices(self.slicings if slicing is None else (*self.slicings, slicing), self.later + 1)


class SharedSlices:
    def __init__(self, control: Control, candidate: str, settings: CompareSettings, view: View) -> None:
        """What is hidden is no dimension."""
        self._control = control
        self._candidate = candidate
        self._view = view
        self._wanted = settings.find_slices or bool(settings.slices)
        self._learning = Learning(settings.slices, find=settings.find_slices, hidden=view.hidden)
        self._watching = Watching(settings.slices, find=settings.find_slices, hidden=view.hidden)
        self._known: OrderedDict[Kind, _KindSlices] = OrderedDict()  # no slicing: there is no room for it

    def forget(self) -> None:
        """What the store said: it is asked anew."""
        self._known.clear()

    async def of(self, epoch: int, reads: Sequence[PairReading]) -> dict[str, tuple[Slicing, ...]]:
        """By plan, those that have some. Raises StoreError.

        Subtle: it asks after these pairs were fetched, each time until there is an answer. So pairs that came before
        the conditions never count in them, and pairs that came after always do: here, elsewhere, and recomputed. Of
        those before, the ones that the first conditions were enumerated from count with them.
        """
        plans = dict.fromkeys(each.key for each in reads if each.plan is not None) if self._wanted else ()
        found = {plan: await self._one((epoch, plan)) for plan in plans}
        return {plan: slicings for plan, slicings in found.items() if slicings}

    async def learn(self, epoch: int, reads: Sequence[PairReading], judged: Sequence[JudgedPair]) -> None:
        """From these, for which `of` had no answer before they were judged, or in which something may be new; twice is
        once. Raises StoreError.
        """
        plans = Counter([each.key for each in reads if each.plan is not None]) if self._wanted else Counter()
        for plan, count in sorted(plans.items()):
            kind = epoch, plan
            known = self._known.get(kind)
            if known is None:
                await self._learn(kind, _sampled(reads, judged, plan))
            elif not known.is_complete and not self._watching.rests(kind, count):
                await self._watch(kind, known, _sampled(reads, judged, plan))

    async def _one(self, kind: Kind) -> tuple[Slicing, ...]:
        known = self._known.get(kind)
        if known is None:
            stored = await self._control.conditions(self._candidate, *kind)
            if stored is None:
                return ()
            known = _KindSlices.of(slicing_of(stored))
        while not known.is_complete:
            stored = await self._control.conditions(self._candidate, *kind, known.later + 1)
            if stored is None:
                break
            known = known.and_later(slicing_of(stored))
        self._remember(kind, known)
        return known.slicings

    async def _learn(self, kind: Kind, requests: Sequence[SampledRequest]) -> None:
        """Nothing, while there are too few requests to enumerate from."""
        if not self._learning.add(kind, requests):
            return
        proposal = await asyncio.to_thread(self._learning.propose, kind)
        self._remember(kind, _KindSlices.of(await self._proposed(kind, proposal)))

    async def _watch(self, kind: Kind, known: _KindSlices, requests: Sequence[SampledRequest]) -> None:
        """Nothing, until a window of them is full, and where nothing is new in it."""
        if not self._watching.add(kind, requests):
            return
        conditions = [each.matcher.conditions for each in known.slicings]
        proposal = await asyncio.to_thread(self._watching.propose, kind, conditions)
        if proposal is not None:
            self._remember(kind, known.and_later(await self._proposed(kind, proposal, known.later + 1)))
        self._watching.rest(kind)

    async def _proposed(self, kind: Kind, proposal: LearnedSlices, later: int = 0) -> Slicing | None:
        """What is stored now, by whomever."""
        stored = await self._control.propose_conditions(self._candidate, *kind, proposal.to_bytes(), later)
        told = {"candidate": self._candidate, "epoch": kind[0], "later": later}
        if stored is None:
            log.warning("slices.refused", plan=self._view.key(kind[1]), **told)
            return None
        log.info("slices.enumerated", conditions=len(proposal.conditions.conditions), **told)
        return slicing_of(stored)

    def _remember(self, kind: Kind, known: _KindSlices) -> None:
        """Unless more is known meanwhile; what is stored is the same for whoever asks."""
        self._learning.forget(kind)
        held = self._known.get(kind, known)
        self._known[kind] = max(held, known, key=lambda each: each.later)
        self._known.move_to_end(kind)
        if len(self._known) > MAX_KNOWN:
            self._known.popitem(last=False)


def _sampled(reads: Sequence[PairReading], judged: Sequence[JudgedPair], plan: str) -> list[SampledRequest]:
    """Of one kind, those that were judged."""
    found = {each.pair.exchange.id: each.comparison for each in judged if each.comparison.plan == plan}
    own = [(each, found[each.pair.exchange.id]) for each in reads if each.pair.exchange.id in found]
    return [
        SampledRequest(each.pair.exchange.id, sliced(each, one), not one.incomparable)
        for each, one in own
        if each.plan is not None
    ]


def slicings_of(
    stored: Mapping[str, Sequence[StoredConditions]], again: bool = False
) -> dict[str, tuple[Slicing, ...]]:
    """By plan, of what can be read of its first conditions and later ones."""
    found = {plan: [slicing_of(each, again) for each in several] for plan, several in stored.items()}
    return {plan: tuple(each for each in own if each is not None) for plan, own in found.items() if own[0] is not None}


def slicing_of(stored: StoredConditions, again: bool = False) -> Slicing | None:
    """None for conditions that this release cannot read. `again`: of pairs that are compared anew, the first ones count
    too; live they were counted with the conditions.
    """
    learned = decoded_slices(stored.document)
    if learned is None:
        return None
    return Slicing.of(learned.conditions, stored.since_ms, learned.first if again else ())


def decoded_slices(document: bytes) -> LearnedSlices | None:
    try:
        return LearnedSlices.from_bytes(document)
    except msgspec.DecodeError as error:
        log.warning("conditions.unreadable", bytes=len(document), error=str(error))
        return None
