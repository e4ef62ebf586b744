"""Labels that are whole numbers, and differ by little where they differ: minutes and counts rather than classes. Pure.

A class is mistaken for any other one, however far away its number is; so hardly ever are nearly all of the changes of
more than ten labels within a tenth of their range.
"""

from collections.abc import Mapping
from typing import NamedTuple

from comparators.compare.label_names import is_number
from comparators.statistics.exact import real

LEAST_LABELS = 11  # of production's; fewer are digits, ratings and the like
LEAST_REQUESTS = 15  # that differ
NEARLY_ALL = 0.95  # of the changes lie within what is told
MOST_APART = 10
RANGE = 10  # and a tenth of how far apart production's numbers are

_DIGITS = 18


class NearNumbers(NamedTuple):
    """Such a `share` of the changes is of `within` at most; production's numbers are up to `apart` from each other."""

    within: int
    share: float
    apart: int


def near_numbers(cells: Mapping[tuple[str, str], int], effect: float = 1.0) -> NearNumbers | None:
    """`cells`: in 2^-40 of a request, by production's name and the candidate's. None where a label is no number, or
    they are no such numbers. `effect`: so many requests tell as much as one independent request.
    """
    if not all(map(_is_short_number, {name for cell in cells for name in cell})):
        return None
    numbers = {int(p) for p, _ in cells}
    if len(numbers) < LEAST_LABELS:
        return None
    changes = sorted((abs(int(c) - int(p)), count) for (p, c), count in cells.items() if p != c)
    total = sum(count for _, count in changes)
    if real(total) < LEAST_REQUESTS * effect:
        return None
    apart, passed = max(numbers) - min(numbers), 0
    for within, count in changes:
        passed += count
        if passed >= NEARLY_ALL * total:
            all_within = sum(each for far, each in changes if far <= within)
            is_near = within <= min(MOST_APART, apart / RANGE)
            return NearNumbers(within, all_within / total, apart) if is_near else None
    return None


def _is_short_number(name: str) -> bool:
    return len(name) <= _DIGITS and is_number(name)
