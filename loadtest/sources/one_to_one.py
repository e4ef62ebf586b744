"""Two sides, and what of one belongs to what of the other: equal keys, not far apart in time, and nothing is guessed.

Two items are near if their keys are equal and their times at most a window apart. They are a pair where each is the
only one that is near the other; an item that is near several, or near one that is near several, is ambiguous; one that
is near none is alone. This does not depend on the order in which they come, as long as an item comes at most
`disorder_ns` after one that is later: each keeps its seat for twice the window and the disorder, until nobody can come
who would change it. Where the items take too much memory meanwhile, the oldest are given up, and so is whoever would
have been their pair; their seats they keep, so that nobody takes a rival for the only one. No I/O here.
"""

from collections import defaultdict, deque
from collections.abc import Hashable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, Generic, Literal, NamedTuple, TypeVar

from loadtest.errors import SourceError

MAX_SEATS = 500_000
MAX_HELD_BYTES = 512 * 1024 * 1024

Left = TypeVar("Left")
Right = TypeVar("Right")

Word = Literal["pair", "ambiguous", "alone", "given_up"]


class Fate(NamedTuple, Generic[Left, Right]):
    """What became of an item; of two, where they are a pair."""

    word: Word
    left: Left | None
    right: Right | None


@dataclass(slots=True, eq=False)
class _Guest:
    """`near`: how many are near, counted up to two; `other`: one of them. `is_told`: its fate is out, its item gone."""

    key: Hashable
    at_ns: int
    size: int
    is_left: bool
    item: Any
    near: int = 0
    other: "_Guest | None" = None
    is_told: bool = False

    def meets(self, other: "_Guest") -> None:
        self.near += 1
        self.other = other


@dataclass(slots=True)
class _Seating:
    """The guests with one key, by side, in the order of their coming: all, and those who are near fewer than two."""

    all: tuple[dict[_Guest, None], dict[_Guest, None]] = field(default_factory=lambda: ({}, {}))
    free: tuple[dict[_Guest, None], dict[_Guest, None]] = field(default_factory=lambda: ({}, {}))

    def seat(self, guest: _Guest) -> None:
        self.all[guest.is_left][guest] = None
        if guest.near < 2:
            self.free[guest.is_left][guest] = None

    def leave(self, guest: _Guest) -> bool:
        """Whether nobody is left."""
        del self.all[guest.is_left][guest]
        self.free[guest.is_left].pop(guest, None)
        return not any(self.all)


class OneToOne(Generic[Left, Right]):
    """Items go in as they come, and fates come out in about that order. `late`: how many came too late to be certain
    of. Raises SourceError where more than `max_seats` come within the time that seats are kept.
    """

    def __init__(
        self,
        window_ns: int,
        disorder_ns: int,
        max_held_bytes: int = MAX_HELD_BYTES,
        max_seats: int = MAX_SEATS,
    ) -> None:
        self._window_ns = window_ns
        self._disorder_ns = disorder_ns
        self._max_held_bytes = max_held_bytes
        self._max_seats = max_seats
        self._seats: deque[_Guest] = deque()
        self._untold: deque[_Guest] = deque()  # with some among them whose fate came with their other's
        self._seatings: defaultdict[Hashable, _Seating] = defaultdict(_Seating)
        self._newest_ns = -(2**63)
        self.held_bytes = 0
        self.late = 0

    def add_left(self, key: Hashable, at_ns: int, size: int, item: Left) -> list[Fate[Left, Right]]:
        """`size`: what it takes, in bytes. The fates that this makes certain."""
        return list(self._add(_Guest(key, at_ns, size, True, item)))

    def add_right(self, key: Hashable, at_ns: int, size: int, item: Right) -> list[Fate[Left, Right]]:
        return list(self._add(_Guest(key, at_ns, size, False, item)))

    def end(self) -> Iterator[Fate[Left, Right]]:
        """The fates of all that are left: nothing more comes."""
        while self._seats:
            yield from self._dismiss()

    def _add(self, guest: _Guest) -> Iterator[Fate[Left, Right]]:
        self.late += guest.at_ns < self._newest_ns - self._disorder_ns
        self._newest_ns = max(self._newest_ns, guest.at_ns)
        while self._seats and self._is_certain(self._seats[0]):
            yield from self._dismiss()
        self._receive(guest)
        while self.held_bytes > self._max_held_bytes:
            yield from self._give_up()

    def _is_certain(self, guest: _Guest) -> bool:
        """Its other may lie a window after it, and a rival of it another window later."""
        return guest.at_ns + 2 * self._window_ns < self._newest_ns - self._disorder_ns

    def _receive(self, guest: _Guest) -> None:
        if len(self._seats) >= self._max_seats:
            kept_s = (2 * self._window_ns + self._disorder_ns) / 1e9
            raise SourceError(f"more than {self._max_seats:,} lines within {kept_s:g} s: a shorter window holds fewer")
        seating, side = self._seatings[guest.key], not guest.is_left
        for other in list(self._near(seating.free[side], guest)):
            other.meets(guest)
            if other.near > 1:
                del seating.free[side][other]
        for other in islice(self._near(seating.all[side], guest), 2):
            guest.meets(other)
        seating.seat(guest)
        self._seats.append(guest)
        self._untold.append(guest)
        self.held_bytes += guest.size

    def _near(self, others: dict[_Guest, None], guest: _Guest) -> Iterator[_Guest]:
        """The newest first, so that the old are not looked at for each that comes."""
        for other in reversed(others):
            if other.at_ns + self._disorder_ns < guest.at_ns - self._window_ns:
                return
            if abs(other.at_ns - guest.at_ns) <= self._window_ns:
                yield other

    def _dismiss(self) -> Iterator[Fate[Left, Right]]:
        """The oldest leaves its seat; its fate is certain."""
        guest = self._seats.popleft()
        if self._seatings[guest.key].leave(guest):
            del self._seatings[guest.key]
        if not guest.is_told:
            yield self._tell(guest, _word(guest))
        guest.other = None  # or each would keep the one before it in memory, without end
        while self._untold and self._untold[0].is_told:
            self._untold.popleft()

    def _give_up(self) -> Iterator[Fate[Left, Right]]:
        """The oldest leaves its item, and keeps its seat."""
        guest = self._untold.popleft()
        if not guest.is_told:
            yield self._tell(guest, "ambiguous" if _is_ambiguous(guest) else "given_up")

    def _tell(self, guest: _Guest, word: Word) -> Fate[Left, Right]:
        if word == "pair" and guest.other is not None:
            left, right = (guest, guest.other) if guest.is_left else (guest.other, guest)
            return Fate(word, self._item(left), self._item(right))
        item = self._item(guest)
        return Fate(word, item, None) if guest.is_left else Fate(word, None, item)

    def _item(self, guest: _Guest) -> Any:
        item, guest.item, guest.is_told = guest.item, None, True
        self.held_bytes -= guest.size
        return item


def _word(guest: _Guest) -> Word:
    if guest.other is None:
        return "alone"
    if _is_ambiguous(guest):
        return "ambiguous"
    return "given_up" if guest.other.is_told else "pair"


def _is_ambiguous(guest: _Guest) -> bool:
    return guest.near > 1 or (guest.other is not None and guest.other.near > 1)
