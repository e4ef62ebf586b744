"""The rows of an answer as vectors of probabilities or logits, with the names of their classes where they have any.

Read are tensors and lists of numbers, maps of labels to numbers, and lists of labels with theirs. The rows of both
sides are then put in one order of classes. probabilities.py and logits.py compare what comes out.
"""

import math
from array import array
from collections.abc import Sequence
from operator import itemgetter
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from comparators.compare.distributions import MAX_SUM_OFF
from comparators.extract.output import Column, Document, Tensor, Value
from comparators.extract.torchserve import REST
from comparators.settings import HeadSettings

Numbers = NDArray[np.float64]
Label = str | int


_LISTS, _DICTS, _ROWS, _NAMES = frozenset({list}), frozenset({dict}), frozenset({list, dict}), frozenset({str, int})
_NUMBERS = frozenset({float, int, type(None)})
_LABEL_AND_SCORE = itemgetter("label", "score")


class Vector(NamedTuple):
    """One row. `names` are its classes', in its own order; None where they have none, or one of them twice. `is_list`:
    a list of labels, which may be the best of more.
    """

    names: tuple[Label, ...] | None
    numbers: Numbers
    is_list: bool = False


def vectors(value: Value, *, is_decided: bool) -> list[Vector] | None:
    """One a row; None where these are no probabilities, or a single one a row without a threshold to make it two."""
    rows = class_rows(value, is_decided=is_decided)
    if not is_decided and any(row.names is None and row.numbers.size == 1 for row in rows or ()):
        return None
    return rows


def class_rows(value: Value, *, is_decided: bool) -> list[Vector] | None:
    """One a row, also where that is a single number; None where these are no rows of numbers. `is_decided`: the numbers
    of a value of one dimension are a row each, and not one row together.
    """
    try:
        return _read(value, is_decided)
    except (TypeError, OverflowError):  # something among them is no number
        return None


def _read(value: Value, is_decided: bool) -> list[Vector]:
    """Raises TypeError for what is no row of numbers or of named numbers."""
    if isinstance(value, Tensor):
        return _of_tensor(value, is_decided)
    if isinstance(value, Document):
        return [_vector(value.value)]
    if not isinstance(value, Column):
        raise TypeError
    if not _ROWS.isdisjoint(map(type, value.values)):
        return [_vector(row) for row in value.values]
    return _of_scalars(_numbers(value.values), is_decided)


def _of_tensor(tensor: Tensor, is_decided: bool) -> list[Vector]:
    if not is_table(tensor.shape) or not ("INT" in tensor.datatype or tensor.datatype.startswith(("FP", "BF"))):
        raise TypeError
    flat = _numbers(tensor.values)
    if len(tensor.shape) < 2 or not flat.size:
        return _of_scalars(flat, is_decided)
    return [Vector(None, row) for row in flat.reshape(tensor.shape[:2])]


def is_table(shape: Sequence[int]) -> bool:
    """Rows and columns at most; dimensions of one may follow, as networks of convolutions leave them."""
    return all(size == 1 for size in shape[2:])


def _of_scalars(flat: Numbers, is_decided: bool) -> list[Vector]:
    """Values of one dimension: with a threshold a probability a row, else one distribution."""
    if not flat.size:
        return []
    return [Vector(None, row) for row in (flat.reshape(-1, 1) if is_decided else flat.reshape(1, -1))]


def _vector(row: Any) -> Vector:
    """Of [p, …], {label: p, …}, [[label, p], …] or [{"label": label, "score": p}, …]."""
    if type(row) is dict:
        return _named(list(row), list(row.values()), is_list=False)
    if type(row) is not list:
        raise TypeError
    types = set(map(type, row))
    if types == _LISTS and set(map(len, row)) == {2}:
        return _named([each[0] for each in row], [each[1] for each in row], is_list=True)
    if types == _DICTS:
        try:
            labels, scores = zip(*map(_LABEL_AND_SCORE, row), strict=True)
        except KeyError:
            raise TypeError from None
        return _named(labels, scores, is_list=True)
    return Vector(None, _numbers(row))


def _named(names: Sequence[Any], values: Sequence[Any], *, is_list: bool) -> Vector:
    if not _NAMES.issuperset(map(type, names)):
        raise TypeError
    return Vector(tuple(names) if len(set(names)) == len(names) else None, _numbers(values), is_list)


def _numbers(values: Any) -> Numbers:
    """null becomes NaN: JSON has no other way to say it. Raises TypeError for what is no number: text, and true."""
    if isinstance(values, np.ndarray):
        if values.dtype.kind not in "fiu":
            raise TypeError
        return np.asarray(values, dtype=np.float64)
    types = set(map(type, values))
    if not types <= _NUMBERS:
        raise TypeError
    if type(None) in types:
        values = [math.nan if each is None else each for each in values]
    return np.frombuffer(array("d", values))


