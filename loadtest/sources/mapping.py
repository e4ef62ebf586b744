"""Which column of a table holds what, as `--map` writes it: KEY=COLUMN, or KEY==VALUE for the same in each row.

A column is a name or a dotted path into what a cell holds. A part with a comma in it stands in double quotes, as in
CSV. Nothing is read from files here.
"""

import csv
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from ground.near import did_you_mean
from loadtest.errors import SourceError
from loadtest.sources.bodies import ENCODINGS
from loadtest.sources.instants import UNITS_NS

KEYS = {
    "request": "the request's body",
    "answer": "the body that production answered with",
    "at": "when it was asked: RFC 3339 text, or a number since 1970",
    "at_unit": "the unit of such numbers: s, ms, us or ns, as ==VALUE",
    "id": "what names the request",
    "session": "whose it is: requests of one session follow each other",
    "unit": "whose it is, for statistics",
    "route": "the route that it came in by",
    "ratio": "the share of production's requests that the source kept",
    "method": "POST where nothing is said",
    "target": "path and query, or a URL",
    "status": "the answer's status; 200 where nothing is said",
    "latency_ms": "how long production took",
    "only": "of several deployments the one whose rows are read, as ==VALUE",
    "request_type": "the request's content type; found by trying where nothing is said",
    "answer_type": "the answer's content type; found by trying where nothing is said",
    "request_encoding": f"one of {', '.join(ENCODINGS)}",
    "answer_encoding": f"one of {', '.join(ENCODINGS)}",
}

_OTHER_NAMES = {"path": "target", "body": "request"}
_OF_AN_ANSWER = ("status", "latency_ms", "answer_type", "answer_encoding")
_CHOICES: Mapping[str, Iterable[str]] = {
    "at_unit": UNITS_NS,
    "request_encoding": ENCODINGS,
    "answer_encoding": ENCODINGS,
}


@dataclass(frozen=True, slots=True)
class ColumnMap:
    """`columns`: where the value of a key stands. `constants`: the value itself. No key is in both."""

    columns: Mapping[str, str]
    constants: Mapping[str, str]

    @classmethod
    def parse(cls, parts: Iterable[str]) -> "ColumnMap":
        """Raises SourceError."""
        columns: dict[str, str] = {}
        constants: dict[str, str] = {}
        for part in parts:
            key, value = _key_and_value(part)
            if key in columns or key in constants:
                raise SourceError(f"{key} is mapped twice")
            if value.startswith("="):
                constants[key] = _chosen(key, value[1:])
            else:
                columns[key] = value
        return cls(columns, constants)

    def has(self, key: str) -> bool:
        return key in self.columns or key in self.constants

    def changed_by(self, other: "ColumnMap") -> "ColumnMap":
        """With what the other says in place of what this one says of the same keys."""
        return ColumnMap(
            {key: each for key, each in self.columns.items() if not other.has(key)} | dict(other.columns),
            {key: each for key, each in self.constants.items() if not other.has(key)} | dict(other.constants),
        )

    def check(self) -> None:
        """Raises SourceError where it gives no requests, or says something of an answer that is not there."""
        if not self.has("request") and not self.has("target"):
            raise SourceError("a mapping needs request=COLUMN, or target=COLUMN for requests without a body")
        if "at_unit" in self.columns:
            raise SourceError(f"at_unit is the same for all rows: at_unit== and one of {', '.join(UNITS_NS)}")
        if "only" in self.columns:
            raise SourceError("only is the same for all rows: only== and the name of a deployment")
        lonely = [key for key in _OF_AN_ANSWER if self.has(key)]
        if lonely and not self.has("answer"):
            raise SourceError(f"{lonely[0]} says something of an answer, and none is mapped: add answer=COLUMN")


def parts_of(text: str) -> list[str]:
    """The parts between commas. Raises SourceError."""
    try:
        rows = list(csv.reader([text], strict=True))
    except csv.Error as error:
        raise SourceError(f"the mapping {text!r} cannot be read: {error}") from error
    return [part.strip() for part in rows[0]] if rows else []


def _key_and_value(part: str) -> tuple[str, str]:
    written, sign, value = part.partition("=")
    key = _OTHER_NAMES.get(written, written)
    if key not in KEYS:
        near = did_you_mean(written, [*KEYS, *_OTHER_NAMES])
        raise SourceError(f"{written!r} is no key of a mapping{near}; the keys are {', '.join(KEYS)}")
    if not sign or not value:
        raise SourceError(f"{part!r} maps nothing: {key}=COLUMN, or {key}==VALUE for the same in each row")
    return key, value


def _chosen(key: str, value: str) -> str:
    choices = _CHOICES.get(key)
    if choices is None:
        return value
    if value.lower() not in choices:
        raise SourceError(f"{key} is one of {', '.join(choices)}, not {value!r}{did_you_mean(value, choices)}")
    return value.lower()
