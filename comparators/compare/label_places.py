"""Rows of numbers where production has labels (one-hot, or a number for each class): which one is the largest. Pure.

Such requests disagree, and label.py counts them as unfit; what is counted here tells a report whether the place of the
largest number is the same label (label_map.py).
"""

from collections.abc import Sequence

from comparators.compare.class_vectors import Vector, class_rows
from comparators.compare.label_names import line_of, shortened
from comparators.extract.output import Value
from comparators.statistics import exact
from comparators.statistics.name_counts import Counts

MAX_PLACES = 1_024  # pairs of a label and a place


def add_places(labels: Sequence[str], candidate: Value, into: Counts) -> None:
    """`into`: shares of a request, by "label\\tplace". Call its `trim` after a batch of these."""
    rows = class_rows(candidate, is_decided=False) or []
    if len(rows) == len(labels):
        for label, row in zip(labels, rows, strict=True):
            if largest := _largest(row):
                into.add(f"{shortened(label)}\t{largest}", exact.share(1, len(labels)))


def _largest(row: Vector) -> str:
    """[2] is the third number, {cat} the one of this name; "" where no single one is the largest of several."""
    numbers = row.numbers.tolist()
    most = max(numbers, default=0.0)
    if len(numbers) < 2 or numbers.count(most) != 1 or any(each != each for each in numbers):
        return ""
    place = numbers.index(most)
    return f"[{place}]" if row.names is None else f"{{{shortened(line_of(str(row.names[place])))}}}"
