"""What every source of traffic gives: requests one after another, and what it had to leave out. Pure."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import NamedTuple, Protocol

from records.nouns import Observation, Request

MAX_PLACES = 5  # told of each reason


class SourceRequest(NamedTuple):
    """One request, as production was asked it.

    `at_ns`: when, in ns since 1970; None where the source has no times. `production`: what it did then; None where the
    source does not tell. `session`: whose it is where the source tells that, "" elsewhere: requests of one session
    follow each other. `ratio`: of production's requests the share that the source kept. `route`, `sampling_key` and
    `unit` are as records.nouns.Exchange has them.
    """

    id: str
    request: Request
    at_ns: int | None = None
    production: Observation | None = None
    session: str = ""
    ratio: float = 1.0
    route: str = ""
    sampling_key: str = ""
    unit: str = ""


class Source(Protocol):
    """Where traffic comes from. Read once, from its beginning."""

    skips: "Skips"

    def __iter__(self) -> Iterator[SourceRequest]:
        """Raises SourceError where it cannot be read on."""


class Skips:
    """What of a source is not in its requests, by reason: counted, with the first places of each. `notes`: what is to
    be known of all that is in it.
    """

    def __init__(self) -> None:
        self.notes: list[str] = []
        self.counts: Counter[str] = Counter()
        self.places: dict[str, list[str]] = defaultdict(list)

    def add(self, reason: str, place: str) -> None:
        """`reason`: one of a few fixed texts, in words. `place`: where in the source, such as "line 7"."""
        self.counts[reason] += 1
        if len(self.places[reason]) < MAX_PLACES:
            self.places[reason].append(place)

    def join(self, other: "Skips") -> None:
        """What was counted elsewhere."""
        self.counts.update(other.counts)
        self.notes += other.notes
        for reason, places in other.places.items():
            self.places[reason] = (self.places[reason] + places)[:MAX_PLACES]

    def where(self) -> list[str]:
        """Of each reason the first places, in words."""
        return [
            f"left out of the source ({reason}): {', '.join(places)}{' …' if self.counts[reason] > len(places) else ''}"
            for reason, places in self.places.items()
        ]

    @property
    def total(self) -> int:
        return self.counts.total()
