"""A plan: how the answers to one kind of request, (method, path template, model), are read and compared. A value.

It is stored where the first writer wins, printed, and read again when recordings are compared anew. It holds until
values that do not fit it are common; then another revision is decided.
"""

from msgspec import Struct, structs

from comparators.compare.extent import NOT_TOLD, Extent
from comparators.compare.latency import LATENCY_CLIP
from comparators.plans.grounds import Grounds
from comparators.plans.kind_of_request import with_model
from comparators.settings import BoxForm, OutputKind, Protocol
from ground.plurals import counted

ENOUGH = 30  # answers that decide a plan: with one, `1` for 1.0 makes a number a label for good
MAX_REVISIONS = 16  # of a plan; the last one stays

NO_REVISION = 0  # of pairs that were compared before their kind had a plan

_NOT_BY_ONE_ANSWER = frozenset({"settings", "path"})  # what a protocol is told by that no further answer changes


class Head(Struct, frozen=True):
    """One output: its JSON pointer in the answer, what it is, whether settings or values say so, and on which values
    that rests. `boxes`: what the four numbers of a box are, where it has any. `extent`: how large its numbers are.
    """

    pointer: str
    kind: OutputKind
    decided_by: str
    boxes: BoxForm = "xyxy"
    extent: Extent = NOT_TOLD
    grounds: Grounds = Grounds()


class Plan(Struct, frozen=True, kw_only=True):
    """`decided_by` says what gave the protocol away: settings, path, headers, body. `model` is its name in the path, or
    `named`: that in the requests' bodies, which their path does not tell. Differences of latencies are cut off at
    2^`latency_clip` ns where a mean is taken of them. It rests on so many `answers`. Another `revision` reads or
    compares differently: what was found by two of them is never added up. `basis` names the settings that it was
    decided under.
    """

    method: str
    path: str
    model: str
    named: str = ""
    protocol: Protocol
    decided_by: str
    heads: tuple[Head, ...] = ()
    latency_clip: int = LATENCY_CLIP
    answers: int = 0
    revision: int = 1
    basis: str = ""

    @property
    def key(self) -> str:
        return with_model(self.path_key, self.named)

    @property
    def path_key(self) -> str:
        return f"{self.method} {self.path}"

    @property
    def is_provisional(self) -> bool:
        """Whether fewer answers spoke for it than decide one, and the settings don't say what all of it is."""
        return self.lacks_answers and not self._is_set()

    @property
    def lacks_answers(self) -> bool:
        """How large values are is told by answers alone, whatever settings say."""
        return self.answers < ENOUGH

    def _is_set(self) -> bool:
        by_values = [head for head in self.heads if head.decided_by != "settings"]
        return bool(self.heads) and not by_values and self.decided_by in _NOT_BY_ONE_ANSWER

    def reads_as(self, other: "Plan") -> bool:
        """Whether both read and compare alike, whatever they rest on: evidence under them may be added up."""
        return (self.protocol, self.latency_clip, _read(self)) == (other.protocol, other.latency_clip, _read(other))

    def renewed(self, found: "Plan") -> "Plan":
        """As further answers have it: itself, resting on them, where they say the same of its outputs; else the next
        revision. What was frozen of how large values are stays, once enough of them were seen.
        """
        if self.lacks_answers or _kinds(self) != _kinds(found):
            return structs.replace(found, revision=self.revision + (not found.reads_as(self)))
        rests = {head.pointer: head.grounds for head in found.heads}
        heads = tuple(structs.replace(head, grounds=rests[head.pointer]) for head in self.heads)
        return structs.replace(self, heads=heads, answers=found.answers)

    def __str__(self) -> str:
        model = f", model {self.model}" if self.model and not self.named else ""
        whole = "the body" if len(self.heads) == 1 else "the rest"
        heads = ", ".join(f"{head.pointer or whole} as {head.kind}{_form(head)}" for head in self.heads)
        said = f"{self.key}: {self.protocol} (by {self.decided_by}{model})" + (f"; {heads}" if heads else "")
        rests = f"; provisional, from {counted(self.answers, 'answer')}" if self.is_provisional else ""
        return said + (f"; revision {self.revision}" if self.revision > 1 else "") + rests


def _read(plan: Plan) -> dict[str, Head]:
    """Its outputs, but for what they rest on."""
    return {head.pointer: structs.replace(head, grounds=Grounds()) for head in plan.heads}


def _form(head: Head) -> str:
    return f" ({head.boxes})" if head.kind == "boxes" else ""


def _kinds(plan: Plan) -> tuple[Protocol, dict[str, Head | None]]:
    """What its outputs are; None: of that nothing was seen."""
    heads = {head.pointer: structs.replace(head, extent=NOT_TOLD, grounds=Grounds()) for head in plan.heads}
    silent = {head.pointer for head in plan.heads if head.decided_by == "values" and not head.grounds.answers}
    return plan.protocol, {pointer: None if pointer in silent else head for pointer, head in heads.items()}
