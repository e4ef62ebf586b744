"""How many calls production has in hand: what all proxy workers of this host have sent it and has not ended.

Each worker counts its own in its counters' file, and reads the others' in theirs, which it looks for once a second.
That of a worker that died counts until it is settled and its file gone.
"""

from __future__ import annotations

from pathlib import Path

from proxy.live.counters import INDEX, CountersView, RouteCounters

_IN_HAND = INDEX["in_hand"]


class Neighbours:
    """The counters' files beside a worker's own. Holds as many as there are workers on this host."""

    def __init__(self, own: Path) -> None:
        self._own = own
        self._views: dict[Path, CountersView] = {}

    def look(self) -> None:
        """See who came and who went, and which routes each has."""
        found = [path for path in self._own.parent.glob("*.mm") if path != self._own]
        for path in self._views.keys() - set(found):
            del self._views[path]
        for path in found:
            if path not in self._views and (view := CountersView.of(path)) is not None:
                self._views[path] = view
        for view in self._views.values():
            view.look()

    def rows(self, route: str) -> list[RouteCounters]:
        return [row for view in self._views.values() if (row := view.route(route)) is not None]


class InHand:
    """Of one route's production."""

    __slots__ = ("_neighbours", "_own")

    def __init__(self, own: RouteCounters) -> None:
        self._own = own
        self._neighbours: list[RouteCounters] = []

    def look(self, neighbours: Neighbours, route: str) -> None:
        self._neighbours = neighbours.rows(route)

    def enter(self) -> int:
        """A call is sent. How many there are now, with this one."""
        self._own.add(_IN_HAND)
        count = self._own.at(_IN_HAND)
        for each in self._neighbours:
            count += each.at(_IN_HAND)
        return count

    def leave(self) -> None:
        self._own.add(_IN_HAND, -1)
