"""Group commit: what lies on a route's shelf goes to the store, in numbered groups, one after the other.

A group whose answer was lost is sent again under its number until its outcome is known: the store answers a number
it already has without repeating it. While the store is away the live path serves on and sheds.
"""

from __future__ import annotations

import asyncio

import structlog

from proxy.live.capture import Shelf
from proxy.live.counters import ACCOUNTED, INDEX, RouteCounters
from records.errors import StoreDenied, StoreError
from records.settings import RecordingSettings
from records.store.bounds import exchanges_bytes
from records.store.writer import CommitReceipt, ExchangeWriter

log = structlog.get_logger()

_RECORDED, _HELD, _STORE_AWAY = INDEX["recorded"], INDEX["held"], INDEX["shed.store_away"]
_TOTALS_EVERY_S = 1.0
_CALM_BYTES = 65_536  # of one commit: requests under way meanwhile wait for what is packed and sent at once
_BEHIND = 8  # where more than so many calm commits wait, they grow with what waits, for each costs a round trip
_FIRST_RETRY_S, _LAST_RETRY_S, _DENIED_RETRY_S = 0.05, 2.0, 5.0


class Recorder:
    """One route's way into the store."""

    def __init__(
        self, route: str, shelf: Shelf, writer: ExchangeWriter, counters: RouteCounters, settings: RecordingSettings
    ) -> None:
        self._route = route
        self._shelf = shelf
        self._writer = writer
        self._counters = counters
        self._settings = settings
        self._group = 0
        self._told: dict[str, int] = {}
        self._in_hand: list[tuple[bytes, int]] = []
        self._stopping = False

    async def run(self) -> None:
        """Until `stop`, and then until the shelf is empty."""
        while not self._stopping or len(self._shelf):
            await self._wait_for_company()
            if len(self._shelf):
                await self._commit_group()
            else:
                await self._commit_totals()
        await self._commit_totals()

    def share_bound(self, routes: int) -> None:
        """So many routes share the store's bound in bytes from now on."""
        self._writer.max_bytes = exchanges_bytes(self._settings, routes)

    def stop(self) -> None:
        self._stopping = True
        self._shelf.filled.set()  # wakes `run`

    def give_up(self) -> int:
        """The deadline of a stop has passed: count what is left, and answer how many. A group on its way stays `held`,
        since it may have arrived: whoever settles this worker asks the store."""
        left = self._shelf.take_group(len(self._shelf), 1 << 62)
        self._shelf.committed(left)
        self._counters.add(_STORE_AWAY, len(left))
        self._counters.add(_HELD, -len(left))
        return len(left) + len(self._in_hand)

    async def _wait_for_company(self) -> None:
        """A full group goes at once; a first exchange waits a little for others; without any, only totals go."""
        if self._stopping:
            return
        try:
            async with asyncio.timeout(_TOTALS_EVERY_S):
                await self._shelf.filled.wait()
        except TimeoutError:
            return
        if len(self._shelf) < self._settings.group_max_records and self._shelf.waiting_bytes < self._group_bytes():
            await asyncio.sleep(self._settings.linger_ms / 1_000)

    async def _commit_group(self) -> None:
        group = self._in_hand = self._shelf.take_group(self._settings.group_max_records, self._group_bytes())
        await self._commit([record for record, _ in group])
        self._in_hand = []
        self._shelf.committed(group)
        self._counters.add(_RECORDED, len(group))
        self._counters.add(_HELD, -len(group))

    def _group_bytes(self) -> int:
        return min(self._settings.group_max_bytes, max(_CALM_BYTES, self._shelf.waiting_bytes // _BEHIND))

    async def _commit_totals(self) -> None:
        if self._totals() != self._told:
            await self._commit([])
        elif await self._is_forgotten():
            await self._balance(0)

    async def _is_forgotten(self) -> bool:
        try:
            forgotten = await self._writer.is_forgotten()
        except StoreError as error:
            self._note_away(error)
            return False
        self._note_back()
        return forgotten

    async def _commit(self, records: list[bytes]) -> None:
        """A group into the next partition."""
        committed = await self._commit_until_known(records, self._group + 1)
        if committed.store_lost:
            await self._balance(committed.store_lost)

    async def _balance(self, lost: int) -> None:
        """The store came back without what it had: each partition balances its sums with the next group it is given."""
        for _ in range(self._settings.partitions):
            lost += (await self._commit_until_known([], self._group + 1)).store_lost
        log.warning("store.emptied", route=self._route, exchanges_lost=lost)

    async def _commit_until_known(self, records: list[bytes], number: int) -> CommitReceipt:
        self._group = number
        partition = number % self._settings.partitions
        retry_s = _FIRST_RETRY_S
        while True:
            totals = self._totals()
            totals["held"] -= len(records)
            try:
                committed = await self._writer.commit(partition, number, records, totals)
            except StoreError as error:
                self._note_away(error)
                await asyncio.sleep(_DENIED_RETRY_S if isinstance(error, StoreDenied) else retry_s)
                retry_s = min(2 * retry_s, _LAST_RETRY_S)
            else:
                self._told = totals if not records else {}
                self._note_back()
                return committed

    def _totals(self) -> dict[str, int]:
        counts = self._counters.read()
        return {name: counts[name] for name in ACCOUNTED}

    def _note_away(self, error: StoreError) -> None:
        if not self._shelf.away:
            self._shelf.away = True
            log.warning(
                "store.lost", route=self._route, error=str(error), hint="serving on; what does not fit is counted"
            )

    def _note_back(self) -> None:
        if self._shelf.away:
            self._shelf.away = False
            log.info("store.returned", route=self._route, waiting=len(self._shelf))
