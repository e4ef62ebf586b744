"""Within what two numbers of an output agree, as a report tells it: what settings say, or what is so without them."""

from msgspec import Struct, field

from comparators.compare.rules import rules_for
from comparators.plans.plan import Head
from comparators.settings import TOLERANT, CompareSettings

_COARSE_DATATYPES = ("FP16", "BF16")


class Tolerance(Struct, frozen=True, kw_only=True):
    """|c - p| <= atol + rtol |p|. `whole_atol` and `whole_rtol`: between whole numbers. `rtol_of`: of tensors of these
    types it is another. `smaller_at`: at so many paths of a document `atol` is smaller, since its numbers are.
    """

    atol: float
    rtol: float
    whole_atol: float
    whole_rtol: float
    rtol_of: dict[str, float] = field(default_factory=dict)
    smaller_at: int = 0


def tolerance_of(head: Head, settings: CompareSettings) -> Tolerance | None:
    """None of an output that has none."""
    rules = rules_for(settings, head.pointer, head.boxes, head.extent)
    if rules is None or head.kind not in TOLERANT:
        return None
    own = rules.tolerance
    coarse = {each: rules.tolerance_of(each).rtol for each in _COARSE_DATATYPES}
    return Tolerance(
        atol=own.atol,
        rtol=own.rtol,
        whole_atol=own.whole_atol,
        whole_rtol=own.whole_rtol,
        rtol_of={each: rtol for each, rtol in coarse.items() if rtol != own.rtol},
        smaller_at=len(rules.small) if head.kind == "json" else 0,
    )
