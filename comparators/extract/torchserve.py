"""TorchServe, POST /predictions/<model>: what the handlers that come with it answer (pytorch/serve, ts/torch_handler).

    {"tabby": 0.42, "tiger_cat": 0.31, …}   image_classifier, the best five, so that they may come to less than 1: "",
                                            probabilities by label, one row
    [{"car": [x1, y1, x2, y2], "score": 0.9}, …]   and whatever handlers of one's own answer: any JSON. So is
                                            text_classifier's map, in the order of the model's classes: numbers of
                                            any meaning may come to 1. Settings can say that it is probabilities

The share of all other classes is put beside a map that comes to less than 1, as REST: with it, it is a distribution.
The version is in the URL alone. reading.py calls this.
"""

from math import fsum, isfinite
from typing import Any

from comparators.extract.document import parsed
from comparators.extract.output import Column, Document, Reading
from comparators.extract.shaping import refuse_error

REST = "(other classes)"
BEST = 5  # that image_classifier answers, unless it is told otherwise: so many numbers in order are no chance
SLACK = 1e-3  # of sums that were rounded on their way


def read(data: bytes) -> Reading:
    body = parsed(data)
    refuse_error(body)
    if is_classes(body):
        rest = 1 - fsum(body.values())
        return Reading({"": Column([{**body, REST: rest} if rest > SLACK else body])})
    return Reading({"": Document(body, plain=b"true" not in data and b"false" not in data)})


def is_classes(body: Any) -> bool:
    """A map from labels to probabilities, the best first: two or more that come to 1, or the best of them."""
    if type(body) is not dict or len(body) < 2:
        return False
    values = list(body.values())
    if not all(type(each) in (int, float) and isfinite(each) and 0 <= each <= 1 for each in values):
        return False
    total = fsum(values)
    return is_best_first(body) and (abs(total - 1) <= SLACK or (total < 1 and len(values) >= BEST))


def is_best_first(classes: dict[str, float]) -> bool:
    """As image_classifier sorts them; the share of all others has no place among them."""
    values = [value for label, value in classes.items() if label != REST]
    return values == sorted(values, reverse=True)
