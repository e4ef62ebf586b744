"""What a report proposes to whoever reads it, derived from a summary like every other line of it. Pure."""

from msgspec import Struct

from comparators.compare.kinds import HeadSums
from comparators.compare.label import LabelSums
from comparators.compare.score_sums import ScoreSums
from comparators.compare.tree import JsonSums
from comparators.compare.volatile import Volatile, rest_varies, volatile
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
    """Of one kind of request. Never an output as a whole, and none where what would be left of production's answers
    does not vary: then these paths are what the model says.
    """
    found: list[Volatile] = []
    is_any_left = False
    for pointer, sums in sorted(own.heads.items()):
        inside = _inside(pointer, sums) if isinstance(sums, JsonSums) else []
        found += inside
        is_any_left |= _varies(sums, inside)
    return [_in_words(each, view) for each in found] if is_any_left else []


def _inside(pointer: str, sums: JsonSums) -> list[Volatile]:
    return [each for each in volatile(sums.volatile, sums.n) if each.path != pointer]


def _varies(sums: HeadSums, without: list[Volatile]) -> bool:
    """Whether production's values of an output do, without these paths; so they do where its sums don't tell."""
    if isinstance(sums, LabelSums):
        return len(sums.production.kept) > 1 or sums.production.other > 0
    if isinstance(sums, ScoreSums):
        return sums.n * (sums.production_squares + sums.production_within) != sums.production**2
    if not (isinstance(sums, JsonSums) and without):
        return True
    paths = {each.path for each in without}
    others = (each.production.buckets for path, each in sums.volatile.kept.items() if path not in paths)
    return rest_varies(sums.rest) or any(map(rest_varies, others))


def _in_words(each: Volatile, view: View) -> VolatilePath:
    words = f"{_WHAT[each.what]}, new in every answer of {_SIDES[each.side]}"
    return VolatilePath(path=view.shown_path(each.path), side=each.side, what=each.what, words=words)
