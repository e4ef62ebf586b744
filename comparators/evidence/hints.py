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
    """Of one kind of request. Never an output as a whole, and none where nothing would be left to compare."""
    found: list[Volatile] = []
    is_any_left = False
    for pointer, sums in sorted(own.heads.items()):
        inside = _inside(pointer, sums) if isinstance(sums, JsonSums) else []
        found += inside
        is_any_left |= not (isinstance(sums, JsonSums) and _is_all(sums, inside))
    return [_in_words(each, view) for each in found] if is_any_left else []


def _inside(pointer: str, sums: JsonSums) -> list[Volatile]:
    return [each for each in volatile(sums.volatile, sums.n) if each.path != pointer]


def _is_all(sums: JsonSums, inside: list[Volatile]) -> bool:
    """Whether an output holds nothing else, as a mean over the rows in which it differs."""
    return bool(inside) and sums.places < (len(inside) + 0.5) * sums.differing


def _in_words(each: Volatile, view: View) -> VolatilePath:
    words = f"{_WHAT[each.what]}, new in every answer of {_SIDES[each.side]}"
    return VolatilePath(path=view.shown_path(each.path), side=each.side, what=each.what, words=words)
