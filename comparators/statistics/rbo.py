"""Agreement of two rankings, tops first: rank-biased overlap, overlap at a depth, Kendall's tau-b, all with ties.

A ranking is a sequence of ties, the best first, and a tie a sequence of items, mostly one; `ranked` makes one of any
list. Sources: Webber, Moffat, Zobel, "A similarity measure for indefinite rankings", ACM TOIS 28(4), 2010 (equations
by number); Corsi, Urbano, "The Treatment of Ties in Rank-Biased Overlap", SIGIR 2024. compare/ranking.py calls this.

An item of a tie that is read in part counts for the share that is read (variants a, b), or wholly (w). a is the mean
over all ways to break the ties, so a tied ranking has less than 1 with itself; b divides by the norms of both sides,
w by their sizes, so that equal rankings have 1. Without ties the three are the same. All is O(n), but for `tau_b`.
"""

import math
from bisect import bisect_left, bisect_right, insort
from collections import Counter
from collections.abc import Hashable, Iterator, Sequence
from itertools import groupby, islice
from typing import Literal, NamedTuple

MAX_ITEMS = 256  # of a list, in `ranked`: at p = 0.9 all ranks below these weigh 2e-12 together

Ranking = Sequence[Sequence[Hashable]]
Variant = Literal["w", "a", "b"]

_PART, _FULL = 1, 2  # how far an item has been read in one ranking; 0 is not at all


class Overlap(NamedTuple):
    """Rank-biased overlap, each in [0, 1]. `extrapolated`: agreement goes on below the lists as it was at their ends.

    `least` and `most`: what is below them differs in everything, or agrees as far as it can.
    """

    extrapolated: float
    least: float
    most: float

    @property
    def residual(self) -> float:
        """How much is not known, since the lists end. Webber et al., equation 30, where the longer list has no ties."""
        return self.most - self.least


def ranked(items: Sequence[Hashable], scores: Sequence[float | None] = ()) -> Ranking:
    """The first MAX_ITEMS as a ranking, in the order given; of items that come twice, the first.

    Neighbours of equal score are tied. Scores may rise or fall (a distance is the better the smaller it is); None ties
    nothing.
    """
    seen: set[Hashable] = set()
    ties: list[list[Hashable]] = []
    last: float | None = None
    for rank, item in enumerate(islice(items, MAX_ITEMS)):
        score = scores[rank] if scores else None
        if item in seen:
            continue
        seen.add(item)
        if score is not None and score == last:
            ties[-1].append(item)
        else:
            ties.append([item])
        last = score
    return ties


def length(ranking: Ranking) -> int:
    return sum(map(len, ranking))


def rbo(a: Ranking, b: Ranking, p: float, variant: Variant = "a") -> Overlap:
    """Rank-biased overlap at persistence p, 0 < p < 1; the lists may differ in length (equations 11, 30 and 32).

    Two empty lists agree; an empty list and another one share nothing, as far as is seen.
    """
    shorter, longer = sorted((a, b), key=length)
    s, n = length(shorter), length(longer)
    if not s:
        return Overlap(0.0, 0.0, 1.0) if n else Overlap(1.0, 1.0, 1.0)
    weights = [p**depth for depth in range(1, n + 1)]
    depths = list(_depths(shorter, longer, variant))
    top, below = depths[:s], depths[s:]
    agreement = top[-1].overlap / top[-1].scale  # where the shorter list ends
    seen = [each.overlap / each.scale for each in top]
    overlap = depths[-1].overlap

    def weighed(further: list[float], rest: float) -> float:
        total = math.fsum(value * weight for value, weight in zip(seen + further, weights, strict=True)) + rest
        return min(1.0, max(0.0, (1 - p) / p * total))

    goes_on = [
        (each.overlap + ahead * agreement * each.mean_unseen) / each.scale for ahead, each in enumerate(below, 1)
    ]
    differs = [each.overlap / each.scale for each in below]
    agrees = [(each.overlap + each.most_unseen(ahead)) / each.scale for ahead, each in enumerate(below, 1)]
    return Overlap(
        weighed(goes_on, (overlap + (n - s) * agreement) / n * p ** (n + 1) / (1 - p)),
        weighed(differs, overlap * (-math.log1p(-p) - math.fsum(w / d for d, w in enumerate(weights, 1)))),
        weighed(agrees, _most_rest(s, n, overlap, p)),
    )


def overlap_at(a: Ranking, b: Ranking, depth: int, variant: Variant = "a") -> float:
    """The share of their first `depth` items that both have: |A ∩ B| / depth, where there are no ties.

    Of the longer list's length, where that is smaller. Two empty lists agree.
    """
    found = agreements(a, b, depth, variant)
    return found[-1] if found else 1.0


def average_overlap(a: Ranking, b: Ranking, depth: int, variant: Variant = "a") -> float:
    """The mean of `overlap_at` over the depths from 1 to `depth`. Webber et al., section 3.2."""
    found = agreements(a, b, depth, variant)
    return math.fsum(found) / len(found) if found else 1.0


