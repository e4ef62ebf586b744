"""Pairs in, a report out: the same comparators, plans, slices and epochs as live, without a store.

First it learns from recorded exchanges how each kind of request is read, and what its requests can be told apart by;
that follows from production's side alone. Then pairs come in any order, and are added up. Used by the scorer of a run,
and by whoever has pairs already.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence

from comparators.evidence.building import Replay, build
from comparators.evidence.epochs import Attribution, Epoch
from comparators.evidence.gathering import latest
from comparators.evidence.report import Report
from comparators.pairs.examples import Chooser, Example, example
from comparators.pairs.judging import JudgedPair, counted, judge, read_all
from comparators.pairs.reads import PairReading, StoredPair
from comparators.pairs.summary import Summary
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
from records.nouns import Exchange, Pair
from records.privacy.redaction import Redaction

_AT_ONCE_MS = 1  # when pairs were stored, if they had been: what slices are told by is known before all of them


class PairJudge:
    """On one route and candidate. `learn` first, then `add`, then `report`."""

    def __init__(
        self, settings: CompareSettings, *, candidate: str, route: str, view: View, redaction: Redaction
    ) -> None:
        self._candidate = candidate
        self._route = route
        self._view = view
        self._redaction = redaction
        self._plans = Plans(settings, redaction.key)
        self._attribution = Attribution(route, candidate, settings.basis())
        self._slicings: dict[str, tuple[Slicing, ...]] = {}
        self._conditions: dict[str, list[Conditions]] = {}
        self._found: dict[Epoch, Summary] = {}
        self._numbers: dict[Epoch, int] = {}
        self._chooser = Chooser()
        self._examples: list[Example] = []
        self.counts: Counter[str] = Counter()  # as comparators.pairs.judging.counted has them

    def learn(self, exchanges: Sequence[Exchange]) -> list[Plan]:
        """From these, of which every kind of request should be one."""
        deciding = Deciding(self._plans, None)
        for each in exchanges:
            deciding.add(each)
        plans = deciding.decide()
        self._learn_slices(exchanges)
        return plans

    def add(self, pairs: Iterable[tuple[int, Pair]]) -> list[JudgedPair]:
        """Each with a number, which its `entry` ends with. Those that warm up are compared as well, and add nothing up;
        one that breaks us is not among them.
        """
        stored = [StoredPair(pair, f"{_AT_ONCE_MS}-{number}") for number, pair in pairs]
        judged: list[JudgedPair] = []
        for turn in turns(stored, self._plans.settings.max_decoded_bytes):
            judged += self._judged_turn(turn)
        for each in judged:
            if not each.pair.warming_up:
                self._show(each)
        return judged

    def report(self, coverage: Coverage, replay: Replay | None = None) -> Report:
        numbers = self._numbers
        evidence = latest(
            {numbers[epoch]: summary for epoch, summary in self._found.items()},
            {number: epoch for epoch, number in numbers.items()},
        )
        return build(
            evidence,
            candidate=self._candidate,
            route=self._route,
            coverage=coverage.as_json(),
            plans={plan.key: plan for plan in self._plans.all()},
            examples=self._examples,
            view=self._view,
            conditions=self._conditions,
            replay=replay,
        )

    # ---- inside

    def _judged_turn(self, turn: Sequence[StoredPair]) -> list[JudgedPair]:
        by_epoch: dict[Epoch | None, list[PairReading]] = defaultdict(list)
        for each in read_all(turn, self._plans):
            by_epoch[None if each.pair.warming_up else self._attribution.epoch_of(each)].append(each)
        judged: list[JudgedPair] = []
        for epoch, reads in by_epoch.items():
            batch = judge(reads, self._plans, self._slicings)
            judged += batch.judged
            if epoch is not None:
                self._numbers.setdefault(epoch, len(self._numbers) + 1)
                merge_into(self._found, {epoch: batch.summary})
        return judged

    def _show(self, each: JudgedPair) -> None:
        self.counts += counted([each.comparison])
        if self._chooser.wants(each.comparison):
            self._examples.append(example(self._redaction.pair(each.pair), each.comparison, self._view))

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
