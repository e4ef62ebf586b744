"""Whose a request is, as the settings say: what counts as one piece of evidence. Called for each pair; never raises."""

from comparators.errors import Unreadable
from comparators.extract.columns import values_at
from comparators.extract.request_body import RequestBody
from comparators.settings import CompareSettings
from records.nouns import Exchange
from records.privacy.pointers import tokens_of
from records.privacy.units import is_of, unit_of


class UnitReader:
    def __init__(self, settings: CompareSettings, key: bytes | None) -> None:
        """`key` hashes what stands in bodies; what stands in headers was hashed as it came. Raises ValueError where the
        settings need one and there is none.
        """
        self._header = settings.unit_header()
        self._pointer = "" if self._header else settings.unit
        self._tokens = tokens_of(self._pointer)
        if self._pointer and not key:
            raise ValueError(f"units at {self._pointer} need a key, by which they are hashed")
        self._key = key or b""

    def of(self, exchange: Exchange) -> str:
        """The request's unit, "" where it has none. Without a setting it is what the request was sampled by."""
        if self._header:
            return exchange.unit if is_of(exchange.unit, self._header) else ""
        return self._in_body(exchange) if self._pointer else exchange.sampling_key

    def _in_body(self, exchange: Exchange) -> str:
        """By the first text or number that the pointer reaches."""
        body = RequestBody.of(exchange.request)
        if body is None:
            return ""
        try:
            found = values_at(body.document(), self._tokens)
        except Unreadable:
            return ""
        written = (_written(each) for each in found if isinstance(each, str | int | float) and each != "")
        value = next(written, None)
        return "" if value is None else unit_of(self._pointer, value, self._key)


def _written(value: str | float) -> bytes:
    """Text as it is; a number behind a byte that no text has, and in base 16, which Python writes at any length."""
    if isinstance(value, str):
        return value.encode("utf-8", "surrogatepass")
    return b"\xff" + (value.hex() if isinstance(value, float) else f"{value:x}").encode()
