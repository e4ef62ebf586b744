"""What is kept in hand on its way to the store: bounded in items and in bytes, from the first captured byte on.

`offer` is synchronous and never waits: an exchange is accepted, or shed under its reason. One shelf a worker;
the recorder takes from it.
"""

from __future__ import annotations

import asyncio
from collections import deque

from records.settings import RecordingSettings


class Budget:
    """Bytes in hand of a worker: captures in flight, and what waits for the store."""

    __slots__ = ("left", "limit")

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.left = limit

    def take(self, size: int) -> bool:
        """Relays do this themselves, once a piece of a body."""
        if size > self.left:
            return False
        self.left -= size
        return True

    def give_back(self, size: int) -> None:
        self.left += size

    @property
    def used(self) -> int:
        return self.limit - self.left


class Shelf:
    """One route's encoded exchanges that wait for the store, oldest first."""

    __slots__ = ("_budget", "_max_items", "_records", "away", "filled", "waiting_bytes")

    def __init__(self, budget: Budget, settings: RecordingSettings) -> None:
        self._budget = budget
        self._max_items = settings.buffer_max_items
        self._records: deque[tuple[bytes, int]] = deque()
        self.waiting_bytes = 0  # of the records
        self.filled = asyncio.Event()  # set while there is something for the recorder to do
        self.away = False  # the store can't be reached: what is shed meanwhile is shed for that reason

    def __len__(self) -> int:
        return len(self._records)

    def offer(self, record: bytes, reserved: int) -> str | None:
        """Put an exchange on the shelf; `reserved` bytes of the budget come with it, for its bodies. Answers why it was
        shed, if so."""
        size = max(reserved, len(record))  # headers count too: clients choose how long those are
        full = len(self._records) >= self._max_items
        if full or not self._budget.take(size - reserved):
            self._budget.give_back(reserved)
            return "store_away" if self.away else "buffer" if full else "memory"
        self._records.append((record, size))
        self.waiting_bytes += len(record)
        self.filled.set()
        return None

    def take_group(self, max_records: int, max_bytes: int) -> list[tuple[bytes, int]]:
        """The oldest exchanges that fit in one commit; at least one where there is any."""
        group: list[tuple[bytes, int]] = []
        size = 0
        records = self._records
        while records and len(group) < max_records:
            size += len(records[0][0])
            if group and size > max_bytes:
                break
            self.waiting_bytes -= len(records[0][0])
            group.append(records.popleft())
        if not records:
            self.filled.clear()
        return group

    def committed(self, group: list[tuple[bytes, int]]) -> None:
        """A group is in the store, or was given up: its bytes are free again."""
        for _, reserved in group:
            self._budget.give_back(reserved)
