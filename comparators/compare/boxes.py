"""Kind "boxes": objects detected in images, one list of them a row. detections.py reads, statistics/iou.py matches.

Boxes are matched one to one by the largest sum of IoU, each at least `min_iou`, whatever their labels; the very same
numbers have an IoU of 1, also without area or not finite; boxes of two images never match. A row disagrees where a box
has no match, or a matched one another label; where settings do not say that these are boxes, also where a matched one
has a score beyond the tolerance. A request counts once, with the mean over its rows. Rows that are detections
themselves are one image, which disagrees in all of them. The first MAX_BOXES boxes of a row are matched, and the first
MAX_IMAGES rows of a request: rows beyond agree where boxes and labels are the same, and are not described.
"""

import math
from collections.abc import Callable, Sequence
from functools import partial
from typing import NamedTuple

import numpy as np
from msgspec import field
from numpy.typing import NDArray

from comparators.compare.box_readings import readings
from comparators.compare.detail import Detail, DetailRow
from comparators.compare.detections import MAX_BOXES, Image, Label, are_told_whole, images
from comparators.compare.extent import Extent, clip_of_counts, octave
from comparators.compare.finding import Finding, Kind
from comparators.compare.fitting import Fit, Fitting, KindSums
from comparators.compare.label_names import line_of, shortened
from comparators.compare.row_stack import Numbers
from comparators.compare.rules import HeadRules
from comparators.extract.output import Value
from comparators.metrics import changes, ways
from comparators.metrics.definition import Definition
from comparators.statistics.clips import ClippedSums
from comparators.statistics.iou import giou, iou, match
from comparators.statistics.name_counts import Counts
from comparators.statistics.sums import add_counts

MAX_IMAGES = 100
MAX_SWAPS = 500  # pairs of labels that are counted by name


class BoxesSums(KindSums, tag="boxes", kw_only=True):
    """Terms are statistics.exact's, one a request: the mean over those of its rows that have the quantity."""

    f1: int = 0
    count: ClippedSums = field(default_factory=ClippedSums)  # of the candidate's boxes, less production's
    labelled: int = 0  # requests with a matched box
    swaps: int = 0  # shares of matched boxes
    overlapping: int = 0  # requests with a matched box of finite numbers
    iou: int = 0
    giou: int = 0  # of (1 + GIoU) / 2
    score: ClippedSums = field(default_factory=ClippedSums)  # of matched boxes, where both have one
    swapped: Counts = field(default_factory=lambda: Counts(MAX_SWAPS))  # matched boxes by their two labels, a line each
    cut: int = 0  # requests with more images or boxes than are matched
    not_finite: dict[str, int] = field(default_factory=dict)  # boxes, by side
    apart: int = 0  # requests with an image of which fewer than half of the boxes match
    readings: dict[str, int] = field(default_factory=dict)  # of them, those that match in this form (box_readings.py)


class _Matches(NamedTuple):
    """Indices of production's boxes and of the candidate's that match, and their IoU."""

    production: NDArray[np.int_]
    candidate: NDArray[np.int_]
    iou: Numbers


class _ImageRow(NamedTuple):
    """What is found in one image. None: no box has the quantity."""

    matched: int
    f1: float
    more: float
    swaps: float | None
    iou: float | None
    giou: float | None
    score: float | None


def compare(pairs: Sequence[tuple[Value, Value]], rules: HeadRules) -> tuple[list[Finding], BoxesSums]:
    """One Finding a pair, in their order, and what they add up to."""
    sums = BoxesSums()
    batch = Fitting(pairs, partial(_images, rules=rules), rules.pointer, sums)
    _describe([_compare_images(fit, rules, batch, sums) for fit in batch.fits], rules.extent, sums)
    sums.swapped.trim()
    return batch.findings, sums


def extent(values: Sequence[Value]) -> Extent:
    """`scale` is that of the scores, by the largest; `clip` that of how many boxes there are, by the fullest image."""
    found = [each for value in values for each in images(value, "xyxy") or ()]
    scores = np.abs(np.concatenate([np.zeros(0), *(each.scores for each in found)]))
    scale = octave(float(np.nanmax(scores))) if np.nansum(scores) else 0
    return Extent(max(0, scale), clip_of_counts(max((each.total for each in found), default=1)))


def _images(value: Value, rules: HeadRules) -> list[Image] | None:
    """What was inferred to be boxes of some answers is read in others only where nothing of it is left out."""
    return images(value, rules.boxes) if rules.own.kind == "boxes" or are_told_whole(value) else None


