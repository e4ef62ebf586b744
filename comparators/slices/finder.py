"""Sums by condition → the slices that a report names, strongest first, and those an operator asked for. Pure.

A slice is named when the e-value of "it disagrees more than its complement" (e_values.py; of corners evidence.py) is at
least m / alpha, m being the number of conditions, or of corners. By Ville's inequality and the union bound no name is
ever false, at any look, with probability 1 - alpha. Alpha is that of one kind of request in one epoch. Conditions
follow from requests alone, so the pairs that they were enumerated from may count. Where requests have a unit, all sums
are divided by the design effect of their disagreement (statistics.clusters).

Intervals are told beside it, each at alpha / 2m; a slice may be named while they still overlap.
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np
from msgspec import Struct, structs

from comparators.metrics.metric import RATE
from comparators.metrics.way import shown_effect
from comparators.settings import Dimension, Source
from comparators.slices.conditions import Condition, Conditions, in_words, is_hidden
from comparators.slices.e_values import as_number
from comparators.slices.evidence import SliceEvidence
from comparators.slices.intervals import Intervals, Reals, rates
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
    """A slice that is named as well, and whose disagreement is mostly that of a stronger one; or `later`, of one that
    was known before. `alpha`: as of a slice.
    """

    words: str
    condition: Condition
    second: Condition | None
    n: int
    value: float
    lo: float
    hi: float
    e_value: float
    alpha: float
    sums: dict[str, float]
    later: bool = False


class SliceReport(Struct, frozen=True, kw_only=True):
    """How much of them disagrees, in the slice and in its complement, all other requests of the same kind: of a request
    with several rows, the one that is drawn.

    `second`: of a corner, whose requests satisfy both conditions. `carries`: the slice's share of all disagreement.
    `e_value`: of its disagreeing more than its complement (a corner's, also than the rest of either condition), None
    where it does not; `named` from `e_value_needed` on. `alpha`: the chance that this one interval ever misses, which
    is a share of the report's divided by twice the number of conditions, or of corners.
    """

    words: str
    source: Source
    feature: str
    condition: Condition
    second: Condition | None = None
    named: bool
    configured: bool
    n: int
    value: float
    lo: float
    hi: float
    complement: Rate
    carries: float
    e_value: float | None
    e_value_needed: float
    method: str
    alpha: float
    sums: dict[str, float]
    also: tuple[OverlappingSlice, ...] = ()
    also_not_listed: int = 0


class SliceFindings(Struct, frozen=True, kw_only=True):
    """`slices`: named ones by strength, then configured ones in their order. `named` counts those that were named, with
    overlapping ones; `conditions` and corners were looked at, in `pairs` requests. `under`: of each of the slices the
    earlier conditions that most of its disagreement satisfies as well.
    """

    slices: tuple[SliceReport, ...] = ()
    under: tuple[tuple[Condition, ...], ...] = ()
    named: int = 0
    conditions: int = 0
    pairs: int = 0


def find(conditions: Conditions, sums: SliceSums, view: View, effect: float = 1.0, part: float = 1.0) -> SliceFindings:
    """What the view hides now is not shown, though it may have been counted. `effect`: the design effect. `part`: of
    the report's alpha.
    """
    size = conditions.size
    if not size or not sums.total_n or sums.conditions != conditions.fingerprint():
        return SliceFindings(conditions=size)
    table = _ConditionTable(conditions, sums, view, effect, view.alpha * part)
    named = table.named()
    groups = _grouped(named, table)
    leaders = {group.leader for group in groups}
    groups += [_SliceGroup(index, []) for index in table.asked() if index not in leaders]
    under = tuple(table.beside(group.leader) for group in groups)
    slices = tuple(table.reports(groups))
    return SliceFindings(slices=slices, under=under, named=len(named), conditions=size, pairs=sums.total_n)


def with_later(leader: SliceReport, later: SliceReport) -> SliceReport:
    """With a slice that goes under it, and those that go under that one."""
    own = OverlappingSlice(
        words=later.words,
        condition=later.condition,
        second=later.second,
        n=later.n,
        value=later.value,
        lo=later.lo,
        hi=later.hi,
        e_value=later.e_value or 0.0,
        alpha=later.alpha,
        sums=later.sums,
    )
    more = [structs.replace(each, later=True) for each in (own, *later.also)]
    also = (*leader.also, *more)
    beyond = later.also_not_listed + len(also[MAX_ALSO:])
    return structs.replace(leader, also=also[:MAX_ALSO], also_not_listed=leader.also_not_listed + beyond)


class _SliceGroup(NamedTuple):
    """A slice, and those that go under it."""

    leader: int
    under: list[int]

    @property
    def listed(self) -> list[int]:
        return self.under[:MAX_ALSO]


class _ConditionTable:
    """All conditions' and corners' sums, and the evidence of those that may be shown."""

    def __init__(self, conditions: Conditions, sums: SliceSums, view: View, effect: float, alpha: float) -> None:
        self.conditions = conditions
        self.sums = sums
        self.view = view
        self.effect = effect
        self.evidence = SliceEvidence.of(conditions, sums, effect, alpha)
        self._are_named = self.evidence.log_e_values >= np.log(self.evidence.needed)
        self._together = dict(zip(conditions.together, sums.together, strict=True))

    def named(self) -> list[int]:
        """By strength."""
        found, strength = np.flatnonzero(self._are_named).tolist(), self.evidence.strength
        return sorted(filter(self._is_shown, found), key=lambda index: (-strength[index], index))

    def asked(self) -> list[int]:
        """In their order, those that any request satisfied."""
        found = [index for index in range(self.conditions.configured) if self.sums.n[index]]
        return list(filter(self._is_shown, found))

    def is_under(self, index: int, stronger: int) -> bool:
        """On the same feature, or features; or more than half of its disagreement satisfies the stronger one too: as
        counted, or because the two together have more than there is (the least that two sets have in common: their sum
        less all). A corner says more than either of its conditions, and stands under none of them.
        """
        own, leading = (self._parts(each) for each in (index, stronger))
        if len(own) > len(leading) and leading <= own:
            return False
        if len(own) == len(leading) and self._dimensions(index) & self._dimensions(stronger):
            return True
        share = self.sums.disagreement
        both = self._together.get((min(index, stronger), max(index, stronger)))
        if own < leading:
            both = share[stronger]
        elif both is None:
            both = share[index] + share[stronger] - self.sums.total_disagreement
        return 2 * both > share[index]

    def beside(self, index: int) -> tuple[Condition, ...]:
        """Those of earlier enumerations that more than half of its disagreement satisfies, too."""
        behind = len(self.conditions.conditions)
        return tuple(
            self.conditions.beside[other - behind]
            for (own, other), both in self._together.items()
            if own == index and other >= behind and 2 * both > self.sums.disagreement[index]
        )

    def _parts(self, index: int) -> set[int]:
        """The conditions that meet in it, or itself."""
        beyond = index - len(self.conditions.conditions)
        return {index} if beyond < 0 else set(self.conditions.corners[beyond])

    def _dimensions(self, index: int) -> set[Dimension]:
        return {each.dimension for each in self.conditions.of(index)}

    def reports(self, groups: Sequence[_SliceGroup]) -> list[SliceReport]:
        rates_of = self._rates([index for group in groups for index in (group.leader, *group.listed)])
        return [self._report(group, rates_of) for group in groups]

    def _rates(self, indices: Sequence[int]) -> dict[int, tuple[Rate, Rate]]:
        """Of these slices and of their complements."""
        at, sums, evidence = np.array(indices, dtype=np.intp), self.sums, self.evidence
        alpha = _each_alpha(evidence.needed[at])
        own = [(sums.disagreement[index], sums.n[index]) for index in indices]
        others = [(sums.total_disagreement - share, sums.total_n - n) for share, n in own]
        both = zip(
            _all_rates(own, rates(evidence.own.at(at), alpha)),
            _all_rates(others, rates(evidence.complements.at(at), alpha)),
            strict=True,
        )
        return dict(zip(indices, both, strict=True))

    def _report(self, group: _SliceGroup, rates_of: dict[int, tuple[Rate, Rate]]) -> SliceReport:
        index = group.leader
        condition, *second = self.conditions.of(index)
        own, complement = rates_of[index]
        log_e_value, needed = float(self.evidence.log_e_values[index]), self.evidence.needed[index : index + 1]
        return SliceReport(
            words=self._words(index),
            source=condition.source,
            feature=condition.feature,
            condition=condition,
            second=second[0] if second else None,
            named=bool(self._are_named[index]),
            configured=index < self.conditions.configured,
            n=own.n,
            value=own.value or 0.0,
            lo=own.lo,
            hi=own.hi,
            complement=complement,
            carries=self.sums.disagreement[index] / max(1, self.sums.total_disagreement),
            e_value=None if log_e_value == -np.inf else as_number(log_e_value),
            e_value_needed=float(needed[0]),
            method=RATE,
            alpha=float(_each_alpha(needed)[0]),
            sums=self._rate_sums(index),
            also=tuple(self._overlapping(each, rates_of[each][0]) for each in group.listed),
            also_not_listed=len(group.under) - len(group.listed),
        )

    def _overlapping(self, index: int, own: Rate) -> OverlappingSlice:
        condition, *second = self.conditions.of(index)
        return OverlappingSlice(
            words=self._words(index),
            condition=condition,
            second=second[0] if second else None,
            n=own.n,
            value=own.value or 0.0,
            lo=own.lo,
            hi=own.hi,
            e_value=as_number(float(self.evidence.log_e_values[index])),
            alpha=float(_each_alpha(self.evidence.needed[index : index + 1])[0]),
            sums=self._rate_sums(index),
        )

    def _words(self, index: int) -> str:
        return self.view.shown(" and ".join(map(in_words, self.conditions.of(index))))

    def _rate_sums(self, index: int) -> dict[str, float]:
        return {"k": real(self.sums.disagreement[index]), "n": self.sums.n[index], **shown_effect(self.effect)}

    def _is_shown(self, index: int) -> bool:
        return not any(is_hidden(each, self.view.hidden) for each in self.conditions.of(index))


def _each_alpha(needed: Reals) -> Reals:
    """Of each interval: m slices have two of them each."""
    alpha: Reals = 1 / (2 * needed)
    return alpha


def _all_rates(sums: Sequence[tuple[int, int]], bounds: Intervals) -> list[Rate]:
    """`sums`: shares and requests."""
    each = zip(sums, bounds.lo.tolist(), bounds.hi.tolist(), strict=True)
    return [Rate(n, real(share) / n if n else None, lo, hi) for (share, n), lo, hi in each]


def _grouped(named: Iterable[int], table: _ConditionTable) -> list[_SliceGroup]:
    """The strongest ones, each with those that go under it. `named` is by strength."""
    groups: list[_SliceGroup] = []
    for index in named:
        under = next((group for group in groups if table.is_under(index, group.leader)), None)
        if under is not None:
            under.under.append(index)
        elif len(groups) < MAX_NAMED:
            groups.append(_SliceGroup(index, []))
    return groups
