"""Sums that reports alone read: marked where they are defined, so that a scrape neither reads nor merges them.

A field is marked by its type, `ReportsAlone[...]`: a state, or counts or states by name. (A number, or a short list of
them, costs as much to leave as to read.) `without` them a state is read from the same bytes, and merges likewise, with
an Unread in place of each: whoever wants a number of one fails, and is never told 0.
"""

from functools import cache, reduce
from operator import is_, or_
from types import UnionType
from typing import Annotated, Any, TypeVar, Union, cast, get_args, get_origin

import msgspec
from msgspec import Struct
from msgspec.structs import FieldInfo

from comparators.statistics.sums import Sums

Value = TypeVar("Value")
State = TypeVar("State", bound=Struct)

_MARK = "reports alone"
ReportsAlone = Annotated[Value, _MARK]


class Unread(Sums):
    """In place of sums that were left where they are. Whatever they say is skipped, and merging adds nothing up."""


def is_marked(shape: Any) -> bool:
    """Whether a field of this type is read by reports alone."""
    return get_origin(shape) is Annotated and _MARK in shape.__metadata__


@cache  # one class of each, or two of them would not merge
def without(state: type[State]) -> type[State]:
    """The same state, but for what reports alone read of it, and of all states in it."""
    shapes = [(each, _without(each.type)) for each in msgspec.structs.fields(state)]
    changed = [(each.name, shape, _field(each, shape)) for each, shape in shapes if shape is not each.type]
    if not changed:
        return state
    made = msgspec.defstruct(state.__name__, changed, bases=(state,), module=state.__module__, kw_only=True)
    return cast("type[State]", made)


def _without(shape: Any) -> Any:
    """The same object, where nothing of it is marked. Raises TypeError."""
    if is_marked(shape):
        return _unread(get_args(shape)[0])
    if _is_state(shape):
        return without(shape)
    origin, own = get_origin(shape), get_args(shape)
    others = tuple(map(_without, own))
    if all(map(is_, own, others)):
        return shape
    return reduce(or_, others) if origin in (Union, UnionType) else cast("Any", origin)[others]


def _unread(marked: Any) -> type[Unread]:
    """What is stored as an object can be left unread; a list would be no state at all."""
    if not _is_state(marked) and get_origin(marked) is not dict:
        raise TypeError(f"{marked} is marked for reports alone, and is neither a state nor a dict")
    return Unread


def _field(of: FieldInfo, shape: Any) -> Any:
    """Under its name; empty, it is of its own shape."""
    own = {"default": of.default, "default_factory": of.default_factory}
    empty: dict[str, Any] = {"default_factory": shape} if _is_state(shape) else own
    return msgspec.field(name=of.encode_name, **empty)


def _is_state(shape: Any) -> bool:
    return isinstance(shape, type) and issubclass(shape, Struct)
