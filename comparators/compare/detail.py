"""What a person looks at besides metrics: a small table of counts or figures, which every renderer draws alike.

A kind of output makes these from its sums. Text in a row came with the traffic (labels, paths): it is redacted and
escaped where it is shown.
"""

from msgspec import Struct


class Detail(Struct, frozen=True, kw_only=True):
    """`columns` are headings, `rows` their cells: text that came with the traffic, a count (int), or a figure (float).

    `units` are a column's: share, ms, ratio, value; "" for text and counts. `not_listed` rows were left out.
    """

    title: str
    columns: tuple[str, ...]
    units: tuple[str, ...]
    rows: list[tuple[str | int | float | None, ...]]
    not_listed: int = 0
