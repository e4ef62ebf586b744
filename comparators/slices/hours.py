"""The hour of a time: what requests are told apart by where a feature is a time, which is another one each time."""

import re

from comparators.extract.columns import Scalar

AT_A_TIME = 3  # hours of one condition

# ISO 8601 as JSON has it, and as databases print it. The hour is taken as it is written, whatever its zone.
_TIME = re.compile(r"\d{4}-\d\d-\d\d[T ]([01]\d|2[0-3]):[0-5]\d")


def hour_of(value: Scalar) -> int | None:
    """None for what is no time of a day."""
    found = _TIME.match(value) if type(value) is str else None
    return int(found[1]) if found else None
