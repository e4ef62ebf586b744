"""Moments as text. Pure."""

from datetime import UTC, datetime


def moment(wall_ns: int) -> str:
    """RFC 3339, in UTC, to the millisecond."""
    return datetime.fromtimestamp(wall_ns / 1e9, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
