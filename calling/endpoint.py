"""An endpoint that is sent recorded requests: its pool and its rules, compiled. One for each that a process asks."""

from __future__ import annotations

from random import Random

from calling.call import Call, CallRules, Done
from calling.copying import Copying
from calling.settings import CallSettings
from calling.versions import VersionRules
from http1.pool import Pool
from http1.sweep import Sweep
from records.nouns import Exchange
from records.privacy.kept_rules import KeptRules
from records.settings import KeptSettings


class CalledEndpoint:
    def __init__(
        self,
        prefix: str,
        settings: CallSettings,
        *,
        kept: KeptSettings,
        secret: bytes,
        sweep: Sweep,
        random: Random,
        stamps_streams: bool = False,
    ) -> None:
        """`prefix`: of the route that recorded, which the settings may have rewritten. `random` makes span ids.
        `stamps_streams`: as CallRules has it.
        """
        self.settings = settings
        self._pool = Pool(settings, sweep)
        rules = KeptRules.create(kept, (settings.version_header, settings.build_header))
        self._calls = CallRules(
            self._pool, VersionRules(settings), rules, settings.max_answer_bytes, stamps_streams=stamps_streams
        )
        self._copying = Copying(
            prefix,
            settings,
            address=self._pool.address,
            kept=rules,
            secret=secret,
            span_id=lambda: random.getrandbits(64) | 1,
        )

    @property
    def max_in_flight(self) -> int:
        return min(self.settings.max_in_flight, self.settings.max_connections)

    def request(self, exchange: Exchange) -> bytes:
        """The exchange as a request to this endpoint. Raises RecordError where it would not make one."""
        return self._copying.request(exchange)

    def call(self, request: bytes, *, to_head_request: bool, done: Done) -> Call:
        """One call, not started yet."""
        return Call(self._calls, request, to_head_request=to_head_request, done=done)

    async def close(self) -> None:
        await self._pool.close()
