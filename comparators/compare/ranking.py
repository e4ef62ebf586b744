"""Kind "ranking": lists of items, the best first, as recommenders and search give them.

A row disagrees where its first `top_k` items are other ones, or in another order than production's ties allow. Items
stand in the order of the answer; neighbours of equal score are tied. How often the first item is another one is told
apart. The rest says how far the lists agree: a request counts once, with the mean over its rows. Formulas are in
statistics/rbo.py. Rank-biased overlap and overlap are taken in variant b there, in which a list agrees with its own
copy however many ties it has.

A value of one dimension is one list, and disagrees in all of its rows. No more than MAX_ROWS lists of a request are
described, and rbo.MAX_ITEMS items of a list; all lists are looked at for their first items.
"""

import math
from bisect import bisect_right
from collections import Counter
from collections.abc import Hashable, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from comparators.compare.extent import Extent, clip_of_counts
from comparators.compare.finding import Finding, Kind
from comparators.compare.first_items import DepthAgreement, Gains, agreement_at, depths_of, gains_of, means, totals
from comparators.compare.fitting import Fit, Fitting
from comparators.compare.ranking_sums import BINS, MAX_ROWS, RankingSums
from comparators.compare.request_distances import RequestDistances
from comparators.compare.rows import as_rows
from comparators.compare.rules import HeadRules
from comparators.extract.output import Column, Tensor, Value
from comparators.statistics import exact
from comparators.statistics.rbo import MAX_ITEMS, Ranking, ranked, rbo, tau_b

PERSISTENCE = 0.9  # the first ten ranks carry 86 % of the weight
DEPTH = 10

ID_KEYS = ("id", "item_id", "item", "label", "name", "product_id", "doc_id")
SCORE_KEYS = ("score", "relevance", "value")


class _List(NamedTuple):
    """One row. `ranking` holds its first items, each once; the rest is of the list as it came: its `first` items, with
    the place at which the tie of each one begins, its `length`, whether an item `repeats`, and what each one is worth.
    """

    ranking: Ranking
    first: list[Hashable]
    ties: list[int]
    length: int
    repeats: bool
    gains: Gains | None


class _Agreement(NamedTuple):
    """Of two lists, or the means over those of a request. `tau` None: not defined."""

    rbo: float
    overlap: float
    jaccard: float
    tau: float | None
    length: float
    at: DepthAgreement


def compare(
    pairs: Sequence[tuple[Value, Value]], rules: HeadRules, into: RequestDistances | None = None
) -> tuple[list[Finding], RankingSums]:
    """A distance is 1 - rank-biased overlap, the mean over a request's lists."""
    sums, depths = RankingSums(), depths_of(rules.own.top_k)
    batch = Fitting(pairs, _lists, rules, sums)
    for fit in batch.fits:
        _compare_tops(fit, rules.own.top_k, batch, sums)
    described = [_described(fit.production, fit.candidate, depths, sums) for fit in batch.fits]
    if into is not None:
        into.put([fit.place for fit in batch.fits], 1 - _terms([each.rbo for each in described]))
    _add(described, rules.extent.clip, sums)
    sums.depths = totals(depths, [each.at for each in described])
    return batch.findings, sums


def extent(values: Sequence[Value]) -> Extent:
    """By the longest list."""
    rows = [row for value in values if isinstance(value, Tensor | Column) for row in _rows(value)]
    return Extent(clip=clip_of_counts(max((len(row) for row in rows if type(row) is list), default=1)))


# ---- reading


def _lists(value: Value) -> list[_List] | None:
    """One a row; None where these are no lists of items. An answer without rows is one empty list."""
    if not isinstance(value, Tensor | Column):
        return None
    lists = [_list(row) for row in _rows(value)]
    read = [each for each in lists if each is not None]
    return read if len(read) == len(lists) else None


def _rows(value: Tensor | Column) -> list[Any]:
    """A value of one dimension is one list."""
    rows = as_rows(value)
    return rows if any(type(row) is list for row in rows) else [rows]


def _list(row: Any) -> _List | None:
    if type(row) is not list:
        return None
    foremost = row[:MAX_ITEMS]
    items = [_item(each) for each in foremost]
    if None in items:
        return None
    scores = [_score(each) for each in foremost] if any(type(each) is dict for each in foremost) else []
    repeats = len(set(items)) < len(items)
    return _List(ranked(items, scores), [*items], _ties(scores), len(row), repeats, gains_of(items, scores))


def _ties(scores: Sequence[float | None]) -> list[int]:
    """Where the run of equal scores begins that each one is in; none at all without scores."""
    begins: list[int] = []
    for place, score in enumerate(scores):
        tied = place > 0 and score is not None and score == scores[place - 1]
        begins.append(begins[-1] if tied else place)
    return begins


