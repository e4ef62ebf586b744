"""Sums by condition → the slices that a report names, strongest first, and those an operator asked for. Pure.

A slice is named when its rate's lower bound lies above its complement's upper bound, each at alpha / 2m, m being the
number of conditions. Each bound is one of a confidence sequence (statistics.sequences.rate), so with probability
1 - alpha none of the 2m rates is ever outside of its interval, and then no name is false, at any look: a slice is named
falsely only where its rate is not above its complement's. Alpha is that of one kind of request in one epoch.
"""

import math
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from comparators.metrics.metric import RATE
from comparators.settings import Source
from comparators.slices.conditions import Condition, Conditions, in_words, is_hidden
from comparators.slices.intervals import Reals, log_martingales, rates
from comparators.slices.sums import SliceSums
from comparators.statistics.exact import real
from comparators.view import View

MAX_NAMED = 20
MAX_ALSO = 10  # listed under one that is named


class Rate(Struct, frozen=True):
    """Of `n` requests; `value` None where there are none."""

    n: int
    value: float | None
    lo: float
    hi: float


class OverlappingSlice(Struct, frozen=True):
    """A slice that is named as well, and whose disagreement is mostly that of a stronger one."""

    words: str
    condition: Condition
    n: int
    value: float
    lo: float
    hi: float
    sums: dict[str, float]


class SliceReport(Struct, frozen=True, kw_only=True):
    """The mean share of rows that disagree, in the slice and in its complement, all other requests of the same kind.

    `carries`: the slice's share of all disagreement. `alpha`: the chance that this one interval ever misses, which is
    the report's divided by twice the number of conditions. `named`: the slice disagrees more than its complement.
    """

    words: str
    source: Source
    feature: str
    condition: Condition
    named: bool
    configured: bool
    n: int
    value: float
    lo: float
    hi: float
    complement: Rate
    carries: float
    method: str
    alpha: float
    sums: dict[str, float]
    also: tuple[OverlappingSlice, ...] = ()
    also_not_listed: int = 0


class SliceFindings(Struct, frozen=True, kw_only=True):
    """`slices`: named ones by strength, then configured ones in their order. `named` counts those that were named, with
    overlapping ones; `conditions` were looked at, in `pairs` requests.
    """

    slices: tuple[SliceReport, ...] = ()
    named: int = 0
    conditions: int = 0
    pairs: int = 0


def find(conditions: Conditions, sums: SliceSums, view: View) -> SliceFindings:
    """What the view hides now is not shown, though it may have been counted."""
    size = len(conditions.conditions)
    if not size or not sums.total_n or sums.conditions != conditions.fingerprint():
        return SliceFindings(conditions=size)
    table = _ConditionTable(conditions, sums, view)
    shown = {index for index in table.bounds if not is_hidden(conditions.conditions[index], view.hidden)}
    named = [
        index for index in sorted(shown, key=lambda index: (-table.strength(index), index)) if table.is_named(index)
    ]
    groups = _grouped(named, table)
    slices = [table.report(leader, under) for leader, under in groups]
    others = shown - {leader for leader, _ in groups}
    slices += [table.report(index, ()) for index in sorted(others) if table.is_configured(index)]
    return SliceFindings(slices=tuple(slices), named=len(named), conditions=size, pairs=sums.total_n)


