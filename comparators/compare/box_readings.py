"""In which other form four numbers would be boxes that lie where production's do. Pure.

boxes.py asks it of the first image of a request of which fewer than half of the boxes match, so that it costs nothing
where boxes agree. A side may also be in pixels where the other one has shares of an image's size: then it is scaled in
width and height to the other one's sum of corners, since nobody tells how large an image is.
"""

from typing import get_args

import numpy as np
from numpy.typing import NDArray

from comparators.compare.row_stack import Numbers
from comparators.settings import BoxForm
from comparators.statistics.iou import iou

MAX_TRIED = 16  # boxes of either side
AGREES = 0.8  # of production's boxes: so many have one of the candidate's on them

FORMS = (*get_args(BoxForm), "yxyx")
SCALED = " scaled"  # behind a form
READINGS = (*FORMS, *(form + SCALED for form in FORMS))

_IN_WORDS = {
    "xyxy": "left, top, right, bottom",
    "xywh": "left, top, width, height",
    "cxcywh": "the center, width, height",
    "yxyx": "top, left, bottom, right",
}
_LARGEST_SHARE = 1.5  # a box may leave its image
_YXYX = [1, 0, 3, 2]


def readings(p: Numbers, c: Numbers, form: BoxForm, min_iou: float) -> list[str]:
    """In which readings of c the boxes would agree with p. Both are corners, as read in this form, n x 4."""
    p, c = p[:MAX_TRIED], c[:MAX_TRIED]
    with np.errstate(all="ignore"):
        raw = _four_numbers(c, form)
        read = np.stack([_corners(raw, each) for each in FORMS])
        if _are_shares(p) != _are_shares(raw):
            read = np.concatenate([read, [_scaled(each, p) for each in read]])
        agreeing = (iou(p[:, None], read[:, None]).max(axis=2) >= min_iou).mean(axis=1) >= AGREES
    return [READINGS[place] for place in np.flatnonzero(agreeing).tolist()]


def in_words(reading: str, read_as: BoxForm) -> str:
    """What the candidate's boxes look like, where both sides are read in the other form."""
    form = reading.removesuffix(SCALED)
    scaled = "pixels on one side, shares of the image's size on the other" if form != reading else ""
    if form == read_as:
        return f"looks like {scaled}"
    looks = f"looks like {form} ({_IN_WORDS[form]}) against {read_as} ({_IN_WORDS[read_as]})"
    return f"{looks}, with {scaled}" if scaled else looks


def _four_numbers(corners: Numbers, form: BoxForm) -> Numbers:
    """What was read as these corners."""
    least, most = corners[:, :2], corners[:, 2:]
    if form == "xyxy":
        return corners
    return np.hstack([least if form == "xywh" else (least + most) / 2, most - least])


def _corners(raw: Numbers, form: str) -> Numbers:
    first, second = raw[:, :2], raw[:, 2:]
    if form == "yxyx":
        return raw[:, _YXYX]
    if form == "xyxy":
        return raw
    least = first if form == "xywh" else first - second / 2
    return np.hstack([least, least + second])


def _are_shares(numbers: Numbers) -> bool:
    """Of an image's size, rather than pixels."""
    return bool((np.abs(numbers) <= _LARGEST_SHARE).all())


def _scaled(c: Numbers, p: Numbers) -> Numbers:
    own, other = (each.reshape(-1, 2).sum(axis=0) / len(each) for each in (p, c))
    by = own / other
    scaled: NDArray[np.float64] = c * np.tile(by, 2)
    return scaled
