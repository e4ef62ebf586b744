"""Points in time as tables write them, in ns since 1970: text by RFC 3339, or a number of some unit.

A number's unit is told from its size, once for a file, by the first that comes: 1e11 seconds are the year 5138, and
1e11 ms the year 1973. Whoever reads says which it was (`TimeColumn.remark`). Without a zone a time is in UTC.
"""

from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from loadtest.sources.messages import MAX_NS, Unusable, ns_of

BAD_TIME = "a time that is neither RFC 3339 nor a number since 1970"
UNITS_NS = {"s": 1_000_000_000, "ms": 1_000_000, "us": 1_000, "ns": 1}

_CEILINGS = (("s", Decimal("1e11")), ("ms", Decimal("1e14")), ("us", Decimal("1e17")))
_WORDS = {"s": "seconds", "ms": "milliseconds", "us": "microseconds", "ns": "nanoseconds"}


class TimeColumn:
    """The column of one file that tells when. `unit`: of its numbers, where the map says it."""

    def __init__(self, unit: str = "") -> None:
        self._unit = unit
        self._is_told = unit != ""

    @property
    def remark(self) -> str:
        """What was taken for the unit, in words; empty where nothing had to be."""
        return "" if self._is_told or not self._unit else f"its times are {_WORDS[self._unit]} since 1970"

    def ns(self, value: Any) -> int:
        """Raises Unusable for what tells no time since 1970."""
        number = number_of(value)
        if number is None:
            return _moment_ns(value)
        if not self._unit:
            self._unit = next((unit for unit, ceiling in _CEILINGS if abs(number) < ceiling), "ns")
        return scaled(number, UNITS_NS[self._unit], MAX_NS, BAD_TIME)


def number_of(value: Any) -> Decimal | None:
    """A number, be it written as text; None for anything else, and for what is not finite."""
    if isinstance(value, bool) or not isinstance(value, (str, int, float, Decimal)):
        return None
    try:
        number = Decimal(repr(value) if isinstance(value, float) else value)
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def scaled(number: Decimal, factor: int, largest: int, refusal: str) -> int:
    """The number times `factor`, rounded. Raises Unusable below 0 and above `largest`."""
    if number.adjusted() > 30 or not 0 <= (found := int((number * factor).to_integral_value())) <= largest:
        raise Unusable(refusal)
    return found


def _moment_ns(value: Any) -> int:
    text = value.isoformat() if isinstance(value, datetime) else value
    if not isinstance(text, str):
        raise Unusable(BAD_TIME)
    for written in (text.strip(), f"{text.strip()}Z"):
        try:
            return ns_of(written)
        except Unusable:
            continue
    raise Unusable(BAD_TIME)
