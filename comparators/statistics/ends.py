"""The first and the last of some texts by alphabet: exact, and the same in whatever order they come."""

from msgspec import Struct


class Ends(Struct):
    """None before there is any. Where both are one, so are all of them."""

    first: str | None = None
    last: str | None = None

    def see(self, text: str) -> None:
        if self.first is None or text < self.first:
            self.first = text
        if self.last is None or text > self.last:
            self.last = text

    def merge(self, other: "Ends") -> None:
        for each in (other.first, other.last):
            if each is not None:
                self.see(each)

    @property
    def only(self) -> str | None:
        """The one that all are; None where there are two."""
        return self.first if self.first == self.last else None
