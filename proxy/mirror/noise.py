"""Production asked once more (A/A): how often it disagrees with itself on one request is noise, no candidate's doing.

A candidate whose route asks for it has one `NoiseCaller`, shared by its lanes. It never waits: where no slot is free,
production is failing, or it refused our credentials, the pair goes without. A lane begins such a call beside the
candidate's, and `Both` tells it when the two have ended.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from functools import partial
from typing import Any

import structlog
from msgspec.structs import asdict

from calling.call import Call, Done
from calling.endpoint import CalledEndpoint
from calling.marker import HEADER as SHADOW_HEADER
from calling.settings import CallSettings
from proxy.mirror.breaker import Breaker, nobody_there
from proxy.mirror.rows import StartedCall
from proxy.sampling import wants_noise
from proxy.settings import BreakerSettings, NoiseSettings, RouteSettings
from records.errors import RecordError
from records.nouns import Answer, Exchange, Observation

log = structlog.get_logger()

_BREAKER = BreakerSettings()  # as a candidate has it without settings of its own
_REFUSED = frozenset({401, 403})

# Production never got such a request: recorded, it would pass for an answer that differs, and excuse a candidate's.
_NEVER_ASKED = frozenset({"connect", "connect_timeout", "pool_timeout"})


def production_again(route: RouteSettings, noise: NoiseSettings, max_answer_bytes: int) -> CallSettings:
    """Production as it is asked once more: as a candidate is."""
    values: dict[str, Any] = asdict(route.endpoint())
    values |= {name: getattr(noise, name) for name in ("headers", "host", "timeout_s", "max_in_flight")}
    values |= {"url": noise.url or values["url"], "max_answer_bytes": max_answer_bytes}
    return CallSettings(**values)


class NoiseCaller:
    """Production, as one candidate's lanes ask it once more."""

    def __init__(self, endpoint: CalledEndpoint, sample: float, *, route: str, candidate: str) -> None:
        self.counts: Counter[str] = Counter()  # of this process: called, failed, skipped.<reason>
        self.stopped = False  # until the settings change, or this process starts anew
        self._in_flight = 0
        self._endpoint = endpoint
        self._sample = sample
        self._names = {"route": route, "candidate": candidate}
        self._breaker = Breaker(_BREAKER)

    @property
    def max_in_flight(self) -> int:
        return self._endpoint.max_in_flight

    def call(self, exchange: Exchange, done: Done) -> Call | None:
        """A call, not started yet, if this exchange is in the sample and there is room for it.

        `done` gets None where the pair is to go without: production was not reached, refused us, or we gave it up.
        """
        if not _can_tell(exchange) or not wants_noise(self._sample, exchange.id):
            return None
        if why_not := self._why_not():
            self._skip(why_not)
            return None
        try:
            request = self._endpoint.request(exchange)
        except RecordError as error:
            log.warning("noise.set_aside", exchange=exchange.id, error=str(error), **self._names)
            self._skip("set_aside")
            return None
        started = self._breaker.calling()
        self._in_flight += 1
        self.counts["called"] += 1
        return self._endpoint.call(
            request, to_head_request=exchange.request.method == "HEAD", done=partial(self._ended, started, done)
        )

    async def close(self) -> None:
        await self._endpoint.close()

    def _why_not(self) -> str | None:
        if self.stopped:
            return "stopped"
        if self._breaker.wait_s(_now()) > 0:
            return "breaker"
        return "no_slot" if self._in_flight >= self.max_in_flight else None

    def _skip(self, reason: str) -> None:
        self.counts[f"skipped.{reason}"] += 1

    def _ended(self, started: StartedCall, done: Done, observation: Observation | None) -> None:
        self._in_flight -= 1
        was_open = self._breaker.open
        self._breaker.ended(started, observation, _now())
        why_not = self._judge(observation)
        if self._breaker.open != was_open:
            self._tell_breaker()
        if why_not is not None:
            self._skip(why_not)
        done(observation if why_not is None else None)

    def _judge(self, observation: Observation | None) -> str | None:
        """Why this is nothing to record, if so."""
        if observation is None:
            return "given_up"
        outcome = observation.outcome
        if nobody_there(outcome):
            self.counts["failed"] += 1
        if isinstance(outcome, Answer):
            return self._stop(outcome.status) if outcome.status in _REFUSED else None
        return "not_reached" if outcome.kind in _NEVER_ASKED else None

    def _stop(self, status: int) -> str:
        if not self.stopped:
            self.stopped = True
            log.error(
                "noise.stopped",
                status=status,
                hint="production refuses these calls: give noise.headers credentials of their own, and reload (SIGHUP)",
                **self._names,
            )
        return "stopped"

    def _tell_breaker(self) -> None:
        if self._breaker.open:
            log.warning("noise.paused", failures=_BREAKER.failures, retry_in_s=_BREAKER.pause_s, **self._names)
        else:
            log.info("noise.resumed", **self._names)


class Both:
    """The calls of one exchange: the candidate's, and production's second where there is one.

    Ends once, when both have: by `done(observation, noise)`, with None for what there is not. Without the candidate's
    observation there is nothing to commit.
    """

    __slots__ = ("_again", "_call", "_done", "_noise", "_observation", "_under_way")

    def __init__(self, done: Callable[[Observation | None, Observation | None], None]) -> None:
        self._done = done
        self._call: Call | None = None
        self._again: Call | None = None
        self._observation: Observation | None = None
        self._noise: Observation | None = None
        self._under_way = 0

    def start(self, call: Call, again: Call | None) -> None:
        """`call` ends by `answered`, `again` by `answered_again`."""
        self._call, self._again = call, again
        self._under_way = 1 if again is None else 2
        call.start()
        if again is not None:
            again.start()

    def answered(self, observation: Observation | None) -> None:
        self._observation = observation
        self._one_ended()

    def answered_again(self, noise: Observation | None) -> None:
        self._noise = noise
        self._one_ended()

    def leave_noise(self) -> None:
        """Wait for production no longer."""
        if self._again is not None:
            self._again.give_up()

    def give_up(self) -> None:
        """This side stops: no observation. Harmless where both have ended."""
        self._observation = None
        if self._call is not None:
            self._call.give_up()
        self.leave_noise()

    def _one_ended(self) -> None:
        self._under_way -= 1
        if not self._under_way:
            self._done(self._observation, self._noise)


def _can_tell(exchange: Exchange) -> bool:
    """Is there an answer to compare a second one with? A refusal of the client is no answer to our own credentials.

    A request that was a shadow itself is not recorded; one in a recording from elsewhere is not asked again either.
    """
    outcome = exchange.production.outcome
    if not isinstance(outcome, Answer) or outcome.body.cut or outcome.status in _REFUSED:
        return False
    return all(name != SHADOW_HEADER for name, _ in exchange.request.headers)


def _now() -> float:
    return asyncio.get_running_loop().time()
