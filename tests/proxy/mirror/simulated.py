"""Production, its clients, the store, a mirror and a candidate, event by event, on a clock of their own.

The oracle of the order of events: servers are queues whose latency is known. Nanoseconds; chance comes from seeds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from heapq import heapify, heappop, heappush, heapreplace
from random import Random
from statistics import median

from proxy.mirror.order import Departure, EventOrder
from proxy.mirror.timeline import Turn

US, MS, S = 1_000, 1_000_000, 1_000_000_000
CLOCKS = 7 * S  # how far the mirror's clock is ahead of production's
COMMIT_NS = 20 * MS  # exchanges come into the store in groups
PARTITIONS = 4
UNBOUNDED = 10_000  # ways


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """What answers: so many requests at a time, the others in a queue."""

    ways: int
    takes: int
    spread: float = 0.05

    def slower(self, times: float) -> Program:
        return Program(ways=self.ways, takes=int(self.takes * times), spread=self.spread)

    def per_s(self) -> float:
        """At saturation."""
        return self.ways * S / self.takes


class Server:
    """A program at work."""

    def __init__(self, program: Program, random: Random) -> None:
        self._program = program
        self._random = random
        self._free = [0] * program.ways
        self._ends: list[int] = []  # a heap, of what is in hand

    def ask(self, now: int) -> tuple[int, int]:
        """When it will have answered, and how many it has in hand with this one."""
        while self._ends and self._ends[0] <= now:
            heappop(self._ends)
        took = self._program.takes * max(0.2, self._random.gauss(1.0, self._program.spread))
        end = max(now, self._free[0]) + int(took)
        heapreplace(self._free, end)
        heappush(self._ends, end)
        return end, len(self._ends)


def open_loop(per_s: float, requests: int) -> Callable[[Server, Random], list[Turn]]:
    """Clients that come whatever is answered (Poisson)."""

    def load(server: Server, random: Random) -> list[Turn]:
        now, turns = 0, []
        for _ in range(requests):
            now += int(random.expovariate(per_s) * S)
            turns.append(_turn(now, *server.ask(now)))
        return turns

    return load


def closed_loop(clients: int, requests: int) -> Callable[[Server, Random], list[Turn]]:
    """Clients that ask again when they are answered."""

    def load(server: Server, random: Random) -> list[Turn]:
        asking = [random.randrange(MS) for _ in range(clients)]
        heapify(asking)
        turns = []
        for _ in range(requests):
            now = asking[0]
            turn = _turn(now, *server.ask(now))
            turns.append(turn)
            heapreplace(asking, turn.ended + random.randrange(200 * US, 400 * US))
        return turns

    return load


def _turn(now: int, end: int, in_hand: int) -> Turn:
    return Turn(sent=now, ended=end, in_hand=in_hand, arrived=0)


def recorded(turns: Sequence[Turn], groups: int = 1) -> Iterator[tuple[int, Turn]]:
    """As they come to the mirror, by when: in groups that go to the partitions in turn, of several proxy workers."""
    for number, turn in enumerate(turns):
        own = COMMIT_NS * (number % groups) // groups
        committed = (turn.ended + own) // COMMIT_NS * COMMIT_NS + COMMIT_NS + 2 * MS
        yield (
            committed + CLOCKS,
            Turn(sent=turn.sent, ended=turn.ended, in_hand=turn.in_hand, arrived=committed + CLOCKS),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Pairing:
    """What became of one exchange."""

    turn: Turn
    departure: Departure[int]
    took: int  # the candidate
    in_hand: int  # the candidate's, with this one


def mirrored(
    arrivals: Sequence[tuple[int, Turn]],
    program: Program,
    random: Random,
    *,
    max_in_flight: int = 32,
    held_up: tuple[int, int] | None = None,
) -> list[Pairing]:
    """Each exchange sent to the candidate, as a mirror does it that is some microseconds late.

    `held_up`: how often it sees and does nothing, and for how long.
    """
    order: EventOrder[int] = EventOrder()
    server = Server(program, random)
    arriving = sorted(arrivals, key=lambda each: each[0])
    turns = [turn for _, turn in arriving]
    ends, pairings, wake = list[int](), list[Pairing](), None
    at = 0
    while at < len(arriving) or ends or len(order):
        due = [arriving[at][0] if at < len(arriving) else None, ends[0] if ends else None, wake]
        now = min(each for each in due if each is not None)
        if held_up is not None and now % held_up[0] < held_up[1]:
            now += held_up[1] - now % held_up[0]
        while at < len(arriving) and arriving[at][0] <= now:
            order.add(arriving[at][1], at)
            at += 1
        while ends and ends[0] <= now:
            order.ended(heappop(ends))
        while (wake := order.look(now)) is not None and wake <= now:
            if len(ends) >= max_in_flight:
                order.hindered()
                wake = None
                break
            departure = order.take(now)
            end, in_hand = server.ask(now)
            heappush(ends, end)
            pairings.append(Pairing(turn=turns[departure.what], departure=departure, took=end - now, in_hand=in_hand))
        if wake is not None:
            wake += random.randrange(60 * US)
    return pairings


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What a report would say."""

    asked: int
    counted: int
    unlike: dict[str, int]
    ratio: float  # of the medians of what counts
    difference_ms: float
    of_pairs: float  # median of the ratios, pair by pair


def found(pairings: Sequence[Pairing]) -> Finding:
    unlike: dict[str, int] = {}
    for each in pairings:
        unlike[each.departure.unlike] = unlike.get(each.departure.unlike, 0) + 1
    like = [(each.turn.ended - each.turn.sent, each.took) for each in pairings if not each.departure.unlike]
    own, other = median([own for own, _ in like] or [1]), median([other for _, other in like] or [1])
    return Finding(
        asked=len(pairings),
        counted=unlike.pop("", 0),
        unlike=unlike,
        ratio=other / own,
        difference_ms=(other - own) / MS,
        of_pairs=median([other / own for own, other in like] or [0.0]),
    )
