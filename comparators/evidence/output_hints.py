"""What is said of an output in words, where its rate alone would mislead: labels by other names, boxes in another form,
scores in another unit, and rates that can hardly grow. Pure.

A hint claims nothing of requests to come, and no check passes on it.
"""

from operator import itemgetter
from typing import Literal

from msgspec import Struct

from comparators.compare import box_readings, label
from comparators.compare.boxes import BoxesSums
from comparators.compare.detail import Detail
from comparators.compare.kinds import HeadSums
from comparators.compare.label import LabelSums
from comparators.compare.label_map import Confusion, LabelMap, are_alike, label_map, of_both, types
from comparators.settings import BoxForm
from ground.plurals import counted

MAX_NAMES = 20  # of a map that are shown

LEAST_APART = 15  # requests of which fewer than half of the boxes match
LEAST_READ = 0.9  # of them: so many match in another form

Hint = Literal["encoding", "box_form"]


IN_SHORT: dict[Hint, str] = {"encoding": "the same labels, written otherwise", "box_form": "boxes in another form"}


class OutputHint(Struct, frozen=True, kw_only=True):
    """`words` hold nothing of the traffic; `details` do."""

    hint: Hint
    words: str
    details: list[Detail] = []


def output_hints(sums: HeadSums, effect: float = 1.0, boxes: BoxForm = "xyxy") -> list[OutputHint]:
    """Of one output. `effect`: so many requests tell as much as one independent request; `boxes`: as they are read."""
    if isinstance(sums, LabelSums):
        return [*_other_names(sums, effect), *_places(sums, effect)]
    if isinstance(sums, BoxesSums):
        return _box_form(sums, effect, boxes)
    return []


# ---- labels


def _other_names(sums: LabelSums, effect: float) -> list[OutputHint]:
    found = label_map(label.confusion(sums), effect)
    if found is None:
        return []
    words = f"the same labels {_how(found)}: {_one_to_one(found, bool(sums.cells.other))}"
    return [OutputHint(hint="encoding", words=words, details=[_names(found, "candidate")])]


def _how(found: LabelMap) -> str:
    own, other = types(found.names)
    if own == other:
        return "in another case" if are_alike(found.names) else "by other names"
    how = "of another type" if are_alike(found.names) else "by other names"
    return f"{how} (production writes {own}, the candidate {other})"


def _places(sums: LabelSums, effect: float) -> list[OutputHint]:
    if sums.places.other:
        return []
    found = label_map(Confusion.of(of_both(sums.places)), effect)
    if found is None:
        return []
    words = (
        "the candidate answers rows of numbers where production answers labels, and the largest number tells which: "
        f"{_one_to_one(found)}"
    )
    return [OutputHint(hint="encoding", words=words, details=[_names(found, "the candidate's largest number")])]


def _one_to_one(found: LabelMap, is_least: bool = False) -> str:
    many = counted(len(found.names), "label")
    at_least = "at least " if is_least else ""
    return f"{many} map one to one; read so, {at_least}{_percent(found.agreeing)} of requests agree"


def _percent(share: float) -> str:
    return f"{100 * share:.3g} %"


# ---- boxes


def _box_form(sums: BoxesSums, effect: float, read_as: BoxForm) -> list[OutputHint]:
    count, reading = max(
        ((sums.readings[each], each) for each in sorted(sums.readings)), default=(0, ""), key=itemgetter(0)
    )
    if sums.apart < LEAST_APART * effect or count < LEAST_READ * sums.apart:
        return []
    words = (
        f"{box_readings.in_words(reading, read_as)}: fewer than half of the boxes match in "
        f"{counted(sums.apart, 'request')}; read so, they match in {count:,} of these"
    )
    return [OutputHint(hint="box_form", words=words)]


def _names(found: LabelMap, candidate: str) -> Detail:
    return Detail(
        title="which labels stand for which",
        columns=("production", candidate, "share of requests"),
        units=("", "", "share"),
        rows=list(found.names[:MAX_NAMES]),
        not_listed=len(found.names[MAX_NAMES:]),
    )
