"""Whether both sides have the same labels by other names: 1 and "1", 3 and cat, 1 and true. Pure.

Two names are one label where they nearly always come together: Cohen's kappa of "production says this" with "the
candidate says that" is LEAST_KAPPA or more. Kappa is near 0 where the two have nothing to do with each other, however
frequent both are; so two constants make no map, and neither do two labels that are nearly always said. It takes
LEAST_REQUESTS requests that have the label, and as many that have another one.

What a model confuses is no other name: it would have to be confused nearly always, and the other label to be said of
nearly nothing else.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from comparators.compare.label_names import MISSING, is_number, said_by
from comparators.statistics.exact import real
from comparators.statistics.name_counts import Counts

LEAST_KAPPA = 0.7
LEAST_REQUESTS = 15

Cells = Mapping[tuple[str, str], int]


class Confusion(NamedTuple):
    """How often labels come together in `n` requests, in 2^-40 of one: `cells` by production's name and the
    candidate's, and how often either side says each.
    """

    n: float
    cells: Cells
    production: Mapping[str, int]
    candidate: Mapping[str, int]

    @classmethod
    def of(cls, cells: Cells) -> "Confusion":
        """Of cells that are all there are."""
        production: dict[str, int] = {}
        candidate: dict[str, int] = {}
        for (p, c), count in cells.items():
            production[p] = production.get(p, 0) + count
            candidate[c] = candidate.get(c, 0) + count
        return cls(real(sum(cells.values())), cells, production, candidate)


def of_both(counts: Counts) -> dict[tuple[str, str], int]:
    """Counts by "production\tcandidate", by the two names."""
    names = {cell: cell.partition("\t") for cell in counts.kept}
    return {(p, c): counts.kept[cell] for cell, (p, _, c) in names.items()}


class OtherName(NamedTuple):
    """One label: what either side calls it, and the share of requests in which both say so."""

    production: str
    candidate: str
    share: float


class LabelMap(NamedTuple):
    """Labels with another name, the most frequent first; and the share of requests that agree if these are read as one
    label.
    """

    names: list[OtherName]
    agreeing: float


def label_map(found: Confusion, effect: float = 1.0) -> LabelMap | None:
    """None where no label has another name. `effect`: so many requests tell as much as one independent request."""
    says, said = _most_often(found.cells, side=0), _most_often(found.cells, side=1)
    together = [(p, c) for p, (_, c) in says.items() if said[c][1] == p and MISSING not in (p, c)]
    others = {p: c for p, c in together if p != c and _are_one(p, c, found, LEAST_REQUESTS * effect)}
    if not others:
        return None
    taken = set(others.values())
    agreeing = sum(
        count for (p, c), count in found.cells.items() if others.get(p) == c or (p == c and not {p} & {*others, *taken})
    )
    names = [OtherName(p, c, real(found.cells[p, c]) / found.n) for p, c in others.items()]
    return LabelMap(sorted(names, key=lambda each: (-each.share, each.production)), real(agreeing) / found.n)


def _most_often(cells: Cells, side: int) -> dict[str, tuple[int, str]]:
    """What the other side says most often where this one says a label, and how often."""
    most: dict[str, tuple[int, str]] = {}
    for names, count in cells.items():
        most[names[side]] = max(most.get(names[side], (0, "")), (count, names[1 - side]))
    return most


def _are_one(p: str, c: str, found: Confusion, least: float) -> bool:
    both, own, other = (real(each) for each in (found.cells[p, c], found.production[p], found.candidate[c]))
    if min(both, found.n - own, found.n - other) < least:
        return False
    by_chance = own * other / found.n
    return both - by_chance >= LEAST_KAPPA * ((own + other) / 2 - by_chance)


def are_alike(names: Sequence[OtherName]) -> bool:
    """Whether both say the same of each, as another type."""
    return all(said_by(each.production).lower() == said_by(each.candidate).lower() for each in names)


def types(names: Sequence[OtherName]) -> tuple[str, str]:
    """What either side's names are written as."""
    sides = ([each.production for each in names], [each.candidate for each in names])
    own, other = (" or ".join(sorted(set(map(_type, side)))) for side in sides)
    return own, other


def _type(name: str) -> str:
    if is_number(name):
        return "whole numbers"
    return "true and false" if name in ("true", "false") else "text"