def _compare_images(fit: Fit[Image], rules: HeadRules, batch: Fitting[Image], sums: BoxesSums) -> list[_ImageRow]:
    """What describes the first MAX_IMAGES rows. All of them are compared."""
    own, other = fit.production, fit.candidate
    told: list[set[Kind]] = []  # of each row
    described: list[_ImageRow] = []
    for p, c in zip(own[:MAX_IMAGES], other[:MAX_IMAGES], strict=True):
        matches = _matched(p, c, rules.own.min_iou)
        swapped = [(a, b) for a, b in _labels(p, c, matches) if a != b]
        told.append(_kinds(p, c, matches, swapped) | _rescored(p, c, matches, rules))
        described.append(_row(p, c, matches, len(swapped)))
        for labels in swapped:
            sums.swapped.add("\n".join(map(_shown, labels)))
    for p, c in zip(own[MAX_IMAGES:], other[MAX_IMAGES:], strict=True):
        told.append(_rescored(p, c, _in_order(p), rules) if _same(p, c) else {"box"})
    _count_apart(own, other, sums)
    if any(told):
        batch.tell(fit, [bool(kinds) for kinds in told], sorted(set().union(*told)))
    _count_readings(fit, described, rules, sums)
    return described


def _count_readings(fit: Fit[Image], described: Sequence[_ImageRow], rules: HeadRules, sums: BoxesSums) -> None:
    """Of one image: the first of which fewer than half of the boxes match, though either side has some."""
    for p, c, row in zip(fit.production, fit.candidate, described, strict=False):
        if 2 * row.matched < max(len(p.boxes), len(c.boxes)) and len(p.boxes) and len(c.boxes):
            sums.apart += 1
            found = readings(p.boxes, c.boxes, rules.boxes, rules.own.min_iou)
            add_counts(sums.readings, dict.fromkeys(found, 1))
            return


def _kinds(p: Image, c: Image, matches: _Matches, swapped: list[tuple[Label, Label]]) -> set[Kind]:
    kinds: set[Kind] = {"label"} if swapped else set()
    if len(matches.iou) < max(len(p.boxes), len(c.boxes)) or p.total != c.total:
        kinds.add("box")
    return kinds


def _rescored(p: Image, c: Image, matches: _Matches, rules: HeadRules) -> set[Kind]:
    """A score may decide what is done with a box; whoever sets the kind says that it does not."""
    if rules.own.kind == "boxes":
        return set()
    differ = rules.tolerance.disagree(p.scores[matches.production], c.scores[matches.candidate])
    return {"score"} if differ.any() else set()


def _matched(p: Image, c: Image, min_iou: float) -> _Matches:
    if _same(p, c):
        return _in_order(p)
    overlap = np.where(_same_labels(p.sources, c.sources), _overlap(p.boxes[:, None], c.boxes[None]), 0.0)
    rows, columns = match(overlap, min_iou, _same_labels(p.labels, c.labels))
    return _Matches(rows, columns, overlap[rows, columns])


def _in_order(p: Image) -> _Matches:
    indices = np.arange(len(p.boxes))
    return _Matches(indices, indices, np.ones(len(p.boxes)))


def _overlap(a: Numbers, b: Numbers) -> Numbers:
    overlap: Numbers = np.where(_same_numbers(a, b), 1.0, iou(a, b))
    return overlap


def _same_numbers(a: Numbers, b: Numbers) -> NDArray[np.bool_]:
    same: NDArray[np.bool_] = ((a == b) | (np.isnan(a) & np.isnan(b))).all(axis=-1)
    return same


def _same_labels(p: list[Label], c: list[Label]) -> NDArray[np.bool_]:
    numbers: dict[Label, int] = {}
    own, other = (np.array([numbers.setdefault(each, len(numbers)) for each in side], dtype=np.int_) for side in (p, c))
    same: NDArray[np.bool_] = own[:, None] == other[None]
    return same


def _same(p: Image, c: Image) -> bool:
    same = p.total == c.total and p.labels == c.labels and p.sources == c.sources
    return same and bool(_same_numbers(p.boxes, c.boxes).all())


def _labels(p: Image, c: Image, matches: _Matches) -> list[tuple[Label, Label]]:
    indices = zip(matches.production.tolist(), matches.candidate.tolist(), strict=True)
    return [(p.labels[i], c.labels[j]) for i, j in indices]


def _row(p: Image, c: Image, matches: _Matches, swapped: int) -> _ImageRow:
    n, both = len(matches.iou), len(p.boxes) + len(c.boxes)
    own, other = p.boxes[matches.production], c.boxes[matches.candidate]
    finite = np.isfinite(own).all(axis=1) & np.isfinite(other).all(axis=1)
    generalised = np.where(_same_numbers(own, other), 1.0, giou(own, other))
    changes = c.scores[matches.candidate] - p.scores[matches.production]
    return _ImageRow(
        matched=n,
        f1=2 * (n - swapped) / both if both else 1.0,
        more=float(c.total - p.total),
        swaps=swapped / n if n else None,
        iou=_mean(matches.iou[finite].tolist()),
        giou=_mean(generalised[finite].tolist()),
        score=_mean(changes[~np.isnan(changes)].tolist()),
    )


