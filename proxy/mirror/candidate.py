"""A candidate at work in this process: its pool, its rules compiled, whether it may be called, what became of it.

One for each candidate, shared by the lanes of all its partitions; a change of its settings makes a new one.
"""

from __future__ import annotations

import asyncio
import math
from collections import Counter
from collections.abc import Callable
from datetime import datetime
from functools import partial
from random import Random

import structlog

from http1.pool import Pool
from http1.sweep import Sweep
from proxy.mirror.bell import Bell
from proxy.mirror.breaker import Breaker
from proxy.mirror.call import Call, CallRules
from proxy.mirror.copying import Copying
from proxy.mirror.warm_up import WarmUp
from proxy.settings import CandidateSettings, RouteSettings
from proxy.versions import VersionRules
from records.kept import Kept
from records.nouns import Answer, Observation
from records.redaction import before_storage
from records.settings import KeptSettings

log = structlog.get_logger()

# What an intermediary says for a server that is not there (RFC 9110 §15.6.3 to 5): failed calls to the breaker.
_NOBODY_THERE = frozenset({502, 503, 504})

Done = Callable[[Observation | None], None]


class MirrorCandidate:
    """What a lane asks of its candidate."""

    def __init__(
        self,
        route: RouteSettings,
        settings: CandidateSettings,
        *,
        kept: KeptSettings,
        secret: bytes,
        sweep: Sweep,
        random: Random,
    ) -> None:
        self.route = route.key_name()
        self.prefix = route.prefix
        self.settings = settings
        self.breaker = Breaker(settings.breaker)
        self.warm_up = WarmUp()
        self.counts: Counter[str] = Counter()  # of this process: calls.<outcome>, mirrored, skipped.<reason>
        self.queue_delay_ns = 0  # of the newest call
        self.in_flight = 0
        pool = Pool(settings, sweep)
        rules = Kept.create(kept, (settings.version_header, settings.build_header))
        self._pool = pool
        self._calls = CallRules(pool, VersionRules(settings), rules, settings.max_answer_bytes)
        self.redaction = before_storage(kept, secret)
        self.copying = Copying(
            route,
            settings,
            address=pool.address,
            kept=rules,
            secret=secret,
            span_id=lambda: random.getrandbits(64) | 1,
        )
        self._slots = asyncio.Semaphore(min(settings.max_in_flight, settings.max_connections))
        self._ended_one = Bell()

    def is_as(self, route: RouteSettings, settings: CandidateSettings) -> bool:
        return self.settings == settings and self.prefix == route.prefix

    async def callable(self) -> None:
        """Return when the breaker lets a call pass."""
        while (pause_s := self.breaker.wait_s(_now())) > 0:
            await self._ended_one.wait(None if math.isinf(pause_s) else pause_s)

    async def turn(self) -> None:
        """Return with one of the slots, and the breaker willing: now `call`, or `pass_turn`."""
        await self._slots.acquire()
        try:
            await self.callable()
        except BaseException:
            self._slots.release()
            raise

    def pass_turn(self) -> None:
        self._slots.release()

    def call(self, request: bytes, *, to_head_request: bool, done: Done) -> tuple[Call, bool]:
        """Make the call that `turn` allowed; also says whether it is one of the first, which warm up."""
        self.breaker.calling()
        self.in_flight += 1
        call = Call(self._calls, request, to_head_request=to_head_request, done=partial(self._ended, done))
        return call, self.warm_up.calling(_now())

    async def close(self) -> None:
        await self._pool.close()

    def _ended(self, done: Done, observation: Observation | None) -> None:
        self.in_flight -= 1
        self._slots.release()
        was_open = self.breaker.open
        self._judge(observation)
        if self.breaker.open != was_open:
            self._tell_breaker()
        self._ended_one.ring()
        done(observation)

    def _judge(self, observation: Observation | None) -> None:
        if observation is None:
            self.breaker.given_up()
            return
        outcome = observation.outcome
        if isinstance(outcome, Answer):
            self.counts[f"calls.{outcome.status // 100}xx"] += 1
            failed = outcome.status in _NOBODY_THERE
        else:
            self.counts[f"calls.{outcome.kind}"] += 1
            failed = outcome.kind != "too_large"  # it did answer
        if failed:
            self.breaker.failed(_now())
        else:
            self.breaker.succeeded(_now())

    def _tell_breaker(self) -> None:
        if self.breaker.open:
            log.warning(
                "breaker.opened",
                route=self.route,
                candidate=self.settings.name,
                failures=self.settings.breaker.failures,
                retry_in_s=self.settings.breaker.pause_s,
            )
        else:
            self.warm_up.restart()
            log.info("breaker.closed", route=self.route, candidate=self.settings.name)


def start_of(start_from: str) -> str:
    """Where a candidate's group begins, in the store's words: now, beginning, or milliseconds since 1970."""
    if start_from in ("now", "beginning"):
        return start_from
    return str(int(datetime.fromisoformat(start_from).timestamp() * 1000))


def _now() -> float:
    return asyncio.get_running_loop().time()
