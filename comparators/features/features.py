"""A request as features: what its model is asked about, by name, and what an operator wants to tell requests apart by.

What stands in a body is said by the readers of the protocols (extract/). Called for each pair that is compared, and
never raises: a body that cannot be read has no features.
"""

from collections.abc import Sequence

from msgspec import Struct

from comparators.errors import Unreadable
from comparators.extract.columns import MAX_TEXT_CHARS, Columns, Values, scalars, values_at
from comparators.extract.reading import asked
from comparators.extract.request_body import RequestBody
from comparators.settings import Dimension, Protocol, SliceSettings
from records.nouns import Request
from records.privacy.pointers import tokens_of

ABSENT: Values = (None,)  # of a feature that a request should have and has not


class Features(Struct, frozen=True, gc=False):
    """Values over a request's rows. None and "" are missing; NaN was read as None.

    `body` is empty where the body could not be read: then nothing is known, and nothing missing. `chosen` has the
    configured headers and pointers; a pointer into a body that could not be read is left out. `one_row`: each feature
    of the body has one value.
    """

    body: Columns
    chosen: dict[Dimension, Values]
    one_row: bool = False

    def rows(self) -> int:
        """How many rows the columns of a table have. Features with a pointer are not a row's own: there may be several
        of them a row, or none.
        """
        if self.one_row:
            return 1
        lengths = {len(values) for name, values in self.body.items() if not name.startswith("/")} - {1}
        return max(1, lengths.pop()) if len(lengths) == 1 else 1

    def of_row(self, row: int) -> "Features":
        """This row alone, and what is of all rows."""
        rows = self.rows()
        body = {
            name: values if len(values) != rows or name.startswith("/") else (values[row],)
            for name, values in self.body.items()
        }
        chosen = {each: values if len(values) != rows else (values[row],) for each, values in self.chosen.items()}
        return Features(body, chosen, one_row=set(map(len, body.values())) <= {1})


class FeatureReader:
    """Reads requests, with these configured dimensions besides the features of their bodies."""

    def __init__(self, configured: Sequence[SliceSettings] = ()) -> None:
        dimensions = [each.dimension for each in configured]
        self._headers = [(each, each.name.encode("latin-1", "replace")) for each in dimensions if each[0] == "header"]
        self._pointers = [(each, tokens_of(each.name)) for each in dimensions if each[0] == "pointer"]

    def read(self, request: Request, protocol: Protocol) -> Features:
        """`protocol`: which one the answers to such requests speak."""
        body = RequestBody.of(request)
        chosen = self._chosen(request, body) if self._headers or self._pointers else {}
        values = {} if body is None else _values(protocol, body)
        return Features(values, chosen, one_row=set(map(len, values.values())) <= {1})

    def _chosen(self, request: Request, body: RequestBody | None) -> dict[Dimension, Values]:
        chosen = {dimension: _header(request, name) for dimension, name in self._headers}
        if self._pointers and body is not None:
            try:
                document = body.document()
            except Unreadable:
                return chosen
            for dimension, tokens in self._pointers:
                chosen[dimension] = scalars(values_at(document, tokens)) or ABSENT
        return chosen


def _values(protocol: Protocol, body: RequestBody) -> Columns:
    try:
        return asked(protocol, body)
    except Unreadable:
        return {}


def _header(request: Request, wanted: bytes) -> Values:
    values = [value.decode("latin-1")[:MAX_TEXT_CHARS] for name, value in request.headers if name == wanted]
    return values or ABSENT
