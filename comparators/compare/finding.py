"""What a comparator says about one request: which rows disagree, and how. The unit is the request; rows tell more.

Difference kinds are a closed table. A kind that does not disagree is told for information and changes no rate.
"""

from functools import lru_cache
from typing import Literal, NamedTuple

Kind = Literal[
    "failed", "status", "unreadable", "kind", "missing", "extra", "type", "null", "shape", "length", "order", "value",
    "nan", "bytes", "more", "datatype", "names", "label", "decision", "invalid", "top", "dimension", "direction", "box",
    "text", "finish", "refusal", "tool_calls", "duplicate", "ranks", "norm", "score",
]  # fmt: skip

IN_WORDS: dict[Kind, str] = {
    "failed": "the candidate failed, production did not",
    "status": "another status class",
    "unreadable": "the candidate's answer cannot be read",
    "kind": "another kind of answer",
    "missing": "not in the candidate's answer",
    "extra": "only in the candidate's answer",
    "type": "another type",
    "null": "null on one side",
    "shape": "another shape",
    "length": "another number of elements",
    "order": "the same elements in another order",
    "value": "another value",
    "nan": "not a number on one side",
    "bytes": "other bytes",
    "more": "further paths, not listed",
    "datatype": "another width of the same type (agrees)",
    "names": "other class names",
    "label": "another label",
    "decision": "on the other side of the threshold",
    "invalid": "not a probability distribution",
    "top": "another first item",
    "ranks": "the same first item, others or another order after it",
    "dimension": "another number of dimensions",
    "direction": "another direction",
    "norm": "a vector of another length",
    "box": "boxes that do not match",
    "score": "a matched box of another score",
    "text": "another text",
    "finish": "another finish reason",
    "refusal": "a refusal on one side",
    "tool_calls": "other tool calls",
    "duplicate": "the same key more often on one side",
}
AGREEING: frozenset[Kind] = frozenset({"datatype"})

MAX_DIFFERENCES = 100  # listed for one request; the rest is one "more"


class Difference(NamedTuple):
    kind: Kind
    path: str


class Finding(NamedTuple):
    """Of one output of one request: bit r of `disagreeing` is set where row r disagrees; 0 where all agree."""

    disagreeing: int = 0
    differences: tuple[Difference, ...] = ()


AGREES = Finding()


@lru_cache(maxsize=4096)
def difference(kind: Kind, path: str) -> Difference:
    """One object for the same difference, however often it is found."""
    return Difference(kind, path)


def disagrees(kind: Kind, path: str = "", rows: int = 1) -> Finding:
    """All `rows` disagree, for the same reason."""
    return Finding((1 << rows) - 1, (difference(kind, path),))
