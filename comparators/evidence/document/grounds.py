"""On what one output's comparison rests: which values spoke for its kind, and within what its numbers agree."""

from comparators.evidence.report import HeadReport
from ground.plurals import counted


def told_by(head: HeadReport) -> str:
    """Which values spoke for its kind."""
    found = head.grounds
    if head.decided_by != "values":
        return "told by the settings" if head.decided_by else ""
    empty = f"empty in {counted(found.empty, 'answer')}" if found.empty else ""
    if not found.answers:
        return f"no value has spoken for it yet: {empty}" if empty else ""
    forms = ", ".join(f"{form} in {number:,}" for form, number in found.forms)
    different = counted(found.different, "different value") if found.different else ""
    return "; ".join(filter(None, (f"told by {counted(found.answers, 'answer')}: {forms}", different, empty)))


def agree_within(head: HeadReport) -> str:
    """Its tolerance, in numbers as they were set: they are no measurements."""
    if (told := head.tolerance) is None:
        return ""
    parts = [f"numbers agree within {told.atol:.4g} + {told.rtol:g} of production's"]
    if told.whole_atol or told.whole_rtol:
        parts.append(f"whole ones within {told.whole_atol:g} + {told.whole_rtol:g}")
    else:
        parts.append("whole ones when they are equal")
    if any(form.startswith(("FP", "BF")) for form, _ in head.grounds.forms):  # tensors, which have such types
        parts += [f"in {datatype} within {told.atol:.4g} + {rtol:g}" for datatype, rtol in told.rtol_of.items()]
    if told.smaller_at:
        parts.append(f"at {counted(told.smaller_at, 'path')} of smaller numbers within less")
    return "; ".join(parts)
