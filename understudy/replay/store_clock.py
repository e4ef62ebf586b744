"""The store's clock, and this host's beside it: at the start of a run, and once more at its end."""

from collections.abc import AsyncIterator, Callable
from time import monotonic_ns

from loadtest.hosts import ClockReading, RunStart, best
from loadtest.outcome import ReplayOutcome
from records.errors import StoreError
from records.store.rendezvous import Rendezvous
from understudy.replay.host_line import HostLine

READINGS, READINGS_NS = 16, 800_000_000  # so many, as far as there is time

Clock = Callable[[], int]  # CLOCK_MONOTONIC, in ns


async def read_clock(rendezvous: Rendezvous, clock: Clock = monotonic_ns) -> ClockReading:
    """The one that tells most. Raises StoreError."""
    return best([each async for each in _readings(rendezvous, clock)])


async def clocked(
    line: HostLine, start: RunStart, outcome: ReplayOutcome, clock: Clock = monotonic_ns
) -> ReplayOutcome:
    """With how far this host's clock has moved since the start. A store that is away is not waited for: what was sent
    is worth more, and that it is not known is told.
    """
    try:
        reading = await read_clock(line.rendezvous, clock)
    except StoreError:
        return outcome
    return outcome.with_clock(line.host.number, start.clock_by(reading))


async def _readings(rendezvous: Rendezvous, clock: Clock) -> AsyncIterator[ClockReading]:
    until_ns = clock() + READINGS_NS
    for _ in range(READINGS):
        asked_ns = clock()
        told_us = await rendezvous.now_us()
        yield ClockReading(asked_ns, told_us * 1_000, clock())
        if clock() > until_ns:
            return
