"""How many more pairs would decide a check, if they were like those that there are."""

from collections.abc import Callable

MOST = 10_000.0  # times as many: beyond that nobody waits

Decides = Callable[[float], bool]  # with so many times the evidence


def times_needed(decides: Decides) -> float | None:
    """The least, to 1 %; None where MOST does not do. Evidence that decides does so too when there is more of it."""
    if decides(1.0):
        return 1.0
    below, enough = 1.0, 2.0
    while not decides(enough):
        if enough == MOST:
            return None
        below, enough = enough, min(MOST, enough * 4)
    while enough / below > 1.01:
        middle = (below * enough) ** 0.5
        if decides(middle):
            enough = middle
        else:
            below = middle
    return enough
