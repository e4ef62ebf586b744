"""Rows of several numbers: what speaks for probabilities of classes, for their logits, and for embeddings. Pure.

inference.py calls this. Numbers say that they are probabilities where they come to 1 in nearly every row, and that is
no chance; logarithms of probabilities likewise. Any other numbers may be logits, embeddings, a forecast: only names say
so. A row with a number missing says nothing, as long as half of the rows have all of theirs.
"""

import math
from array import array
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

import numpy as np

from comparators.compare.distributions import MAX_OUTSIDE, MAX_SUM_OFF, Numbers, are_distributions
from comparators.extract.names import PROBABILITY_NAMES
from comparators.extract.torchserve import is_best_first
from comparators.plans.nearly_all import nearly_all

Row = Sequence[Any]

# Numbers in different rows, each of which comes to 1, before that is more than chance: three rows of two, two of three,
# one of six. Numbers drawn from 0.0, 0.1, …, 1.0 do that in 1 of 400 cases or fewer.
NO_CHANCE_FROM = 6
MAX_LOGARITHM = 700.0  # of which the exponential is a float, and of less than minus which it is none to speak of
SURE = 0.999  # of a larger one the logarithm is about 0, and the others' say nothing: they come to 1 by themselves


def are_probabilities(rows: Sequence[Row], name: str) -> bool:
    """Nearly all of them, and not by chance; a name makes one row enough."""
    return _are_distributions(_complete(rows), len(rows), name in PROBABILITY_NAMES)


def are_log_probabilities(rows: Sequence[Row]) -> bool:
    """Likewise of their exponentials, as a logarithm of a softmax has them."""
    complete = _complete(rows)
    if not nearly_all(bool(row.size) and float(row.max()) <= MAX_OUTSIDE for row in complete):
        return False
    powers = [np.exp(np.clip(row, -MAX_LOGARITHM, MAX_LOGARITHM)) for row in complete]
    return _are_distributions(powers, len(rows), is_named=False, most=SURE)


def are_named_probabilities(rows: Sequence[Any], name: str) -> bool:
    """Classes with their probabilities, a row each: a map, a list of pairs, or of objects with a label and a score."""
    shares = [_shares(row) for row in rows]
    are_labelled = nearly_all(type(row) is list and bool(row) and type(row[0]) is dict for row in rows)
    is_named = are_labelled or name in PROBABILITY_NAMES
    if _are_best_of_more(rows, shares, is_named):
        return True
    if not _are_distributions(_complete(shares), len(shares), is_named):
        return False
    maps = [row for row, shared in zip(rows, shares, strict=True) if type(row) is dict and shared]
    return is_named or not maps or _are_sorted(maps)


def _are_best_of_more(rows: Sequence[Any], shares: Sequence[Row], is_named: bool) -> bool:
    """Lists of labels, the best of more classes first, which come to less than 1. Of pairs that is less of a sign than
    of objects with a label and a score.
    """
    lists = [(row, shared) for row, shared in zip(rows, shares, strict=True) if type(row) is list and shared]
    if not nearly_all(type(row) is list for row in rows) or not nearly_all(_is_best(*each) for each in lists):
        return False
    speaking = {tuple(shared) for _, shared in lists if len(shared) > 1}
    return is_named or sum(map(len, speaking)) >= 2 * NO_CHANCE_FROM


def _is_best(row: list[Any], shared: Row) -> bool:
    labels = [each["label"] if type(each) is dict else each[0] for each in row]
    are_labels = all(type(each) in (str, int) for each in labels)
    if not are_labels or len(set(labels)) < len(labels) or not _are_numbers(shared):
        return False
    return list(shared) == sorted(shared, reverse=True) and shared[-1] >= 0 and math.fsum(shared) <= 1 + MAX_SUM_OFF


def _are_distributions(complete: Sequence[Numbers], of: int, is_named: bool, most: float = math.inf) -> bool:
    """The complete ones `of` so many rows. `most`: only rows whose largest number is below it are no chance."""
    if not of or 2 * len(complete) < of:
        return False
    by_size: dict[int, list[Numbers]] = defaultdict(list)
    for row in complete:
        by_size[row.size].append(row)
    fitting, speaking = 0, 0
    for size, alike in by_size.items():
        numbers = np.clip(np.stack(alike), -2.0, 2.0)
        fits = are_distributions(numbers) & (size > 1)
        exact = fits & (np.abs(numbers.sum(axis=1) - 1) <= MAX_SUM_OFF) & (numbers.max(axis=1, initial=0.0) < most)
        fitting += int(fits.sum())
        speaking += size * len(set(map(tuple, numbers[exact].tolist())))
    few = nearly_all([True] * fitting + [False] * (len(complete) - fitting))
    return few and (is_named or speaking >= NO_CHANCE_FROM)


def _complete(rows: Sequence[Row]) -> list[Numbers]:
    """Those with a number in each place."""
    return [found for found in map(_numbers, rows) if found is not None]


def _numbers(row: Row) -> Numbers | None:
    """None where one is missing; no numbers of what is no row of them, which then speaks against what they are."""
    types = set(map(type, row))
    if not types <= {int, float, type(None)}:
        return np.empty(0)
    if type(None) in types:
        return None
    try:
        found = np.array(array("d", row), dtype=np.float64)
    except OverflowError:
        return np.empty(0)
    return None if np.isnan(found).any() else found


def _are_numbers(row: Row) -> bool:
    return all(type(each) in (int, float) for each in row)


def _shares(row: Any) -> list[Any]:
    """The numbers of a row that names their classes; none where it does not."""
    if type(row) is dict:
        return list(row.values())
    if type(row) is not list:
        return []
    if all(type(each) is dict and each.keys() == {"label", "score"} for each in row):
        return [each["score"] for each in row]
    is_pairs = all(type(each) is list and len(each) == 2 and type(each[0]) in (str, int) for each in row)
    return [each[1] for each in row] if is_pairs else []


def _are_sorted(maps: Sequence[dict[str, float]]) -> bool:
    """The best class first, and not always the same: as a sorted answer is, and an object with fields hardly ever."""
    complete = [each for each in maps if _are_numbers(list(each.values()))]
    return len({tuple(each) for each in complete}) > 1 and nearly_all(map(is_best_first, complete))
