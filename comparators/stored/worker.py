"""One compare worker: its candidates as the settings have them, each a charge of the steward's."""

import asyncio
import gc
from collections.abc import Iterable, Sequence
from typing import Protocol

import structlog
from prometheus_client.core import Metric

from comparators.settings import CompareSettings
from comparators.stored.charge import CompareCharge
from comparators.stored.decisions import SharedDecisions
from comparators.stored.exposition import worker_families
from comparators.view import View
from records.privacy.redaction import Redaction
from records.settings import KeptSettings
from records.store.health import StoreHealth
from records.store.steward import Steward
from records.store.store import Store

log = structlog.get_logger()


class ComparedCandidate(Protocol):
    @property
    def name(self) -> str: ...


class ComparedRoute(Protocol):
    """What of a route's settings matters here; they are composed above this package."""

    @property
    def candidates(self) -> Sequence[ComparedCandidate]: ...
    @property
    def compare(self) -> CompareSettings | None: ...
    def key_name(self) -> str: ...


def collect_rarely() -> None:
    """For a process that compares: what a batch makes dies with it, without cycles; searching it finds nothing.

    At the default thresholds that search, several times a batch, takes a third of the time.
    """
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)


class CompareWorker:
    """The store being away is no error here."""

    def __init__(self, *, kept: KeptSettings, secret: bytes, store: Store, owner: str) -> None:
        """`owner` is new with each start of a process; `secret` keys pseudonyms and units."""
        self._redaction = Redaction.create(kept, secret)
        self._secret = secret
        self._store = store
        self._owner = owner
        self._heavy = asyncio.Lock()
        self._charges: dict[tuple[str, str], CompareCharge] = {}  # by route and candidate
        self._steward = Steward("compare", owner, store, self._health)

    async def start(self) -> None:
        collect_rarely()
        self._steward.start()

    async def apply(self, routes: Sequence[ComparedRoute], revision: int) -> None:
        """Compare these candidates. One whose settings changed finishes its batch with the old ones."""
        before, self._charges = self._charges, {}
        for route in routes:
            settings = route.compare or CompareSettings()
            for candidate in route.candidates:
                key = (route.key_name(), candidate.name)
                charge = before.get(key)
                if charge is None or charge.agreed.settings != settings:
                    charge = self._charge(*key, settings)
                self._charges[key] = charge
        await self._steward.see_to(self._charges.values())
        log.info("compare.applied", revision=revision, candidates=len(self._charges))

    async def drain(self, deadline_s: float) -> None:
        """1 read nothing more, 2 commit the batches under way, 3 give the leases up, 4 say what was left."""
        log.info("compare.drained", pairs_given_up=await self._steward.drain(deadline_s))

    def not_ready(self) -> str | None:
        return self._steward.not_ready()

    def collect(self) -> Iterable[Metric]:
        owned = {charge.agreed: self._steward.owned(charge) for charge in self._charges.values()}
        return worker_families(owned, self._steward.failures)

    def _charge(self, route: str, candidate: str, settings: CompareSettings) -> CompareCharge:
        view = View(self._redaction, settings)
        agreed = SharedDecisions(self._store, route, candidate, settings, view, self._secret)
        return CompareCharge(agreed, self._redaction, self._heavy, self._store, self._owner)

    async def _health(self) -> StoreHealth:
        return await self._store.check(max(1, len(self._charges)))
