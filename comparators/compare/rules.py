"""How one output is compared: the settings of its route, with what was set for this output alone on top.

Compiled once for a plan. A kind of output (score.py, label.py, …) is given these and nothing else of the settings.
"""

from msgspec import Struct

from comparators.compare.tolerance import Rules, below
from comparators.settings import NOTHING_SET, PRECISIONS, ArraySettings, CompareSettings, HeadSettings, head_settings
from records.privacy.pointers import tokens_of


class HeadRules(Struct, frozen=True):
    """`tolerance` is for numbers; its `ignored` starts below this output. `own`: what was set for this output alone.
    `arrays` are the settings' own, with absolute pointers.
    """

    pointer: str
    tolerance: Rules
    own: HeadSettings = NOTHING_SET
    arrays: tuple[ArraySettings, ...] = ()


def rules_for(settings: CompareSettings, pointer: str) -> HeadRules | None:
    """None where the output is not looked at."""
    general = Rules.of(settings)
    ignored = general.ignored
    for token in tokens_of(pointer):
        inner = below(ignored, token)
        if inner is None:
            return None
        ignored = inner
    own = head_settings(settings, pointer)
    atol, rtol = PRECISIONS[own.precision] if own.precision else (general.atol, general.rtol)
    tolerance = Rules(own.atol if own.atol is not None else atol, own.rtol if own.rtol is not None else rtol, ignored)
    return HeadRules(pointer, tolerance, own, settings.arrays)
