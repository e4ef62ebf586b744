"""Slices as all compare workers agreed on them: conditions enumerated from the first pairs, stored for an epoch.

One for each candidate, shared by the lanes of its partitions. What is known is kept in memory, within a bound.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Sequence

import msgspec
import structlog

from comparators.pairs.batch import sliced
from comparators.pairs.judging import JudgedPair
from comparators.pairs.reads import PairReading
from comparators.settings import CompareSettings
from comparators.slices.first_slices import FirstSlices
from comparators.slices.learning import FirstRequest, Kind, Learning
from comparators.slices.slicing import Slicing
from comparators.view import View
from records.store.control import Control, StoredConditions

MAX_KNOWN = 64  # kinds of request of an epoch

log = structlog.get_logger()


class SharedSlices:
    def __init__(self, control: Control, candidate: str, settings: CompareSettings, view: View) -> None:
        """What is hidden is no dimension."""
        self._control = control
        self._candidate = candidate
        self._view = view
        self._wanted = settings.find_slices or bool(settings.slices)
        self._learning = Learning(settings.slices, find=settings.find_slices, hidden=view.hidden)
        self._known: OrderedDict[Kind, Slicing | None] = OrderedDict()  # None: there is no room for it

    def forget(self) -> None:
        """What the store said: it is asked anew."""
        self._known.clear()

    async def of(self, epoch: int, reads: Sequence[PairReading]) -> dict[str, Slicing]:
        """By plan, those that have one. Raises StoreError.

        Subtle: it asks after these pairs were fetched, each time until there is an answer. So pairs that came before
        the conditions never count in them, and pairs that came after always do: here, elsewhere, and recomputed. Of
        those before, the ones that the conditions were enumerated from count with them.
        """
        plans = dict.fromkeys(each.key for each in reads if each.plan is not None) if self._wanted else ()
        found = {plan: await self._one((epoch, plan)) for plan in plans}
        return {plan: slicing for plan, slicing in found.items() if slicing is not None}

    async def learn(self, epoch: int, reads: Sequence[PairReading], judged: Sequence[JudgedPair]) -> None:
        """From these, for which `of` had no answer before they were judged; twice is once. Raises StoreError."""
        plans = {each.key for each in reads if each.plan is not None} if self._wanted else set()
        for plan in sorted(plans):
            if (epoch, plan) not in self._known:
                await self._learn((epoch, plan), _first_requests(reads, judged, plan))

    async def _one(self, kind: Kind) -> Slicing | None:
        if kind not in self._known:
            stored = await self._control.conditions(self._candidate, *kind)
            if stored is None:
                return None
            self._remember(kind, slicing_of(stored))
        self._known.move_to_end(kind)
        return self._known[kind]

    async def _learn(self, kind: Kind, requests: Sequence[FirstRequest]) -> None:
        """Nothing, while there are too few requests to enumerate from."""
        if not self._learning.add(kind, requests):
            return
        proposal = await asyncio.to_thread(self._learning.propose, kind)
        stored = await self._control.propose_conditions(self._candidate, *kind, proposal.to_bytes())
        if stored is None:
            log.warning("slices.refused", candidate=self._candidate, epoch=kind[0], plan=self._view.key(kind[1]))
            self._remember(kind, None)
        else:
            number = len(proposal.conditions.conditions)
            log.info("slices.enumerated", candidate=self._candidate, epoch=kind[0], conditions=number)
            self._remember(kind, slicing_of(stored))

    def _remember(self, kind: Kind, slicing: Slicing | None) -> None:
        self._learning.forget(kind)
        self._known[kind] = slicing
        if len(self._known) > MAX_KNOWN:
            self._known.popitem(last=False)


def _first_requests(reads: Sequence[PairReading], judged: Sequence[JudgedPair], plan: str) -> list[FirstRequest]:
    """Of one kind, those that were judged."""
    found = {each.pair.exchange.id: each.comparison for each in judged if each.comparison.plan == plan}
    own = [(each, found[each.pair.exchange.id]) for each in reads if each.pair.exchange.id in found]
    return [
        FirstRequest(each.pair.exchange.id, sliced(each, one), not one.incomparable)
        for each, one in own
        if each.plan is not None
    ]


def slicing_of(stored: StoredConditions, again: bool = False) -> Slicing | None:
    """None for conditions that this release cannot read. `again`: of pairs that are compared anew, the first ones count
    too; live they were counted with the conditions.
    """
    learned = decoded_slices(stored.document)
    if learned is None:
        return None
    return Slicing.of(learned.conditions, stored.since_ms, learned.first if again else ())


def decoded_slices(document: bytes) -> FirstSlices | None:
    try:
        return FirstSlices.from_bytes(document)
    except msgspec.DecodeError as error:
        log.warning("conditions.unreadable", bytes=len(document), error=str(error))
        return None
