"""A table's row as a request, with what production answered. Nothing is read from files here.

Nothing is made up: a table without latency gives timings without any, one without answers gives requests without
production's.
"""

from typing import Any

from loadtest.sources.bodies import body_of, content_type
from loadtest.sources.cells import Cells, cell, plain, words
from loadtest.sources.instants import BAD_TIME, TimeColumn, number_of, scaled
from loadtest.sources.mapping import ColumnMap
from loadtest.sources.messages import MAX_NS, Unusable, kept_headers, production_of, request_of, target_of
from loadtest.sources.source import SourceRequest
from loadtest.sources.tables import TableRow
from records.nouns import Answer, Body, Headers, Observation, Request, Timings
from records.privacy.kept_rules import KeptRules
from records.settings import KeptSettings

DEFAULT_TARGET = "/"

NO_BODY = "no request body"
BAD_STATUS = "a status that is none"
BAD_LATENCY = "a latency that is none"
BAD_RATIO = "a sampling ratio that is not above 0 and at most 1"

_BODILESS = ("GET", "HEAD")
_NS_PER_MS = 1_000_000
_RATIO_PARTS = 1_000_000_000

_kept = KeptRules.create(KeptSettings())


class Translation:
    """What the rows of one file say, by its map. Raises Unusable for a row that gives no request, or no answer."""

    def __init__(self, columns: ColumnMap, *, trusts_types: bool) -> None:
        self._columns = columns
        self._trusts_types = trusts_types
        self.times = TimeColumn(columns.constants.get("at_unit", ""))

    @property
    def remarks(self) -> list[str]:
        """What is assumed of each request."""
        return [] if self._columns.has("target") else [f"it tells no target: requests go to {DEFAULT_TARGET}"]

    @property
    def answer_remarks(self) -> list[str]:
        """What is assumed of each answer, or cannot be said of it."""
        if not self._columns.has("answer"):
            return ["it tells no answers: nothing can be compared"]
        unsaid = {"status": "it tells no status: each answer counts as a 200", "latency_ms": "it tells no latency"}
        return [remark for key, remark in unsaid.items() if not self._columns.has(key)]

    def at_ns(self, cells: Cells) -> int | None:
        """None where the map tells no time."""
        if not self._columns.has("at"):
            return None
        value = plain(self._cell(cells, "at"))
        if value is None:
            raise Unusable(BAD_TIME)
        return self.times.ns(value)

    def request(self, row: TableRow) -> SourceRequest:
        at_ns = self.at_ns(row.cells)
        return SourceRequest(
            id=self._words(row.cells, "id") or row.place,
            request=self._request(row.cells),
            at_ns=at_ns,
            production=self.production(row.cells, at_ns or 0),
            session=self._words(row.cells, "session"),
            ratio=self._ratio(row.cells),
            route=self._words(row.cells, "route"),
            unit=self._words(row.cells, "unit"),
        )

    def production(self, cells: Cells, at_ns: int) -> Observation | None:
        """None where the row tells no answer: neither a body nor a status."""
        body = self._body(cells, "answer")
        if body is None and not self._words(cells, "status"):
            return None
        data = body or b""
        answer = Answer(self._status(cells), self._headers(cells, "answer", data), Body(data, len(data)))
        return production_of(at_ns, self._timings(cells), answer)

    def _request(self, cells: Cells) -> Request:
        body = self._body(cells, "request")
        method = self._words(cells, "method").upper() or ("POST" if self._columns.has("request") else "GET")
        if body is None and self._columns.has("request") and method not in _BODILESS:
            raise Unusable(NO_BODY)
        data = body or b""
        return request_of(method, self._target(cells), self._headers(cells, "request", data), data)

    def _target(self, cells: Cells) -> str:
        """Path and query, without credentials."""
        target = self._words(cells, "target") or DEFAULT_TARGET
        return _kept.target(target if target.startswith("/") else target_of(target))

    def _headers(self, cells: Cells, key: str, body: bytes) -> Headers:
        told = self._words(cells, f"{key}_type")
        if not body and not told:
            return ()
        found = content_type(body, told, self._words(cells, f"{key}_encoding"), self._trusts_types)
        return kept_headers([(b"content-type", found.encode())])

    def _body(self, cells: Cells, key: str) -> bytes | None:
        return body_of(self._cell(cells, key), self._words(cells, f"{key}_encoding"))

    def _status(self, cells: Cells) -> int:
        status = self._number(cells, "status", 1, 599, BAD_STATUS)
        if status is None:
            return 200
        if status < 100:
            raise Unusable(BAD_STATUS)
        return status

    def _timings(self, cells: Cells) -> Timings:
        latency_ns = self._number(cells, "latency_ms", _NS_PER_MS, MAX_NS, BAD_LATENCY)
        return Timings() if latency_ns is None else Timings(sent=0, last_byte=latency_ns)

    def _ratio(self, cells: Cells) -> float:
        parts = self._number(cells, "ratio", _RATIO_PARTS, _RATIO_PARTS, BAD_RATIO)
        if parts == 0:
            raise Unusable(BAD_RATIO)
        return 1.0 if parts is None else parts / _RATIO_PARTS

    def _number(self, cells: Cells, key: str, factor: int, largest: int, refusal: str) -> int | None:
        """None for nothing."""
        value = plain(self._cell(cells, key))
        if value is None:
            return None
        number = number_of(value)
        if number is None:
            raise Unusable(refusal)
        return scaled(number, factor, largest, refusal)

    def _words(self, cells: Cells, key: str) -> str:
        return words(self._cell(cells, key))

    def _cell(self, cells: Cells, key: str) -> Any:
        constant = self._columns.constants.get(key)
        if constant is not None:
            return constant
        column = self._columns.columns.get(key)
        return None if column is None else cell(cells, column)
