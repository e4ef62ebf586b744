"""The outputs of a kind of request, on the page: what each is, its figures, and its small tables. Called by html.py."""

from collections.abc import Iterable, Sequence

from comparators.compare.detail import Detail
from comparators.evidence.report import HeadReport, PlanReport, PlanSlice
from comparators.render import charts, words
from comparators.render.markup import Markup, joined, table, tag


def outputs(plan: PlanReport) -> Iterable[Markup]:
    for head in plan.heads:
        yield from _head(head)


def noise(plan: PlanReport) -> Iterable[Markup]:
    """Production against itself, where it was asked twice; and what could be ignored."""
    names = {"sampled": "the candidate", "noise": "production itself", "excess": "beyond noise"}
    metrics = {label: plan.metrics.get(f"disagreement.{name}") for name, label in names.items()}
    rows = [
        (label, words.number(each.value, each.unit), words.interval_or_reason(each))
        for label, each in metrics.items()
        if each is not None
    ]
    if not rows:
        return
    yield tag("h3", "Noise", tag("small", " requests that production was asked twice"))
    yield table(("", "disagreement", "interval"), rows, frozenset({1}))
    if plan.noise:
        found: list[tuple[str, ...]] = [
            (words.number(each.share, "share"), joined(tag("code", each.path or "(whole)"), " ", each.words))
            for each in plan.noise
        ]
        yield tag("p", "Production differs from itself at these paths; ids and times belong in compare.ignore.")
        yield table(("share", "where"), found, frozenset({0}))


def slices(found: Sequence[PlanSlice]) -> Iterable[Markup]:
    """Where it disagrees more than elsewhere, and what an operator asked for."""
    if not found:
        return
    rows: list[tuple[str, ...]] = [
        (
            tag("code", each.words),
            words.number(each.value, "share"),
            charts.share(each.value),
            words.rate(each),
            words.number(each.complement.value, "share"),
            words.count(each.n),
            words.number(each.carries, "share"),
            tag("span", "higher", class_="worse") if each.named else "",
        )
        for each in found
    ]
    yield tag("h3", "Slices", tag("small", " of requests, told by what they ask"))
    head = ("requests", "disagree", "", "interval", "others", "how many", "of all disagreement", "")
    yield table(head, rows, frozenset({1, 4, 5, 6}))
    for each in found:
        if each.also:
            also = ", ".join(other.words for other in each.also)
            yield tag("p", "together with ", tag("code", each.words), f": {also}", class_="soft")


def _head(head: HeadReport) -> Iterable[Markup]:
    yield tag("h3", tag("code", head.head or "the body"), tag("small", f" {words.kind(head)}"))
    yield table(("", "value", "interval"), words.figures(head.metrics), frozenset({1}))
    for detail in head.details:
        yield from _detail(detail)


def _detail(detail: Detail) -> Iterable[Markup]:
    rows: list[tuple[str, ...]] = [
        tuple(
            tag("code", cell) if isinstance(cell, str) else words.cell(cell, unit)
            for cell, unit in zip(row, detail.units, strict=True)
        )
        for row in detail.rows
    ]
    if not rows:
        return
    numbers = frozenset(at for at, cell in enumerate(detail.rows[0]) if not isinstance(cell, str))
    yield tag("p", detail.title, class_="soft")
    yield table(detail.columns, rows, numbers)
    if detail.not_listed:
        yield tag("p", f"and {words.count(detail.not_listed)} more", class_="soft")
