"""Plans as all compare workers agreed on them: decided from answers that all of them offered, stored for all of them.

    no plan ── ENOUGH answers ─────────────────────────► revision 1
       │
       └─ overdue: too few, and somebody has waited ───► revision 1, provisional
                                                             │ ENOUGH answers
              the same, resting on more of them ◄────────────┴───► the next revision, where they say otherwise
    a plan ── values that do not fit are common, labels are numbers that hardly come again,
              or an output spoke that was empty ── ENOUGH answers ──► likewise

Whoever stores a revision first is followed by all. One for each candidate, shared by the lanes of its partitions.
"""

import asyncio
from collections.abc import Collection, Iterable, Sequence

import msgspec
import structlog
from msgspec import structs

from comparators.plans.decision import decide
from comparators.plans.kind_of_request import without_model
from comparators.plans.known_plans import Plans
from comparators.plans.plan import ENOUGH, Plan
from comparators.recompute.plans import overridden
from comparators.settings import CompareSettings
from comparators.stored.answers import AnswerPool, Places, answered
from comparators.stored.apart import Apart
from comparators.view import View
from records import documents
from records.nouns import Exchange
from records.store.store import Store

LOOK_S = 5.0  # how often, at most, it is asked what others decided anew

log = structlog.get_logger()


class SharedPlans:
    def __init__(
        self, store: Store, route: str, settings: CompareSettings, view: View, key: bytes | None = None
    ) -> None:
        """`key`: the installation's, where units stand in bodies."""
        self.known = Plans(settings, key)
        self._control = store.control
        self._pool = AnswerPool(store, route)
        self._route = route
        self._settings = settings
        self._basis = settings.basis()
        self._view = view
        self._stored: dict[str, bytes] = {}  # of each kind: the latest, as the store has it
        self._passed_over: dict[str, int] = {}  # revisions that are stored, and not as the settings have it
        self._tried: dict[str, int] = {}  # from so many answers, of which too few could be had
        self._one_at_a_time = asyncio.Lock()
        self._looked_s = -LOOK_S

    async def load(self) -> None:
        """What the store has now. A store that came back empty has forgotten what is known here: it is told again.
        Raises StoreError.
        """
        stored = await self._control.plans()
        for name, document in stored.items():
            route, _, kind = name.partition(" ")
            if route == self._route:
                self._follow(kind, document)
        for plan in self.known.all():
            if plan_name(self._route, plan.key) not in stored:
                await self._store(plan, b"")
        self.known.forget_awaited()

    async def look(self) -> None:
        """What others decided anew; asked now and then. Raises StoreError."""
        now_s = asyncio.get_running_loop().time()
        if now_s >= self._looked_s + LOOK_S:
            await self.ask([plan.key for plan in self.known.all()])
            self._looked_s = now_s

    async def ask(self, kinds: Iterable[str]) -> None:
        """What others decided of these. Raises StoreError."""
        names = {plan_name(self._route, kind): kind for kind in kinds}
        for name, document in (await self._control.plans_of(list(names))).items():
            if document != self._stored.get(names[name]):
                self._follow(names[name], document)

    async def decide(
        self,
        kind: str,
        places: Places,
        apart: Apart,
        at_hand: Sequence[Exchange] = (),
        *,
        overdue: bool = False,
        measured: Collection[str] = (),
    ) -> bool:
        """Its plan, or the next revision of it, where there are enough answers with these; whether there were. Raises
        StoreError.

        `at_hand`: those that need not be read from their places. `overdue`: a provisional plan, whatever there is.
        `measured`: as `decide` has it.
        """
        async with self._one_at_a_time:
            before = self.known.known(kind)
            pool = _pool_name(kind, before)
            known = await self._pool.offer(pool, places)
            if not self._is_due(pool, len(known), is_new=before is None, is_overdue=overdue):
                return False
            async with apart.heavy():
                exchanges = await self._pool.gathered(known, at_hand)
                proposal = await apart.do(self._proposal, kind, exchanges, before, measured)
            if proposal is None or not _may_hold(proposal, before, is_overdue=overdue):
                self._tried[pool] = len(known)
                return False
            await self._store(proposal, self._stored.get(kind, b""))
            if not proposal.lacks_answers:
                await self._pool.withdraw(pool)
            return True

    def _is_due(self, pool: str, answers: int, *, is_new: bool, is_overdue: bool) -> bool:
        """Whether so many answers decide; of those that were tried in vain, others have to come first."""
        if is_new and is_overdue:
            return True
        least = 1 if is_new and self._may_be_set() else ENOUGH
        return answers >= least and answers > self._tried.get(pool, 0)

    def _may_be_set(self) -> bool:
        """Whether the settings may say all of a plan, so that one answer tells the rest."""
        return any(each.kind is not None for each in self._settings.heads)

    def _proposal(
        self, kind: str, exchanges: Sequence[Exchange], before: Plan | None, measured: Collection[str]
    ) -> Plan | None:
        """None where nothing can be decided."""
        asked = answered(exchanges, self._settings.max_decoded_bytes)
        if not asked:
            return None
        found = decide(asked, self._settings, without_model(kind)[1], measured)
        if before is None:
            return structs.replace(found, revision=self._passed_over.get(kind, 0) + 1)
        return before.renewed(found)

    async def _store(self, proposal: Plan, before: bytes) -> None:
        name, earlier = plan_name(self._route, proposal.key), decoded_plan(before) if before else None
        if earlier is not None and earlier.revision != proposal.revision:
            await self._control.keep_earlier_plan(name, earlier.revision, before)
        stored = await self._control.plan(name, msgspec.json.encode(proposal), before)
        if not self._follow(proposal.key, stored):
            self.known.learn(proposal)

    def _as_set(self, stored: Plan) -> Plan | None:
        return stored if stored.basis == self._basis else overridden(stored, self._settings)

    def _follow(self, kind: str, document: bytes) -> bool:
        """Read by it from now on, but for what the settings say otherwise; False where they say that of all."""
        self._stored[kind] = document
        stored = decoded_plan(document)
        plan = None if stored is None else self._as_set(stored)
        if plan is None:
            self._passed_over[kind] = 0 if stored is None else stored.revision
            return False
        if plan != self.known.known(kind):
            self.known.learn(plan)
            log.info("plan.decided", route=self._route, plan=self._view.plan(plan))
        return True


def plan_name(route: str, kind: str) -> str:
    """Under which the store keeps it; a route's name has no space."""
    return f"{route} {kind}"


def decoded_plan(stored: bytes) -> Plan | None:
    try:
        return documents.read(stored, Plan)
    except msgspec.DecodeError:
        log.warning("plan.unreadable", bytes=len(stored))
        return None


def _may_hold(proposal: Plan, before: Plan | None, *, is_overdue: bool) -> bool:
    """Whether it rests on enough; the first one of a kind on what there is, where nobody may wait any longer."""
    return not proposal.lacks_answers or (before is None and (is_overdue or not proposal.is_provisional))


def _pool_name(kind: str, plan: Plan | None) -> str:
    """What a plan lacks are those answers that the first one lacked."""
    return f"{kind}\n{0 if plan is None or plan.lacks_answers else plan.revision}"
