"""What is kept for each of the few epochs that pairs came of last: a new version's begins with nothing."""

from collections.abc import Callable
from typing import Generic, TypeVar

Kept = TypeVar("Kept")

FOLLOWED = 8  # epochs; pairs of a partition are of one or two at a time


class ByEpoch(Generic[Kept]):
    def __init__(self, new: Callable[[], Kept]) -> None:
        self._new = new
        self._kept: dict[int, Kept] = {}  # the one asked for last stands last

    def of(self, epoch: int) -> Kept:
        found = self._kept.pop(epoch) if epoch in self._kept else self._new()
        self._kept[epoch] = found
        if len(self._kept) > FOLLOWED:
            del self._kept[next(iter(self._kept))]
        return found
