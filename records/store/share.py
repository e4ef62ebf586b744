"""Which partitions are whose among the processes that do the same work. Pure.

Stewards announce themselves (`Control.present`), read who else is there, and each computes the same answer. Leases
alone decide who may work; this decides who should ask.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

Names = tuple[str, ...]  # of what is worked for: a route's and a candidate's, say


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """One partition of what goes by these names."""

    names: Names
    partition: int


def share(places: Iterable[Place], members: Iterable[str], me: str) -> Sequence[Place]:
    """The places of `me`: dealt out in turn, so that no two members' numbers differ by more than one.

    A member that is not announced yet has none: until the others know of it they hold everything.
    """
    dealt_to = sorted(set(members))
    if me not in dealt_to:
        return ()
    return sorted(set(places))[dealt_to.index(me) :: len(dealt_to)]