def tau_b(x: Sequence[float], y: Sequence[float]) -> float | None:
    """Kendall's tau-b of paired values, in [-1, 1]; None below two pairs, and where one side is constant.

    O(n log n) comparisons. Kendall, "The treatment of ties in ranking problems", Biometrika 33(3), 1945.
    """
    balance = 0  # concordant pairs less discordant ones
    before: list[float] = []  # the y of smaller x, in order
    for _, tied in groupby(sorted(zip(x, y, strict=True)), key=lambda pair: pair[0]):
        more = [pair[1] for pair in tied]
        balance += sum(bisect_left(before, each) - len(before) + bisect_right(before, each) for each in more)
        for each in more:
            insort(before, each)
    untied = _untied(x) * _untied(y)
    return max(-1.0, min(1.0, balance / math.sqrt(untied))) if untied else None


class _RankDepth(NamedTuple):
    """Both rankings, read to one depth. `full`, `part`: items of the longer one alone; `share`: how much of its tie."""

    overlap: float
    scale: float  # by which it becomes an agreement in [0, 1]
    full: int
    part: int
    share: float

    @property
    def mean_unseen(self) -> float:
        """Below the shorter list: for how much an item counts that only the longer one has."""
        return (self.full + self.share * self.part) / (self.full + self.part)

    def most_unseen(self, ahead: int) -> float:
        """Below the shorter list: what `ahead` more of its items can add, being the longer one's foremost."""
        return min(self.full, ahead) + self.share * max(0, ahead - self.full)


class _Step(NamedTuple):
    """One rank further down a ranking: `items` come to be in `state`; `share` of the tie under way is read."""

    items: Sequence[Hashable]
    state: int
    share: float
    weight: float  # of all that was read: by number, by size (w) or by square (b)


class _Places:
    """How many items are how far read in both rankings: `counts[3 * state in the shorter + state in the longer]`."""

    def __init__(self) -> None:
        self.counts = [0] * 9
        self._of: dict[Hashable, int] = {}

    def move(self, items: Sequence[Hashable], state: int, *, shorter: bool) -> None:
        for item in items:
            old = self._of.get(item, 0)
            new = 3 * state + old % 3 if shorter else old - old % 3 + state
            self.counts[old] -= 1
            self.counts[new] += 1
            self._of[item] = new


def agreements(a: Ranking, b: Ranking, depth: int, variant: Variant) -> list[float]:
    """`overlap_at` each rank from 1 to `depth`, or to the end of the longer list."""
    shorter, longer = sorted((a, b), key=length)
    return [each.overlap / each.scale for each in islice(_depths(shorter, longer, variant), depth)]


def _depths(shorter: Ranking, longer: Ranking, variant: Variant) -> Iterator[_RankDepth]:
    """One for each rank of the longer one. An item changes its state twice at most, so all of it takes O(n)."""
    places, steps = _Places(), _steps(shorter, variant)
    for depth, theirs in enumerate(_steps(longer, variant), 1):
        own = next(steps, None) or _Step((), _FULL, 1.0, depth)  # below its end its items are not known, but there
        places.move(own.items, own.state, shorter=True)
        places.move(theirs.items, theirs.state, shorter=False)
        _, part_of_longer, full_of_longer, _, both_in_part, part_of_shorter, _, of_longer_in_part, both = places.counts
        overlap = (
            both
            + own.share * part_of_shorter
            + theirs.share * of_longer_in_part
            + own.share * theirs.share * both_in_part
        )
        yield _RankDepth(
            overlap, _scale(own.weight, theirs.weight, variant), full_of_longer, part_of_longer, theirs.share
        )


def _steps(ranking: Ranking, variant: Variant) -> Iterator[_Step]:
    above = 0
    for tie in ranking:
        size = len(tie)
        for read in range(1, size + 1):
            share = read / size
            if variant == "w":
                yield _Step(tie if read == 1 else (), _FULL, 1.0, above + size)
            else:
                weight = above + (size * (share * share) if variant == "b" else read)
                yield _Step(tie if read in (1, size) else (), _FULL if read == size else _PART, share, weight)
        above += size


def _scale(a: float, b: float, variant: Variant) -> float:
    return (a + b) / 2 if variant == "w" else math.sqrt(a * b)


def _most_rest(s: int, n: int, overlap: float, p: float) -> float:
    """Below the longer list, at most: each rank adds two items to the overlap, until all are shared."""
    complete = s + n - round(overlap)  # both lists have been read to their ends: the overlap is a whole number
    rising = math.fsum((2 * depth - s - n + overlap) / depth * p**depth for depth in range(n + 1, complete + 1))
    return rising + p ** (complete + 1) / (1 - p)


def _untied(values: Sequence[float]) -> int:
    n = len(values)
    return (n * (n - 1) - sum(count * (count - 1) for count in Counter(values).values())) // 2
