"""How many values may be otherwise, before they are of another kind. Pure; what infers a kind asks here.

One answer that failed, one text in the place of a number, one row of NaN changes nothing of what an output is. Those
that do not fit its kind are compared all the same, by equality, and counted.
"""

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Sequence
from typing import TypeVar

OTHERWISE = 10  # one in so many may be

Item = TypeVar("Item")


def nearly_all(fits: Iterable[bool]) -> bool:
    """At least one does, and of ten no more than one does not."""
    found = list(fits)
    return True in found and found.count(False) * OTHERWISE <= len(found)


def of_one_form(items: Sequence[Item], form: Callable[[Item], Hashable]) -> list[Item]:
    """Without the few that are of another form than nearly all; all of them where no form is that common."""
    by_form: dict[Hashable, list[Item]] = defaultdict(list)
    for each in items:
        by_form[form(each)].append(each)
    most = max(by_form.values(), key=len, default=[])
    return most if (len(items) - len(most)) * OTHERWISE <= len(items) else list(items)
