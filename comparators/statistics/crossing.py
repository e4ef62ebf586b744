"""Where a function changes its sign: how the ends of intervals are found. Pure."""

import math
from collections.abc import Callable
from typing import NamedTuple

_PRECISION = 1e-10  # of the distance from `inside`: far below what any interval is told with
_STEPS = 200  # far more than are ever needed; a bound all the same
_GUESSES = 8  # of where the other side begins, before it is asked at its very end
_FURTHER = 1.01  # than a straight line has it: what bends a little is then beyond its zero

Function = Callable[[float], float]


class Point(NamedTuple):
    at: float
    value: float


def crossing(beyond: Function, inside: Point, outside: float, step: float) -> float | None:
    """Where `beyond`, negative at `inside`, becomes zero on the way to `outside`, looked for first at a `step` from
    there. What is nearly a straight line is asked seven times, and each time is dear.

    None where it is still negative at `outside`. The answer lies on the far side, so that rounding never narrows an
    interval.
    """
    enclosed = _enclosed(beyond, inside, outside, step)
    return None if enclosed is None else _narrowed(beyond, *enclosed, inside.at)


def _enclosed(beyond: Function, near: Point, outside: float, step: float) -> tuple[Point, Point] | None:
    """A point on each side of the zero, by straight lines."""
    for _ in range(_GUESSES):
        place = near.at + step
        if not min(near.at, outside) < place < max(near.at, outside):
            break
        found = Point(place, beyond(place))
        if found.value >= 0:
            return near, found
        if found.value <= near.value:
            break
        step *= _FURTHER * found.value / (near.value - found.value)
        near = found
    far = Point(outside, beyond(outside))
    return None if far.value < 0 else (near, far)


def _narrowed(beyond: Function, near: Point, far: Point, inside: float) -> float:
    """The method of false position, in its Illinois form (Dowell & Jarratt, BIT 11, 1971): an end that stays counts
    half. Each step leans over to the end that stayed, or the last ones would all fall on one side.
    """
    middle, stayed = _zero(near, far), 0
    for _ in range(_STEPS):
        width = _PRECISION * abs(far.at - inside)
        if abs(far.at - near.at) <= width:
            break
        if not min(near.at, far.at) < middle < max(near.at, far.at):
            middle = (near.at + far.at) / 2
        if middle in (near.at, far.at):  # no float lies between them
            break
        found = Point(middle, beyond(middle))
        if found.value < 0:
            near, far = found, (far._replace(value=far.value / 2) if stayed > 0 else far)
            stayed, lean = 1, width
        else:
            near, far = (near._replace(value=near.value / 2) if stayed < 0 else near), found
            stayed, lean = -1, -width
        middle = _zero(near, far) + math.copysign(0.4, far.at - near.at) * lean
    return far.at


def _zero(near: Point, far: Point) -> float:
    """Of the straight line through both."""
    return (far.at * near.value - near.at * far.value) / (near.value - far.value)
