"""Plans for comparing recordings anew: the stored ones, where the settings still say the same; settings override.

A plan is decided once, so that numbers under other settings differ by what was set and by nothing else: what was told
from values is not told again from other values. Only where the settings now decide a protocol or chosen outputs
otherwise is a plan decided anew, from the first recorded pairs. Pure.
"""

from collections import Counter
from collections.abc import Collection
from itertools import chain

from msgspec import structs

from comparators.pairs.turns import unpacked_observation
from comparators.plans.decision import can_decide, reading_settings
from comparators.plans.inference import MAX_SAMPLES
from comparators.plans.kind_of_request import Kind, kind_of
from comparators.plans.known_plans import Plans
from comparators.plans.plan import Head, Plan
from comparators.settings import CompareSettings, head_settings
from records.nouns import Exchange

MAX_SAMPLE_BYTES = 8_388_608  # of one kind of request's answers, unpacked
MAX_HELD_BYTES = 134_217_728  # of all kinds together


def overridden(plan: Plan, settings: CompareSettings) -> Plan | None:
    """The plan with what the settings now say of its outputs; None where it is to be decided anew."""
    own = reading_settings(settings, plan.path)
    if own is not None and own.outputs:
        return None
    said = own.protocol if own is not None else None
    if (said or plan.protocol) != plan.protocol or (said is None and plan.decided_by == "settings"):
        return None
    heads = [_head(head, settings) for head in plan.heads]
    known = tuple(head for head in heads if head is not None)
    return structs.replace(plan, heads=known) if len(known) == len(heads) else None


def _head(head: Head, settings: CompareSettings) -> Head | None:
    kind = head_settings(settings, head.pointer).kind
    if kind is not None:
        return structs.replace(head, kind=kind, decided_by="settings")
    return None if head.decided_by == "settings" else head


class Deciding:
    """Collects the first requests of the kinds that have no plan, until they are enough to decide one."""

    def __init__(self, plans: Plans, wanted: Collection[str] | None) -> None:
        """`wanted`: the kinds to look for, by their plans' keys. None: whichever there are, so it never has enough."""
        self._plans = plans
        self._wanted = wanted
        self._found: dict[str, list[Exchange]] = {}
        self._bytes: Counter[str] = Counter()

    def has_enough(self) -> bool:
        return self._wanted is not None and all(map(self._is_full, self._wanted))

    def add(self, exchange: Exchange) -> None:
        key = self._wanted_key(kind_of(exchange.request))
        if key is None or self._is_full(key) or self._bytes.total() >= MAX_HELD_BYTES:
            return
        plain = unpacked_observation(exchange.production, self._plans.settings.max_decoded_bytes).observation
        if can_decide(plain.outcome):
            self._found.setdefault(key, []).append(structs.replace(exchange, production=plain))
            self._bytes[key] += len(plain.outcome.body.data)

    def decide(self) -> list[Plan]:
        """A plan for each kind that was found, which `plans` knows after this."""
        decided = self._plans.missing(chain.from_iterable(self._found.values()))
        for plan in decided:
            self._plans.learn(plan)
        return decided

    def _wanted_key(self, kind: Kind) -> str | None:
        """One plan was for all models of a path where none had its own."""
        if self._plans.known(kind.key) is not None:
            return None
        if self._wanted is None:
            return kind.key
        return next((key for key in (kind.key, kind.path_key) if key in self._wanted), None)

    def _is_full(self, key: str) -> bool:
        return len(self._found.get(key, ())) >= MAX_SAMPLES or self._bytes[key] >= MAX_SAMPLE_BYTES
