"""One sender a candidate: what its lanes have read, sent in order, within slots and bounds."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from time import monotonic_ns

from proxy.mirror.order import Departure
from proxy.mirror.sender import Sender
from proxy.mirror.timeline import Turn
from tests.loops import on_uvloop
from tests.until import at_rest

pytest_asyncio_loop_factories = on_uvloop

MS = 1_000_000
MIB = 1_048_576


@dataclass(frozen=True, kw_only=True)
class Read:
    """Asked of production alone, so long after the others' time, and long enough ago to be due."""

    lane: Lane
    name: str
    sent: int = 0
    size: int = 10

    def turn(self) -> Turn:
        """All come in at once; in the time of the test nothing is behind."""
        now = monotonic_ns()
        return Turn(sent=now + self.sent, ended=now + self.sent + 1, in_hand=1, arrived=now + self.sent + 1)


class Lane:
    """Keeps what it is told to send."""

    def __init__(self, *, sends: bool = True) -> None:
        self.sent: asyncio.Queue[Departure[Read]] = asyncio.Queue()
        self._sends = sends

    def send(self, read: Read, departure: Departure[Read]) -> bool:
        self.sent.put_nowait(departure)
        return self._sends

    async def next(self) -> Departure[Read]:
        async with asyncio.timeout(20):
            return await self.sent.get()


class Candidate:
    """How long it may not be called."""

    wait_s = 0.0


@asynccontextmanager
async def sending(*lanes: Lane, partitions: int = 0) -> AsyncIterator[tuple[Sender[Read], Candidate]]:
    candidate = Candidate()
    sender: Sender[Read] = Sender(lambda: candidate.wait_s, backfilling=False)
    sender.partitions = partitions
    for lane in lanes:
        sender.join(lane)
    yield sender, candidate
    sender.close()


async def test_what_several_lanes_have_read_goes_in_one_order() -> None:
    """By when production was asked, one after the other's end, where production had one in hand."""
    one, two = Lane(), Lane()
    async with sending(one, two) as (sender, _):
        for read in (
            Read(lane=two, name="third", sent=2 * MS), Read(lane=one, name="first"),
            Read(lane=two, name="second", sent=MS),
        ):  # fmt: skip
            sender.put(read)
        assert (await one.next()).what.name == "first"
        await at_rest()
        assert two.sent.empty()
        sender.ended()
        assert (await two.next()).what.name == "second"
        sender.ended()
        assert (await two.next()).what.name == "third"


async def test_without_a_free_slot_it_waits_and_says_so() -> None:
    """What was due meanwhile counts as behind; a call that ends lets it go."""
    lane = Lane()
    async with sending(lane) as (sender, candidate):
        candidate.wait_s = float("inf")
        sender.put(Read(lane=lane, name="held up", sent=-260 * MS))
        await at_rest()
        assert lane.sent.empty()
        candidate.wait_s = 0.001  # as of a breaker that will be willing
        sender.put(Read(lane=lane, name="next"))
        await at_rest()
        candidate.wait_s = 0.0
        assert (await lane.next()).unlike == "behind"


async def test_a_lane_that_leaves_takes_with_it_what_it_has_read() -> None:
    """The others' is sent."""
    gone, stays = Lane(), Lane()
    async with sending(gone, stays) as (sender, _):
        sender.put(Read(lane=gone, name="gone"))
        sender.put(Read(lane=stays, name="stays", sent=MS))
        sender.leave(gone)
        assert (await stays.next()).what.name == "stays"
        assert gone.sent.empty()


async def test_what_a_lane_does_not_send_after_all_is_in_nobodys_hand() -> None:
    """The next one goes without waiting for its end."""
    lane = Lane(sends=False)
    async with sending(lane) as (sender, _):
        for name in ("one", "two", "three"):
            sender.put(Read(lane=lane, name=name))
        assert [(await lane.next()).what.name for _ in range(3)] == ["one", "two", "three"]


async def test_lanes_wait_for_room() -> None:
    """What is read and not sent is bounded in bytes; each that is sent makes room, as does a lane that leaves."""
    lane = Lane()
    async with sending(lane) as (sender, candidate):
        candidate.wait_s = float("inf")
        for number in range(64):
            sender.put(Read(lane=lane, name=str(number), size=MIB))
        async with asyncio.timeout(20), asyncio.TaskGroup() as tasks:
            waiting = tasks.create_task(sender.has_room())
            await at_rest()
            assert not waiting.done()
            sender.leave(lane)


async def test_a_candidate_that_another_mirror_asks_too_is_not_timed() -> None:
    """Some partitions are the other's: how many requests the candidate has in hand, neither knows."""
    lane = Lane()
    async with sending(lane, partitions=2) as (sender, _):
        sender.put(Read(lane=lane, name="one"))
        assert (await lane.next()).unlike == "shared"
        sender.join(Lane())
        sender.ended()
        sender.put(Read(lane=lane, name="two"))
        assert (await lane.next()).unlike != "shared"
