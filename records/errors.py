"""What can go wrong on the ground floor, and whose fault it was.

Store errors say what became of a command; record errors say that bytes are no record of ours. redis-py's own
exceptions are translated once, in server.py; msgspec's in codec.py.
"""

from __future__ import annotations

from collections.abc import Sequence


class StoreError(Exception):
    """The store did not do what it was asked."""


class StoreAway(StoreError):
    """No connection, no answer in time, or a server that can't serve just now: the outcome is unknown. Try again."""


class StoreFull(StoreError):
    """Out of memory or disk: refused, nothing was applied."""


class StoreDenied(StoreError):
    """Wrong user, password or rights, or a cluster that the settings call none: nothing was applied, and trying again
    soon will not help.
    """


class StaleToken(StoreError):
    """The lease went to another owner, or the entries are no longer pending: nothing was applied. Acquire anew."""


class NotJoined(StoreError):
    """The candidate has no group in this partition: `Store.join_candidate` comes first."""


class WriterClosed(StoreError):
    """This writer was settled: what it still holds is already booked as lost, and its process should end."""


class Dropped(StoreError):
    """Records that were to be read are gone: newer ones took their room, or they grew too old."""


class RecordError(ValueError):
    """These bytes are no record of ours: corrupt, or not complete."""


class UnknownSchema(RecordError):
    """A record of a kind or version that this release does not read."""

    def __init__(self, found: str, known: Sequence[str]) -> None:
        super().__init__(f"record schema {found!r} is not one of {', '.join(known)}")
        self.found = found
        self.known = tuple(known)
