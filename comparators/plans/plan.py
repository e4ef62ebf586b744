"""The plan: how the answers to one kind of request, (method, path template, model), are read and compared.

Decided once, from production's first good answers and the settings; stored where the first writer wins; printed; read
again when recordings are compared anew. Plans are values: this file neither stores nor fetches them.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Sequence
from fnmatch import fnmatchcase
from functools import lru_cache
from itertools import islice
from typing import NamedTuple, TypeGuard

import msgspec
from msgspec import Struct

from comparators.compare.detections import form_of
from comparators.compare.extent import NOT_TOLD, Extent
from comparators.compare.kinds import KINDS
from comparators.compare.latency import LATENCY_CLIP, clip_of, latency_ns
from comparators.errors import Unreadable
from comparators.extract import document, output_selection
from comparators.extract.detect import detect
from comparators.extract.document import plain
from comparators.extract.named_model import named_model, names_model
from comparators.extract.output import Reading, Value
from comparators.extract.reading import Reader, read_all
from comparators.extract.template import path_template
from comparators.features.features import FeatureReader
from comparators.features.units import UnitReader
from comparators.plans.inference import MAX_SAMPLES, infer
from comparators.settings import BoxForm, CompareSettings, OutputKind, Protocol, ReadingSettings, head_settings
from records.nouns import Answer, Exchange, Failure, Request

MAX_PLANS = 64  # of a route; what is beyond is read as its own looks say, in one plan a protocol
MAX_MODELS = 32  # of one path, named in requests' bodies; what is beyond is one kind, so that no other path goes short
MAX_HEADS = 64  # of a plan; further outputs are compared as JSON, and not described

TYPED_JSON: tuple[Protocol, ...] = ("json_outputs", "json_classes")

_NAMING = " model="


class Head(Struct, frozen=True):
    """One output: its JSON pointer in the answer, what it is, and whether settings or values say so. `boxes`: what the
    four numbers of a box are, where it has any. `extent`: how large its numbers are.
    """

    pointer: str
    kind: OutputKind
    decided_by: str
    boxes: BoxForm = "xyxy"
    extent: Extent = NOT_TOLD


class Plan(Struct, frozen=True, kw_only=True):
    """`decided_by` says what gave the protocol away: settings, path, headers, body. `model` is its name in the path, or
    `named`: that in the requests' bodies, which their path does not tell. Differences of latencies are cut off at
    2^`latency_clip` ns where a mean is taken of them.
    """

    method: str
    path: str
    model: str
    named: str = ""
    protocol: Protocol
    decided_by: str
    heads: tuple[Head, ...] = ()
    latency_clip: int = LATENCY_CLIP

    @property
    def key(self) -> str:
        return with_model(self.path_key, self.named)

    @property
    def path_key(self) -> str:
        return f"{self.method} {self.path}"

    def __str__(self) -> str:
        model = f", model {self.model}" if self.model and not self.named else ""
        whole = "the body" if len(self.heads) == 1 else "the rest"
        heads = ", ".join(f"{head.pointer or whole} as {head.kind}{_form(head)}" for head in self.heads)
        return f"{self.key}: {self.protocol} (by {self.decided_by}{model})" + (f"; {heads}" if heads else "")


def _form(head: Head) -> str:
    return f" ({head.boxes})" if head.kind == "boxes" else ""


class Kind(NamedTuple):
    """Of a request: its method and path, and the model that it names in its body where paths have none ("" elsewhere).

    `key` is what its plan is named by. A model's name is part of the path in the protocols that have it there.
    """

    path_key: str
    named: str = ""

    @property
    def key(self) -> str:
        return with_model(self.path_key, self.named)


def kind_of(request: Request) -> Kind:
    kind, names = _by_path(request.method, request.target)
    return Kind(kind.path_key, named_model(request)) if names else kind


def with_model(path_key: str, named: str) -> str:
    return f"{path_key}{_NAMING}{named}" if named else path_key


def without_model(key: str) -> tuple[str, str]:
    """A key's method and path, and the model in it; neither a method nor a path holds a space."""
    path_key, _, named = key.partition(_NAMING)
    return path_key, named


@lru_cache(maxsize=4096)
def _by_path(method: str, target: str) -> tuple[Kind, bool]:
    """The kind of its path, and whether the model stands in the body."""
    template, model = path_template(target)
    return Kind(f"{method} {template}"), not model and names_model(method, target.partition("?")[0])


class AnsweredRequest(NamedTuple):
    """A request that production answered well, and in which time, where that is known."""

    request: Request
    answer: Answer
    latency_ns: int | None = None


def decide(asked: Sequence[AnsweredRequest], settings: CompareSettings, named: str = "") -> Plan:
    """How this kind of request is read, by production's answers to the first of them; there is one at least. `named`:
    the model that these requests name.
    """
    request, answer, _ = asked[0]
    path, model = path_template(request.target)
    own = reading_settings(settings, request.target)
    protocol, decided_by = _protocol(request, answer, own, settings.max_decoded_bytes)
    if settings.arrays and protocol in TYPED_JSON and decided_by != "settings":
        protocol = "json"  # what settings say of arrays is said of the document
    reader = output_selection.reader(own) if own is not None and protocol == "chosen" else None
    answers = [each.answer for each in asked[:MAX_SAMPLES]]
    return Plan(
        method=request.method,
        path=path,
        model=model or named,
        named=named,
        protocol=protocol,
        decided_by=decided_by,
        heads=_heads(_readings(protocol, answers, reader, settings.max_decoded_bytes), settings),
        latency_clip=clip_of([each.latency_ns for each in asked if each.latency_ns]),
    )


def reading_settings(settings: CompareSettings, target: str) -> ReadingSettings | None:
    """What was set for requests of this path; of several that fit, the first."""
    path = target.partition("?")[0]
    return next((each for each in settings.readings if fnmatchcase(path, each.path)), None)


def _protocol(request: Request, answer: Answer, own: ReadingSettings | None, limit: int) -> tuple[Protocol, str]:
    if own is not None and (own.protocol or own.outputs):
        return own.protocol or "chosen", "settings"
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
    return Head(pointer, kind, "values" if own.kind is None else "settings", boxes, KINDS[kind].extent(values))


class Plans:
    """The plans known for one route. Filled by whoever stores them; bounded."""

    def __init__(self, settings: CompareSettings, key: bytes | None = None) -> None:
        """`key`: the installation's, where units stand in bodies."""
        self.settings = settings
        self.features = FeatureReader(settings.slices)
        self.units = UnitReader(settings, key)
        self._known: dict[str, Plan] = {}
        self._models: Counter[str] = Counter()  # of those with a model named in the body, by path
        self._readers: dict[int, Reader] = {}  # by place among settings.readings

    def learn(self, plan: Plan) -> None:
        self._models[plan.path_key] += bool(plan.named) and plan.key not in self._known
        self._known[plan.key] = plan

    def all(self) -> list[Plan]:
        return list(self._known.values())

    def missing(self, exchanges: Iterable[Exchange]) -> list[Plan]:
        """Proposals for the kinds of request among these that have no plan yet and whose answers can decide one."""
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
        return self._known.get(key)

    def of(self, request: Request, answer: Answer) -> Plan:
        """The plan of a request that production answered well."""
        known = self._known.get(self._placed(kind_of(request)).key)
        if known is not None:
            return known
        own = decide([AnsweredRequest(request, answer)], self.settings)
        return msgspec.structs.replace(own, method="*", path=f"* ({own.protocol})", model="", heads=())

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
