"""What a comparator says about one request. The unit is the request; its rows are information.

Difference kinds are a closed table. A kind that does not disagree is told for information and changes no rate.
"""

from typing import Literal, NamedTuple

Kind = Literal[
    "failed", "status", "unreadable", "kind", "missing", "extra", "type", "null", "shape", "length", "order",
    "value", "nan", "bytes", "more", "datatype",
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
}
AGREEING: frozenset[Kind] = frozenset({"datatype"})

MAX_DIFFERENCES = 100  # listed for one request; the rest is one "more"


class Difference(NamedTuple):
    kind: Kind
    path: str


class Found(NamedTuple):
    """`bad` of `rows` rows disagree."""

    bad: int
    rows: int
    differences: tuple[Difference, ...] = ()


AGREES = Found(0, 1)


def disagrees(kind: Kind, path: str = "") -> Found:
    """The request disagrees as a whole."""
    return Found(1, 1, (Difference(kind, path),))
