"""How far two rankings agree in their first k items: overlap, and NDCG by what production says that items are worth.

NDCG at k is DCG at k of the candidate's list over that of the best order: Σ gain / log₂(rank + 1) over the first k
ranks (Järvelin & Kekäläinen, ACM TOIS 20(4), 2002). An item's gain is the score that production gives it, where these
are not negative and fall from the first to the last; else it falls with production's rank, from k by one a rank, so
that items below the first k are worth nothing. What production does not list is worth nothing. An item that comes twice
counts where it comes first. ranking.py calls this.
"""

import math
from collections.abc import Hashable, Sequence
from itertools import chain, pairwise
from operator import mul
from typing import NamedTuple

import numpy as np

from comparators.compare.detail import Detail, DetailRow, RateCell
from comparators.metrics import metric, ways
from comparators.statistics import exact
from comparators.statistics.rbo import MAX_ITEMS, Ranking, agreements
from comparators.statistics.sums import Sums

DEPTHS = (1, 5, 10)  # and the one that the settings say
_DISCOUNTS = [1 / math.log2(rank + 2) for rank in range(MAX_ITEMS)]
_MOST = 1e300  # of a score that is a gain

Gains = dict[Hashable, float]


class DepthSums(Sums, kw_only=True):
    """Of all requests of the kind, in 2^-40: a request counts with the mean over its lists."""

    overlap: int = 0
    ndcg: int = 0


class DepthAgreement(NamedTuple):
    """At each depth, in their order."""

    overlap: tuple[float, ...]
    ndcg: tuple[float, ...]


def depths_of(top_k: int) -> tuple[int, ...]:
    return tuple(sorted({*DEPTHS, top_k}))


def agreement_at(
    production: Ranking, candidate: Ranking, by_score: Gains | None, depths: Sequence[int]
) -> DepthAgreement:
    """Of two lists that are not the same."""
    overlaps = agreements(production, candidate, depths[-1], "b") or [1.0]
    items = list(chain.from_iterable(candidate))
    gains = (_by_place(production, depth) if by_score is None else by_score for depth in depths)
    return DepthAgreement(
        tuple(overlaps[min(depth, len(overlaps)) - 1] for depth in depths),
        tuple(_ndcg(items, own, depth) for own, depth in zip(gains, depths, strict=True)),
    )


def gains_of(items: Sequence[Hashable], scores: Sequence[float | None]) -> Gains | None:
    """By production's scores, as shares of the first; None where these are no gains."""
    known = [each for each in scores if each is not None]
    if not known or len(known) < len(items) or not 0 < known[0] <= _MOST or not known[-1] >= 0:
        return None
    if not all(a >= b for a, b in pairwise(known)):
        return None
    return {item: score / known[0] for item, score in zip(reversed(items), reversed(known), strict=True)}


def _by_place(ranking: Ranking, depth: int) -> Gains:
    """Tied items are worth the same."""
    gains: Gains = {}
    place = 0
    for tie in ranking:
        if place >= depth:
            break
        gains.update((item, float(depth - place)) for item in tie)
        place += len(tie)
    return gains


def _ndcg(items: Sequence[Hashable], gains: Gains, depth: int) -> float:
    best = _dcg(sorted(gains.values(), reverse=True)[:depth])
    return min(1.0, _dcg([gains.get(item, 0.0) for item in items[:depth]]) / best) if best else float(not items)


def _dcg(gains: Sequence[float]) -> float:
    return math.fsum(map(mul, gains, _DISCOUNTS))


def means(several: Sequence[DepthAgreement]) -> DepthAgreement:
    """Over the lists of a request."""
    sides = (zip(*side, strict=True) for side in zip(*several, strict=True))
    return DepthAgreement(*(tuple(math.fsum(each) / len(several) for each in side) for side in sides))


def totals(depths: Sequence[int], several: Sequence[DepthAgreement]) -> dict[str, DepthSums]:
    """Of all requests, one each."""
    if not several:
        return {}
    overlaps, ndcgs = (np.array(side, dtype=np.float64).T for side in zip(*several, strict=True))
    both = zip(depths, map(np.ascontiguousarray, overlaps), map(np.ascontiguousarray, ndcgs), strict=True)
    return {str(k): DepthSums(overlap=exact.total(overlap), ndcg=exact.total(ndcg)) for k, overlap, ndcg in both}


def table(sums: dict[str, DepthSums], n: int, alpha: float, effect: float) -> list[Detail]:
    """Nothing where there are no requests. `effect`: the design effect, as ways have it."""
    each_alpha = alpha / (2 * max(1, len(sums)))
    rows: list[DetailRow] = []
    for k in sorted(map(int, sums)):
        found = sums[str(k)]
        rates = (ways.rate(each, n, each_alpha, effect=effect) for each in (found.overlap, found.ndcg))
        rows.append((k, *(RateCell.of(rate, metric.RATE, each_alpha) for rate in rates)))
    detail = Detail(
        title="agreement of the first k items; the intervals hold for all of them at once",
        columns=("k", "overlap", "NDCG"),
        units=("", "share", "share"),
        rows=rows,
    )
    return [detail] if rows else []
