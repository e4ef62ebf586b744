"""A condition: what can be true of a request, and be said in a few words. Enumerated once for an epoch, then frozen.

The unit is the request; of several rows one stands for it (pairs/batch.py). Where a feature has several values all the
same, it satisfies a condition where ANY of them does. Sums over conditions carry their fingerprint, so that sums over
other conditions are never added to these.
"""

import hashlib
from typing import Literal

import msgspec
from msgspec import Struct

from comparators.extract.asking import CHARACTERS, SAID_AT
from comparators.extract.columns import MAX_TEXT_CHARS, Scalar
from comparators.hiding import Hidden, as_written
from comparators.settings import Dimension, Source
from records.privacy.pointers import tokens_of

_CHARACTERS = Dimension("feature", CHARACTERS)

SCHEMA = 1
MAX_CONDITIONS = 2_000


class Condition(Struct, frozen=True, gc=False, omit_defaults=True):
    """`missing`: there is no value, or "" · `equals`: there is this value · `range`: one lies in [lo, hi), None being
    unbounded.
    """

    source: Source
    feature: str
    kind: Literal["missing", "equals", "range"]
    value: str | int | float | bool | None = None
    lo: float | None = None
    hi: float | None = None

    @property
    def dimension(self) -> Dimension:
        return Dimension(self.source, self.feature)


class Conditions(Struct, frozen=True):
    """The first `configured` of these are of configured dimensions. `together` are pairs of them, by index, that may be
    one thing under two names: how much of the disagreement satisfies both is counted. `corners` are pairs whose
    requests are a slice of their own; their indices come behind those of the conditions. `sampled`: from how many
    requests they were enumerated. `beside`: of earlier enumerations, looked up for `together` alone; where there are
    any, there are no corners, and theirs are the indices behind.
    """

    conditions: tuple[Condition, ...]
    configured: int = 0
    together: tuple[tuple[int, int], ...] = ()
    corners: tuple[tuple[int, int], ...] = ()
    sampled: int = 0
    beside: tuple[Condition, ...] = ()
    schema: int = SCHEMA

    def __post_init__(self) -> None:
        if self.schema != SCHEMA:
            raise ValueError(f"conditions of schema {self.schema}; known is {SCHEMA}")
        if self.corners and self.beside:
            raise ValueError("conditions have corners, or earlier ones beside them, and not both")
        limits = (self.together, len(self.matched)), (self.corners, len(self.conditions))
        if any(not 0 <= each < limit for pairs, limit in limits for pair in pairs for each in pair):
            raise ValueError("a pair of conditions names one that is not there")

    @property
    def size(self) -> int:
        """How many slices these are: conditions and corners."""
        return len(self.conditions) + len(self.corners)

    @property
    def matched(self) -> tuple[Condition, ...]:
        """All that are looked up."""
        return self.conditions + self.beside

    def of(self, index: int) -> tuple[Condition, ...]:
        """What a slice's requests satisfy: one condition, or the two of a corner."""
        beyond = index - len(self.conditions)
        indices = (index,) if beyond < 0 else self.corners[beyond]
        return tuple(self.conditions[each] for each in indices)

    def to_bytes(self) -> bytes:
        return msgspec.json.encode(self)

    def fingerprint(self) -> str:
        return hashlib.sha256(self.to_bytes()).hexdigest()[:16]


def in_words(condition: Condition) -> str:
    name = _named(condition)
    if condition.kind == "missing":
        return f"{name} is missing"
    if condition.kind == "equals":
        return f"{name} is {_value(condition.value)}"
    if condition.lo is None:
        return f"{name} below {_written(condition.hi)}"
    if condition.hi is None:
        return f"{name} from {_written(condition.lo)} on"
    return f"{name} from {_written(condition.lo)} to {_written(condition.hi)}"


def is_hidden_dimension(dimension: Dimension, hidden: Hidden) -> bool:
    """For its name; how long is what is said, also where that is hidden."""
    names = (dimension.name, *SAID_AT) if dimension == _CHARACTERS else (dimension.name,)
    return any(hidden(dimension.source, name) for name in names)


def is_hidden(condition: Condition, hidden: Hidden) -> bool:
    """Whether a person must not see it: for its name, or for a value in it. An hour is part of a value of which nobody
    knows the rest.
    """
    if is_hidden_dimension(condition.dimension, hidden):
        return True
    if condition.source == "hour":
        return hidden("beginning", condition.feature)
    values = [each for each in (condition.value, condition.lo, condition.hi) if each is not None]
    return any(_is_hidden_value(each, condition, hidden) for each in values)


def _is_hidden_value(value: Scalar, condition: Condition, hidden: Hidden) -> bool:
    if _is_cut(value) and hidden("beginning", condition.feature):
        return True
    written = _written(value)
    texts = {written, _as_utf8(written)} if condition.source == "header" else {written}
    return any(
        hidden("value", form) for each in texts for form in as_written(condition.feature, each, isinstance(value, str))
    )


def _as_utf8(header: str) -> str:
    """A header's value is read as Latin-1, and mostly meant as UTF-8, as a pattern is."""
    try:
        return header.encode("latin-1").decode()
    except UnicodeError:
        return header


def _is_cut(value: Scalar) -> bool:
    """Or just as long as what is cut: nobody knows."""
    return isinstance(value, str) and len(value) >= MAX_TEXT_CHARS


def _named(condition: Condition) -> str:
    source, name = condition.dimension
    if source == "header":
        return f"header {name}"
    tokens = tokens_of(name) if source != "pointer" and name.startswith("/") else []
    said = tokens[0] if len(tokens) == 1 and tokens[0] else name
    return f"hour of {said}" if source == "hour" else said


def _value(value: Scalar) -> str:
    if isinstance(value, str):
        return f"'{value}…'" if _is_cut(value) else f"'{value}'"
    return _written(value)


def _written(value: Scalar) -> str:
    """As a request may write it, to its last digit: 40.0 as 40, text without its quotes."""
    if isinstance(value, float) and abs(value) < 2**63 and value == int(value):
        value = int(value)
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()
