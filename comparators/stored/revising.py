"""Whether the plans of one partition's pairs still hold: what was read of a turn → whose answers are offered.

Of a plan that rests on too few answers all are, so that they become enough; of one that its answers no longer fit, or
whose labels hardly come again, from then on; and of one that has seen no value of an output, those that have one. It
asks nobody; the lane offers them. How often labels come again is counted from where this owner began.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from comparators.pairs.reads import PairReading
from comparators.plans.decision import can_decide
from comparators.plans.fitness import LOOKED_AT, FitCount, counted_labels, may_change, silent, speaks, unfit
from comparators.plans.inference import MAX_SAMPLES
from comparators.plans.known_plans import Plans
from comparators.plans.plan import MAX_REVISIONS, Plan
from comparators.plans.recurrence import Recurrence
from comparators.stored.answers import AnswerPlace, Places

_TELLING = ("", "production_unreadable")  # what else is not comparable says nothing of how it is to be read


@dataclass(slots=True)
class _Numbers:
    """Outputs whose whole numbers are compared as labels, of one revision of a plan; and those that are no labels."""

    revision: int
    outputs: dict[str, Recurrence]
    measured: set[str] = field(default_factory=set)

    def see(self, reads: Iterable[PairReading]) -> None:
        for each in reads:
            if each.production is not None:
                values = each.production.heads
                self.measured |= {at for at, own in self.outputs.items() if own.see(values.get(at))}


class Revising:
    def __init__(self, plans: Plans, candidate: str, partition: int, fits: Mapping[str, FitCount]) -> None:
        """`fits`: by kind of request, as the owner before left them."""
        self._plans = plans
        self._candidate = candidate
        self._partition = partition
        self._fits = dict(fits)
        self._numbers: dict[str, _Numbers] = {}
        self._asked: set[str] = set()
        self._offers: dict[str, dict[str, AnswerPlace]] = defaultdict(dict)

    @property
    def fits(self) -> Mapping[str, FitCount]:
        return {kind: each for kind, each in self._fits.items() if self._plans.known(kind) is not None}

    def look(self, reads: Iterable[PairReading]) -> None:
        """At a turn's pairs, which were compared by what their plans are now or were a moment ago."""
        by_kind: dict[str, list[PairReading]] = defaultdict(list)
        for each in reads:
            own = by_kind[each.key]
            if each.plan is not None and len(own) < MAX_SAMPLES and each.incomparable in _TELLING:
                own.append(each)
        for kind, own in by_kind.items():
            plan = self._plans.known(kind)
            if plan is not None and plan.revision < MAX_REVISIONS:
                self._look_at(plan, [each for each in own if each.revision == plan.revision])

    def take(self) -> Mapping[str, Places]:
        """What to offer, by kind of request."""
        offers, self._offers = self._offers, defaultdict(dict)
        return offers

    def measured(self, kind: str) -> Collection[str]:
        """Its outputs whose whole numbers hardly come again, and are no labels."""
        numbers = self._numbers.get(kind)
        return frozenset(numbers.measured) if numbers else ()

    def answered(self, kind: str) -> None:
        """Its plan was decided anew, whatever became of it."""
        self._asked.discard(kind)
        self._numbers.pop(kind, None)

    def _look_at(self, plan: Plan, reads: Sequence[PairReading]) -> None:
        if not plan.lacks_answers and not self._is_asked(plan, reads):
            outputs = silent(plan)
            reads = [each for each in reads if speaks(each.production, outputs)] if outputs else ()
        for each in reads:
            exchange = each.pair.exchange
            if can_decide(exchange.production.outcome):
                place = AnswerPlace(self._candidate, self._partition, each.entry)
                self._offers[plan.key][exchange.id] = place

    def _is_asked(self, plan: Plan, reads: Sequence[PairReading]) -> bool:
        """From when on values that do not fit are common until the plan was decided anew."""
        if not may_change(plan):
            return False
        count = self._fits.get(plan.key)
        if count is None or count.revision != plan.revision:
            count = FitCount(plan.revision)
            self._asked.discard(plan.key)
        some = [each.production for each in reads[:LOOKED_AT]]
        count = count.more(len(some), unfit(some, plan, self._plans.settings))
        if count.is_common():
            count = count.asked()
            self._asked.add(plan.key)
        self._fits[plan.key] = count
        return plan.key in self._asked or self._has_numbers(plan, reads)

    def _has_numbers(self, plan: Plan, reads: Iterable[PairReading]) -> bool:
        """Whether any of its labels are none, since they hardly come again. Kept for plans that there are."""
        numbers = self._numbers.get(plan.key)
        if numbers is None or numbers.revision != plan.revision:
            outputs = counted_labels(plan, self._plans.settings)
            numbers = self._numbers[plan.key] = _Numbers(plan.revision, {each: Recurrence() for each in outputs})
        numbers.see(reads)
        return bool(numbers.measured)
