"""One partition's summaries while a lane owns it: by epoch and hour, as they are in the store or about to be.

Few are held at a time: what is not in use is in the store, and read from there when it is needed again.
"""

from collections import OrderedDict
from collections.abc import Sequence

import structlog

from comparators.errors import Unmergeable
from comparators.summary import Summary
from records.group import Group

HOUR_NS = 3_600_000_000_000
MAX_HELD = 16

log = structlog.get_logger()


def name_of(epoch: int, wall_ns: int) -> str:
    """The state's short name: one for each hour of an epoch, so that a window can be reported."""
    return f"{epoch}:{wall_ns // HOUR_NS}"


def epoch_of(name: str) -> int:
    """Of a state's name."""
    return int(name.partition(":")[0])


class States:
    def __init__(self, group: Group, basis: str) -> None:
        self._group = group
        self._basis = basis
        self._held: OrderedDict[str, Summary] = OrderedDict()
        self._stored: set[str] | None = None  # names that the store has; None before the first look

    async def hold(self, names: Sequence[str]) -> None:
        """Have these at hand, before anything is added. Raises StoreError."""
        if self._stored is None or any(name in self._stored and name not in self._held for name in names):
            stored = await self._group.load_states()
            self._stored = set(stored)
            for name in names:
                if name in stored and name not in self._held:
                    self._held[name] = self._read(name, stored[name])

    def add(self, name: str, more: Summary) -> bytes:
        """Count these; the state's new bytes."""
        summary = self._held.setdefault(name, Summary(basis=self._basis))
        self._held.move_to_end(name)
        summary.merge(more)
        return summary.to_bytes()

    def committed(self, names: Sequence[str]) -> None:
        """These are in the store as they are here; the least recently used may be forgotten."""
        if self._stored is not None:
            self._stored.update(names)
        while len(self._held) > MAX_HELD:
            self._held.popitem(last=False)

    def _read(self, name: str, data: bytes) -> Summary:
        """A summary that cannot be read or added to is replaced: comparing goes on, and the log says what was lost."""
        try:
            summary = Summary.from_bytes(data)
            summary.merge(Summary(basis=self._basis))
        except Unmergeable as error:
            log.error("summary.set_aside", state=name, error=str(error))
            return Summary(basis=self._basis)
        return summary
