"""Which boxes of a batch's images match, of all images at once: arrays of boxes in, indices of those that match out.

boxes.py calls this and says what a match is; statistics/iou.py matches those boxes that have a choice. No bit depends
on which images are matched together.
"""

from collections.abc import Iterator, Sequence
from itertools import chain
from typing import NamedTuple

import numpy as np

from comparators.compare.detections import Image, Label
from comparators.compare.row_stack import Flags, Indices, Numbers
from comparators.statistics.iou import giou, iou, match

CHUNK = 1 << 16  # pairs of boxes at a time, or those of one image


class BoxStack(NamedTuple):
    """The boxes of one side's images one after another: `corners` n x 4, `scores`, numbers that stand for `labels` (the
    same on both sides) and for `sources`, and each one's image. `starts` has where an image begins, and the end.
    """

    corners: Numbers
    scores: Numbers
    labels: Indices
    sources: Indices
    image: Indices
    starts: Indices

    @property
    def counts(self) -> Indices:
        """Boxes of each image."""
        return np.diff(self.starts)

    def of(self, image: int) -> slice:
        return slice(int(self.starts[image]), int(self.starts[image + 1]))


class Matches(NamedTuple):
    """Boxes of both sides that match, in the order of production's, with their image and IoU."""

    production: Indices
    candidate: Indices
    image: Indices
    iou: Numbers

    def at(self, places: Indices | Flags) -> "Matches":
        return Matches(self.production[places], self.candidate[places], self.image[places], self.iou[places])


def _joined(parts: Sequence[Matches]) -> Matches:
    return Matches(
        np.concatenate([each.production for each in parts]),
        np.concatenate([each.candidate for each in parts]),
        np.concatenate([each.image for each in parts]),
        np.concatenate([each.iou for each in parts]),
    )


def stacked(production: Sequence[Image], candidate: Sequence[Image]) -> tuple[BoxStack, BoxStack]:
    numbers: dict[Label, int] = {}
    own, other = (_stack(side, numbers) for side in (production, candidate))
    return own, other


def _stack(images: Sequence[Image], numbers: dict[Label, int]) -> BoxStack:
    labels, sources = (
        np.array([numbers.setdefault(each, len(numbers)) for each in chain.from_iterable(several)], dtype=np.int_)
        for several in ([each.labels for each in images], [each.sources for each in images])
    )
    counts = [len(each.boxes) for each in images]
    return BoxStack(
        corners=np.array(list(chain.from_iterable(each.boxes for each in images)), dtype=np.float64).reshape(-1, 4),
        scores=np.array(list(chain.from_iterable(each.scores for each in images)), dtype=np.float64),
        labels=labels,
        sources=sources,
        image=np.repeat(np.arange(len(images)), counts),
        starts=np.cumsum([0, *counts]),
    )


def matched(own: BoxStack, other: BoxStack, same: Flags, min_iou: float, chunk: int = CHUNK) -> Matches:
    """`same`: images whose boxes are the same on both sides match in their order."""
    in_order = np.flatnonzero(same[own.image])
    parts = [Matches(in_order, _twins(own, other, in_order), own.image[in_order], np.ones(len(in_order)))]
    parts += [_match(own, other, images, min_iou) for images in _some(own, other, np.flatnonzero(~same), chunk)]
    together = _joined(parts)
    return together.at(np.argsort(together.production, kind="stable"))


def _twins(own: BoxStack, other: BoxStack, boxes: Indices) -> Indices:
    """The boxes in the same places of the other side's images."""
    images = own.image[boxes]
    twins: Indices = boxes - own.starts[images] + other.starts[images]
    return twins


def _some(own: BoxStack, other: BoxStack, images: Indices, chunk: int) -> Iterator[Indices]:
    """As many images at a time as have `chunk` pairs of boxes together; one at least."""
    ends = np.cumsum(own.counts[images] * other.counts[images])
    start = 0
    while start < len(images):
        before = ends[start - 1] if start else 0
        stop = max(start + 1, int(np.searchsorted(ends, before + chunk, side="right")))
        yield images[start:stop]
        start = stop


def _match(own: BoxStack, other: BoxStack, images: Indices, min_iou: float) -> Matches:
    """Where no box has a choice, whatever overlaps matches; else image by image."""
    p, c = _pairs(own, other, images)
    overlap = np.where(own.sources[p] == other.sources[c], overlaps(own.corners[p], other.corners[c]), 0.0)
    near = overlap >= min_iou
    p, c, overlap = p[near], c[near], overlap[near]
    choosing = (np.bincount(p)[p] > 1) | (np.bincount(c)[c] > 1) if len(p) else near[:0]
    crowded = np.isin(own.image[p], own.image[p[choosing]]) if choosing.any() else choosing
    found = [Matches(p, c, own.image[p], overlap).at(~crowded)]
    found += [_choose(own, other, image, min_iou) for image in np.unique(own.image[p[crowded]]).tolist()]
    return _joined(found)


def _pairs(own: BoxStack, other: BoxStack, images: Indices) -> tuple[Indices, Indices]:
    """Each box with each of the other side, image by image."""
    heights, widths = own.counts[images], other.counts[images]
    sizes = heights * widths
    ends = np.cumsum(sizes)
    place = np.arange(int(sizes.sum())) - np.repeat(ends - sizes, sizes)
    wide = np.repeat(widths, sizes)
    p = np.repeat(own.starts[images], sizes) + place // wide
    c = np.repeat(other.starts[images], sizes) + place % wide
    return p, c


def _choose(own: BoxStack, other: BoxStack, image: int, min_iou: float) -> Matches:
    """The largest sum of IoU, and of equal ones that with most equal labels."""
    p, c = own.of(image), other.of(image)
    overlap = overlaps(own.corners[p][:, None], other.corners[c][None])
    overlap = np.where(own.sources[p][:, None] == other.sources[c][None], overlap, 0.0)
    rows, columns = match(overlap, min_iou, own.labels[p][:, None] == other.labels[c][None])
    return Matches(rows + p.start, columns + c.start, np.full(len(rows), image), overlap[rows, columns])


def overlaps(a: Numbers, b: Numbers) -> Numbers:
    """IoU; that of the very same numbers is 1, also where they have no area or are not finite."""
    found: Numbers = np.where(same_numbers(a, b), 1.0, iou(a, b))
    return found


def generalised(a: Numbers, b: Numbers) -> Numbers:
    """GIoU; likewise."""
    found: Numbers = np.where(same_numbers(a, b), 1.0, giou(a, b))
    return found


def same_numbers(a: Numbers, b: Numbers) -> Flags:
    same: Flags = ((a == b) | (np.isnan(a) & np.isnan(b))).all(axis=-1)
    return same
