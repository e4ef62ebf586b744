"""Which class of a row has the largest number, and whether that is another one on the other side. Pure.

probabilities.py and logits.py call this. No function mixes rows.
"""

import numpy as np

from comparators.compare.row_stack import Flags, Indices, Numbers


def first(numbers: Numbers) -> Indices:
    """The class of the largest number; of several, the first. NaN is less than any number."""
    found: Indices = np.where(np.isnan(numbers), -np.inf, numbers).argmax(axis=1)
    return found


def at(numbers: Numbers, classes: Indices) -> Numbers:
    """Each row's number of its class."""
    picked: Numbers = numbers[np.arange(len(numbers)), classes]
    return picked


def ahead(numbers: Numbers, classes: Indices) -> Numbers:
    """How far these classes are ahead of the largest of the others; less than nothing where they are behind."""
    others = numbers.copy()
    others[np.arange(len(numbers)), classes] = -np.inf
    found: Numbers = at(numbers, classes) - others.max(axis=1)
    return found


def flips(p: Numbers, c: Numbers, own: Indices, other: Indices, tied: float) -> Flags:
    """Where `other`, the candidate's first class, is not production's `own`. Two that are no further than `tied` apart
    on both sides say nothing: which one an answer begins with is rounding.
    """
    found: Flags = own != other
    if found.any():
        with np.errstate(invalid="ignore", over="ignore"):
            apart = np.maximum(at(p, own) - at(p, other), at(c, other) - at(c, own))
        found &= ~(apart <= tied)
    return found
