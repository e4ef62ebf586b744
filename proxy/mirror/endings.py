"""What a lane has finished and not yet committed, in the order it was finished. Pure."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Ending:
    """An entry, the counters it counts under, and the pair that was made of it, if any."""

    id: str
    counts: tuple[str, ...]
    pair: bytes | None = None

    @property
    def size(self) -> int:
        return 0 if self.pair is None else len(self.pair)


class EndingQueue:
    def __init__(self) -> None:
        self._waiting: deque[Ending] = deque()
        self.bytes = 0  # of the pairs, those of a group on its way included

    def __len__(self) -> int:
        return len(self._waiting)

    def put(self, finished: Ending) -> None:
        self._waiting.append(finished)
        self.bytes += finished.size

    def take_group(self, max_records: int, max_bytes: int) -> list[Ending]:
        """The oldest that fit in one commit; at least one where there is any."""
        group: list[Ending] = []
        size = 0
        while self._waiting and len(group) < max_records:
            size += self._waiting[0].size
            if group and size > max_bytes:
                break
            group.append(self._waiting.popleft())
        return group

    def committed(self, group: list[Ending]) -> None:
        self.bytes -= sum(each.size for each in group)
