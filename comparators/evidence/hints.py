"""What a report proposes to whoever reads it, derived from a summary like every other line of it. Pure."""

from collections.abc import Collection

from msgspec import Struct

from comparators.compare.always_other import AlwaysOther, How, always_other
from comparators.compare.kinds import HeadSums
from comparators.compare.label import LabelSums
from comparators.compare.score_sums import ScoreSums
from comparators.compare.tree import JsonSums
from comparators.compare.volatile import Volatile, rest_varies, volatile
from comparators.pairs.summary import PlanSummary
from comparators.view import View

_WHAT = {"id": "an id", "time": "a time", "duration": "a duration"}
_HOW: dict[How, str] = {
    "constant": "one value on each side, in every answer",
    "number": "whole numbers, new in every answer of both sides, as ids are",
}
OF_THE_SERVICE = "of the service, by its name"
_SIDES = {"both": "both sides", "production": "production", "candidate": "the candidate"}


class VolatilePath(Struct, frozen=True, kw_only=True):
    """A path that holds something new in every answer of one side or both, or what the service says of itself, and what
    `compare.ignore` would say.
    """

    path: str
    side: str
    what: str
    words: str


class AlwaysOtherPath(Struct, frozen=True, kw_only=True):
    """A path at which nearly every answer differs, and which may be about the model or not: `production` and
    `candidate` are a value of each side.
    """

    path: str
    how: str
    words: str
    production: str
    candidate: str


def volatile_paths(own: PlanSummary, view: View) -> list[VolatilePath]:
    """Of one kind of request. Never an output as a whole, and none where what would be left of production's answers
    does not vary: then these paths are what the model says.
    """
    found: list[VolatilePath] = []
    is_any_left = False
    for pointer, sums in sorted(own.heads.items()):
        inside = _inside(pointer, sums, view) if isinstance(sums, JsonSums) else {}
        found += inside.values()
        is_any_left |= _varies(sums, inside)
    return found if is_any_left else []


def always_other_paths(own: PlanSummary, proposed: Collection[VolatilePath], view: View) -> list[AlwaysOtherPath]:
    """Of one kind of request, but for what is proposed to be left out."""
    known = {each.path for each in proposed}
    found = [
        _always_other(each, view)
        for _, sums in sorted(own.heads.items())
        if isinstance(sums, JsonSums)
        for each in always_other(sums.volatile, sums.n)
    ]
    return [each for each in found if each.path not in known]


def _always_other(each: AlwaysOther, view: View) -> AlwaysOtherPath:
    own, other = (view.shown_cell(each.path, value) for value in (each.production, each.candidate))
    path = view.shown_path(each.path)
    return AlwaysOtherPath(path=path, how=each.how, words=_HOW[each.how], production=own, candidate=other)


def _inside(pointer: str, sums: JsonSums, view: View) -> dict[str, VolatilePath]:
    """What of a document may be left out, by path."""
    found = {each.path: _in_words(each, view) for each in volatile(sums.volatile, sums.n)}
    for each in always_other(sums.volatile, sums.n):
        if each.of_the_service:
            words = f"{_HOW[each.how]}: {OF_THE_SERVICE}"
            found[each.path] = VolatilePath(path=view.shown_path(each.path), side="both", what=each.how, words=words)
    return {path: each for path, each in found.items() if path != pointer}


def _varies(sums: HeadSums, without: Collection[str]) -> bool:
    """Whether production's values of an output do, without these paths; so they do where its sums don't tell."""
    if isinstance(sums, LabelSums):
        return len(sums.production.kept) > 1 or sums.production.other > 0
    if isinstance(sums, ScoreSums):
        return sums.n * (sums.production_squares + sums.production_within) != sums.production**2
    if not (isinstance(sums, JsonSums) and without):
        return True
    others = (each.production.buckets for path, each in sums.volatile.kept.items() if path not in without)
    return rest_varies(sums.rest) or any(map(rest_varies, others))


def _in_words(each: Volatile, view: View) -> VolatilePath:
    words = f"{_WHAT[each.what]}, new in every answer of {_SIDES[each.side]}"
    return VolatilePath(path=view.shown_path(each.path), side=each.side, what=each.what, words=words)
