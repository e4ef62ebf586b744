"""What all compare workers share through the store: plans, the numbers of epochs, examples. First writer wins.

One for each candidate, shared by the lanes of its partitions. What is known is asked for once.
"""

import asyncio
from collections import Counter
from collections.abc import Iterable, Sequence

import msgspec
import structlog

from comparators.evidence.epochs import MAX_EPOCHS, Epoch
from comparators.plans.plan import Plan, Plans
from comparators.recompute.plans import overridden
from comparators.settings import CompareSettings
from comparators.stored.shared_slices import SharedSlices
from comparators.view import View
from records import documents
from records.nouns import Exchange
from records.store.control import Control

log = structlog.get_logger()


class SharedDecisions:
    def __init__(
        self,
        control: Control,
        route: str,
        candidate: str,
        settings: CompareSettings,
        view: View,
        key: bytes | None = None,
    ) -> None:
        """What is hidden is no slice. `key`: the installation's, where units stand in bodies."""
        self.route = route
        self.candidate = candidate
        self.settings = settings
        self.view = view
        self.plans = Plans(settings, key)
        self.slices = SharedSlices(control, candidate, settings, view)
        self.counts: Counter[str] = Counter()  # committed by this worker, for its metrics
        self._control = control
        self._numbers: dict[Epoch, int] = {}
        self._loaded = False

    async def load(self) -> None:
        """What was agreed on, as the store has it now; to be asked with each lease that is taken. Raises StoreError.

        A store that came back empty has forgotten it. Epochs under numbers that it does not know would be summaries no
        report finds: they are numbered anew, conditions are learnt anew, and plans that are known here stored again.
        """
        stored = await self._control.plans()
        for key, document in stored.items():
            if not self._loaded and key.startswith(f"{self.route} ") and (plan := self._as_set(document)) is not None:
                self.plans.learn(plan)
        for plan in self.plans.all():
            if plan_key(self.route, plan) not in stored:
                await self._control.plan(plan_key(self.route, plan), msgspec.json.encode(plan))
        epochs = [(number, decoded_epoch(about)) for number, about in await self._control.epochs(self.candidate)]
        self._numbers = {epoch: number for number, epoch in epochs if epoch is not None}
        self.slices.forget()
        self._loaded = True

    async def learn_plans(self, exchanges: Iterable[Exchange]) -> None:
        """Every kind of request among these has its plan after this, where one can be decided. Raises StoreError."""
        for proposal in await asyncio.to_thread(self.plans.missing, exchanges):
            stored = await self._control.plan(plan_key(self.route, proposal), msgspec.json.encode(proposal))
            plan = self._as_set(stored) or proposal
            self.plans.learn(plan)
            log.info("plan.decided", route=self.route, plan=self.view.plan(plan))

    def _as_set(self, stored: bytes) -> Plan | None:
        """What was decided once holds, but for what the settings now say otherwise."""
        plan = decoded_plan(stored)
        return None if plan is None else overridden(plan, self.settings)

    async def number(self, epoch: Epoch) -> int:
        """The epoch's number; opens it where it is new. Raises StoreError."""
        if epoch not in self._numbers and len(self._numbers) >= MAX_EPOCHS:
            epoch = epoch.without_versions()
        if epoch not in self._numbers:
            number = await self._control.epoch(self.candidate, epoch.fingerprint(), epoch.to_bytes())
            self._numbers[epoch] = number
            log.info("epoch.entered", route=self.route, candidate=self.candidate, epoch=number)
        return self._numbers[epoch]

    async def show(self, epoch: int, examples: Sequence[bytes]) -> None:
        """Keep these for people to see. Raises StoreError."""
        await self._control.add_examples(self.candidate, epoch, examples)


def plan_key(route: str, plan: Plan) -> str:
    """Under which the store keeps it; a route's name has no space."""
    return f"{route} {plan.key}"


def decoded_plan(stored: bytes) -> Plan | None:
    try:
        return documents.read(stored, Plan)
    except msgspec.DecodeError:
        log.warning("plan.unreadable", bytes=len(stored))
        return None


def decoded_epoch(about: bytes) -> Epoch | None:
    try:
        return Epoch.from_bytes(about)
    except msgspec.DecodeError:
        log.warning("epoch.unreadable", bytes=len(about))
        return None
