"""What a person looks at besides metrics: a small table of counts or other numbers, which every renderer draws alike.

A kind of output makes these from its sums. Text in a row came with the traffic (labels, paths): it is redacted and
escaped where it is shown.
"""

from collections.abc import Mapping
from typing import Literal

from msgspec import Struct

from comparators.metrics.metric import Derivation


class RateCell(Struct, frozen=True, kw_only=True):
    """A share of `n` requests in a table, and its interval; `reason` says why that is open. It has no address: it is
    one of many, and no check asks for it.
    """

    value: float | None
    lo: float | None
    hi: float | None
    n: int
    method: str
    alpha: float
    reason: str = ""

    @classmethod
    def of(cls, derived: Derivation, method: str, alpha: float) -> "RateCell":
        (value, (lo, hi), reason), n, _ = derived
        return cls(value=value, lo=lo, hi=hi, n=n, method=method, alpha=alpha, reason=reason)


class PictureCurve(Struct, frozen=True):
    """The share of requests in each column, of what this side answers."""

    side: Literal["production", "candidate"]
    shares: tuple[float, ...]


class Picture(Struct, frozen=True, kw_only=True):
    """Distributions over the same columns, between `edges`: these are equally far from each other on this scale."""

    title: str
    unit: str
    scale: Literal["linear", "log"]
    edges: tuple[float, ...]
    curves: tuple[PictureCurve, ...]


DetailCell = str | int | float | RateCell | None
DetailRow = tuple[DetailCell, ...]


class Detail(Struct, frozen=True, kw_only=True):
    """`columns` are headings, `rows` their cells: text that came with the traffic, a count (int), a float, or a
    share with its interval.

    `units` are a column's: share, ms, ratio, value; path of JSON pointers; "" for other text and counts. `not_listed`
    rows were left out. `bars`: which columns are drawn above the table, over its first one: shares that the candidate
    has alone, and production; `set_rows`: the rows there, counted from 0, that settings name. Columns that are `drawn`
    have a bar beside each number. `pictures` stand above the table, too. `note` is ours.
    """

    title: str
    columns: tuple[str, ...]
    units: tuple[str, ...]
    rows: list[DetailRow]
    not_listed: int = 0
    bars: tuple[int, int] | None = None
    set_rows: tuple[int, ...] = ()
    drawn: tuple[int, ...] = ()
    pictures: tuple[Picture, ...] = ()
    note: str = ""


def left_out(counts: Mapping[str, int], of: str = "metrics") -> list[Detail]:
    """Of what an output's metrics do not tell, how much there is; nothing where there is none."""
    rows: list[DetailRow] = [(what, count) for what, count in counts.items() if count]
    return [Detail(title=f"left out of these {of}", columns=("", "number"), units=("", ""), rows=rows)] if rows else []
