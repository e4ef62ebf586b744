"""A candidate at work in this process: its endpoint, its noise, whether it may be called, what became of it.

One for each candidate, shared by the lanes of all its partitions; a change of its settings makes a new one.
"""

from __future__ import annotations

import asyncio
import math
from collections import Counter
from datetime import datetime
from functools import partial
from random import Random
from typing import Any

import structlog

from calling.call import Call, Done
from calling.endpoint import CalledEndpoint
from http1.sweep import Sweep
from proxy.mirror.bell import Bell
from proxy.mirror.breaker import Breaker
from proxy.mirror.noise import NoiseCaller, production_again
from proxy.mirror.order import Departure
from proxy.mirror.rows import StartedCall
from proxy.mirror.sender import Sender
from proxy.mirror.timeline import apart_ns
from proxy.mirror.warm_up import WarmUp
from proxy.settings import CandidateSettings, RouteSettings
from records.nouns import Answer, Exchange, Failure, Observation, Pair
from records.privacy.redaction import before_storage
from records.settings import KeptSettings
from records.silence import Word

log = structlog.get_logger()

_SILENT_AFTER = 3  # failed calls in a row, or as many as open the breaker


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
        self.settings = settings
        self.breaker = Breaker(settings.breaker)
        self.warm_up = WarmUp()
        self.counts: Counter[str] = Counter()  # of this process: calls.<outcome>, mirrored, skipped.<reason>
        self.queue_delay_ns = 0  # of the newest call
        self.in_flight = 0
        self._made_from = _parts(route, settings)
        endpoint = partial(CalledEndpoint, route.prefix, kept=kept, secret=secret, sweep=sweep, random=random)
        self._endpoint = endpoint(settings)
        self._says_something = False
        self.noise: NoiseCaller | None = None
        if route.noise is not None:
            again = production_again(route, route.noise, settings.max_answer_bytes)
            self.noise = NoiseCaller(endpoint(again), route.noise.sample, route=self.route, candidate=settings.name)
        self._redaction = before_storage(kept, secret)
        self._ended_one = Bell()
        self.sender: Sender[Any] = Sender(
            self.wait_s, backfilling=settings.start_from != "now", apart=apart_ns(settings.name)
        )

    def is_as(self, route: RouteSettings, settings: CandidateSettings) -> bool:
        return self._made_from == _parts(route, settings)

    def request(self, exchange: Exchange) -> bytes:
        """The exchange as a request to the candidate. Raises RecordError where it would not make one."""
        return self._endpoint.request(exchange)

    async def callable(self) -> None:
        """Return when the breaker lets a call pass."""
        while (pause_s := self.breaker.wait_s(_now())) > 0:
            await self._ended_one.wait(None if math.isinf(pause_s) else pause_s)

    def wait_s(self) -> float:
        """How long until a call may be made: 0 for now, infinite until one ends."""
        return math.inf if self.in_flight >= self._endpoint.max_in_flight else self.breaker.wait_s(_now())

    def call(self, request: bytes, *, to_head_request: bool, done: Done) -> tuple[Call, bool]:
        """Make a call that `wait_s` allowed; also says whether it is one of the first, which warm up."""
        started = self.breaker.calling()
        self.in_flight += 1
        call = self._endpoint.call(request, to_head_request=to_head_request, done=partial(self._ended, started, done))
        return call, self.warm_up.calling(_now())

    def call_again(self, exchange: Exchange, done: Done) -> Call | None:
        """A second call to production for this exchange, if there is to be one."""
        return None if self.noise is None else self.noise.call(exchange, done)

    def pair(
        self,
        exchange: Exchange,
        observation: Observation,
        noise: Observation | None,
        departure: Departure[Any],
        warming_up: bool,
    ) -> Pair:
        """As it may be recorded; the exchange is as the store has it."""
        hidden = self._hidden
        return Pair(
            exchange=exchange,
            candidate=self.settings.name,
            generation=self.settings.generation,
            observation=hidden(observation),
            queue_delay_ns=departure.lag,
            warming_up=warming_up,
            noise=None if noise is None else hidden(noise),
            unlike=departure.unlike,
            pace=departure.pace,
        )

    def word(self) -> Word | None:
        """Whether it answers this process; None before a call has told. A few failures in a row are no silence."""
        if not self._says_something:
            return None
        silence = self.breaker.silence
        few = silence is None or (silence.calls < _SILENT_AFTER and not self.breaker.open)
        return Word(silence=None if few else silence, answered_ns=self.breaker.answered_ns)

    async def close(self) -> None:
        await self._endpoint.close()
        if self.noise is not None:
            await self.noise.close()
        self.sender.close()

    def _hidden(self, observation: Observation) -> Observation:
        return observation if self._redaction is None else self._redaction.observation(observation)

    def _ended(self, started: StartedCall, done: Done, observation: Observation | None) -> None:
        self.in_flight -= 1
        was_open = self.breaker.open
        self.breaker.ended(started, observation, _now())
        if observation is not None:
            self._count(observation.outcome)
        if self.breaker.open != was_open:
            self._tell_breaker()
        self.sender.ended()
        self._ended_one.ring()
        done(observation)

    def _count(self, outcome: Answer | Failure) -> None:
        what = f"{outcome.status // 100}xx" if isinstance(outcome, Answer) else outcome.kind
        self.counts[f"calls.{what}"] += 1
        self._says_something = True

    def _tell_breaker(self) -> None:
        silence = self.breaker.silence
        if self.breaker.open:
            log.warning(
                "breaker.opened",
                route=self.route,
                candidate=self.settings.name,
                failures=self.settings.breaker.failures,
                why=silence and silence.why,
                retry_in_s=self.settings.breaker.pause_s,
            )
        else:
            self.warm_up.restart()
            log.info("breaker.closed", route=self.route, candidate=self.settings.name)


def _parts(route: RouteSettings, settings: CandidateSettings) -> tuple[object, ...]:
    """All that a candidate at work is made from: where nothing of it changes, it works on."""
    again = route.noise and (route.noise, production_again(route, route.noise, settings.max_answer_bytes))
    return settings, route.prefix, again


def start_of(start_from: str) -> str:
    """Where a candidate's group begins, in the store's words: now, beginning, or milliseconds since 1970."""
    if start_from in ("now", "beginning"):
        return start_from
    return str(max(0, int(datetime.fromisoformat(start_from).timestamp() * 1000)))


def _now() -> float:
    return asyncio.get_running_loop().time()
