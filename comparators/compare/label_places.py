"""Rows of numbers where the other side has labels (one-hot, or a number a class): which one is the largest. Pure.

Such requests disagree, and fit no kind: label.py, probabilities.py, logits.py and score.py count them as unfit. What is
counted here tells a report whether the place of the largest number is the same label (label_map.py).
"""

from collections.abc import Iterable, Sequence

from msgspec import field

from comparators.compare.class_vectors import Vector, class_rows
from comparators.compare.label_names import line_of, names_of, shortened
from comparators.extract.output import Value
from comparators.statistics import exact
from comparators.statistics.name_counts import Counts
from comparators.statistics.sums import Sums

MAX_PLACES = 1_024  # pairs of a label and a place


class PlaceSums(Sums, kw_only=True):
    """Shares of a request, by what production says and the candidate: where the candidate has numbers by
    "label\tplace", where production has them by "place\tlabel".
    """

    at_candidate: Counts = field(default_factory=lambda: Counts(MAX_PLACES))
    at_production: Counts = field(default_factory=lambda: Counts(MAX_PLACES))

    def add_all(self, unfit: Iterable[tuple[Value, Value]]) -> None:
        """Requests that fit no kind, whatever they are."""
        for production, candidate in unfit:
            own, other = _labels(production), _labels(candidate)
            _add(own, _places(candidate) if own else [], self.at_candidate)
            _add(_places(production) if other else [], other, self.at_production)
        self.at_candidate.trim()
        self.at_production.trim()


def _add(own: Sequence[str], other: Sequence[str], into: Counts) -> None:
    if own and len(own) == len(other):
        for p, c in zip(own, other, strict=True):
            if p and c:
                into.add(f"{p}\t{c}", exact.share(1, len(own)))


def _labels(value: Value) -> list[str]:
    return [shortened(each) for each in names_of(value) or ()]


def _places(value: Value) -> list[str]:
    return [_largest(each) for each in class_rows(value, is_decided=False) or ()]


def _largest(row: Vector) -> str:
    """[2] is the third number, {cat} the one of this name; "" where no single one is the largest of several."""
    numbers = row.numbers.tolist()
    most = max(numbers, default=0.0)
    if len(numbers) < 2 or numbers.count(most) != 1 or any(each != each for each in numbers):
        return ""
    place = numbers.index(most)
    return f"[{place}]" if row.names is None else f"{{{shortened(line_of(str(row.names[place])))}}}"
