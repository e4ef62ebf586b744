"""Whether production's answers still fit their plan, and when it is to be decided anew. Pure.

Production's side alone is asked: if the candidate had a say in how it is read, it could have itself read kindly. Of a
turn's answers a few are looked at, chosen by their place and not by what they say. What decides is the lower end of a
confidence sequence for the share that does not fit, so that it may be looked at after each turn: while the true share
is COMMON or less, a plan is ever asked anew with probability ALPHA at most.
"""

from collections.abc import Collection, Sequence

from msgspec import Struct

from comparators.compare.kinds import KINDS
from comparators.compare.rules import rules_for
from comparators.extract.json_outputs import has_outputs
from comparators.extract.output import Document, Reading, Value
from comparators.plans.decision import MAX_HEADS
from comparators.plans.grounds import says_something
from comparators.plans.inference import infer, is_named_label
from comparators.plans.plan import Head, Plan
from comparators.settings import CompareSettings
from comparators.statistics import sequences

COMMON = 0.1  # share of answers; what is rarer is compared by equality, counted as unfit, and told
ALPHA = 0.001
HARDLY = 3  # answers for each different value, on which a kind that values tell should not rest
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
    """Whether values have a say in what it is."""
    return plan.decided_by != "settings" or any(head.decided_by != "settings" for head in plan.heads)


def unfit(answers: Sequence[Reading | None], plan: Plan, settings: CompareSettings) -> int:
    """How many of these answers do not fit, at least: those that do not in the output that fits worst. None: it could
    not be read as the plan says. Nor does one fit that is read as a document, and has outputs.
    """
    read = [each for each in answers if each is not None]
    unread = 0 if plan.decided_by == "settings" else len(answers) - len(read)
    known = {head.pointer for head in plan.heads}
    if plan.protocol == "json" and plan.decided_by == "body" and not settings.arrays:
        unread += sum(map(_has_outputs, read))
    by_output = [_unfit(head, [each.heads.get(head.pointer) for each in read], settings) for head in plan.heads]
    return unread + max(sum(_has_more(each, known, settings) for each in read), *by_output, 0)


def counted_labels(plan: Plan, settings: CompareSettings) -> list[str]:
    """The outputs, by their pointers, of which only values say that whole numbers are labels: no setting, no name."""
    labels = [head.pointer for head in plan.heads if head.kind == "label" and head.decided_by == "values"]
    return [each for each in labels if not is_named_label(each) and rules_for(settings, each) is not None]


def silent(plan: Plan) -> list[str]:
    """The outputs of which it has seen no value, by their pointers."""
    return [head.pointer for head in plan.heads if head.decided_by == "values" and not head.grounds.answers]


def speaks(answer: Reading | None, outputs: Collection[str]) -> bool:
    """Whether it has values of one of these."""
    if answer is None:
        return False
    return any(says_something(answer.heads[pointer]) for pointer in outputs if pointer in answer.heads)


def _has_outputs(answer: Reading) -> bool:
    document = answer.heads.get("")
    return isinstance(document, Document) and has_outputs(document.value)


def _has_more(answer: Reading, known: set[str], settings: CompareSettings) -> bool:
    """Whether it has an output that the plan does not know, and would, if it had been seen."""
    if len(known) >= MAX_HEADS or answer.heads.keys() <= known:
        return False
    return any(rules_for(settings, pointer) is not None for pointer in answer.heads.keys() - known)


def _unfit(head: Head, values: Sequence[Value | None], settings: CompareSettings) -> int:
    """As the output's kind reads it: compared with itself, what does not fit is counted as such."""
    rules = rules_for(settings, head.pointer, head.boxes, head.extent)
    if rules is None or head.decided_by == "settings" or not head.grounds.answers:
        return 0
    said = [each for each in values if each is not None and says_something(each)]
    if not said:
        return 0
    if _hardly_varied(head) and infer(said, head.pointer) != head.kind:
        return len(said)
    texts = [head.kind == "label" and infer([each], head.pointer) == "text" for each in said]
    _, sums = KINDS[head.kind].compare([(each, each) for each in said], rules)
    return max(sum(texts), int(sums.unfit))


def _hardly_varied(head: Head) -> bool:
    """Whether its plan rests on answers that said nearly the same: what later ones say together counts for more. (Of
    labels that is no sign; what fits them less is asked of each.)
    """
    return head.kind != "label" and head.grounds.different * HARDLY <= head.grounds.answers
