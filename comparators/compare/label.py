"""Kind "label": one class a row. A row disagrees where its label is another one. null and NaN are a missing label.

A label's name, by which it is told from others and counted, is its JSON: 1, true and "1" are three labels; 1.0 is 1.
Text stands without its quotes where nothing else reads so: cat, but "1", "true" and "". Names longer than MAX_NAME are
counted by their beginning and a digest; whether two labels are the same is decided before that, by the whole names.

The unit is the request: of several rows each cell of the confusion matrix gets its share, so that a request adds up to
one. Rows are counted besides, for information.
"""

import hashlib
import json
from collections import Counter
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np
from msgspec import field, structs

from comparators.compare.detail import Detail
from comparators.compare.finding import Finding, Kind
from comparators.compare.fitting import Fitting, KindSums
from comparators.compare.rules import HeadRules
from comparators.compare.unfit import another_length
from comparators.extract.output import Column, Tensor, Value, rows_of
from comparators.metrics import metric
from comparators.metrics.metric import Metric
from comparators.statistics import exact, paired
from comparators.statistics.bounded import Counts

MAX_NAME = 40  # characters
MAX_CELLS = 2_048  # of the confusion matrix, 45 classes squared
MAX_CLASSES = 1_024  # of either side
MAX_SHOWN = 20

MISSING = "null"

_PREFIX, _DIGEST_BYTES = 23, 8  # of a name that is too long: 23 characters, an ellipsis and 16 hexadecimal digits
_ELLIPSIS = "…"
_WHOLE_BITS = 128  # a whole number beyond it is written in hexadecimal: decimal digits cost their square
_CACHED = 64  # characters of a text whose name is remembered
_READS_OTHERWISE = frozenset({MISSING, "true", "false", ""})
_STARTS_OTHERWISE = ('"', "0x", "-0x")

_DetailRow = tuple[str | int | float | None, ...]
_Cells = Counter[tuple[int, int, str, str]]  # requests with so many rows, of which so many have these two names


class LabelSums(KindSums, tag="label", kw_only=True):
    """Shares are statistics.exact's, one request adding up to one.

    `production` and `candidate` are the totals of the whole confusion matrix, also where `cells` cannot hold all of it.
    """

    empty: int = 0  # pairs beside the `n` requests: no rows
    cells: Counts = field(default_factory=lambda: Counts(MAX_CELLS))  # "production\tcandidate": shares
    cell_rows: Counts = field(default_factory=lambda: Counts(MAX_CELLS))  # likewise: rows
    production: Counts = field(default_factory=lambda: Counts(MAX_CLASSES))  # shares, by label
    candidate: Counts = field(default_factory=lambda: Counts(MAX_CLASSES))


def compare(pairs: Sequence[tuple[Value, Value]], rules: HeadRules) -> tuple[list[Finding], LabelSums]:
    """One Finding a pair. Takes a Tensor or a Column with one str, int, bool, null or whole float a row."""
    sums, cells = LabelSums(), _Cells()
    batch = Fitting(pairs, _names, rules.pointer, sums, another_length)
    for fit in batch.fits:
        if not fit.production:
            sums.empty += 1
            continue
        _count(fit.production, fit.candidate, cells)
        if told := _told(*pairs[fit.place], fit.production, fit.candidate):
            batch.tell(fit, [p != c for p, c in zip(fit.production, fit.candidate, strict=True)], told)
    sums.n = len(batch.fits) - sums.empty
    _add(sums, cells)
    return batch.findings, sums


def another_width(production: Value, candidate: Value) -> bool:
    """Tensors of numbers that differ in their width alone: INT32 and INT64, FP32 and FP64, but not INT64 and FP64."""
    if not (isinstance(production, Tensor) and isinstance(candidate, Tensor)):
        return False
    types = (production.datatype, candidate.datatype)
    return types[0] != types[1] and any(all(map(is_one, types)) for is_one in (_is_whole, _is_float))


def _is_whole(datatype: str) -> bool:
    return "INT" in datatype


def _is_float(datatype: str) -> bool:
    return datatype.startswith(("FP", "BF"))


# ---- names


