"""A walk through all that may happen to leases under which a candidate is asked, who holds answers until told.

Lane and lease are as a steward has them. The steward itself, who looks every third of a lease, is left out.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from random import Random

from records.nouns import Exchange
from records.store.lease import Lane, Lease, let_go
from tests import endpoint
from tests.endpoint import Endpoint, Seen
from tests.proxy.mirror.partition import Partition

LEASE_S = 0.01  # renewed each third; on the server it is as long as ever
PATIENCE_S = 60


class HoldingEndpoint(Endpoint):
    """Does what a request says, "<partition> <what>": answers it, breaks off, or holds its answer until told."""

    def __init__(self, socket: Path, partitions: int) -> None:
        super().__init__(self._behave, path=str(socket))
        self.under_way = 0
        self.asked = [asyncio.Event() for _ in range(partitions)]  # since it was told to hold
        self._may_answer = [asyncio.Event() for _ in range(partitions)]

    def hold(self, partition: int) -> None:
        self.asked[partition].clear()
        self._may_answer[partition] = asyncio.Event()

    def let_go(self, partition: int) -> None:
        """What is held is answered, and what comes from now on."""
        self._may_answer[partition].set()

    async def _behave(self, seen: Seen, writer: asyncio.StreamWriter) -> None:
        self.seen.clear()  # nothing here may grow with the walk
        partition, what = seen.body.split()
        self.under_way += 1
        self.asked[int(partition)].set()
        try:
            if what == b"held":
                await self._may_answer[int(partition)].wait()
        finally:
            self.under_way -= 1
        await (endpoint.reset() if what == b"broken" else endpoint.answer())(seen, writer)


class WatchedLane:
    """A lane, and when its work begins and ends."""

    def __init__(self, lane: Lane) -> None:
        self.began = asyncio.Event()
        self.ended = asyncio.Event()
        self._lane = lane

    @property
    def under_way(self) -> int:
        return self._lane.under_way

    async def work(self) -> None:
        self.ended.clear()
        self.began.set()
        try:
            await self._lane.work()
        finally:
            self.began.clear()
            self.ended.set()


class Tenant:
    """A worker of one partition, as a steward has it work, and what becomes of its lease."""

    def __init__(
        self, number: int, partition: Partition, lane: Callable[[int, Lease], Lane], asked: Sequence[HoldingEndpoint]
    ) -> None:
        """`asked`: all that are held and let go together; the first is waited for."""
        self.number = number
        self.partition = partition
        self.changes: Counter[str] = Counter()
        self._make_lane = lane
        self._asked = asked

    @property
    def under_way(self) -> int:
        return self._lane.under_way

    def hold(self) -> None:
        for each in self._asked:
            each.hold(self.number)

    def let_go(self) -> None:
        for each in self._asked:
            each.let_go(self.number)

    def begin(self) -> None:
        self._lease = Lease(self.partition.group(), LEASE_S, {"partition": str(self.number)})
        self._lane = WatchedLane(self._make_lane(self.number, self._lease))
        self._keeping = asyncio.get_running_loop().create_task(self._lease.keep(self._lane, self.partition.put_back))

    async def end(self) -> None:
        """Gently: what is in hand is finished."""
        self._lease.leave()
        self.let_go()
        await self._kept()

    async def change(self, dice: Random, *exchanges: Exchange) -> None:
        """These are recorded, the lease is taken, and somewhere on the way it is lost, or given up."""
        self.hold()
        await self.partition.record(*exchanges)
        self.begin()
        if exchanges and dice.random() < 0.5:
            await soon(self._asked[0].asked[self.number].wait())
        else:
            for _ in range(dice.randrange(40)):
                await asyncio.sleep(0)
        (way,) = dice.choices(list(WAYS), list(WAYS.values()))
        self.changes[way.__name__] += 1
        await way(self)
        self.let_go()

    # ---- ways to lose a lease, and to give it up

    async def lost_by_renewing(self) -> None:
        await self._robbed()
        await self._lost()

    async def lost_by_reading(self) -> None:
        await self._robbed()
        await self.partition.record()
        await self._lost()

    async def lost_by_committing(self) -> None:
        await self._robbed()
        self.let_go()
        await self._lost()

    async def lost_and_taken_again(self) -> None:
        await self._robbed()
        await soon(self._lane.ended.wait())
        await self.partition.give_back()
        await soon(self._lane.began.wait())
        await self.end()

    async def gone_and_put_back(self) -> None:
        await soon(self._lane.began.wait())
        await self.partition.hide()
        await soon(self._lane.ended.wait())
        await soon(self._lane.began.wait())
        await self.end()

    async def given_up(self) -> None:
        await self.end()

    async def lost_while_leaving(self) -> None:
        await self._robbed()
        await self.end()
        await self.partition.give_back()

    async def stopped(self) -> None:
        """At once, as at the deadline of a drain."""
        self._keeping.cancel()
        await self._kept()

    async def stopped_while_leaving(self) -> None:
        self._lease.leave()
        await asyncio.sleep(0)
        await self.stopped()

    async def failed(self) -> None:
        await soon(self._lane.began.wait())
        await self.partition.spoil()
        await self._kept()
        error = self._keeping.exception()
        assert error is not None
        let_go(error)
        await self.partition.mend()

    # ---- inside

    async def _robbed(self) -> None:
        await soon(self._lane.began.wait())
        await self.partition.rob()

    async def _lost(self) -> None:
        await soon(self._lane.ended.wait())
        await self.partition.give_back()
        await self.end()

    async def _kept(self) -> None:
        async with asyncio.timeout(PATIENCE_S):
            await asyncio.wait([self._keeping])


async def soon(happening: Awaitable[object]) -> None:
    async with asyncio.timeout(PATIENCE_S):
        await happening


WAYS: dict[Callable[[Tenant], Awaitable[None]], int] = {
    Tenant.lost_by_renewing: 1,
    Tenant.lost_by_reading: 2,
    Tenant.lost_by_committing: 2,
    Tenant.lost_and_taken_again: 1,
    Tenant.gone_and_put_back: 1,
    Tenant.given_up: 3,
    Tenant.lost_while_leaving: 2,
    Tenant.stopped: 2,
    Tenant.stopped_while_leaving: 2,
    Tenant.failed: 1,
}
