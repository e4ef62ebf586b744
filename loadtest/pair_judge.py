"""Pairs in, a report out: the same comparators, plans, slices and epochs as live, without a store.

First it learns from recorded exchanges how each kind of request is read, and what its requests can be told apart by;
that follows from production's side alone. Then pairs come in any order, and are added up. Used by the scorer of a run,
and by whoever has pairs already.
"""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

import msgspec

from comparators.evidence.building import Replay, build
from comparators.evidence.epochs import Attribution, Epoch
from comparators.evidence.gathering import latest
from comparators.evidence.report import Report
from comparators.features.units import UnitReader
from comparators.pairs.comparison import Comparison
from comparators.pairs.examples import Chooser, Example, example, few_of_each
from comparators.pairs.judging import JudgedBatch, JudgedPair, counted, judge, read_all
from comparators.pairs.reads import PairReading, StoredPair
from comparators.pairs.summary import PlanSummary, Summary
from comparators.pairs.turns import turns
from comparators.plans.kind_of_request import kind_of
from comparators.plans.known_plans import Plans
from comparators.plans.plan import Plan
from comparators.recompute.parts import merge_into
from comparators.recompute.plans import Deciding
from comparators.settings import CompareSettings
from comparators.slices.conditions import Conditions
from comparators.slices.enumerating import enumerate_conditions
from comparators.slices.samples import PAIRS
from comparators.slices.slicing import Slicing
from comparators.view import View
from records.coverage import Coverage
from records.entry_id import number_of
from records.nouns import Exchange, Pair
from records.privacy.redaction import Redaction
from records.privacy.units import unit_of

StretchOf = Callable[[int], int]  # of a pair's number: which of comparators.pairs.stretches it was sent in

_AT_ONCE_MS = 1  # when pairs were stored, if they had been: what slices are told by is known before all of them


class JudgedSums(NamedTuple):
    """What pairs came to. `counts`: as comparators.pairs.judging.counted has them."""

    by_epoch: dict[Epoch, Summary]
    counts: Counter[str]
    examples: list[Example]

    def merge(self, more: "JudgedSums") -> None:
        """Raises Unmergeable."""
        merge_into(self.by_epoch, more.by_epoch)
        self.counts.update(more.counts)
        self.examples[:] = few_of_each([*self.examples, *more.examples])


