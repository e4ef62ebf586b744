"""Counts by name that stay bounded, and still merge to the same bits in any order.

Kept are the `limit` smallest names (shortest first: a schema's own paths are short, generated keys are long). A name
that is among the smallest of the whole is among the smallest of every part it occurs in, so what is kept is counted
completely, and which names are kept does not depend on the order of arrival. What is dropped is counted as `other`.
"""

from collections.abc import Iterable, Mapping

from msgspec import Struct, field

from comparators.errors import Unmergeable


class Counts(Struct):
    limit: int
    kept: dict[str, int] = field(default_factory=dict)
    other: int = 0

    def add(self, name: str, count: int = 1) -> None:
        """Call `trim` after a batch of these."""
        self.kept[name] = self.kept.get(name, 0) + count

    def add_all(self, counts: Mapping[str, int]) -> None:
        for name, count in counts.items():
            self.add(name, count)
        self.trim()

    def merge(self, more: "Counts") -> None:
        if more.limit != self.limit:
            msg = f"counts of up to {more.limit} names cannot join counts of up to {self.limit}"
            raise Unmergeable(msg)
        self.other += more.other
        self.add_all(more.kept)

    def trim(self) -> None:
        if len(self.kept) > self.limit:
            for name in beyond(self.kept, self.limit):
                self.other += self.kept.pop(name)

    def most(self) -> list[tuple[str, int]]:
        """By count, the largest first; equal ones by name."""
        return sorted(self.kept.items(), key=lambda each: (-each[1], each[0]))


def beyond(names: Iterable[str], limit: int) -> list[str]:
    """The names that are not among the `limit` smallest, by length and then by alphabet."""
    return sorted(names, key=lambda name: (len(name), name))[limit:]