def _mean(values: Sequence[float]) -> float | None:
    return math.fsum(values) / len(values) if values else None


def _shown(label: Label) -> str:
    """One short line that any encoder takes: text from outside may hold half of a surrogate pair."""
    return shortened("none" if label is None else line_of(str(label)))


def _count_apart(own: Sequence[Image], other: Sequence[Image], sums: BoxesSums) -> None:
    sums.cut += len(own) > MAX_IMAGES or any(each.total > MAX_BOXES for each in (*own, *other))
    for side, several in (("production", own), ("candidate", other)):
        count = sum(int((~np.isfinite(each.boxes)).any(axis=1).sum()) for each in several)
        if count:
            add_counts(sums.not_finite, {side: count})


def _describe(described: Sequence[list[_ImageRow]], extent: Extent, sums: BoxesSums) -> None:
    counts, swaps, overlaps, rescored = (
        _means(described, of)
        for of in (lambda row: row.more, lambda row: row.swaps, lambda row: row.iou, lambda row: row.score)
    )
    sums.n = len(described)
    sums.labelled, sums.overlapping = len(swaps), len(overlaps)
    sums.add_totals(
        f1=_means(described, lambda row: row.f1),
        swaps=swaps,
        iou=overlaps,
        giou=(1 + _means(described, lambda row: row.giou)) / 2,
    )
    sums.count.add_all(counts, extent.clip)
    sums.score.add_all(rescored, extent.scale)


def _means(requests: Sequence[list[_ImageRow]], of: Callable[[_ImageRow], float | None]) -> Numbers:
    """Of each request in which a row has it."""
    known = ([value for value in map(of, rows) if value is not None] for rows in requests)
    return np.array([math.fsum(values) / len(values) for values in known if values], dtype=np.float64)


# ---- what the sums say


METRICS = (
    Definition(
        "boxes.disagreement", "share", "lower", "disagreement", ways.RATE, ("disagreement", "n"),
        "The mean over requests of the share of their images in which a box has no match, or one of another label.",
    ),
    Definition(
        "boxes.f1", "value", "higher", "F1", ways.RATE, ("f1", "n"),
        "2m / (boxes of both sides), m being the matched boxes of equal labels.",
    ),
    Definition(
        "boxes.iou", "value", "higher", "IoU", ways.RATE, ("iou", "overlapping"),
        "The mean overlap of matched boxes: their intersection over their union.",
    ),
    Definition(
        "boxes.giou", "value", "higher", "GIoU", ways.stretched(ways.RATE, 2, -1, "(1 + giou) / 2"),
        ("giou", "overlapping"),
        "The mean generalised overlap of matched boxes, in [-1, 1]; the interval is that of (1 + GIoU) / 2, stretched.",
    ),
    Definition(
        "boxes.label_swaps", "share", "lower", "label swaps", ways.RATE, ("swaps", "labelled"),
        "The mean over requests of the share of their matched boxes with another label.",
    ),
    *changes.of_change("boxes.score_change", "score change", "score", "the change of a matched box's score"),
    *changes.of_change("boxes.count_change", "count change", "count", "the change of the number of boxes in an image"),
)  # fmt: skip


def tables(sums: BoxesSums) -> list[Detail]:
    return [*_swaps(sums), *_not_described(sums)]


def _swaps(sums: BoxesSums) -> list[Detail]:
    rows: list[DetailRow] = [(*name.split("\n"), count) for name, count in sums.swapped.most()]
    columns = ("production's label", "the candidate's", "matched boxes")
    detail = Detail(
        title="other labels on matched boxes",
        columns=columns,
        units=("", "", ""),
        rows=rows,
        not_listed=sums.swapped.other,
    )
    return [detail] if rows else []


def _not_described(sums: BoxesSums) -> list[Detail]:
    counts = {
        "requests without lists of detections, or with another number of them": sums.unfit,
        f"requests with more than {MAX_IMAGES} images, or {MAX_BOXES} boxes in one": sums.cut,
        "production's boxes that are not finite": sums.not_finite.get("production", 0),
        "the candidate's boxes that are not finite": sums.not_finite.get("candidate", 0),
    }
    rows = [(name, count) for name, count in counts.items() if count]
    detail = Detail(title="not described, or in part", columns=("", "number"), units=("", ""), rows=list(rows))
    return [detail] if rows else []