class _ConditionTable:
    """All conditions' sums and complements, and the intervals of those that may be shown."""

    def __init__(self, conditions: Conditions, sums: SliceSums, view: View) -> None:
        self.conditions = conditions
        self.sums = sums
        self.view = view
        self.alpha = alpha = view.alpha / (2 * len(conditions.conditions))
        own, rest = _ShareSums.of(sums.disagreement, sums.n), _ShareSums.of(*_complements(sums))
        shown = _may_be_named(own, rest, real(sums.total_disagreement) / sums.total_n, alpha)
        shown[: conditions.configured] |= own.n[: conditions.configured] > 0
        at = np.flatnonzero(shown)
        self.bounds = dict(zip(at.tolist(), _both_bounds(own.at(at), rest.at(at), alpha), strict=True))
        self._together = dict(zip(conditions.together, sums.together, strict=True))

    def is_configured(self, index: int) -> bool:
        return index < self.conditions.configured

    def strength(self, index: int) -> float:
        """How far the slice's interval lies above its complement's."""
        lo, _, _, complement_hi = self.bounds[index]
        return lo - complement_hi

    def is_named(self, index: int) -> bool:
        return self.strength(index) > 0

    def is_under(self, index: int, stronger: int) -> bool:
        """On the same feature; or more than half of its disagreement satisfies the stronger one too: as counted, or
        because the two together have more than there is (the least that two sets have in common: their sum less all).
        """
        if self.conditions.conditions[index].dimension == self.conditions.conditions[stronger].dimension:
            return True
        share = self.sums.disagreement
        both = self._together.get((min(index, stronger), max(index, stronger)))
        if both is None:
            both = share[index] + share[stronger] - self.sums.total_disagreement
        return 2 * both > share[index]

    def report(self, index: int, under: Sequence[int]) -> SliceReport:
        condition = self.conditions.conditions[index]
        own, complement = self._rate(index), self._complement(index)
        return SliceReport(
            words=self._words(index),
            source=condition.source,
            feature=condition.feature,
            condition=condition,
            named=self.is_named(index),
            configured=self.is_configured(index),
            n=own.n,
            value=own.value or 0.0,
            lo=own.lo,
            hi=own.hi,
            complement=complement,
            carries=self.sums.disagreement[index] / max(1, self.sums.total_disagreement),
            method=RATE,
            alpha=self.alpha,
            sums=self._rate_sums(index),
            also=tuple(map(self._overlapping, under[:MAX_ALSO])),
            also_not_listed=max(0, len(under) - MAX_ALSO),
        )

    def _overlapping(self, index: int) -> OverlappingSlice:
        own, condition = self._rate(index), self.conditions.conditions[index]
        return OverlappingSlice(
            self._words(index), condition, own.n, own.value or 0.0, own.lo, own.hi, self._rate_sums(index)
        )

    def _words(self, index: int) -> str:
        return self.view.shown(in_words(self.conditions.conditions[index]))

    def _rate(self, index: int) -> Rate:
        n = self.sums.n[index]
        return Rate(n, real(self.sums.disagreement[index]) / n, *self.bounds[index][:2])

    def _rate_sums(self, index: int) -> dict[str, float]:
        return {"k": real(self.sums.disagreement[index]), "n": self.sums.n[index]}

    def _complement(self, index: int) -> Rate:
        n = self.sums.total_n - self.sums.n[index]
        share = real(self.sums.total_disagreement - self.sums.disagreement[index])
        return Rate(n, share / n if n else None, *self.bounds[index][2:])


class _ShareSums(NamedTuple):
    """All slices, or all complements: sums of shares, and requests."""

    k: Reals
    n: Reals

    @classmethod
    def of(cls, shares: Sequence[int], n: Sequence[int]) -> "_ShareSums":
        return cls(np.array(list(map(real, shares)), dtype=np.float64), np.array(n, dtype=np.float64))

    def at(self, indices: NDArray[np.intp]) -> "_ShareSums":
        return _ShareSums(self.k[indices], self.n[indices])


def _complements(sums: SliceSums) -> tuple[list[int], list[int]]:
    """Shares and requests: in integers, since a difference of floats could leave more disagreement than requests."""
    return [sums.total_disagreement - each for each in sums.disagreement], [sums.total_n - each for each in sums.n]


def _may_be_named(own: _ShareSums, rest: _ShareSums, overall: float, alpha: float) -> NDArray[np.bool_]:
    """False only where a slice cannot be named: a sequence always contains the mean, so the slice's mean must be above
    its complement's; and where the intervals are apart, the mean of all, which lies between, is in one of them at most.
    """
    above = (own.n > 0) & (rest.n > 0) & (own.k * rest.n > rest.k * own.n)
    if not 0 < overall < 1:
        return np.zeros_like(above)
    at = np.flatnonzero(above)
    bound = math.log(1 / alpha)
    apart = log_martingales(*own.at(at), overall) >= bound
    apart |= log_martingales(*rest.at(at), overall) >= bound
    above[at] = apart
    return above


def _both_bounds(own: _ShareSums, rest: _ShareSums, alpha: float) -> Iterable[tuple[float, float, float, float]]:
    """lo and hi of each slice, lo and hi of its complement."""
    both = rates(np.concatenate([own.k, rest.k]), np.concatenate([own.n, rest.n]), alpha)
    lo, hi = both.lo.tolist(), both.hi.tolist()
    size = len(own.n)
    return zip(lo[:size], hi[:size], lo[size:], hi[size:], strict=True)


def _grouped(named: Iterable[int], table: _ConditionTable) -> list[tuple[int, list[int]]]:
    """The strongest ones, each with those that go under it. `named` is by strength."""
    groups: list[tuple[int, list[int]]] = []
    for index in named:
        under = next((group for group in groups if table.is_under(index, group[0])), None)
        if under is not None:
            under[1].append(index)
        elif len(groups) < MAX_NAMED:
            groups.append((index, []))
    return groups
