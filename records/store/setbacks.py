"""Lanes that failed: why, when each may start again, and what to say meanwhile. Pure; seconds of any steady clock.

One lane's trouble stops none of the others: a steward starts those again that are here when their time has come.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from records.store.share import Names, Place

_FIRST_S, _LONGEST_S = 1.0, 60.0
_MAX_WHY = 300  # characters: an error may quote what it was about


@dataclass(frozen=True, slots=True)
class _Setback:
    why: str
    pause_s: float
    until: float


class Setbacks:
    """Of the lanes of one steward; as many as it has places."""

    def __init__(self) -> None:
        self.counts: Counter[Names] = Counter()  # failures
        self._by_place: dict[Place, _Setback] = {}

    def add(self, place: Place, error: BaseException, now: float) -> float:
        """A lane failed; returns for how many seconds it stays away: longer each time."""
        before = self._by_place.get(place)
        pause_s = _FIRST_S if before is None else min(2 * before.pause_s, _LONGEST_S)
        self._by_place[place] = _Setback(in_words(error), pause_s, now + pause_s)
        self.counts[place.names] += 1
        return pause_s

    def hold_back(self, place: Place, now: float) -> bool:
        setback = self._by_place.get(place)
        return setback is not None and now < setback.until

    def look(self, mine: Collection[Place], running: Collection[Place], now: float) -> None:
        """Forget those of others, and those that have since worked for longer than they stayed away."""
        self._by_place = {
            place: setback
            for place, setback in self._by_place.items()
            if place in mine and not (place in running and now > setback.until + setback.pause_s)
        }

    def words(self, tried: Mapping[Place, str | None]) -> dict[Names, str]:
        """What ails the work for each. `tried`: by what the running lanes are kept waiting, if by anything."""
        waits = {place.names: f"waits for the store: {why}" for place, why in tried.items() if why}
        fails = {place.names: f"fails: {setback.why}" for place, setback in self._by_place.items()}
        return waits | fails


def in_words(error: BaseException) -> str:
    """Of several at once, as a group of tasks tells them, the first."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return f"{type(error).__name__}: {error}"[:_MAX_WHY]
