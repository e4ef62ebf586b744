"""Every answer of a run compared with what production answered when the request was recorded: calls in, rows and a
report out. The same comparators, plans and epochs as live; nothing here sends anything, or waits.

answers = scored + unscored by reason. A request that is sent several times is one unit: together its answers are
evidence of one.
"""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence

import msgspec

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
from loadtest.engine.spill import SpilledCall
from loadtest.plan import LoadPlan
from loadtest.results.rows import NEVER, ResultRow
from loadtest.stock import NOT_RECORDED, Stock
from loadtest.stock_index import NO_TIME
from records.coverage import Coverage
from records.entry_id import number_of
from records.nouns import Answer, Exchange, Failure, Pair
from records.privacy.redaction import Redaction

MAX_LEARNT = 20_000  # requests looked at for kinds of request, their plans and slices
SPILL_FULL = "no room was left to keep it"
_BROKEN = "a fault of ours"
_GENERATION = 1
_AT_ONCE_MS = 1  # when pairs were stored, if they had been: what slices are told by is known before all of them


class Scorer:
    """Of one run. `learn` first, then `add` in any order, then `report`."""

    def __init__(
        self,
        stock: Stock,
        plan: LoadPlan,
        settings: CompareSettings,
        *,
        candidate: str,
        route: str,
        view: View,
        redaction: Redaction,
    ) -> None:
        self._stock = stock
        self._plan = plan
        self._candidate = candidate
        self._route = route
        self._view = view
        self._redaction = redaction
        self._plans = Plans(settings, redaction.key)
        self._attribution = Attribution(route, candidate, settings.basis())
        self._repeats = plan.size > len(set(plan.item.tolist()))
        self._slicings: dict[str, tuple[Slicing, ...]] = {}
        self._conditions: dict[str, list[Conditions]] = {}
        self._found: dict[Epoch, Summary] = {}
        self._numbers: dict[Epoch, int] = {}
        self._chooser = Chooser()
        self._examples: list[Example] = []
        self.unscored: Counter[str] = Counter()
        self.counts: Counter[str] = Counter()  # as comparators.pairs.judging.counted has them
        self.scored = self.disagreeing = 0

    def learn(self) -> list[Plan]:
        """How the answers to each kind of request are read, and what its requests can be told apart by: from the
        recorded requests alone, before anything is sent.
        """
        index = self._stock.index
        answered = [item for item in range(min(index.size, MAX_LEARNT)) if index.answered[item]]
        deciding = Deciding(self._plans, None)
        for item in answered:
            deciding.add(self._stock.exchange(item))
        plans = deciding.decide()
        self._learn_slices(answered)
        return plans

    def add(self, calls: Iterable[SpilledCall], started_ns: int) -> list[ResultRow]:
        """Their rows, with how much of each answer disagrees."""
        several = list(calls)
        stored = [(call, pair) for call in several if (pair := self._pair(call)) is not None]
        shares = self._judged([StoredPair(pair, f"{_AT_ONCE_MS}-{call.row}") for call, pair in stored])
        return [self._row(call, started_ns, shares.get(call.row)) for call in several]

    def report(self, coverage: Coverage, replay: Replay) -> Report:
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

    def _learn_slices(self, answered: Sequence[int]) -> None:
        settings = self._plans.settings
        if not (settings.find_slices or settings.slices):
            return
        samples: dict[str, list[Exchange]] = defaultdict(list)
        for item in answered:
            exchange = self._stock.exchange(item)
            key = self._plans.placed(kind_of(exchange.request)).key
            if len(samples[key]) < PAIRS:
                samples[key].append(exchange)
        for key, exchanges in samples.items():
            plan = self._plans.known(key)
            if plan is not None:
                features = [self._plans.features.read(each.request, plan.protocol) for each in exchanges]
                conditions = enumerate_conditions(
                    features, settings.slices, find=settings.find_slices, hidden=self._view.hidden
                )
                self._conditions[key] = [conditions]
                self._slicings[key] = (Slicing.of(conditions, since_ms=0),)

    def _pair(self, call: SpilledCall) -> Pair | None:
        """None where it can't be scored: that is counted."""
        item = int(self._plan.item[call.row])
        if not self._stock.index.answered[item]:
            self.unscored[NOT_RECORDED] += 1
            return None
        if call.without_body:
            self.unscored[SPILL_FULL] += 1
            return None
        exchange = self._stock.exchange(item)
        if self._repeats and not exchange.sampling_key:
            exchange = msgspec.structs.replace(exchange, sampling_key=_hashed(exchange.id))
        return Pair(
            exchange=exchange,
            candidate=self._candidate,
            generation=_GENERATION,
            observation=call.observation,
            queue_delay_ns=max(0, call.issued - call.ready),
            warming_up=call.row < self._plan.warmup,
        )

    def _judged(self, stored: Sequence[StoredPair]) -> dict[int, float]:
        """By row, the share that disagrees; of those that can be compared."""
        shares: dict[int, float] = {}
        for turn in turns(stored, self._plans.settings.max_decoded_bytes):
            own = self._judged_turn(turn)
            broken = sum(not each.pair.warming_up for each in turn) - sum(not each.pair.warming_up for each in own)
            self.unscored += Counter({_BROKEN: broken})
            for each in own:
                found = each.comparison
                if not found.incomparable:
                    shares[number_of(each.entry)] = found.rows_disagreeing / found.rows
                if not each.pair.warming_up:
                    self._count(each)
        return shares

    def _judged_turn(self, turn: Sequence[StoredPair]) -> list[JudgedPair]:
        """Those that warm up are compared as well, and add nothing up."""
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

    def _count(self, each: JudgedPair) -> None:
        found = each.comparison
        self.counts += counted([found])
        if not found.incomparable:
            self.scored += 1
            self.disagreeing += found.rows_disagreeing > 0
        else:
            self.unscored[found.incomparable] += 1
        if self._chooser.wants(found):
            self._examples.append(example(self._redaction.pair(each.pair), found, self._view))

    def _row(self, call: SpilledCall, started_ns: int, share: float | None) -> ResultRow:
        times, outcome = call.observation.timings, call.observation.outcome

        def since(offset: int | None) -> int:
            return NEVER if offset is None else call.started + offset - started_ns

        status = outcome.status if isinstance(outcome, Answer) else 0
        failure = outcome.kind if isinstance(outcome, Failure) else ""
        lasted = int(self._stock.index.lasted_ns[self._plan.item[call.row]])
        return ResultRow(
            n=call.row,
            due=call.due - started_ns,
            ready=call.ready - started_ns,
            issued=call.issued - started_ns,
            sent=since(times.sent),
            first_byte=since(times.first_byte),
            done=since(times.last_byte if times.last_byte is not None else times.failed),
            status=status,
            failure=failure,
            bytes_in=outcome.body.size if isinstance(outcome, Answer) else 0,
            recorded=NEVER if lasted == NO_TIME else lasted,
            disagrees=share,
            warmup=call.row < self._plan.warmup,
        )


def _hashed(exchange: str) -> str:
    return hashlib.blake2b(exchange.encode(), digest_size=8).hexdigest()
