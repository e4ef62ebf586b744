"""Slices as all compare workers agreed on them: conditions enumerated from the first pairs, stored for an epoch.

One for each candidate, shared by the lanes of its partitions. What is known is kept in memory, within a bound.
"""

import asyncio
from collections import OrderedDict, defaultdict
from collections.abc import Sequence

import msgspec
import structlog

from comparators.pairs.reads import PairReading
from comparators.settings import CompareSettings
from comparators.slices.conditions import Conditions
from comparators.slices.learning import Kind, Learning
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
        the conditions never count in them, and pairs that came after always do: here, elsewhere, and recomputed.
        """
        if not self._wanted:
            return {}
        by_plan: dict[str, list[PairReading]] = defaultdict(list)
        for each in reads:
            if each.plan is not None:
                by_plan[each.key].append(each)
        found = {plan: await self._one((epoch, plan), own) for plan, own in by_plan.items()}
        return {plan: slicing for plan, slicing in found.items() if slicing is not None}

    async def _one(self, kind: Kind, reads: Sequence[PairReading]) -> Slicing | None:
        if kind not in self._known:
            stored = await self._control.conditions(self._candidate, *kind) or await self._learned(kind, reads)
            if stored is None:
                return None
            self._learn(kind, stored)
        self._known.move_to_end(kind)
        return self._known[kind]

    async def _learned(self, kind: Kind, reads: Sequence[PairReading]) -> StoredConditions | None:
        """None while there are too few requests to enumerate from, and where there is no room for this kind."""
        if not self._learning.add(kind, (each.features for each in reads)):
            return None
        proposal = await asyncio.to_thread(self._learning.propose, kind)
        stored = await self._control.propose_conditions(self._candidate, *kind, proposal.to_bytes())
        if stored is None:
            log.warning("slices.refused", candidate=self._candidate, epoch=kind[0], plan=self._view.key(kind[1]))
            self._remember(kind, None)
        else:
            log.info("slices.enumerated", candidate=self._candidate, epoch=kind[0], conditions=len(proposal.conditions))
        return stored

    def _learn(self, kind: Kind, stored: StoredConditions) -> None:
        self._remember(kind, slicing_of(stored))

    def _remember(self, kind: Kind, slicing: Slicing | None) -> None:
        self._learning.forget(kind)
        self._known[kind] = slicing
        if len(self._known) > MAX_KNOWN:
            self._known.popitem(last=False)


def slicing_of(stored: StoredConditions) -> Slicing | None:
    """None for conditions that this release cannot read."""
    conditions = decoded_conditions(stored.document)
    return None if conditions is None else Slicing.of(conditions, stored.since_ms)


def decoded_conditions(document: bytes) -> Conditions | None:
    try:
        return Conditions.from_bytes(document)
    except msgspec.DecodeError as error:
        log.warning("conditions.unreadable", bytes=len(document), error=str(error))
        return None
