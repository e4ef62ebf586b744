"""What a person looks at besides metrics: a small table of counts or other numbers, which every renderer draws alike.

A kind of output makes these from its sums. Text in a row came with the traffic (labels, paths): it is redacted and
escaped where it is shown.
"""

from collections.abc import Mapping

from msgspec import Struct

DetailRow = tuple[str | int | float | None, ...]


class Detail(Struct, frozen=True, kw_only=True):
    """`columns` are headings, `rows` their cells: text that came with the traffic, a count (int), or a float.

    `units` are a column's: share, ms, ratio, value; "" for text and counts. `not_listed` rows were left out.
    """

    title: str
    columns: tuple[str, ...]
    units: tuple[str, ...]
    rows: list[DetailRow]
    not_listed: int = 0


def left_out(counts: Mapping[str, int], of: str = "metrics") -> list[Detail]:
    """Of what an output's metrics do not tell, how much there is; nothing where there is none."""
    rows: list[DetailRow] = [(what, count) for what, count in counts.items() if count]
    return [Detail(title=f"left out of these {of}", columns=("", "number"), units=("", ""), rows=rows)] if rows else []
