"""What a report proposes to whoever reads it, derived from a summary like every other line of it. Pure."""

from msgspec import Struct

from comparators.compare.tree import JsonSums
from comparators.compare.volatile import Volatile, volatile
from comparators.pairs.summary import PlanSummary
from comparators.view import View

_WHAT = {"id": "an id", "time": "a time", "duration": "a duration"}
_SIDES = {"both": "both sides", "production": "production", "candidate": "the candidate"}


class VolatilePath(Struct, frozen=True, kw_only=True):
    """A path that holds something new in every answer of one side or both, and what `compare.ignore` would say."""

    path: str
    side: str
    what: str
    words: str


def volatile_paths(own: PlanSummary, view: View) -> list[VolatilePath]:
    """Of one kind of request. Never an output as a whole: without it nothing would be compared."""
    found = [
        each
        for pointer, sums in sorted(own.heads.items())
        if isinstance(sums, JsonSums)
        for each in volatile(sums.volatile, sums.n)
        if each.path != pointer
    ]
    return [_in_words(each, view) for each in found]


def _in_words(each: Volatile, view: View) -> VolatilePath:
    words = f"{_WHAT[each.what]}, new in every answer of {_SIDES[each.side]}"
    return VolatilePath(path=view.shown_path(each.path), side=each.side, what=each.what, words=words)
