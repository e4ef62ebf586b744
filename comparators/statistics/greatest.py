"""The largest of some values: exact, and the same in whatever order they come."""

from msgspec import Struct


class Greatest(Struct):
    """None before there is any."""

    value: float | None = None

    def see(self, value: float) -> None:
        """A number, no NaN."""
        self.value = value if self.value is None else max(self.value, value)

    def merge(self, other: "Greatest") -> None:
        if other.value is not None:
            self.see(other.value)
