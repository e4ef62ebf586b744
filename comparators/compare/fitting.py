"""What kinds of output do alike: which requests of a batch fit the kind, and what is told of those that disagree.

A kind reads a value as items, one a row: labels, vectors, lists. A request fits where both sides can be read so and
have the same number of rows; all others are settled here, and counted as `unfit`. The kind then compares items, and
says of each request which rows disagree. Kinds whose values are compared without being read as rows (score.py, tree.py,
raw.py) settle theirs themselves.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Generic, NamedTuple, TypeVar

from msgspec import field

from comparators.compare.finding import AGREES, Finding, Kind, difference
from comparators.compare.rows import mask, row_count
from comparators.compare.rules import HeadRules
from comparators.compare.unfit import settled
from comparators.extract.output import Value
from comparators.statistics import exact
from comparators.statistics.sums import Sums

Item = TypeVar("Item")


class KindSums(Sums, kw_only=True):
    """Over `n` requests, which have so many `rows`. `disagreement` adds up their shares of rows that disagree
    (statistics.exact).
    """

    n: int = 0
    unfit: int = 0  # pairs beside them: a side is of another kind, or has another number of rows
    disagreement: int = field(default=0, name="disagreeing")
    rows: int = 0
    rows_disagreeing: int = 0


class Fit(NamedTuple, Generic[Item]):
    """A request that fits, by its place in the batch: the items of both sides."""

    place: int
    production: Sequence[Item]
    candidate: Sequence[Item]


class Fitting(Generic[Item]):
    """A batch: `findings` has one entry a pair, `fits` are the requests that are still to be compared."""

    def __init__(
        self,
        pairs: Sequence[tuple[Value, Value]],
        read: Callable[[Value], Sequence[Item] | None],
        rules: HeadRules,
        sums: KindSums,
        lengths: Callable[[Value, Value], Kind] = lambda _production, _candidate: "length",
        read_both: Callable[[Value, Value], tuple[Sequence[Item], Sequence[Item]] | None] = lambda _p, _c: None,
    ) -> None:
        """`read`: None for what is not of the kind. `lengths` says how another number of rows is told. `read_both`:
        of two values of which one alone is not of the kind, and may be, seen beside the other.
        """
        self.findings = [AGREES] * len(pairs)
        self.fits: list[Fit[Item]] = []
        self._pairs = pairs
        self._pointer = rules.pointer
        self._sums = sums
        for place, (production, candidate) in enumerate(pairs):
            own = read(production)
            other = own if candidate is production else read(candidate)
            if (own is None or other is None) and (both := read_both(production, candidate)) is not None:
                own, other = both
            if own is not None and other is not None and len(own) == len(other):
                self.fits.append(Fit(place, own, other))
                sums.rows += len(own)
            else:
                how = lengths(production, candidate)
                self.findings[place] = settled(production, candidate, own, other, rules, how)
                sums.unfit += 1

    def rest(self) -> list[tuple[Value, Value]]:
        """The requests that do not fit."""
        if not self._sums.unfit:
            return []
        fitting = {fit.place for fit in self.fits}
        return [pair for place, pair in enumerate(self._pairs) if place not in fitting]

    def tell(self, fit: Fit[Any], disagreeing: Sequence[bool], kinds: Iterable[Kind]) -> None:
        """Which items disagree, and how. An item that stands for a value of several rows disagrees in all of them."""
        rows = row_count(self._pairs[fit.place][0])
        bits = mask(list(disagreeing)) if len(disagreeing) == rows else (1 << rows) - 1
        before = self.findings[fit.place].differences
        self.findings[fit.place] = Finding(bits, before + tuple([difference(kind, self._pointer) for kind in kinds]))
        count = sum(disagreeing)
        self._sums.rows_disagreeing += count
        self._sums.disagreement += exact.share(count, len(disagreeing))

    def tell_agreeing(self, fit: Fit[Any], kind: Kind) -> None:
        """What is told for information, and is no disagreement."""
        self.findings[fit.place] = Finding(0, (*self.findings[fit.place].differences, difference(kind, self._pointer)))
