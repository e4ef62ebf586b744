"""Sums that merge: what every state of a summary is made of.

A state's fields are integers, counts by name, or states themselves; merging adds them field by field, so it is
associative and commutative to the bit, whatever a state is about. Anything else has no place in a state.
"""

from collections.abc import Mapping
from itertools import chain
from typing import Any, Self

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from comparators.errors import Unmergeable
from comparators.statistics import exact


class Sums(Struct, kw_only=True):
    """Base of all states. Subclasses add by methods of their own; `merge` is this one for all."""

    def merge(self, other: Self) -> None:
        """Add the other one up into this; the other is left as it was. Raises Unmergeable for another kind of state."""
        if type(other) is not type(self):
            msg = f"{type(other).__name__} cannot join {type(self).__name__}"
            raise Unmergeable(msg)
        for name in self.__struct_fields__:
            own, more = getattr(self, name), getattr(other, name)
            setattr(self, name, own + more if type(own) is int else _joined(own, more))

    def add_totals(self, **terms: NDArray[np.float64]) -> None:
        """Add up these terms, each kind of them in the field of its name, as exact.total has them."""
        for name, values in terms.items():
            setattr(self, name, getattr(self, name) + exact.total(values))

    def add_moments(self, **terms: NDArray[np.float64]) -> None:
        """Likewise, and their squares in the field `<name>_squares`, as exact.moments has them."""
        for name, values in terms.items():
            total, squares = exact.moments(values)
            setattr(self, name, getattr(self, name) + total)
            setattr(self, f"{name}_squares", getattr(self, f"{name}_squares") + squares)


def add_counts(into: dict[str, int], more: Mapping[str, int]) -> None:
    for name, count in more.items():
        into[name] = into.get(name, 0) + count


def merge_named(into: dict[str, Any], more: Mapping[str, Any]) -> None:
    """States by name. One that is new here becomes a copy."""
    for name, state in more.items():
        if name not in into:
            into[name] = type(state)()
        into[name].merge(state)


def _joined(own: Any, other: Any) -> Any:
    if isinstance(own, list):
        return [a + b for a, b in zip(own, other, strict=True)] if own and other else own or list(other)
    if not isinstance(own, dict):
        own.merge(other)
    elif any(isinstance(each, int) for each in chain(own.values(), other.values())):
        add_counts(own, other)
    else:
        merge_named(own, other)
    return own