def name_of(label: Any) -> str | None:
    """The label's name, whole. None where it is no label: a fraction, infinity, a list, bytes that are no UTF-8."""
    kind = type(label)
    if kind is str:
        return _text_name(label) if len(label) > _CACHED else _short_text_name(label)
    if kind is int:
        return str(label) if label.bit_length() <= _WHOLE_BITS else f"{label:#x}"
    if kind is float:
        return MISSING if label != label else name_of(int(label)) if label.is_integer() else None
    if kind is bool:
        return "true" if label else "false"
    return MISSING if label is None else _name_of_bytes(label) if kind is bytes else None


def shortened(name: str) -> str:
    """At most MAX_NAME characters. No whole name has an ellipsis in it, so a shortened one is never a whole one."""
    if len(name) <= MAX_NAME:
        return name
    digest = hashlib.blake2b(name.encode(), digest_size=_DIGEST_BYTES).hexdigest()
    return f"{name[:_PREFIX]}{_ELLIPSIS}{digest}"


def _text_name(text: str) -> str:
    """In quotes, and in ASCII, where it could be read as another label, be cut at a tab, or not be printed as it is."""
    reads_otherwise = (
        text in _READS_OTHERWISE
        or text.startswith(_STARTS_OTHERWISE)
        or text.removeprefix("-").isdigit()
        or text[0].isspace()
        or text[-1].isspace()
        or _ELLIPSIS in text
        or not text.isprintable()
    )
    return json.dumps(text) if reads_otherwise else text


_short_text_name = lru_cache(maxsize=4096)(_text_name)


def _name_of_bytes(label: bytes) -> str | None:
    """The same as that of the text: a binary answer and a JSON one say the same label."""
    try:
        return _text_name(label.decode())
    except UnicodeDecodeError:
        return None


# ---- one request


def _names(value: Value) -> list[str] | None:
    """One a row; None where something among them is no label, or a row has several."""
    if not isinstance(value, Tensor | Column):
        return None
    labels: Any = value.values
    if isinstance(value, Tensor):
        if len(labels) and len(labels) != rows_of(value):
            return None
        labels = labels.tolist() if isinstance(labels, np.ndarray) else labels
    names = [name_of(label) for label in labels]
    known = [name for name in names if name is not None]
    return known if len(known) == len(names) else None


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
    for counts in (sums.cells, sums.cell_rows, sums.production, sums.candidate):
        counts.trim()


# ---- what the sums say


def metrics(sums: LabelSums, alpha: float) -> dict[str, Metric]:
    """`label.flips_balance` is there while there are two labels: the share of rows that go from the first of them, by
    name, to the second, less the share that goes back. `e_value` in its sums is the evidence against a balance.
    """
    found = {
        "label.disagreement": metric.rate(sums.disagreement, sums.n, alpha),
        "label.kappa": _kappa(sums, alpha),
        "label.marginal_shift": _marginal_shift(sums, alpha),
    }
    labels = sorted((sums.production.kept.keys() | sums.candidate.kept.keys()) - {MISSING})
    if len(labels) == 2 and not sums.cells.other:
        found["label.flips_balance"] = _flips_balance(sums, labels[0], labels[1], alpha)
    return found


def tables(sums: LabelSums) -> list[Detail]:
    """Which labels become which, how often each occurs on either side, and what is not in these figures."""
    found = (_flips(sums), _class_shares(sums), _left_out(sums))
    return [each for each in found if each.rows or each.not_listed]


def _kappa(sums: LabelSums, alpha: float) -> Metric:
    """Cohen's kappa. It comes without an interval: it is no mean of what requests have, and where one class is rare it
    is far from normal at sizes at which its standard error looks small. `error` in the sums is that one (paired.kappa).
    """
    known: dict[str, Any] = {"n": sums.n, "disagreeing": exact.real(sums.disagreement)}
    if sums.production.other or sums.candidate.other:
        return metric.descriptive(None, sums.n, alpha, "value", known, f"more than {MAX_CLASSES:,} labels")
    by_chance = _agreeing_by_chance(sums)
    if by_chance is None or by_chance >= 1:
        reason = "all labels are the same" if sums.n else ""
        return metric.descriptive(None, sums.n, alpha, "value", known, reason)
    agreeing = 1 - exact.real(sums.disagreement) / sums.n
    value = (agreeing - by_chance) / (1 - by_chance)
    return metric.descriptive(value, sums.n, alpha, "value", {**known, "by_chance": by_chance, "error": _error(sums)})


