"""How a report is seen: at which confidence, and what of the traffic's own words a person may see.

Names, paths, versions, labels and texts come with the traffic. Whatever of them is shown, logged or answered goes
through a view. No function has one by default, so that nobody can forget it.
"""

from collections.abc import Callable
from typing import NamedTuple

from comparators.slices.hiding import hidden_by
from comparators.slices.settings import Hidden, nothing_hidden
from records.redaction import Redaction

Shown = Callable[[str], str]  # a text with everything replaced that a person must not see


class View(NamedTuple):
    alpha: float
    shown: Shown
    hidden: Hidden

    @classmethod
    def of(cls, redaction: Redaction, alpha: float) -> "View":
        return cls(alpha, redaction.text, hidden_by(redaction))


def of_everything(alpha: float) -> View:
    """For who has nothing to hide: made-up traffic."""
    return View(alpha, str, nothing_hidden)
