"""The images of a batch with their boxes, and which of these match: what boxes.py tells and adds up."""

from collections.abc import Callable, Sequence
from operator import attrgetter
from typing import NamedTuple

import numpy as np

from comparators.compare.box_matches import BoxStack, Matches, matched, same_numbers, stacked
from comparators.compare.detections import Image
from comparators.compare.fitting import Fit
from comparators.compare.row_stack import Flags, Indices, Means, Numbers

MAX_IMAGES = 100  # of a request, that are described

SIDES: tuple[Callable[[Fit[Image]], Sequence[Image]], ...] = (attrgetter("production"), attrgetter("candidate"))


class _ShownImages(NamedTuple):
    """The first MAX_IMAGES rows of all requests one after another, each with its request (its place among the fits)."""

    production: list[Image]
    candidate: list[Image]
    owner: Indices

    @classmethod
    def of(cls, fits: Sequence[Fit[Image]]) -> "_ShownImages":
        own, other = ([image for fit in fits for image in side(fit)[:MAX_IMAGES]] for side in SIDES)
        counts = [min(MAX_IMAGES, len(fit.production)) for fit in fits]
        return cls(own, other, np.repeat(np.arange(len(fits)), counts))

    def same(self) -> Flags:
        return np.array(list(map(are_same, self.production, self.candidate)), dtype=np.bool_)


class ComparedBoxes(NamedTuple):
    """A batch's images and their boxes, one side after the other; which match, and which of these have another label;
    how many of both there are of each image.
    """

    shown: _ShownImages
    own: BoxStack
    other: BoxStack
    matches: Matches
    relabelled: Flags
    matched: Indices
    swapped: Indices

    @classmethod
    def of(cls, fits: Sequence[Fit[Image]], min_iou: float) -> "ComparedBoxes":
        shown = _ShownImages.of(fits)
        own, other = stacked(shown.production, shown.candidate)
        found = matched(own, other, shown.same(), min_iou)
        relabelled = own.labels[found.production] != other.labels[found.candidate]
        counts = (np.bincount(image, minlength=len(shown.owner)) for image in (found.image, found.image[relabelled]))
        return cls(shown, own, other, found, relabelled, *counts)

    def more(self) -> Numbers:
        """How many boxes the candidate has more, of each image, with those that are not matched since they are many."""
        own, other = ([each.total for each in side] for side in (self.shown.production, self.shown.candidate))
        return np.array(other, dtype=np.float64) - np.array(own, dtype=np.float64)

    def scores(self) -> tuple[Numbers, Numbers]:
        """Of the boxes that match."""
        return self.own.scores[self.matches.production], self.other.scores[self.matches.candidate]

    def corners(self) -> tuple[Numbers, Numbers]:
        return self.own.corners[self.matches.production], self.other.corners[self.matches.candidate]

    def over_boxes(self, values: Numbers, counting: Flags) -> tuple[Numbers, Flags]:
        """The mean over the counting ones of each image's matches, and which images have any."""
        images, image = len(self.shown.owner), self.matches.image[counting]
        counts = np.bincount(image, minlength=images)
        totals = np.bincount(image, weights=values[counting], minlength=images)
        return totals / np.maximum(counts, 1), counts > 0

    def over_images(self, values: Numbers, counting: Flags) -> Numbers:
        """The mean over the counting images of each request that has any."""
        owner = self.shown.owner
        return Means(owner[counting], counting, int(owner[-1]) + 1 if len(owner) else 0).of(values)


def are_same(p: Image, c: Image) -> bool:
    if p.total != c.total or p.labels != c.labels or p.sources != c.sources:
        return False
    return p.boxes == c.boxes or bool(same_numbers(np.array(p.boxes), np.array(c.boxes)).all())
