"""The outputs of a kind of request, for a terminal: what each is, its figures, its small tables. text.py calls it."""

from collections.abc import Iterable, Sequence

from comparators.compare.detail import Detail
from comparators.evidence.report import DifferenceCount, HeadReport, PlanReport, PlanSlice
from comparators.render import words
from ground.counted import counted

MAX_SLICES = 8
MAX_ROWS = 5  # of a small table; the other formats show all


def outputs(plan: PlanReport) -> Iterable[str]:
    """Nothing where nothing is described."""
    if plan.heads:
        yield ""
        yield "OUTPUTS"
    for number, head in enumerate(plan.heads):
        if number:
            yield ""
        yield from _head(head)


def noise(plan: PlanReport) -> Iterable[str]:
    """Production against itself, where it was asked twice; and what could be ignored."""
    metrics = plan.metrics
    if "disagreement.noise" not in metrics:
        return
    yield ""
    yield f"NOISE   {counted(metrics['disagreement.noise'].n, 'request')} that production was asked twice"
    labels = (("candidate", "sampled"), ("production itself", "noise"), ("beyond noise", "excess"))
    for label, name in labels:
        each = metrics[f"disagreement.{name}"]
        yield f"  {label:<18} {words.number(each.value, each.unit):>10}  {words.interval_or_reason(each)}"
    yield from _proposals(plan.noise)


def slices(found: Sequence[PlanSlice]) -> Iterable[str]:
    """Where it disagrees more than elsewhere, and what an operator asked for."""
    named = [each for each in found if each.named]
    if found:
        yield ""
        yield "SLICES"
    for each in named[:MAX_SLICES]:
        yield f"  {words.sliced(each)}"
        yield f"      {counted(each.n, 'request')}, {words.number(each.carries, 'share')} of all disagreement"
        if each.also:
            yield f"      with it: {'; '.join(other.words for other in each.also[:3])}"
    for each in [each for each in found if each.configured and not each.named][:MAX_SLICES]:
        yield f"  {words.sliced(each)}   ({counted(each.n, 'request')})"


def _proposals(found: Sequence[DifferenceCount]) -> Iterable[str]:
    if found:
        yield "  production differs from itself at these paths; ids and times belong in compare.ignore:"
    for each in found[:MAX_ROWS]:
        yield f"    {words.number(each.share, 'share'):>9}  {each.path or '(whole)'}  {each.words}"


def _head(head: HeadReport) -> Iterable[str]:
    yield f"  {head.head or 'the body'} · {words.kind(head)}"
    for label, value, about in words.figures(head.metrics):
        yield f"    {label:<26} {value:>10}  {about}"
    for detail in head.details:
        yield from _detail(detail)


def _detail(detail: Detail) -> Iterable[str]:
    rows = [tuple(map(words.cell, row, detail.units)) for row in detail.rows[:MAX_ROWS]]
    if not rows:
        return
    table = [detail.columns, *rows]
    widths = [max(len(words.safe(row[column])[:32]) for row in table) for column in range(len(detail.columns))]
    yield f"    {detail.title}:"
    for row in table:
        cells = (f"{words.safe(cell)[:32]:>{width}}" for cell, width in zip(row, widths, strict=True))
        yield f"      {'  '.join(cells)}"
    left = len(detail.rows) - len(rows) + detail.not_listed
    if left:
        yield f"      and {words.count(left)} more"
