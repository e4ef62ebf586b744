"""The plan: how the answers to one kind of request, (method, path template, model), are read and compared.

Decided from production's answers and the settings, stored where the first writer wins, printed, read again when
recordings are compared anew. It holds until values that do not fit it are common; then another revision is decided.
Plans are values: this file neither stores nor fetches them.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Sequence
from fnmatch import fnmatchcase
from itertools import islice
from typing import NamedTuple, TypeGuard

from msgspec import Struct, structs

from comparators.compare.detections import form_of
from comparators.compare.extent import NOT_TOLD, Extent
from comparators.compare.kinds import KINDS
from comparators.compare.latency import LATENCY_CLIP, clip_of, latency_ns
from comparators.errors import Unreadable
from comparators.extract import document, output_selection
from comparators.extract.detect import detect
from comparators.extract.document import plain
from comparators.extract.output import Reading, Value
from comparators.extract.reading import Reader, read_all
from comparators.extract.template import path_template
from comparators.features.features import FeatureReader
from comparators.features.units import UnitReader
from comparators.plans.grounds import Grounds, grounds
from comparators.plans.inference import MAX_SAMPLES, infer
from comparators.plans.kind_of_request import Kind, kind_of, with_model
from comparators.settings import BoxForm, CompareSettings, OutputKind, Protocol, ReadingSettings, head_settings
from ground.plurals import counted
from records.nouns import Answer, Exchange, Failure, Request

ENOUGH = 30  # answers that decide a plan: with one, `1` for 1.0 makes a number a label for good
MAX_PLANS = 64  # of a route; what is beyond is read as its own looks say, in one plan a protocol
MAX_MODELS = 32  # of one path, named in requests' bodies; what is beyond is one kind, so that no other path goes short
MAX_HEADS = 64  # of a plan; further outputs are compared as JSON, and not described
MAX_REVISIONS = 16  # of a plan; the last one stays

NO_REVISION = 0  # of pairs that were compared before their kind had a plan

TYPED_JSON: tuple[Protocol, ...] = ("json_outputs", "json_classes")

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


class AnsweredRequest(NamedTuple):
    """A request that production answered well, and in which time, where that is known."""

    request: Request
    answer: Answer
    latency_ns: int | None = None


def decide(asked: Sequence[AnsweredRequest], settings: CompareSettings, named: str = "") -> Plan:
    """How this kind of request is read, by production's answers to some of them; there is one at least. `named`: the
    model that these requests name.
    """
    asked = asked[:MAX_SAMPLES]
    request = asked[0].request
    path, model = path_template(request.target)
    own = reading_settings(settings, request.target)
    protocol, decided_by = _protocol(asked, own, settings.max_decoded_bytes)
    if settings.arrays and protocol in TYPED_JSON and decided_by != "settings":
        protocol = "json"  # what settings say of arrays is said of the document
    reader = output_selection.reader(own) if own is not None and protocol == "chosen" else None
    answers = [each.answer for each in asked]
    return Plan(
        method=request.method,
        path=path,
        model=model or named,
        named=named,
        protocol=protocol,
        decided_by=decided_by,
        heads=_heads(_readings(protocol, answers, reader, settings.max_decoded_bytes), settings),
        latency_clip=clip_of([each.latency_ns for each in asked if each.latency_ns]),
        answers=len(answers),
        basis=settings.basis(),
    )


def reading_settings(settings: CompareSettings, target: str) -> ReadingSettings | None:
    """What was set for requests of this path; of several that fit, the first."""
    path = target.partition("?")[0]
    return next((each for each in settings.readings if fnmatchcase(path, each.path)), None)


def _protocol(asked: Sequence[AnsweredRequest], own: ReadingSettings | None, limit: int) -> tuple[Protocol, str]:
    """What most of the answers speak; of those that are as many, what came first."""
    if own is not None and (own.protocol or own.outputs):
        return own.protocol or "chosen", "settings"
    ((found, _),) = Counter(_detected(each.request, each.answer, limit) for each in asked).most_common(1)
    return found


def _detected(request: Request, answer: Answer, limit: int) -> tuple[Protocol, str]:
    try:
        data = plain(answer, limit)
    except Unreadable:
        return "bytes", "body"
    protocol, decided_by, _ = detect(request.method, request.target, answer.headers, data)
    return protocol, decided_by


def _readings(protocol: Protocol, answers: Sequence[Answer], reader: Reader | None, limit: int) -> Iterable[Reading]:
    return (read[0] for read in read_all(protocol, answers, limit, reader) if read is not None)


def _heads(readings: Iterable[Reading], settings: CompareSettings) -> tuple[Head, ...]:
    samples: dict[str, list[Value]] = defaultdict(list)
    for reading in readings:
        for pointer, value in reading.heads.items():
            samples[pointer].append(value)
    return tuple(_head(pointer, values, settings) for pointer, values in islice(samples.items(), MAX_HEADS))


def _head(pointer: str, values: Sequence[Value], settings: CompareSettings) -> Head:
    own = head_settings(settings, pointer)
    kind = own.kind or infer(values, pointer, is_measured=own.has_tolerance)
    boxes = form_of(values) if kind == "boxes" and own.boxes is None else "xyxy"
    decided_by = "values" if own.kind is None else "settings"
    return Head(pointer, kind, decided_by, boxes, KINDS[kind].extent(values), grounds(values))


class Plans:
    """The plans known for one route: of each kind of request the latest revision, and those before it that somebody
    still needs. Filled by whoever stores them; bounded.
    """

    def __init__(self, settings: CompareSettings, key: bytes | None = None) -> None:
        """`key`: the installation's, where units stand in bodies."""
        self.settings = settings
        self.features = FeatureReader(settings.slices)
        self.units = UnitReader(settings, key)
        self._known: dict[str, Plan] = {}
        self._earlier: dict[tuple[str, int], Plan] = {}
        self._awaited: dict[Kind, None] = {}
        self._models: Counter[str] = Counter()  # of those with a model named in the body, by path
        self._readers: dict[int, Reader] = {}  # by place among settings.readings

    def learn(self, plan: Plan) -> None:
        known = self._known.get(plan.key)
        self._awaited.pop(Kind(plan.path_key, plan.named), None)
        self._models[plan.path_key] += bool(plan.named) and known is None
        if known is not None and known.revision != plan.revision:
            older, plan = sorted((known, plan), key=lambda each: each.revision)
            self._earlier[plan.key, older.revision] = older
        self._known[plan.key] = plan

    def forget_awaited(self) -> None:
        """Whoever still waits says so again."""
        self._awaited.clear()

    def all(self) -> list[Plan]:
        """The latest of each kind."""
        return list(self._known.values())

    def awaits(self, request: Request) -> Kind | None:
        """The kind that this request is of, where it has no plan yet, and room for one: the room is kept for it until
        its plan is learnt. Of a request whose answer can decide.
        """
        kind = self._placed(kind_of(request), self._awaited)
        if kind.key in self._known:
            return None
        if kind not in self._awaited and len(self._known) + len(self._awaited) >= MAX_PLANS:
            return None
        self._awaited[kind] = None
        return kind

    def missing(self, exchanges: Iterable[Exchange]) -> list[Plan]:
        """Plans for the kinds of request among these that have none yet, of however many answers there are."""
        deciding: dict[Kind, list[AnsweredRequest]] = {}
        for exchange in exchanges:
            kind, answer = self._placed(kind_of(exchange.request), deciding), exchange.production.outcome
            if kind.key in self._known or not can_decide(answer):
                continue
            own = AnsweredRequest(exchange.request, answer, latency_ns(exchange.production))
            if kind in deciding:
                deciding[kind].append(own)
            elif len(self._known) + len(deciding) < MAX_PLANS:
                deciding[kind] = [own]
        return [decide(several, self.settings, kind.named) for kind, several in deciding.items()]

    def reader(self, plan: Plan, request: Request) -> Reader | None:
        """What reads a `chosen` protocol; None for all others."""
        if plan.protocol != "chosen":
            return None
        own = reading_settings(self.settings, request.target)
        if own is None:
            return document.read
        at = self.settings.readings.index(own)
        if at not in self._readers:
            self._readers[at] = output_selection.reader(own)
        return self._readers[at]

    def known(self, key: str) -> Plan | None:
        """The latest revision."""
        return self._known.get(key)

    def of_revision(self, key: str, revision: int) -> Plan | None:
        """As the plan was then; the latest, where nobody has learnt that one. None: there was no plan yet."""
        known = self._known.get(key)
        return None if known is None or revision == NO_REVISION else self._earlier.get((key, revision), known)

    def of(self, request: Request, answer: Answer, revision: int | None = None) -> Plan:
        """The plan of a request that production answered well, as it was in this revision; None: in the latest."""
        key = self.placed(kind_of(request)).key
        known = self._known.get(key) if revision is None else self.of_revision(key, revision)
        if known is not None:
            return known
        own = decide([AnsweredRequest(request, answer)], self.settings)
        return structs.replace(own, method="*", path=f"* ({own.protocol})", model="", heads=())

    def placed(self, kind: Kind) -> Kind:
        """Under which it has, or would have, its plan."""
        return self._placed(kind, self._awaited)

    def _placed(self, kind: Kind, deciding: Collection[Kind] = ()) -> Kind:
        """The kind itself; or where its path has no room for another model, that of all the others."""
        if not kind.named or kind.key in self._known or kind in deciding:
            return kind
        others = sum(1 for each in deciding if each.named and each.path_key == kind.path_key)
        return kind if self._models[kind.path_key] + others < MAX_MODELS else Kind(kind.path_key)


def can_decide(answer: Answer | Failure) -> TypeGuard[Answer]:
    if isinstance(answer, Failure):
        return False
    return 200 <= answer.status < 300 and not answer.body.cut and bool(answer.body.data)
