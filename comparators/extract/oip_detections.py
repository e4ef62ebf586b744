"""Boxes, labels and scores of the same images that are tensors of their own, put together: "/outputs/boxes".

Detectors that were exported answer so: torchvision's one image without batches, [n, 4] and [n]; TensorFlow's and
TensorRT's several, [images, n, 4] and [images, n], filled up to n, with the number that is meant beside them. Compared
one by one, boxes in another order would all be others. oip.py calls this.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from msgspec.structs import replace

from comparators.extract.names import APART
from comparators.extract.output import Column, Reading, Tensor, Value

_POINTERS = tuple((tuple(f"/outputs/{name}" for name in names), f"/outputs/{total}") for names, total in APART)
_BOXES = frozenset(names[0] for names, _ in _POINTERS)

_Detection = dict[str, Any]


def with_boxes(reading: Reading) -> Reading:
    """The same reading, where it has no such outputs."""
    heads = reading.heads
    if _BOXES.isdisjoint(heads):
        return reading
    for names, total in _POINTERS:
        images = _images([heads.get(name) for name in names], heads.get(total))
        if images is not None:
            rest = {pointer: value for pointer, value in heads.items() if pointer not in names}
            return replace(reading, heads={names[0]: Column(images), **rest})
    return reading


def _images(parts: Sequence[Value | None], total: Value | None) -> list[list[_Detection]] | None:
    """None where these are no tensors of one number of boxes, or boxes alone."""
    boxes, *others = parts
    if type(boxes) is not Tensor or len(boxes.shape) not in (2, 3) or boxes.shape[-1] != 4:
        return None
    told = {name: each for name, each in zip(("label", "score"), others, strict=True) if each is not None}
    if not told or not all(type(each) is Tensor and each.shape == boxes.shape[:-1] for each in told.values()):
        return None
    corners = _listed(boxes)
    columns = {"box": [corners[at : at + 4] for at in range(0, len(corners), 4)]}
    columns |= {name: _listed(each) for name, each in told.items() if type(each) is Tensor}
    found = [dict(zip(columns, each, strict=True)) for each in zip(*columns.values(), strict=True)]
    size = boxes.shape[-2]
    if len(boxes.shape) == 2 or not size:
        return [found] * (1 if len(boxes.shape) == 2 else boxes.shape[0])
    meant = _counts(total, boxes.shape[0], size)
    return [found[at * size : at * size + count] for at, count in enumerate(meant)]


def _counts(total: Value | None, images: int, size: int) -> list[int]:
    """How many of each image are meant: all, where no tensor of whole numbers says so."""
    if type(total) is Tensor and len(total.values) == images:
        counts = _listed(total)
        if all(type(each) in (int, float) and 0 <= each <= size and each % 1 == 0 for each in counts):
            return list(map(int, counts))
    return [size] * images


def _listed(tensor: Tensor) -> list[Any]:
    values: Any = tensor.values
    return values.tolist() if isinstance(values, np.ndarray) else list(values)
