"""Where a function changes its sign: how the ends of intervals are found. Pure."""

import math
from collections.abc import Callable

_PRECISION = 1e-12  # of the distance from `inside`: far below what any interval is told with
_STEPS = 200  # far more than are ever needed; a bound all the same


def crossing(beyond: Callable[[float], float], inside: float, outside: float, step: float) -> float | None:
    """Where `beyond`, negative at `inside`, becomes zero on the way to `outside`, looked for first at `inside + step`.

    None where it is still negative at `outside`. The answer lies on the far side, so that rounding never narrows an
    interval. This is the method of false position, in its Illinois form (Dowell & Jarratt, BIT 11, 1971): an end that
    stays counts half. Each step leans over to the end that stayed, or the last ones would all fall on one side.
    """
    far, at_far = outside, beyond(outside)
    if at_far < 0:
        return None
    near, at_near, middle = inside, -1.0, inside + step
    stayed = 0
    for _ in range(_STEPS):
        width = _PRECISION * abs(far - inside)
        if abs(far - near) <= width:
            break
        if not min(near, far) < middle < max(near, far):
            middle = (near + far) / 2
        if middle in (near, far):  # no float lies between them
            break
        found = beyond(middle)
        if found < 0:
            near, at_near, at_far = middle, found, at_far / 2 if stayed > 0 else at_far
            stayed, lean = 1, width
        else:
            far, at_far, at_near = middle, found, at_near / 2 if stayed < 0 else at_near
            stayed, lean = -1, -width
        middle = (far * at_near - near * at_far) / (at_near - at_far) + math.copysign(0.4, far - near) * lean
    return far
