"""Whether production's answers still fit their plan, and when it is to be decided anew. Pure.

Production's side alone is asked: if the candidate had a say in how it is read, it could have itself read kindly. Of a
turn's answers a few are looked at, chosen by their place and not by what they say. What decides is the lower end of a
confidence sequence for the share that does not fit, so that it may be looked at after each turn: while the true share
is COMMON or less, a plan is ever asked anew with probability ALPHA at most.
"""

from collections.abc import Iterable

from msgspec import Struct

from comparators.compare.kinds import KINDS
from comparators.compare.rules import rules_for
from comparators.extract.output import Reading, Value
from comparators.plans.grounds import says_something
from comparators.plans.inference import infer
from comparators.plans.plan import MAX_HEADS, MAX_REVISIONS, Head, Plan
from comparators.settings import CompareSettings
from comparators.statistics import sequences

COMMON = 0.1  # share of answers; what is rarer is compared by equality, counted as unfit, and told
ALPHA = 0.001
LOOKED_AT = 8  # answers to one kind of request in one turn
_T_OPT = 100  # looks are few at first, and a plan that is wrong should not last


class FitCount(Struct, frozen=True):
    """Of `n` answers that were looked at since this revision of a plan began here, `unfit` do not fit it. Below `least`
    nothing is concluded: it was asked anew when there were half as many, and stayed as it was.
    """

    revision: int
    n: int = 0
    unfit: int = 0
    least: int = 0

    def more(self, n: int, unfit: int) -> "FitCount":
        return FitCount(self.revision, self.n + n, self.unfit + unfit, self.least)

    def asked(self) -> "FitCount":
        """Counted from here on."""
        return FitCount(self.revision, least=2 * self.n)

    def is_common(self) -> bool:
        """Whether the answers that do not fit are more than a few, for sure."""
        if self.n < self.least or self.unfit <= COMMON * self.n:
            return False
        lo = sequences.rate(self.unfit, self.n, ALPHA, _T_OPT).lo
        return lo is not None and lo > COMMON


def may_change(plan: Plan) -> bool:
    """Whether values have a say in it, and it did not change too often."""
    by_settings = plan.decided_by == "settings" and all(head.decided_by == "settings" for head in plan.heads)
    return not by_settings and plan.revision < MAX_REVISIONS


def unfit(answers: Iterable[Reading | None], plan: Plan, settings: CompareSettings) -> int:
    """How many of these answers do not fit. None: it could not be read as the plan says."""
    by_pointer = {head.pointer: head for head in plan.heads}
    return sum(1 for each in answers if not _fits(each, plan, by_pointer, settings))


def speaks(answer: Reading | None, plan: Plan) -> bool:
    """Whether it has values of an output of which the plan has seen none."""
    if answer is None:
        return False
    silent = (head for head in plan.heads if head.decided_by == "values" and not head.grounds.answers)
    return any(says_something(answer.heads[head.pointer]) for head in silent if head.pointer in answer.heads)


def _fits(answer: Reading | None, plan: Plan, heads: dict[str, Head], settings: CompareSettings) -> bool:
    if answer is None:
        return plan.decided_by == "settings"
    return all(
        _is_of(heads[pointer], value, settings) if pointer in heads else _is_beyond(pointer, heads, settings)
        for pointer, value in answer.heads.items()
    )


def _is_beyond(pointer: str, heads: dict[str, Head], settings: CompareSettings) -> bool:
    """Whether an output that the plan does not know is one that no plan would: for want of room, or by the settings."""
    return len(heads) >= MAX_HEADS or rules_for(settings, pointer) is None


def _is_of(head: Head, value: Value, settings: CompareSettings) -> bool:
    """As its kind reads it: compared with itself, what does not fit is counted as such."""
    rules = rules_for(settings, head.pointer)
    if rules is None or head.decided_by == "settings" or not (head.grounds.answers and says_something(value)):
        return True
    if head.kind == "label" and infer([value], head.pointer) == "text":
        return False
    _, sums = KINDS[head.kind].compare([(value, value)], rules)
    return not sums.unfit
