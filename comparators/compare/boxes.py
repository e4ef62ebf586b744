"""Kind "boxes": objects detected in images, one list of them a row. detections.py reads, statistics/iou.py matches.

Boxes are matched one to one by the largest sum of IoU, each at least `min_iou`, whatever their labels; the very same
numbers have an IoU of 1, also without area or not finite; boxes of two images never match. A row disagrees where a box
has no match, or a matched one another label; where settings do not say that these are boxes, also where a matched one
has a score beyond the tolerance. A request counts once, with the mean over its rows. Rows that are detections
themselves are one image, which disagrees in all of them. The first MAX_BOXES boxes of a row are matched, and the first
MAX_IMAGES rows of a request: rows beyond agree where boxes and labels are the same, and are not described.
"""

from collections.abc import Sequence
from functools import partial

import numpy as np
from msgspec import field

from comparators.compare.box_matches import generalised
from comparators.compare.box_readings import readings
from comparators.compare.compared_boxes import MAX_IMAGES, SIDES, ComparedBoxes, are_same
from comparators.compare.detail import Detail, DetailRow
from comparators.compare.detections import MAX_BOXES, Image, Label, are_told_whole, images
from comparators.compare.extent import Extent, clip_of_counts, octave
from comparators.compare.finding import Finding, Kind
from comparators.compare.fitting import Fit, Fitting, KindSums
from comparators.compare.label_names import line_of, shortened
from comparators.compare.request_distances import RequestDistances
from comparators.compare.row_stack import Flags, Numbers
from comparators.compare.rules import HeadRules
from comparators.extract.output import Value
from comparators.metrics import changes, variants, ways
from comparators.metrics.definition import Definition
from comparators.statistics.clips import ClippedSums
from comparators.statistics.name_counts import Counts
from comparators.statistics.reports_alone import ReportsAlone
from comparators.statistics.sums import add_counts

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
    # matched boxes by their two labels, a line each
    swapped: ReportsAlone[Counts] = field(default_factory=lambda: Counts(MAX_SWAPS))
    cut: int = 0  # requests with more images or boxes than are matched
    not_finite: ReportsAlone[dict[str, int]] = field(default_factory=dict)  # boxes, by side
    apart: int = 0  # requests with an image of which fewer than half of the boxes match
    readings: ReportsAlone[dict[str, int]] = field(default_factory=dict)  # of them, by the form in which they match


def compare(
    pairs: Sequence[tuple[Value, Value]], rules: HeadRules, into: RequestDistances | None = None
) -> tuple[list[Finding], BoxesSums]:
    """One Finding a pair, in their order, and what they add up to. A distance is 1 - F1, the mean over the images."""
    sums = BoxesSums()
    batch = Fitting(pairs, partial(_images, rules=rules), rules, sums)
    if batch.fits:
        found = ComparedBoxes.of(batch.fits, rules.own.min_iou)
        _tell(batch, found, rules)
        _count_swapped(found, sums)
        _count_readings(found, rules, sums)
        _count_apart(batch.fits, sums)
        f1 = found.over_images(_f1(found), np.ones(len(found.matched), dtype=np.bool_))
        sums.add_totals(f1=f1)
        if into is not None:
            into.put([fit.place for fit in batch.fits], 1 - f1)
        _describe(found, rules.extent, sums)
        sums.n = len(batch.fits)
    return batch.findings, sums


def extent(values: Sequence[Value]) -> Extent:
    """`scale` is that of the scores, by the largest; `clip` that of how many boxes there are, by the fullest image."""
    found = [each for value in values for each in images(value, "xyxy") or ()]
    scores = [abs(score) for each in found for score in each.scores if score == score]
    scale = octave(max(scores)) if any(scores) else 0
    return Extent(max(0, scale), clip_of_counts(max((each.total for each in found), default=1)))


def _images(value: Value, rules: HeadRules) -> list[Image] | None:
    """What was inferred to be boxes of some answers is read in others only where nothing of it is left out."""
    return images(value, rules.boxes) if rules.own.kind == "boxes" or are_told_whole(value) else None


def _tell(batch: Fitting[Image], found: ComparedBoxes, rules: HeadRules) -> None:
    by_kind, owner = _kinds(found, rules), found.shown.owner
    disagreeing = np.logical_or.reduce(list(by_kind.values()))
    starts = np.searchsorted(owner, np.arange(len(batch.fits) + 1))
    further = {place for place, fit in enumerate(batch.fits) if len(fit.production) > MAX_IMAGES}
    for place in sorted({*owner[disagreeing].tolist(), *further}):
        fit, rows = batch.fits[place], slice(starts[place], starts[place + 1])
        beyond = _beyond(fit, rules) if place in further else []
        kinds = {kind for kind, where in by_kind.items() if where[rows].any()}.union(*beyond)
        if kinds:
            batch.tell(fit, [*disagreeing[rows].tolist(), *map(bool, beyond)], sorted(kinds))