# ---- both sides in one order of classes


class AlignedRow(NamedTuple):
    """A row of both sides, in one order of classes, and its place among all rows. `has_rest`: the last number is the
    share of all classes that are not named, of which none comes first. `names` are in this order, where there are any.
    """

    place: int
    production: Numbers
    candidate: Numbers
    has_rest: bool = False
    names: tuple[Label, ...] = ()


class Alignment:
    """Of the rows of a batch: most have the same classes, whose order is found once."""

    def __init__(self, own: HeadSettings) -> None:
        self._own = own
        self._orders: dict[frozenset[Label], tuple[Label, ...]] = {}

    def row(self, place: int, p: Vector, c: Vector) -> AlignedRow | Literal["shape", "names"]:
        """A class that one side does not name has no probability there; unless what is named are the best of more (REST
        of TorchServe's, a list that comes to less than 1): then it is among the rest.
        """
        same_size = p.numbers.size == c.numbers.size
        if p.names is None and c.names is None:
            return AlignedRow(place, p.numbers, c.numbers) if same_size else "shape"
        own, other = (_names(each, self._own.names) for each in (p, c))
        if own is None or other is None:
            return "names" if same_size else "shape"
        order, absent = self._order(own, other), -math.inf if self._own.logits else 0.0
        both = [_placed(p.numbers, own, order, absent), _placed(c.numbers, other, order, absent)]
        is_cut = REST in own or REST in other or (p.is_list and _rest(p.numbers) > MAX_SUM_OFF)
        has_rest = is_cut and not self._own.logits
        if has_rest:
            both = [np.append(each, max(_rest(each), 0.0)) for each in both]
        return AlignedRow(place, both[0], both[1], has_rest, order)

    def _order(self, own: tuple[Label, ...], other: tuple[Label, ...]) -> tuple[Label, ...]:
        found = frozenset(own) if own is other else frozenset((*own, *other))
        if found not in self._orders:
            self._orders[found] = _in_order(found - {REST}, self._own.names)
        return self._orders[found]


def _rest(numbers: Numbers) -> float:
    """What is missing to 1; nothing where that is not known, or where these are no shares."""
    values = numbers.tolist()
    known = not values or (min(values) >= 0 and max(values) <= 1)
    total = math.fsum(values) if known else math.nan
    return 0.0 if math.isnan(total) else 1 - total


def _names(vector: Vector, names: tuple[str, ...]) -> tuple[Label, ...] | None:
    """Its own, else those of the settings, where they are as many."""
    if vector.names is not None:
        return vector.names
    return names if len(set(names)) == len(names) == vector.numbers.size else None


def _in_order(found: frozenset[Label], names: tuple[str, ...]) -> tuple[Label, ...]:
    ranks: dict[Label, int] = {name: rank for rank, name in enumerate(names)}
    numbers = sorted(each for each in found if isinstance(each, int))
    texts = sorted(each for each in found if isinstance(each, str))
    return tuple(sorted([*numbers, *texts], key=lambda name: ranks.get(name, len(ranks))))


def _placed(numbers: Numbers, names: tuple[Label, ...], order: tuple[Label, ...], absent: float) -> Numbers:
    if names == order:
        return numbers
    by_name = dict(zip(names, numbers.tolist(), strict=True))
    return np.frombuffer(array("d", [by_name.get(name, absent) for name in order]))


def labels_of(row: AlignedRow, names: tuple[str, ...]) -> Sequence[Label]:
    """Of its classes: the row's own, or the names of the settings, or their indices."""
    size = row.production.size
    return row.names or (names if len(names) == size else range(size))


def place_of(label: str, row: AlignedRow, names: tuple[str, ...]) -> int:
    """Where the row has the class that settings call so; -1 where it has none."""
    labels = labels_of(row, names)
    return next((place for place, each in enumerate(labels) if str(each) == label), -1)


def distributions(rows: list[Numbers], own: HeadSettings) -> Numbers:
    """One row each, of at least two classes where a threshold says which one a single number is about."""
    p = np.concatenate(rows).reshape(len(rows), -1)
    alone = p.shape[1] == 1 and own.threshold is not None
    if own.logits:
        return _softmax(np.hstack((np.zeros_like(p), p)) if alone else p)
    return np.hstack((1 - p, p)) if alone else p


def _softmax(logits: Numbers) -> Numbers:
    with np.errstate(invalid="ignore", over="ignore", under="ignore"):
        powers = np.exp(logits - logits.max(axis=1, keepdims=True))
        shares: Numbers = powers / powers.sum(axis=1, keepdims=True)
    return shares
