"""Records to bytes and back: the one door between the nouns and whatever stores them.

A record is a msgpack array whose first element names its schema ("exchange/1"), so its first byte is always that
of an array; a later form (an encrypted one, say) begins with another byte and is told apart here. The live path
encodes, mirror, compare and replay decode. Nothing here talks to Redis or knows what may be kept.
"""

from __future__ import annotations

from typing import Any, NoReturn

from msgspec import MsgspecError, msgpack

from records.coding import CODING
from records.errors import RecordError, UnknownSchema
from records.nouns import Exchange, Pair

EXCHANGE_SCHEMA = "exchange/1"
PAIR_SCHEMA = "pair/1"
KNOWN_SCHEMAS = (EXCHANGE_SCHEMA, PAIR_SCHEMA)

# What a decoder raises on hostile bytes: besides its own errors, text that is not UTF-8 and nesting too deep.
_UNREADABLE = (MsgspecError, UnicodeDecodeError, RecursionError)


class Codec:
    """Whoever writes records or reads them is given the one of its process: what it does beside msgpack is its own."""

    __slots__ = ("_anything", "_encoder", "_exchanges", "_pairs")

    def __init__(self) -> None:
        self._encoder = msgpack.Encoder()
        self._exchanges = msgpack.Decoder(Exchange)
        self._pairs = msgpack.Decoder(Pair)
        self._anything = msgpack.Decoder()

    def encode(self, record: Exchange | Pair) -> bytes:
        return self._encoder.encode(record)

    def decode_exchange(self, data: bytes) -> Exchange:
        """Raises UnknownSchema for another kind or version of record, RecordError for anything else."""
        try:
            return self._exchanges.decode(data)
        except _UNREADABLE as error:
            self._refuse(data, EXCHANGE_SCHEMA, error)

    def decode_pair(self, data: bytes) -> Pair:
        """Raises UnknownSchema for another kind or version of record (its exchange's too), RecordError for the rest."""
        try:
            return self._pairs.decode(data)
        except _UNREADABLE as error:
            self._refuse(data, PAIR_SCHEMA, error)

    def may_be_coded(self, record: bytes) -> bool:
        """Whether one of its bodies may have a content coding: in a record headers stand as they are."""
        return CODING in record

    def _refuse(self, data: bytes, wanted: str, error: Exception) -> NoReturn:
        """Off the hot path: read the record without its types, to say what it was."""
        try:
            record = self._anything.decode(data)
        except _UNREADABLE:
            raise RecordError(f"not a record ({len(data)} bytes): {error}") from error
        found = _schema(record)
        if found is None:
            raise RecordError(f"not a record ({len(data)} bytes): it names no schema") from error
        if found != wanted:
            raise UnknownSchema(found, (wanted,)) from error
        inner = _schema(record[1]) if wanted == PAIR_SCHEMA and len(record) > 1 else None
        if inner is not None and inner != EXCHANGE_SCHEMA:
            raise UnknownSchema(inner, (EXCHANGE_SCHEMA,)) from error
        raise RecordError(f"corrupt {wanted} record: {error}") from error


def _schema(record: Any) -> str | None:
    if isinstance(record, list) and record and isinstance(record[0], str):
        return record[0]
    return None
