"""Which class rows have on both sides: how often the rows of each class change, and which classes become which.

Of the rows to which production gives a class, the share to which the candidate gives another one (`lost`), and of the
rows to which the candidate gives it, the share to which production gives another one (`gained`). Each is a ratio of two
sums over requests, and has an interval (ways.share_of_part). A request adds up to one, however many rows it has.

label.py counts its labels with sums of its own; what is said of them is said here.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from msgspec import field

from comparators.compare.detail import Detail, DetailRow, RateCell
from comparators.compare.row_stack import Indices, Means
from comparators.metrics import metric, ways
from comparators.statistics import exact
from comparators.statistics.count_min import CountMin
from comparators.statistics.name_counts import Counts
from comparators.statistics.sums import Sums

MAX_CLASSES = 1_024  # of either side
MAX_CELLS = 1_024  # pairs of two different classes
MAX_SHOWN = 20

_ASKED = 64  # classes of either side, whose pairs are asked for where there are too many to count


class ClassSums(Sums, kw_only=True):
    """Shares of rows (statistics.exact) by the name of their class, one request adding up to one. `agreeing`: of those
    that have it on both sides. A name that is kept of one side is kept in `agreeing`, too.
    """

    production: Counts = field(default_factory=lambda: Counts(MAX_CLASSES))
    candidate: Counts = field(default_factory=lambda: Counts(MAX_CLASSES))
    agreeing: Counts = field(default_factory=lambda: Counts(MAX_CLASSES))
    cells: Counts = field(default_factory=lambda: Counts(MAX_CELLS))  # "production\tcandidate", which are different
    cell_rows: Counts = field(default_factory=lambda: Counts(MAX_CELLS))  # likewise: rows
    all_cells: CountMin = field(default_factory=CountMin)  # shares, of however many there are

    def add_all(self, own: Indices, other: Indices, rows: Means, names: Sequence[str]) -> None:
        """Each counting row's class on both sides, by its place among `names`. There are fewer than 2^22 requests."""
        cells = own * len(names) + other
        keys, in_request = np.unique(rows.owner * len(names) ** 2 + cells, return_counts=True)
        request, cell = np.divmod(keys, len(names) ** 2)
        shares = np.rint(np.ldexp(in_request / rows.counts[request], exact.BITS)).astype(np.int64)
        used, place = np.unique(cell, return_inverse=True)
        totals = np.zeros((2, len(used)), dtype=np.int64)
        for into, values in zip(totals, (shares, in_request), strict=True):
            np.add.at(into, place, values)
        for each, share, count in zip(used.tolist(), *totals.tolist(), strict=True):
            self._add(names[each // len(names)], names[each % len(names)], share, count)
        for counts in (self.production, self.candidate, self.agreeing, self.cells, self.cell_rows):
            counts.trim()

    def _add(self, own: str, other: str, share: int, count: int) -> None:
        self.production.add(own, share)
        self.candidate.add(other, share)
        if own == other:
            self.agreeing.add(own, share)
        else:
            cell = f"{own}\t{other}"
            self.cells.add(cell, share)
            self.all_cells.add(cell, share)
            self.cell_rows.add(cell, count)


class ClassCounts(NamedTuple):
    """Whose rows are counted: what they are called (`noun`, of one), and how often either side has each, as ClassSums
    has it.
    """

    noun: str
    production: Counts
    candidate: Counts
    agreeing: Counts


class FlipCounts(NamedTuple):
    """Which classes became which, as ClassSums has it. `cells` may have those that stayed what they were."""

    cells: Counts
    rows: Counts
    all_cells: CountMin


def told(sums: ClassSums, n: int, alpha: float, effect: float) -> list[Detail]:
    """Which classes became which in n requests, and how often each of them changes."""
    classes = ClassCounts("class", sums.production, sums.candidate, sums.agreeing)
    flips = FlipCounts(sums.cells, sums.cell_rows, sums.all_cells)
    return [*became("classes", flips, classes, n), *rates(classes, alpha, effect)]


def rates(classes: ClassCounts, alpha: float, effect: float) -> list[Detail]:
    """Of the classes whose rows changed most. The intervals hold for all classes at once, as many as there are."""
    own, other, same = (each.kept for each in (classes.production, classes.candidate, classes.agreeing))
    changed = {name: own.get(name, 0) + other.get(name, 0) - 2 * same.get(name, 0) for name in _known(classes)}
    most = sorted((name for name, share in changed.items() if share), key=lambda name: (-changed[name], name))
    each_alpha = alpha / (2 * max(1, len(changed)))
    rows: list[DetailRow] = [
        (name, *(_changed(side.get(name, 0), same.get(name, 0), each_alpha, effect) for side in (own, other)))
        for name in most[:MAX_SHOWN]
    ]
    detail = Detail(
        title=f"how often a {classes.noun} changes",
        columns=(classes.noun, "lost", "gained"),
        units=("", "share", "share"),
        rows=rows,
        not_listed=len(most[MAX_SHOWN:]),
        drawn=(1, 2),
        note=f"lost: of production's rows of this {classes.noun}; gained: of the candidate's; "
        f"intervals hold for all {len(changed):,} at once",
    )
    return [detail] if rows else []


def _known(classes: ClassCounts) -> set[str]:
    """Those that are counted on both sides; what one side has too many of to keep it, it may have."""
    sides = (classes.production, classes.candidate)
    names = classes.production.kept.keys() | classes.candidate.kept.keys()
    return {name for name in names if all(name in side.kept or not side.other for side in sides)}


def _changed(having: int, agreeing: int, alpha: float, effect: float) -> RateCell:
    part, whole = exact.real(having - agreeing), exact.real(having)
    return RateCell.of(ways.share_of_part(part, whole, alpha, effect=effect), metric.RATE, alpha)


def became(nouns: str, flips: FlipCounts, classes: ClassCounts, n: int) -> list[Detail]:
    """Which classes became which, the most frequent first."""
    shares = _shares(flips, classes)
    ranked = sorted(((each, share) for each, share in shares.items() if share), key=lambda each: (-each[1], each[0]))
    rows = [_flip(*each, share, flips, classes, n) for each, share in ranked]
    detail = Detail(
        title=f"which {nouns} became which",
        columns=("production", "candidate", "rows", "share of requests", "of production's"),
        units=("", "", "", "share", "share"),
        rows=rows[:MAX_SHOWN],
        not_listed=0 if flips.cells.other else len(rows[MAX_SHOWN:]),
        note="pairs without a number of rows: at most this share; rarer ones are not listed"
        if flips.cells.other
        else "",
    )
    return [detail] if rows else []


def _shares(flips: FlipCounts, classes: ClassCounts) -> dict[tuple[str, str], int]:
    """Of pairs of different classes: of all there are, or where these are too many at most so much, of those between
    the classes that lost most and those that gained most: each pair with a part of all changes above 1/_ASKED is there.
    """
    counted = {
        (p, c): share for cell, share in flips.cells.kept.items() for p, _, c in (cell.partition("\t"),) if p != c
    }
    if not flips.cells.other:
        return counted
    losing, gaining = (_most_changed(side, classes.agreeing) for side in (classes.production, classes.candidate))
    asked = {(p, c): flips.all_cells.at_most(f"{p}\t{c}") for p in losing for c in gaining if p != c}
    return asked | counted


def _most_changed(having: Counts, agreeing: Counts) -> list[str]:
    changed = {name: share - agreeing.kept.get(name, 0) for name, share in having.kept.items()}
    return sorted(changed, key=lambda name: (-changed[name], name))[:_ASKED]


def _flip(p: str, c: str, share: int, flips: FlipCounts, classes: ClassCounts, n: int) -> DetailRow:
    """The number of rows is not known of a pair that was not counted alone."""
    having = classes.production.kept.get(p)
    return p, c, flips.rows.kept.get(f"{p}\t{c}"), exact.real(share) / n, share / having if having else None