def _kinds(found: ComparedBoxes, rules: HeadRules) -> dict[Kind, Flags]:
    """Which images have which difference. A score may decide what is done with a box; whoever sets the kind says that
    it does not.
    """
    missing = found.matched < np.maximum(found.own.counts, found.other.counts)
    rescored = np.zeros_like(missing)
    if rules.own.kind != "boxes":
        rescored[found.matches.image[rules.tolerance.disagree(*found.scores())]] = True
    return {"box": missing | (found.more() != 0), "label": found.swapped > 0, "score": rescored}


def _beyond(fit: Fit[Image], rules: HeadRules) -> list[set[Kind]]:
    """What is told of the rows that are not described."""
    return [
        _kinds_of(p, c, rules) for p, c in zip(fit.production[MAX_IMAGES:], fit.candidate[MAX_IMAGES:], strict=True)
    ]


def _kinds_of(p: Image, c: Image, rules: HeadRules) -> set[Kind]:
    if not are_same(p, c):
        return {"box"}
    differ = rules.own.kind != "boxes" and rules.tolerance.disagree(np.array(p.scores), np.array(c.scores)).any()
    return {"score"} if differ else set()


def _count_swapped(found: ComparedBoxes, sums: BoxesSums) -> None:
    """By both labels, a line each."""
    swapped = found.matches.at(found.relabelled)
    places = (swapped.production.tolist(), swapped.candidate.tolist(), swapped.image.tolist())
    for p, c, image in zip(*places, strict=True):
        own = found.shown.production[image].labels[p - found.own.starts[image]]
        other = found.shown.candidate[image].labels[c - found.other.starts[image]]
        sums.swapped.add(f"{_shown(own)}\n{_shown(other)}")
    sums.swapped.trim()


def _shown(label: Label) -> str:
    """One short line that any encoder takes: text from outside may hold half of a surrogate pair."""
    return shortened("none" if label is None else line_of(str(label)))


def _count_readings(found: ComparedBoxes, rules: HeadRules, sums: BoxesSums) -> None:
    """Of each request's first image of which fewer than half of the boxes match, though either side has some."""
    own, other = found.own.counts, found.other.counts
    images = np.flatnonzero((2 * found.matched < np.maximum(own, other)) & (own > 0) & (other > 0))
    _, first = np.unique(found.shown.owner[images], return_index=True)
    for image in images[first].tolist():
        p, c = (side.corners[side.of(image)] for side in (found.own, found.other))
        add_counts(sums.readings, dict.fromkeys(readings(p, c, rules.boxes, rules.own.min_iou), 1))
    sums.apart = len(first)


def _count_apart(fits: Sequence[Fit[Image]], sums: BoxesSums) -> None:
    for name, side in zip(("production", "candidate"), SIDES, strict=True):
        corners = [box for fit in fits for image in side(fit) for box in image.boxes]
        count = int((~np.isfinite(np.array(corners))).any(axis=-1).sum()) if corners else 0
        if count:
            add_counts(sums.not_finite, {name: count})
    sums.cut = sum(
        len(fit.production) > MAX_IMAGES or any(each.total > MAX_BOXES for each in (*fit.production, *fit.candidate))
        for fit in fits
    )


def _f1(found: ComparedBoxes) -> Numbers:
    """Of each image; of two without boxes it is 1."""
    both = found.own.counts + found.other.counts
    f1: Numbers = np.divide(2.0 * (found.matched - found.swapped), both, out=np.ones(len(both)), where=both > 0)
    return f1


def _describe(found: ComparedBoxes, extent: Extent, sums: BoxesSums) -> None:
    """Means over the images of a request that have the quantity, of means over their boxes that have it."""
    matched = found.matched
    swaps = found.over_images(found.swapped / np.maximum(matched, 1), matched > 0)
    p, c = found.corners()
    finite = np.logical_and.reduce(np.isfinite(np.hstack([p, c])), axis=1)
    overlap = found.over_images(*found.over_boxes(found.matches.iou, finite))
    around = found.over_images(*found.over_boxes(generalised(p, c), finite))
    before, after = found.scores()
    everywhere = np.ones(len(matched), dtype=np.bool_)
    sums.labelled, sums.overlapping = len(swaps), len(overlap)
    sums.add_totals(swaps=swaps, iou=overlap, giou=(1 + around) / 2)
    sums.count.add_all(found.over_images(found.more(), everywhere), extent.clip)
    rescored = found.over_boxes(after - before, ~np.isnan(after - before))
    sums.score.add_all(found.over_images(*rescored), extent.scale)


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
        "boxes.giou", "value", "higher", "GIoU", variants.stretched(ways.RATE, 2, -1, "(1 + giou) / 2"),
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