def _agreeing_by_chance(sums: LabelSums) -> float | None:
    if not sums.n:
        return None
    p, c = sums.production.kept, sums.candidate.kept
    return sum(share * c.get(name, 0) for name, share in p.items()) / (sums.n * exact.ONE) ** 2


def _error(sums: LabelSums) -> float | None:
    """Takes the whole confusion matrix, where the value itself needs no more than its totals."""
    if sums.cells.other:
        return None
    pairs = [cell.split("\t") for cell in sums.cells.kept]
    numbers = {name: at for at, name in enumerate(sorted({name for pair in pairs for name in pair}))}
    rows, columns = (np.array([numbers[pair[side]] for pair in pairs], dtype=np.int_) for side in (0, 1))
    shares = np.array(list(map(exact.real, sums.cells.kept.values())))
    kappa = paired.kappa_of_cells(rows, columns, shares)
    return None if kappa is None else kappa.error


def _marginal_shift(sums: LabelSums, alpha: float) -> Metric:
    """Total variation between how often labels occur on either side: the least share of requests that must differ."""
    p, c, known = sums.production, sums.candidate, {"n": sums.n}
    if p.other or c.other:
        return metric.descriptive(None, sums.n, alpha, "share", known, f"more than {MAX_CLASSES:,} labels")
    moved = sum(abs(p.kept.get(name, 0) - c.kept.get(name, 0)) for name in p.kept.keys() | c.kept.keys())
    return metric.descriptive(exact.real(moved) / 2 / sums.n if sums.n else None, sums.n, alpha, "share", known)


def _flips_balance(sums: LabelSums, first: str, second: str, alpha: float) -> Metric:
    b, c = (sums.cells.kept.get(f"{p}\t{q}", 0) for p, q in ((first, second), (second, first)))
    found = metric.difference_of_shares(b, c, sums.n, alpha)
    evidence = {
        "e_value": paired.e_value(exact.real(b), exact.real(c)),
        "log_e_value": paired.log_e_value(exact.real(b), exact.real(c)),
    }
    return structs.replace(found, sums={**found.sums, **evidence})


def _flips(sums: LabelSums) -> Detail:
    rows: list[_DetailRow] = []
    for cell, share in sums.cells.most():
        p, _, c = cell.partition("\t")
        if p != c:
            rows.append((p, c, sums.cell_rows.kept.get(cell, 0), exact.real(share) / sums.n))
    return Detail(
        title="which labels became which",
        columns=("production", "candidate", "rows", "share of requests"),
        units=("", "", "", "share"),
        rows=rows[:MAX_SHOWN],
        not_listed=len(rows[MAX_SHOWN:]),
    )


def _class_shares(sums: LabelSums) -> Detail:
    p, c = sums.production.kept, sums.candidate.kept
    names = sorted(p.keys() | c.keys(), key=lambda name: (-p.get(name, 0) - c.get(name, 0), name))
    shares: list[_DetailRow] = [
        (name, exact.real(p.get(name, 0)) / sums.n, exact.real(c.get(name, 0)) / sums.n) for name in names
    ]
    return Detail(
        title="how often each label occurs",
        columns=("label", "production", "candidate"),
        units=("", "share", "share"),
        rows=shares[:MAX_SHOWN],
        not_listed=len(shares[MAX_SHOWN:]),
    )


def _left_out(sums: LabelSums) -> Detail:
    counts = {
        "requests without labels, or with another number of them": sums.unfit,
        "requests without rows": sums.empty,
        f"rows of further pairs of labels than {MAX_CELLS:,}": sums.cell_rows.other,
    }
    rows: list[_DetailRow] = [(what, count) for what, count in counts.items() if count]
    return Detail(title="left out of these tables", columns=("", "number"), units=("", ""), rows=rows)
