"""Pairs of one partition that wait for the plan of their kind, in their order. They are read, and not settled: should
this owner go, the next one reads them again. Holds them, and asks nobody; bounded in bytes, entries and time.

    a kind without a plan ── an answer that can decide ──► it waits, and what follows of its kind behind it
          its plan is there, from whichever partitions' answers ──► all of them are compared, in their order
          it has waited too long, or would be dropped first ────► overdue: its plan is a provisional one

What follows waits too, even if it needs no plan: the pairs of a kind are compared in the order of the stream, so that
one entry says where a revision began (plans/revisions.py).
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from comparators.pairs.reads import StoredPair, key_of
from comparators.plans.decision import can_decide
from comparators.plans.kind_of_request import kind_of
from comparators.plans.known_plans import Plans

MAX_PAIRS = 1_000
MAX_BYTES = 8_388_608  # of records


class WaitingPair(NamedTuple):
    stored: StoredPair
    record: bytes


@dataclass(slots=True)
class _Queue:
    """Of one kind. `since_s` and `read` are those of its first pair: when it came, and how much was read by then."""

    since_s: float
    read: int
    pairs: list[WaitingPair] = field(default_factory=list)

    def bytes(self) -> int:
        return sum(len(each.record) for each in self.pairs)


class Waiting:
    def __init__(self, plans: Plans, *, longest_s: float, room: int) -> None:
        """`longest_s` is how long a pair waits, `room` how many bytes of newer pairs it lets pass: with more of them it
        would soon be dropped from the stream.
        """
        self._plans = plans
        self._longest_s = longest_s
        self._room = room
        self._queues: dict[str, _Queue] = {}
        self._read = 0  # bytes of records, since the lane began

    def __len__(self) -> int:
        return sum(len(each.pairs) for each in self._queues.values())

    @property
    def kinds(self) -> Collection[str]:
        return self._queues.keys()

    def of(self, kind: str) -> Sequence[StoredPair]:
        queue = self._queues.get(kind)
        return [each.stored for each in queue.pairs] if queue else ()

    def passing(self, pairs: Iterable[WaitingPair], now_s: float) -> list[WaitingPair]:
        """Those of these that need not wait, in their order; the others are held."""
        found = []
        for each in pairs:
            kind = self._waits_for(each.stored)
            if kind is None:
                found.append(each)
            else:
                self._queues.setdefault(kind, _Queue(now_s, self._read)).pairs.append(each)
            self._read += len(each.record)
        return found

    def overdue(self, now_s: float) -> Collection[str]:
        """The kinds that have waited too long; and while there are too many pairs, those with the most bytes."""
        found = {kind for kind, each in self._queues.items() if self._is_overdue(each, now_s)}
        sizes = {kind: each.bytes() for kind, each in self._queues.items() if kind not in found}
        counts = {kind: len(self._queues[kind].pairs) for kind in sizes}
        while sum(sizes.values()) > MAX_BYTES or sum(counts.values()) > MAX_PAIRS:
            most = max(sizes, key=lambda kind: (sizes[kind], kind))
            found.add(most)
            del sizes[most], counts[most]
        return found

    def undecided(self) -> list[str]:
        """The kinds of those held that have no plan yet."""
        return [kind for kind in self._queues if self._plans.known(kind) is None]

    def released(self, overdue: Collection[str]) -> list[WaitingPair]:
        """Those whose kinds have a plan now, of each kind in their order; they wait no longer. Nor do those that are
        overdue: where not even a provisional plan was to be had, they are read as their looks say.
        """
        ready = [kind for kind in self._queues if kind in overdue or self._plans.known(kind) is not None]
        return [each for kind in ready for each in self._queues.pop(kind).pairs]

    def held(self, pairs: Iterable[WaitingPair]) -> list[str]:
        """The entries of these, as far as they wait."""
        waiting = {each.stored.entry for queue in self._queues.values() for each in queue.pairs}
        return [each.stored.entry for each in pairs if each.stored.entry in waiting]

    def _is_overdue(self, queue: _Queue, now_s: float) -> bool:
        return now_s >= queue.since_s + self._longest_s or self._read - queue.read > self._room

    def _waits_for(self, stored: StoredPair) -> str | None:
        """The kind's key, of a pair that has to wait."""
        exchange = stored.pair.exchange
        if can_decide(exchange.production.outcome):
            awaited = self._plans.awaits(exchange.request)
            if awaited is not None:
                return awaited.key
        if not self._queues:
            return None
        key = key_of(kind_of(exchange.request), exchange.production.outcome, self._plans)
        return key if key in self._queues else None
