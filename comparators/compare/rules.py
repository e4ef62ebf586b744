"""How one output is compared: the settings of its route, with what was set for this output alone on top.

Compiled once for a plan. A kind of output (score.py, label.py, …) is given these and nothing else of the settings.
"""

from collections.abc import Mapping

from msgspec import Struct

from comparators.compare.extent import NOT_TOLD, Extent
from comparators.compare.tolerance import ATOL, RTOL, Ignored, Rules, below, first
from comparators.settings import (
    NOTHING_SET,
    PRECISIONS,
    ArraySettings,
    BoxForm,
    CompareSettings,
    HeadSettings,
    Precision,
    head_settings,
)
from records.privacy.pointers import tokens_of

_COARSE: dict[str, Precision] = {"FP16": "float16", "BF16": "bfloat16"}


class HeadRules(Struct, frozen=True):
    """`tolerance` is for numbers; its `ignored` starts below this output. `own`: what was set for this output alone.
    `arrays` are the settings' own, with absolute pointers. `boxes`: what the four numbers of a box are. `extent` is the
    plan's. `small`: the absolute tolerance of numbers of a document at these paths, where settings say none.
    """

    pointer: str
    tolerance: Rules
    own: HeadSettings = NOTHING_SET
    arrays: tuple[ArraySettings, ...] = ()
    boxes: BoxForm = "xyxy"
    extent: Extent = NOT_TOLD
    small: Mapping[str, float] = {}

    def tolerance_of(self, *datatypes: str) -> Rules:
        """Between numbers of these types: no finer than 16 bits tell them apart, unless it is set for this output."""
        coarse = [PRECISIONS[_COARSE[each]][1] for each in datatypes if each in _COARSE]
        if not coarse or self.own.has_tolerance:
            return self.tolerance
        return self.tolerance._replace(rtol=max(*coarse, self.tolerance.rtol))


def rules_for(
    settings: CompareSettings, pointer: str, boxes: BoxForm = "xyxy", extent: Extent = NOT_TOLD
) -> HeadRules | None:
    """None where the output is not looked at. `boxes`: as the plan says, where settings don't."""
    ignored = Rules.of(settings).ignored
    for token in tokens_of(pointer):
        inner = below(ignored, token)
        if inner is None:
            return None
        ignored = inner
    own = head_settings(settings, pointer)
    tolerance = _tolerance(settings, own, extent, ignored)
    is_set = settings.atol is not None or _set(own)[0] is not None
    small = {} if is_set else {f"{pointer}{path}": ATOL * 2.0**scale for path, scale in extent.small}
    return HeadRules(pointer, tolerance, own, settings.arrays, own.boxes or boxes, extent, small)


def _tolerance(settings: CompareSettings, own: HeadSettings, extent: Extent, ignored: Ignored) -> Rules:
    """Between whole numbers, what was set for this output and nothing else: a general rtol would let ids pass. What
    floats cost is a share of the output's size, as long as that is below 1.
    """
    atol, rtol = _set(own)
    return Rules(
        first(atol, settings.atol, ATOL * min(1.0, 2.0**extent.scale)),
        first(rtol, settings.rtol, RTOL),
        ignored,
        whole_atol=atol or 0.0,
        whole_rtol=rtol or 0.0,
    )


def _set(own: HeadSettings) -> tuple[float | None, float | None]:
    """atol and rtol that were set for this output; a number comes before a precision."""
    atol, rtol = PRECISIONS[own.precision] if own.precision else (None, None)
    return atol if own.atol is None else own.atol, rtol if own.rtol is None else own.rtol