def _item(value: Any) -> str | int | bytes | None:
    """The item's id; None where it has none. Its type is part of it: "1" is another item than 1, which 1.0 is not."""
    if type(value) is dict:
        return next((found for found in map(_id, map(value.get, ID_KEYS)) if found is not None), None)
    return _id(value)


def _id(value: Any) -> str | int | bytes | None:
    if type(value) is float:
        return int(value) if value.is_integer() else None
    return value if type(value) in (str, int, bytes) else None


def _score(value: Any) -> float | None:
    """The first that is a number; NaN equals nothing, so it ties nothing."""
    if type(value) is not dict:
        return None
    return next((found for found in map(value.get, SCORE_KEYS) if type(found) in (int, float)), None)


# ---- comparing


def _compare_tops(fit: Fit[_List], top_k: int, batch: Fitting[_List], sums: RankingSums) -> None:
    disagreeing = [_differ(p, c, top_k) for p, c in zip(fit.production, fit.candidate, strict=True)]
    if True not in disagreeing:
        return
    first = [_differ(p, c, 1) for p, c in zip(fit.production, fit.candidate, strict=True)]
    sums.another_first += exact.share(sum(first), len(first))
    kinds: list[Kind] = ["top"] if True in first else []
    batch.tell(fit, disagreeing, [*kinds, "ranks"] if first != disagreeing else kinds)


def _differ(production: _List, candidate: _List, depth: int) -> bool:
    """Whether the first `depth` items of the candidate's list are none that production's could begin with: which of its
    tied items stands before which says nothing.
    """
    if min(production.length, depth) != min(candidate.length, depth):
        return True
    own, other = production.first[:depth], candidate.first[:depth]
    if own == other:
        return False
    ties = production.ties
    if not ties:
        return True
    tied = [(begin, bisect_right(ties, begin)) for begin in set(ties[:depth])]
    return any(Counter(other[begin:end]) - Counter(production.first[begin:end]) for begin, end in tied)


def _described(own: Sequence[_List], other: Sequence[_List], depths: Sequence[int], sums: RankingSums) -> _Agreement:
    sums.repeating_production += any(each.repeats for each in own)
    sums.repeating_candidate += any(each.repeats for each in other)
    sums.cut += len(own) > MAX_ROWS or any(each.length > MAX_ITEMS for each in (*own, *other))
    rows = [_agreement(p, c, depths) for p, c in zip(own[:MAX_ROWS], other[:MAX_ROWS], strict=True)]
    return rows[0] if len(rows) == 1 else _mean(rows)


def _agreement(production: _List, candidate: _List, depths: Sequence[int]) -> _Agreement:
    p, c = production.ranking, candidate.ranking
    change = float(candidate.length - production.length)
    if p == c:
        whole = DepthAgreement((1.0,) * len(depths), (1.0,) * len(depths))
        return _Agreement(1.0, 1.0, 1.0, 1.0 if len(p) > 1 else None, change, whole)
    places_p, places_c = _places(p), _places(c)
    common = [item for item in places_p if item in places_c]
    jaccard = len(common) / (len(places_p) + len(places_c) - len(common))
    tau = tau_b([places_p[item] for item in common], [places_c[item] for item in common])
    at = agreement_at(p, c, production.gains, depths)
    overlap = at.overlap[depths.index(DEPTH)]
    return _Agreement(rbo(p, c, PERSISTENCE, "b").extrapolated, overlap, jaccard, tau, change, at)


def _places(ranking: Ranking) -> dict[Hashable, int]:
    return {item: place for place, tie in enumerate(ranking) for item in tie}


def _mean(rows: Sequence[_Agreement]) -> _Agreement:
    taus = [row.tau for row in rows if row.tau is not None]
    rbos, overlaps, jaccards, lengths = (
        math.fsum(values) / len(rows)
        for values in zip(*((row.rbo, row.overlap, row.jaccard, row.length) for row in rows), strict=True)
    )
    tau = math.fsum(taus) / len(taus) if taus else None
    return _Agreement(rbos, overlaps, jaccards, tau, lengths, means([row.at for row in rows]))


def _add(described: Sequence[_Agreement], clip: int, sums: RankingSums) -> None:
    sums.n = len(described)
    taus = [(1 + each.tau) / 2 for each in described if each.tau is not None]
    sums.tau_n = len(taus)
    sums.length.add_all(_terms([each.length for each in described]), clip)
    sums.add_totals(
        rbo=_terms([each.rbo for each in described]),
        overlap=_terms([each.overlap for each in described]),
        jaccard=_terms([each.jaccard for each in described]),
        tau=_terms(taus),
    )
    for each in described:
        sums.rbo_bins[min(BINS - 1, int(each.rbo * BINS))] += 1


def _terms(terms: list[float]) -> NDArray[np.float64]:
    return np.array(terms, dtype=np.float64)
