"""What is said of an output in words, where its rate alone would mislead: labels by other names, boxes in another form,
scores in another unit, and rates that can hardly grow. Pure.

A hint claims nothing of requests to come, and no check passes on it.
"""

from typing import Literal

from msgspec import Struct

from comparators.compare import label
from comparators.compare.detail import Detail
from comparators.compare.kinds import HeadSums
from comparators.compare.label import LabelSums
from comparators.compare.label_map import Confusion, LabelMap, are_alike, label_map, of_both, types
from ground.plurals import counted

MAX_NAMES = 20  # of a map that are shown

Hint = Literal["encoding"]


IN_SHORT: dict[Hint, str] = {"encoding": "the same labels, written otherwise"}


class OutputHint(Struct, frozen=True, kw_only=True):
    """`words` hold nothing of the traffic; `details` do."""

    hint: Hint
    words: str
    details: list[Detail] = []


def output_hints(sums: HeadSums, effect: float = 1.0) -> list[OutputHint]:
    """Of one output. `effect`: so many requests tell as much as one independent request."""
    if isinstance(sums, LabelSums):
        return [*_other_names(sums, effect), *_places(sums, effect)]
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


def _names(found: LabelMap, candidate: str) -> Detail:
    return Detail(
        title="which labels stand for which",
        columns=("production", candidate, "share of requests"),
        units=("", "", "share"),
        rows=list(found.names[:MAX_NAMES]),
        not_listed=len(found.names[MAX_NAMES:]),
    )
