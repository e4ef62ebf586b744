"""One mirror worker: its candidates as the settings have them, each a charge of the steward's."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Iterable, Sequence
from random import Random

import structlog
from prometheus_client.core import Metric

from http1.sweep import Sweep
from proxy.mirror.candidate import MirrorCandidate
from proxy.mirror.charge import MirrorCharge
from proxy.mirror.lane import LaneRules
from proxy.mirror.metrics import families
from proxy.settings import CandidateSettings, RouteSettings
from records.settings import KeptSettings, RecordingSettings
from records.store.health import StoreHealth
from records.store.setbacks import in_words
from records.store.steward import Steward, titled
from records.store.store import Store

log = structlog.get_logger()


class MirrorWorker:
    """Needs a running event loop from `start` on. The store or a candidate being away is no error here."""

    def __init__(
        self, *, recording: RecordingSettings, kept: KeptSettings, secret: bytes, store: Store, owner: str
    ) -> None:
        """`owner` is new with each start of a process."""
        self._kept = kept
        self._secret = secret
        self._store = store
        self._owner = owner
        self._rules = LaneRules(
            linger_s=recording.linger_ms / 1_000,
            group_max_records=recording.group_max_records,
            group_max_bytes=recording.group_max_bytes,
        )
        self._random = Random(secrets.randbits(128))  # noqa: S311  a span id is no secret, and asked for often
        self._charges: dict[tuple[str, str], MirrorCharge] = {}  # by route and candidate
        self._steward = Steward("mirror", owner, store, self._health)

    async def start(self) -> None:
        self._sweep = Sweep(asyncio.get_running_loop())
        self._steward.start()

    async def apply(self, routes: Sequence[RouteSettings], revision: int) -> None:
        """Shadow these candidates. One whose settings changed finishes what it has under way with the old ones.

        One that can't be is left out: a certificate's file may have gone since it was checked. The others work on.
        """
        before, self._charges = self._charges, {}
        refused: list[str] = []
        for route in routes:
            for settings in route.candidates:
                key = (route.key_name(), settings.name)
                try:
                    self._charges[key] = self._charge(route, settings, before.get(key))
                except Exception as error:
                    log.exception("candidate.refused", route=key[0], candidate=key[1])
                    labels = {"route": key[0], "candidate": key[1]}
                    refused.append(f"{titled(labels)} can't be worked for: {in_words(error)}")
        await self._steward.see_to(self._charges.values(), refused)
        log.info("mirror.applied", revision=revision, candidates=len(self._charges))

    async def drain(self, deadline_s: float) -> None:
        """1 read nothing more, 2 finish the calls and commit, 3 give the leases up, 4 say what was left."""
        given_up = await self._steward.drain(deadline_s)
        self._sweep.stop()
        log.info("mirror.drained", exchanges_given_up=given_up)

    def not_ready(self) -> str | None:
        return self._steward.not_ready()

    def collect(self) -> Iterable[Metric]:
        owned = {charge.candidate: self._steward.owned(charge) for charge in self._charges.values()}
        return families(owned, self._steward.failures)

    def _charge(self, route: RouteSettings, settings: CandidateSettings, before: MirrorCharge | None) -> MirrorCharge:
        if before is not None and before.candidate.is_as(route, settings):
            return before
        candidate = MirrorCandidate(
            route, settings, kept=self._kept, secret=self._secret, sweep=self._sweep, random=self._random
        )
        joined = before is not None and before.joined
        return MirrorCharge(candidate, self._rules, self._store, self._owner, joined=joined)

    async def _health(self) -> StoreHealth:
        return await self._store.check(max(1, len(self._charges)))