class PairJudge:
    """On one route and candidate. `learn` first, then `add`, then `report`. Several that learnt the same judge parts of
    the same pairs: `merge` what the others found before the report.
    """

    def __init__(
        self,
        settings: CompareSettings,
        *,
        candidate: str,
        route: str,
        view: View,
        redaction: Redaction,
    ) -> None:
        self._candidate = candidate
        self._route = route
        self._view = view
        self._redaction = redaction
        self._plans = Plans(settings, redaction.key)
        self._plans.units = _UnitOrKey(settings, redaction.key)
        self._attribution = Attribution(route, candidate, settings.basis())
        self._slicings: dict[str, tuple[Slicing, ...]] = {}
        self._conditions: dict[str, list[Conditions]] = {}
        self._chooser = Chooser()
        self.found = JudgedSums({}, Counter(), [])

    @property
    def counts(self) -> Counter[str]:
        return self.found.counts

    def learn(self, exchanges: Sequence[Exchange]) -> list[Plan]:
        """From these, of which every kind of request should be one."""
        deciding = Deciding(self._plans, None)
        for each in exchanges:
            deciding.add(each)
        plans = deciding.decide()
        self._learn_slices(exchanges)
        return plans

    def fingerprint(self) -> str:
        """Of all that decides what is found in a pair, and under which names: by settings, and by what was learnt."""
        settings = self._plans.settings
        unit_in_body = settings.unit if not settings.unit_header() else ""
        key = unit_of(unit_in_body, b"", self._redaction.key) if unit_in_body else ""
        plans = sorted(self._plans.all(), key=lambda plan: plan.key)
        conditions = [each.fingerprint() for _, several in sorted(self._conditions.items()) for each in several]
        written = msgspec.json.encode((settings.basis(), key, plans, conditions), order="deterministic")
        return hashlib.sha256(written).hexdigest()

    def add(self, pairs: Iterable[tuple[int, Pair]], stretch_of: StretchOf | None = None) -> list[JudgedPair]:
        """Each with a number, which its `entry` ends with, and by which `stretch_of` knows when it was sent. Those that
        warm up are compared as well, and add nothing up; one that breaks us is not among them.
        """
        stored = [StoredPair(pair, f"{_AT_ONCE_MS}-{number}") for number, pair in pairs]
        judged: list[JudgedPair] = []
        for turn in turns(stored, self._plans.settings.max_decoded_bytes):
            judged += self._judged_turn(turn, stretch_of)
        for each in judged:
            if not each.pair.warming_up:
                self._show(each)
        return judged

    def merge(self, more: JudgedSums) -> None:
        """Raises Unmergeable."""
        self.found.merge(more)

    def effect_of_units(self) -> float:
        """The design effect of the disagreement of all that was found, by whose requests these are."""
        total = PlanSummary()
        for each in self.found.by_epoch.values():
            total.merge(each.total())
        return total.effect_of_units().measured

    def report(self, coverage: Coverage, replay: Replay | None = None) -> Report:
        numbered = dict(enumerate(self.found.by_epoch, 1))
        evidence = latest({number: self.found.by_epoch[epoch] for number, epoch in numbered.items()}, numbered)
        return build(
            evidence,
            candidate=self._candidate,
            route=self._route,
            coverage=coverage.as_json(),
            plans={plan.key: plan for plan in self._plans.all()},
            examples=self.found.examples,
            view=self._view,
            conditions=self._conditions,
            replay=replay,
        )

    # ---- inside

    def _judged_turn(self, turn: Sequence[StoredPair], stretch_of: StretchOf | None) -> list[JudgedPair]:
        by_epoch: dict[Epoch | None, list[PairReading]] = defaultdict(list)
        for each in read_all(turn, self._plans):
            by_epoch[None if each.pair.warming_up else self._attribution.epoch_of(each)].append(each)
        judged: list[JudgedPair] = []
        for epoch, reads in by_epoch.items():
            batch = judge(reads, self._plans, self._slicings)
            judged += batch.judged
            if stretch_of is not None:
                _add_stretches(batch, stretch_of)
            if epoch is not None:
                merge_into(self.found.by_epoch, {epoch: batch.summary})
        return judged

    def _show(self, each: JudgedPair) -> None:
        self.counts.update(counted([each.comparison]))
        if self._chooser.wants(each.comparison):
            self.found.examples.append(example(self._redaction.pair(each.pair), each.comparison, self._view))

    def _learn_slices(self, exchanges: Sequence[Exchange]) -> None:
        settings = self._plans.settings
        if not (settings.find_slices or settings.slices):
            return
        samples: dict[str, list[Exchange]] = defaultdict(list)
        for each in exchanges:
            own = samples[self._plans.placed(kind_of(each.request)).key]
            if len(own) < PAIRS:
                own.append(each)
        for key, own in samples.items():
            plan = self._plans.known(key)
            if plan is not None:
                features = [self._plans.features.read(each.request, plan.protocol) for each in own]
                conditions = enumerate_conditions(
                    features, settings.slices, find=settings.find_slices, hidden=self._view.hidden
                )
                self._conditions[key] = [conditions]
                self._slicings[key] = (Slicing.of(conditions, since_ms=0),)


def _add_stretches(batch: JudgedBatch, stretch_of: StretchOf) -> None:
    several: dict[tuple[str, int], list[Comparison]] = defaultdict(list)
    for each in batch.judged:
        several[each.comparison.plan, stretch_of(number_of(each.entry))].append(each.comparison)
    for (key, stretch), comparisons in several.items():
        own = batch.summary.part(key) or batch.summary.part(None)
        if own is not None:
            own.stretches.add(stretch, comparisons)


class _UnitOrKey(UnitReader):
    """Of a request that has no unit where settings say that it should, what it was sampled by; or that it is sent again
    and again, which says as much.
    """

    def of(self, exchange: Exchange) -> str:
        return super().of(exchange) or exchange.sampling_key


def pair_coverage(counts: Counter[str], of: int, missing: dict[str, int]) -> Coverage:
    """As a report has it: of so many requests, those that were compared, and by reason those that were not."""
    incomparable = _named(counts, "incomparable.")
    return Coverage(
        requests=of,
        not_sampled={},
        shed={},
        held=0,
        recorded=of,
        mirrored=counts["compared"] + sum(incomparable.values()),
        skipped={reason: number for reason, number in missing.items() if number},
        waiting=0,
        compared=counts["compared"],
        incomparable=incomparable,
        uncompared=0,
        uncompared_by={},
        latency_excluded=_named(counts, "latency_excluded."),
    )


def _named(counts: Counter[str], prefix: str) -> dict[str, int]:
    return {name.removeprefix(prefix): number for name, number in counts.items() if name.startswith(prefix)}
