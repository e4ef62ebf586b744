"""One partition's summaries while a lane owns it: by epoch and hour, as they are in the store or about to be.

Few are held at a time: what is not in use is in the store, and read from there when it is needed again. And few are
kept: hours long past are gathered into one state of their epoch, which changes no sum.
"""

import math
from collections import OrderedDict
from collections.abc import Collection, Mapping, Sequence
from functools import lru_cache

import structlog

from comparators.errors import Unmergeable
from comparators.pairs.summary import Summary
from records.store.group import Group

HOUR_NS = 3_600_000_000_000
MAX_HELD = 16
KEPT_HOURS = 168
MAX_FOLDED = 24  # with one commit
MAX_READ = 4096  # names whose epoch and hour are remembered: a look reads those of a week, every time
BEFORE = "before"  # in place of the hour: all those that are no longer kept apart

log = structlog.get_logger()


def name_of(epoch: int, wall_ns: int) -> str:
    """The state's short name: one for each hour of an epoch, so that a window can be reported."""
    return f"{epoch}:{wall_ns // HOUR_NS}"


@lru_cache(MAX_READ)
def epoch_of(name: str) -> int:
    """The epoch in a state's name."""
    return int(name.partition(":")[0])


@lru_cache(MAX_READ)
def hour_of(name: str) -> float:
    """The hour in a state's name; of what is gathered, later than any: it is gathered into, never gathered."""
    hour = name.partition(":")[2]
    return math.inf if hour == BEFORE else int(hour)


def _sum(total: bytes | None, more: bytes) -> bytes:
    """Raises Unmergeable, and then nothing has been added to anything."""
    found = Summary.from_bytes(more)
    summary = Summary.from_bytes(total) if total is not None else Summary(basis=found.basis)
    summary.merge(found)
    return summary.to_bytes()


class States:
    def __init__(self, group: Group, basis: str) -> None:
        self._group = group
        self._basis = basis
        self._held: OrderedDict[str, Summary] = OrderedDict()
        self._stored: set[str] | None = None  # names that the store has; None before the first look
        self._unreadable: set[str] = set()  # these stay as they are: another release may know what they say
        self._folded_at = 0.0  # the hour in which nothing was left to fold

    async def hold(self, names: Sequence[str]) -> None:
        """Have these at hand, before anything is added. Raises StoreError."""
        stored = await self._names()
        missing = [name for name in names if name in stored and name not in self._held]
        for name, data in (await self._group.load_states(missing)).items():
            self._held[name] = self._read(name, data)

    def add(self, name: str, more: Summary) -> bytes:
        """Count these; the state's new bytes."""
        summary = self._held.setdefault(name, Summary(basis=self._basis))
        self._held.move_to_end(name)
        summary.merge(more)
        return summary.to_bytes()

    async def fold(self, busy: Collection[str]) -> dict[str, bytes]:
        """Some of the states whose hour is long past, into one of their epoch: what is to be committed besides `busy`,
        which stay as they are; empty ones are removed. Raises StoreError.
        """
        stored = await self._names()
        newest = max(map(hour_of, busy), default=0)
        if newest <= self._folded_at:
            return {}
        past = [name for name in stored.difference(busy, self._unreadable) if hour_of(name) < newest - KEPT_HOURS]
        if not past:
            self._folded_at = newest
        return await self._gathered(sorted(past)[:MAX_FOLDED])

    async def _gathered(self, past: Sequence[str]) -> dict[str, bytes]:
        into = {name: f"{epoch_of(name)}:{BEFORE}" for name in past}
        states = await self._group.load_states({*past, *into.values()})
        gathered: dict[str, bytes] = {}
        for name in past:
            total = into[name]
            try:
                states[total] = _sum(states.get(total), states.get(name, b""))
            except Unmergeable as error:
                log.error("summary.not_gathered", state=name, error=str(error))
                self._unreadable.add(name)
            else:
                gathered |= {name: b"", total: states[total]}
        return gathered

    def committed(self, states: Mapping[str, bytes]) -> None:
        """These are in the store as they are here; the least recently used may be forgotten."""
        for name, state in states.items():
            if self._stored is not None:
                self._stored.add(name) if state else self._stored.discard(name)
            if not state:
                self._held.pop(name, None)
        while len(self._held) > MAX_HELD:
            self._held.popitem(last=False)

    async def _names(self) -> set[str]:
        if self._stored is None:
            self._stored = set(await self._group.state_names())
        return self._stored

    def _read(self, name: str, data: bytes) -> Summary:
        """A summary that cannot be read or added to is replaced: comparing goes on, and the log says what was lost."""
        try:
            summary = Summary.from_bytes(data)
            summary.merge(Summary(basis=self._basis))
        except Unmergeable as error:
            log.error("summary.set_aside", state=name, error=str(error))
            return Summary(basis=self._basis)
        return summary
