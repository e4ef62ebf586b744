"""How what each host's share came to gets to host 1, which makes the report: handed over, and taken."""

import asyncio
from collections.abc import Callable, Sequence
from time import monotonic

from loadtest.handover import HandoverError, taken
from loadtest.outcome import ReplayOutcome, joined
from loadtest.pair_judge import PairJudge
from loadtest.replaying import Keep
from records.errors import StaleToken, StoreAway, StoreError
from understudy.errors import HostsError
from understudy.replay.host_line import HostLine

RESULTS_S = 600.0  # host 1 waits so long for the others' results, and as long again as its own took
LOOK_S = 0.1

Stopped = Callable[[], bool]  # somebody will wait no longer


async def hand_over(line: HostLine, pieces: Sequence[bytes], stopped: Stopped) -> None:
    """And wait until host 1 has taken them. Raises HostsError where it never will, StoreError."""
    while not await _has_handed_over(line, pieces):
        pass
    while not stopped() and not await _were_taken(line):
        pass


async def _has_handed_over(line: HostLine, pieces: Sequence[bytes]) -> bool:
    """False, after a moment: the store is away. To hand over again changes nothing."""
    try:
        await line.rendezvous.hand_over(pieces)
    except StaleToken:
        raise HostsError(
            f"run {line.run} was over before host {line.host.number} could hand over what it sent"
        ) from None
    except StoreAway:
        await line.view()  # raises where that has been for too long
        await asyncio.sleep(LOOK_S)
        return False
    return True


async def _were_taken(line: HostLine) -> bool:
    """False, after a moment: not yet."""
    view = await line.view()
    if view is None or view.taken is None:
        if view is not None and 1 in (lost := line.lost(view)):
            raise HostsError(f"there is no report of run {line.run}: host 1 {lost[1]}")
        await asyncio.sleep(LOOK_S)
        return False
    if line.host.number not in view.taken:
        raise HostsError(f"host 1 reports run {line.run} without what host {line.host.number} sent")
    return True


class Gathering:
    """On host 1: takes what the others hand over. Their sums go to `judge`, their rows to `keep`."""

    def __init__(self, line: HostLine, judge: PairJudge, keep: Keep, stopped: Stopped) -> None:
        self._line = line
        self._judge = judge
        self._keep = keep
        self._stopped = stopped
        self._waiting = set(range(2, line.host.of + 1))
        self._found: list[ReplayOutcome] = []
        self._lost: dict[int, str] = {}

    async def gather(self, own: ReplayOutcome, took_s: float) -> ReplayOutcome:
        """Of all hosts together; who hands nothing over is lost. `took_s`: this host's own share."""
        deadline = monotonic() + RESULTS_S + took_s
        halt = own.ended_because
        try:
            while self._waiting and not self._stopped() and monotonic() < deadline:
                halt = await self._line.halted(own.ended_because)
                await self._look()
            await self._line.rendezvous.finish(number for each in self._found for number in each.tallies)
        except StoreError as error:
            self._lose(self._waiting, f"the store is away: {error}")
        self._lose(self._waiting, "it was waited for no longer" if self._stopped() else "its results did not come")
        whole = joined([own, *self._found])
        return whole._replace(ended_because=halt or whole.ended_because, lost=self._lost)

    async def _look(self) -> None:
        view = await self._line.view()
        if view is not None:
            for number in sorted(self._waiting & view.handed.keys()):
                await self._take(number, view.handed[number])
            for number, why in self._line.lost(view).items():
                self._lose({number} & self._waiting, f"it {why}")
        if self._waiting:
            await asyncio.sleep(LOOK_S)

    async def _take(self, number: int, count: int) -> None:
        try:
            pieces = [each async for each in self._line.rendezvous.pieces(number, count)]
            outcome, sums = taken(pieces, self._keep)
        except StoreAway:
            return  # they are still there when it is back
        except (StoreError, HandoverError) as error:
            self._lose({number}, str(error))
            return
        self._judge.merge(sums)
        self._found.append(outcome)
        self._waiting.discard(number)

    def _lose(self, numbers: set[int], why: str) -> None:
        self._lost |= dict.fromkeys(sorted(numbers), why)
        self._waiting -= numbers
