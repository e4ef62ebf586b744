"""Kind "label": one class a row. A row disagrees where its label is another one. null and NaN are a missing label.

Labels are told from others and counted by their names (label_names.py), which are shortened where they are too long;
whether two labels are the same is decided before that, by the whole names.

The unit is the request: of several rows each cell of the confusion matrix gets its share, so that a request adds up to
one. Rows are counted besides, for information.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
from msgspec import field

from comparators.compare import class_flips, whole_labels
from comparators.compare.class_flips import MAX_CLASSES, MAX_SHOWN, ClassCounts, FlipCounts
from comparators.compare.detail import Detail, DetailRow, left_out
from comparators.compare.finding import Finding, Kind
from comparators.compare.fitting import Fitting, KindSums
from comparators.compare.label_map import Confusion, of_both
from comparators.compare.label_names import MISSING, names_of, shortened
from comparators.compare.label_places import PlaceSums
from comparators.compare.number_tensors import another_width
from comparators.compare.rules import HeadRules
from comparators.compare.unfit import another_length
from comparators.extract.output import Column, Tensor, Value
from comparators.metrics import metric, ways
from comparators.metrics.definition import Definition
from comparators.metrics.metric import Derivation
from comparators.metrics.way import Way
from comparators.statistics import contingency, exact
from comparators.statistics.count_min import CountMin
from comparators.statistics.name_counts import Counts
from comparators.statistics.reports_alone import ReportsAlone

MAX_CELLS = 2_048  # of the confusion matrix, 45 classes squared

_Cells = Counter[tuple[int, int, str, str]]  # requests with so many rows, of which so many have these two names


class LabelSums(KindSums, tag="label", kw_only=True):
    """Shares are statistics.exact's, one request adding up to one.

    `production` and `candidate` are the totals of the whole confusion matrix, also where `cells` cannot hold all of it.
    """

    empty: int = 0  # pairs beside the `n` requests: no rows
    cells: Counts = field(default_factory=lambda: Counts(MAX_CELLS))  # "production\tcandidate": shares
    cell_rows: ReportsAlone[Counts] = field(default_factory=lambda: Counts(MAX_CELLS))  # likewise: rows
    production: Counts = field(default_factory=lambda: Counts(MAX_CLASSES))  # shares, by label
    candidate: Counts = field(default_factory=lambda: Counts(MAX_CLASSES))
    agreeing: ReportsAlone[Counts] = field(default_factory=lambda: Counts(MAX_CLASSES))  # with this label on both sides
    # as `cells`, but for the diagonal: however many there are
    all_cells: ReportsAlone[CountMin] = field(default_factory=CountMin)
    places: ReportsAlone[PlaceSums] = field(default_factory=PlaceSums)  # of the unfit


def compare(pairs: Sequence[tuple[Value, Value]], rules: HeadRules) -> tuple[list[Finding], LabelSums]:
    """One Finding a pair. Takes a Tensor or a Column with one str, int, bool, null or whole float a row."""
    sums, cells = LabelSums(), _Cells()
    batch = Fitting(
        pairs, names_of, rules, sums, another_length, partial(whole_labels.names, tolerance=rules.tolerance)
    )
    for fit in batch.fits:
        if not fit.production:
            sums.empty += 1
            continue
        _count(fit.production, fit.candidate, cells)
        if told := _told(*pairs[fit.place], fit.production, fit.candidate):
            batch.tell(fit, [p != c for p, c in zip(fit.production, fit.candidate, strict=True)], told)
    sums.n = len(batch.fits) - sums.empty
    _add(sums, cells)
    sums.places.add_all(batch.rest())
    return batch.findings, sums


# ---- one request


def _count(own: Sequence[str], other: Sequence[str], cells: _Cells) -> None:
    if len(own) == 1:
        cells[1, 1, own[0], other[0]] += 1
    else:
        rows = Counter(zip(own, other, strict=True))
        cells.update([(len(own), count, p, c) for (p, c), count in rows.items()])


def _told(production: Value, candidate: Value, own: Sequence[str], other: Sequence[str]) -> dict[Kind, None]:
    told: dict[Kind, None] = {}
    if own is not other and own != other:
        differing = [(p, c) for p, c in zip(own, other, strict=True) if p != c]
        one_missing = [MISSING in pair for pair in differing]
        told |= dict.fromkeys(["label"] if not all(one_missing) else [])
        told |= dict.fromkeys([_missing_kind(production, candidate)] if any(one_missing) else [])
    if another_width(production, candidate):
        told["datatype"] = None
    return told


def _missing_kind(production: Value, candidate: Value) -> Kind:
    """How the missing label is written."""
    values = [value.values for value in (production, candidate) if isinstance(value, Tensor | Column)]
    return "nan" if any(type(each) is not str and each != each for side in values for each in side) else "null"


# ---- sums


def _add(sums: LabelSums, cells: _Cells) -> None:
    for (size, count, p, c), requests in cells.items():
        own, other, share = shortened(p), shortened(c), requests * exact.share(count, size)
        sums.cells.add(f"{own}\t{other}", share)
        sums.cell_rows.add(f"{own}\t{other}", requests * count)
        sums.production.add(own, share)
        sums.candidate.add(other, share)
        if p == c:
            sums.agreeing.add(own, share)
        else:
            sums.all_cells.add(f"{own}\t{other}", share)
    for counts in (sums.cells, sums.cell_rows, sums.production, sums.candidate, sums.agreeing):
        counts.trim()


# ---- what the sums say


def confusion(sums: LabelSums) -> Confusion:
    """Of the labels that are counted by name on both sides."""
    own, other = sums.production.kept, sums.candidate.kept
    cells = {names: count for names, count in of_both(sums.cells).items() if names[0] in own and names[1] in other}
    return Confusion(sums.n, cells, own, other)


def _kappa(n: int, disagreeing: int, production: Counts, candidate: Counts, cells: Counts) -> Derivation:
    """Without an interval: kappa is no mean of what requests have, and where one class is rare it is far from normal at
    sizes at which its standard error looks small. `error` in the sums is that one (contingency.kappa).
    """
    known: dict[str, Any] = {"n": n, "disagreeing": exact.real(disagreeing)}
    if production.other or candidate.other:
        return ways.described(None, n, known, f"more than {MAX_CLASSES:,} labels")
    by_chance = _agreeing_by_chance(n, production.kept, candidate.kept)
    if by_chance is None or by_chance >= 1:
        return ways.described(None, n, known, "all labels are the same" if n else "")
    agreeing = 1 - exact.real(disagreeing) / n
    value = (agreeing - by_chance) / (1 - by_chance)
    return ways.described(value, n, {**known, "by_chance": by_chance, "error": _error(cells)})


def _agreeing_by_chance(n: int, p: Mapping[str, int], c: Mapping[str, int]) -> float | None:
    return sum(share * c.get(name, 0) for name, share in p.items()) / (n * exact.ONE) ** 2 if n else None


def _error(cells: Counts) -> float | None:
    """Takes the whole confusion matrix, where the value itself needs no more than its totals. Floats are added up in
    the order of the cells' names: that in which they came is another one after a merge.
    """
    if cells.other:
        return None
    ordered = sorted(cells.kept.items())
    pairs = [cell.split("\t") for cell, _ in ordered]
    numbers = {name: at for at, name in enumerate(sorted({name for pair in pairs for name in pair}))}
    rows, columns = (np.array([numbers[pair[side]] for pair in pairs], dtype=np.int_) for side in (0, 1))
    shares = np.array([exact.real(count) for _, count in ordered])
    kappa = contingency.kappa_of_cells(rows, columns, shares)
    return None if kappa is None else kappa.error


def _marginal_shift(n: int, p: Counts, c: Counts) -> Derivation:
    if p.other or c.other:
        return ways.described(None, n, {"n": n}, f"more than {MAX_CLASSES:,} labels")
    moved = sum(abs(p.kept.get(name, 0) - c.kept.get(name, 0)) for name in p.kept.keys() | c.kept.keys())
    return ways.described(exact.real(moved) / 2 / n if n else None, n, {"n": n})


def _flips_balance(
    n: int, production: Counts, candidate: Counts, cells: Counts, alpha: float, *, effect: float = 1.0
) -> Derivation | None:
    labels = sorted((production.kept.keys() | candidate.kept.keys()) - {MISSING})
    if len(labels) != 2 or cells.other:
        return None
    first, second = labels
    b, c = (exact.real(cells.kept.get(f"{p}\t{q}", 0)) for p, q in ((first, second), (second, first)))
    found = ways.paired_difference(b, c, n, alpha, ("b", "c"), effect=effect)
    b, c = b / effect, c / effect
    evidence = {"e_value": contingency.e_value(b, c), "log_e_value": contingency.log_e_value(b, c)}
    return found._replace(sums={**found.sums, **evidence})


_SHARES = ("production", "candidate", "cells")
METRICS = (
    Definition(
        "label.disagreement", "share", "lower", "disagreement", ways.RATE, ("disagreement", "n"),
        "The mean over requests of the share of their rows with another label.",
    ),
    Definition(
        "label.kappa", "value", "higher", "Cohen's κ", ways.descriptive(_kappa), ("n", "disagreement", *_SHARES),
        "Cohen's κ = (p_o - p_e) / (1 - p_e) over shares of rows a request; its asymptotic standard error (Fleiss, "
        "Cohen, Everitt 1969) is among the sums.",
    ),
    Definition(
        "label.marginal_shift", "share", "lower", "marginal shift",
        ways.descriptive(_marginal_shift), ("n", "production", "candidate"),
        "The total variation between how often labels occur on either side: the least share that must differ.",
    ),
    Definition(
        "label.flips_balance", "share", "neither", "balance of flips",
        Way(metric.DIFFERENCE, _flips_balance, again=ways.difference_again("b", "c")), ("n", *_SHARES),
        "The share that flipped from the first of two labels, by name, to the second, less the share that flipped "
        "back; its sums have McNemar's anytime-valid e-value E = 2^(b+c)·B(b+1, c+1), p ≤ 1/E, of the uniform-mixture "
        "sign test.",
        only_where="there are two labels",
    ),
)  # fmt: skip


def decisions(sums: LabelSums, alpha: float, effect: float) -> list[Detail]:
    """Which labels become which, and how often each of them changes."""
    classes = ClassCounts("label", sums.production, sums.candidate, sums.agreeing)
    flips = FlipCounts(sums.cells, sums.cell_rows, sums.all_cells)
    return [*class_flips.became("labels", flips, classes, sums.n), *class_flips.rates(classes, alpha, effect)]


def tables(sums: LabelSums) -> list[Detail]:
    """How often each label occurs on either side, and what is not in these tables."""
    shares = _class_shares(sums)
    return [*([shares] if shares.rows else []), *_left_out(sums)]


def _class_shares(sums: LabelSums) -> Detail:
    p, c = sums.production.kept, sums.candidate.kept
    names = sorted(p.keys() | c.keys(), key=lambda name: (-p.get(name, 0) - c.get(name, 0), name))
    shares: list[DetailRow] = [
        (name, exact.real(p.get(name, 0)) / sums.n, exact.real(c.get(name, 0)) / sums.n) for name in names
    ]
    return Detail(
        title="how often each label occurs",
        columns=("label", "production", "candidate"),
        units=("", "share", "share"),
        rows=shares[:MAX_SHOWN],
        not_listed=len(shares[MAX_SHOWN:]),
    )


def _left_out(sums: LabelSums) -> list[Detail]:
    counts = {
        "requests without labels, or with another number of them": sums.unfit,
        "requests without rows": sums.empty,
        f"rows of further pairs of labels than {MAX_CELLS:,}": sums.cell_rows.other,
    }
    return left_out(counts, of="tables")
