"""What production's answers to one kind of request say of how it is read, beside the settings. Pure."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Sequence
from fnmatch import fnmatchcase
from itertools import islice
from typing import NamedTuple, TypeGuard

from comparators.compare.detections import form_of
from comparators.compare.kinds import KINDS
from comparators.compare.latency import clip_of
from comparators.errors import Unreadable
from comparators.extract import output_selection
from comparators.extract.detect import detect
from comparators.extract.document import parsed, plain
from comparators.extract.output import Reading, Value
from comparators.extract.reading import Reader, read_all
from comparators.extract.template import path_template
from comparators.plans.grounds import grounds, holds_something, says_something
from comparators.plans.inference import MAX_SAMPLES, infer
from comparators.plans.plan import Head, Plan
from comparators.settings import CompareSettings, Protocol, ReadingSettings, head_settings
from records.nouns import Answer, Failure, Request

MAX_HEADS = 64  # of a plan; further outputs are compared as JSON, and not described

TYPED_JSON: tuple[Protocol, ...] = ("json_outputs", "json_classes", "json_number")


class AnsweredRequest(NamedTuple):
    """A request that production answered well, and in which time, where that is known."""

    request: Request
    answer: Answer
    latency_ns: int | None = None


def can_decide(answer: Answer | Failure) -> TypeGuard[Answer]:
    if isinstance(answer, Failure):
        return False
    return 200 <= answer.status < 300 and not answer.body.cut and bool(answer.body.data)


def decide(
    asked: Sequence[AnsweredRequest], settings: CompareSettings, named: str = "", measured: Collection[str] = ()
) -> Plan:
    """How this kind of request is read, by production's answers to some of them; there is one at least. `named`: the
    model that these requests name. `measured`: outputs whose whole numbers are no labels, as many more answers say.
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
        heads=_heads(_readings(protocol, answers, reader, settings.max_decoded_bytes), settings, measured),
        latency_clip=clip_of([each.latency_ns for each in asked if each.latency_ns]),
        answers=len(answers),
        basis=settings.basis(),
    )


def reading_settings(settings: CompareSettings, target: str) -> ReadingSettings | None:
    """What was set for requests of this path; of several that fit, the first."""
    path = target.partition("?")[0]
    return next((each for each in settings.readings if fnmatchcase(path, each.path)), None)


def _protocol(asked: Sequence[AnsweredRequest], own: ReadingSettings | None, limit: int) -> tuple[Protocol, str]:
    """What most of the answers speak that say something; of those that are as many, what came first."""
    if own is not None and (own.protocol or own.outputs):
        return own.protocol or "chosen", "settings"
    told = [_told(each.request, each.answer, limit) for each in asked]
    speaking = [detected for detected, says_something in told if says_something]
    ((found, _),) = Counter(speaking or [detected for detected, _ in told]).most_common(1)
    return found


def _told(request: Request, answer: Answer, limit: int) -> tuple[tuple[Protocol, str], bool]:
    """How it looks, and whether it says anything: `[]` is a document, and nobody knows of what."""
    try:
        data = plain(answer, limit)
    except Unreadable:
        return ("bytes", "body"), True
    protocol, decided_by, _ = detect(request.method, request.target, answer.headers, data)
    return (protocol, decided_by), protocol != "json" or _says_something(data)


def _says_something(document: bytes) -> bool:
    try:
        return holds_something(parsed(document))
    except Unreadable:
        return True


def _readings(protocol: Protocol, answers: Sequence[Answer], reader: Reader | None, limit: int) -> Iterable[Reading]:
    return (read[0] for read in read_all(protocol, answers, limit, reader) if read is not None)


def _heads(readings: Iterable[Reading], settings: CompareSettings, measured: Collection[str]) -> tuple[Head, ...]:
    samples: dict[str, list[Value]] = defaultdict(list)
    for reading in readings:
        for pointer, value in reading.heads.items():
            samples[pointer].append(value)
    some = islice(samples.items(), MAX_HEADS)
    return tuple(_head(pointer, values, settings, pointer in measured) for pointer, values in some)


def _head(pointer: str, values: Sequence[Value], settings: CompareSettings, is_measured: bool) -> Head:
    own = head_settings(settings, pointer)
    said = [each for each in values if says_something(each)] or values
    kind = own.kind or infer(said, pointer, is_measured=is_measured or own.has_tolerance)
    boxes = own.boxes or (form_of(said) if kind == "boxes" else "xyxy")
    decided_by = "values" if own.kind is None else "settings"
    return Head(pointer, kind, decided_by, boxes, KINDS[kind].extent(said), grounds(values))
