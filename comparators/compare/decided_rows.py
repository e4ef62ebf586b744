"""Of the rows of a batch: which class each is given on both sides, whether that changes, and how surely production gave
it. What probabilities.py and logits.py have in common; class_flips.py and margins.py add it up.
"""

from collections.abc import Iterator, Sequence

import numpy as np

from comparators.compare.class_flips import ClassSums
from comparators.compare.class_vectors import AlignedRow, Label
from comparators.compare.label_names import MISSING, name_of, shortened
from comparators.compare.margins import MarginSums
from comparators.compare.row_stack import Flags, Indices, Means, Numbers


class ClassNames:
    """The classes of a batch by number, in the order in which they were met. `told`: by index, of rows that name none;
    what is beyond has its index as a name. Of a class that stands alone, 0 and 1 say whether a row is of it.
    """

    def __init__(self, told: Sequence[str]) -> None:
        self._told = told
        self._numbers: dict[str, int] = {}
        self._by_label: dict[Label, int] = {}  # as many as a batch names

    def __iter__(self) -> Iterator[str]:
        return iter(self._numbers)

    def numbers(self, rows: Sequence[AlignedRow], classes: Indices) -> Indices:
        """Of one class a row, by its index there."""
        if any(len(row.names) > 1 for row in rows):
            named = zip(rows, classes.tolist(), strict=True)
            return np.array([self._number(row.names[at] if row.names else self._label(at)) for row, at in named])
        used, place = np.unique(classes, return_inverse=True)
        return np.array([self._number(self._label(at)) for at in used.tolist()], dtype=np.int_)[place]

    def _label(self, index: int) -> Label:
        return self._told[index] if index < len(self._told) else index

    def _number(self, label: Label) -> int:
        number = self._by_label.get(label)
        if number is None:
            name = shortened(name_of(label) or MISSING)
            number = self._by_label[label] = self._numbers.setdefault(name, len(self._numbers))
        return number


class DecidedRows:
    """`margins`: of production's decision."""

    def __init__(self, rows: int, told: Sequence[str]) -> None:
        self._names = ClassNames(told)
        self._own, self._other = (np.zeros(rows, dtype=np.int_) for _ in range(2))
        self._changed, self._margins = np.zeros(rows, dtype=np.bool_), np.zeros(rows)

    def put(self, part: Sequence[AlignedRow], own: Indices, other: Indices, changed: Flags, margins: Numbers) -> None:
        """Of these rows, the classes by index there. Where it does not change, a row keeps production's class: of those
        that are tied, an answer may begin with any.
        """
        places = np.array([row.place for row in part])
        self._own[places] = self._names.numbers(part, own)
        self._other[places] = self._names.numbers(part, np.where(changed, other, own))
        self._changed[places], self._margins[places] = changed, margins

    def add_to(
        self, classes: ClassSums, margins: MarginSums, counting: Flags, rows: Means, ends: Sequence[float]
    ) -> None:
        """The counting rows, of which there are any."""
        classes.add_all(self._own[counting], self._other[counting], rows, tuple(self._names))
        margins.add_all(self._margins[counting], self._changed[counting], rows, ends)
