"""A pair on its way: both answers read, or settled before. Pure; batch.py compares what comes out of it.

Whether a pair is comparable is decided by production's side alone: if the candidate had a say in it, leaving pairs out
would bend the rate.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from msgspec import Struct

from comparators.compare.finding import AGREES, Finding, disagrees
from comparators.compare.label_names import shortened
from comparators.compare.outcome import has_output, outcome, outcome_class, succeeded
from comparators.extract.output import Reading
from comparators.extract.reading import Reader, SizedReading, read_all
from comparators.extract.template import path_version
from comparators.extract.version import UNNAMED, ModelVersion
from comparators.features.features import Features
from comparators.plans.kind_of_request import Kind, kind_of
from comparators.plans.known_plans import Plans
from comparators.plans.plan import NO_REVISION, Plan
from comparators.plans.revisions import LatestRevision, RevisionSource
from records.entry_id import ms_of
from records.nouns import Answer, Failure, Observation, Pair, Request

LATEST = LatestRevision()
UNREADABLE = disagrees("unreadable")
AFTER_ALL = 2**62
NO_SUCH_MODEL = frozenset({400, 404})  # what a client made up names no kind of request
MAX_VERSION_CHARS = 128  # an answer may claim to be anything


class PairReading(Struct, gc=False):
    """A pair on its way: settled by status or by what could not be read, else two readings that are to be compared."""

    pair: Pair
    entry: str
    plans: Plans
    plan: Plan | None
    key: str
    named: str = ""  # the model that the request names in its body
    revision: int = NO_REVISION  # of the plan, when this pair was compared
    incomparable: str = ""
    settled: Finding | None = None
    production: Reading | None = None
    candidate: Reading | None = None
    sizes: tuple[int, int] | None = None  # of both bodies, without content coding
    noise: Reading | Finding | None = None  # of production's second answer; or how it differs before it is even read
    _features: Features | None = None

    @property
    def features(self) -> Features:
        """Of the request; read where somebody first asks for them, and then kept."""
        if self._features is None:
            plan = self.plan or (self.plans.known(self.key) if self.revision else None)
            self._features = self.plans.features.read(self.pair.exchange.request, plan.protocol if plan else "json")
        return self._features


class StoredPair(Struct, frozen=True, gc=False):
    """A pair, and the id of its entry in the store's stream. turns.py bounds what is held of several."""

    pair: Pair
    entry: str = ""  # "<ms>-<number>"; "" of a pair that comes from no store
    refused: str = ""  # why production's answer was left out before it was read: a reason of INCOMPARABLE


def read_batch(stored: Sequence[StoredPair], plans: Plans, revisions: RevisionSource = LATEST) -> list[PairReading]:
    """Every kind of request among them should have its plan. Answers to one kind are read together. `revisions`: by
    which of its plans each is read.
    """
    readers = _Readers(plans, revisions)
    reads = []
    asked: dict[_Reader, list[tuple[PairReading, Answer]]] = defaultdict(list)
    for one in stored:
        exchange = one.pair.exchange
        production, kind = exchange.production.outcome, kind_of(exchange.request)
        each = PairReading(one.pair, one.entry, plans, None, key_of(kind, production, plans), kind.named)
        reads.append(each)
        if isinstance(production, Failure):
            each.incomparable = "production_unreadable"
        elif production.body.cut:
            each.incomparable = one.refused or "capture_cut"
        elif not has_output(production):
            each.settled = _by_status(exchange.production, one.pair.observation)
        else:
            reader = readers.of(each.key, one, production)
            each.plan, each.key, each.revision = reader.plan, reader.key, reader.revision
            asked[reader].append((each, production))
        if each.plan is None:
            each.revision = readers.revision_of(each.key, one.entry)
    for reader, own in asked.items():
        _read_outputs(reader, own)
    return reads


def key_of(kind: Kind, production: Answer | Failure, plans: Plans) -> str:
    """Of the plan that a pair is counted under, as far as that is told before its answers are read."""
    if has_output(production):
        return plans.placed(kind).key
    return kind.path_key if isinstance(production, Answer) and production.status in NO_SUCH_MODEL else kind.key


def stored_ms(each: PairReading) -> int:
    """When the pair was stored, by Redis's clock; later than any, where it comes from no store."""
    return ms_of(each.entry) if each.entry else AFTER_ALL


def production_version(each: PairReading) -> ModelVersion | None:
    """As a header told it, else as production's answer does; an answer without an output tells nothing."""
    return _version(each, each.pair.exchange.production, each.production)


def candidate_version(each: PairReading) -> ModelVersion | None:
    """As a header told it, else as the candidate's answer does; without an output it tells nothing."""
    return _version(each, each.pair.observation, each.candidate)


def declared_version(observation: Observation) -> ModelVersion:
    """As settings said then."""
    if not observation.declared_version and not observation.declared_build:
        return UNNAMED
    return _named(observation.declared_version, observation.declared_build)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Reader:
    """How the answers to one kind of request are read."""

    plan: Plan
    key: str
    revision: int
    limit: int
    chosen: Reader | None

    def read(self, answers: Sequence[Answer]) -> list[SizedReading | None]:
        return read_all(self.plan.protocol, answers, self.limit, self.chosen)


class _Readers:
    """The readers of one batch, by the kind of request and the revision of its plan."""

    def __init__(self, plans: Plans, revisions: RevisionSource) -> None:
        self._plans = plans
        self._revisions = revisions
        self._made: dict[tuple[str, int], _Reader] = {}
        self._lasting: dict[str, int] = {}  # revisions of which all that follows is, too

    def of(self, key: str, stored: StoredPair, production: Answer) -> _Reader:
        revision = self.revision_of(key, stored.entry)
        reader = self._made.get((key, revision))
        if reader is None:
            request = stored.pair.exchange.request
            reader = self._reader(self._plans.of(request, production, revision), request, revision)
            if reader.chosen is None and reader.key == key:  # else it depends on this request's own path, or its answer
                self._made[key, revision] = reader
        return reader

    def revision_of(self, key: str, entry: str) -> int:
        """Of the plan, for a pair of this kind, in the order of the stream; NO_REVISION where it had none yet."""
        found = self._lasting.get(key)
        if found is None:
            booked, known = self._revisions.revision_of(key, entry), self._plans.known(key)
            latest = NO_REVISION if known is None else known.revision
            found = latest if booked is None else booked
            if self._revisions.lasts(key, found):
                self._lasting[key] = found
        return found

    def _reader(self, plan: Plan, request: Request, revision: int) -> _Reader:
        chosen, limit = self._plans.reader(plan, request), self._plans.settings.max_decoded_bytes
        return _Reader(plan=plan, key=plan.key, revision=revision, limit=limit, chosen=chosen)


Own = tuple[PairReading, Answer, SizedReading]  # production's answer to a request, as it came and as it was read


def _read_outputs(reader: _Reader, asked: Sequence[tuple[PairReading, Answer]]) -> None:
    readable: list[Own] = []
    for (each, production), own in zip(asked, reader.read([answer for _, answer in asked]), strict=True):
        if own is None:
            each.incomparable = "production_unreadable"
        else:
            each.production = own[0]
            readable.append((each, production, own))
    others = _read_others(reader, readable, [each.pair.observation for each, _, _ in readable])
    for (each, _, own), other in zip(readable, others, strict=True):
        if isinstance(other, Finding):
            each.settled = other
        else:
            each.candidate, each.sizes = other[0], (own[1], other[1])
    twice = [(own, noise) for own in readable if (noise := own[0].pair.noise) is not None]
    again = _read_others(reader, [own for own, _ in twice], [noise for _, noise in twice])
    for ((each, _, _), _), other in zip(twice, again, strict=True):
        each.noise = other if isinstance(other, Finding) else other[0]


def _read_others(
    reader: _Reader, owns: Sequence[Own], observations: Sequence[Observation]
) -> list[SizedReading | Finding]:
    """What an endpoint answered to production's requests, or how it differs before it is even read."""
    found: list[SizedReading | Finding] = []
    unread: dict[int, Answer] = {}
    for place, ((each, production, own), observation) in enumerate(zip(owns, observations, strict=True)):
        other = observation.outcome
        if not isinstance(other, Answer) or not has_output(other):
            found.append(_by_status(each.pair.exchange.production, observation))
        elif other.body == production.body and _form(other) == _form(production):
            found.append(own)  # the same bytes: the same output, and read once
        else:
            found.append(UNREADABLE)
            if not other.body.cut:
                unread[place] = other
    for place, answered in zip(unread, reader.read(list(unread.values())), strict=True):
        if answered is not None:
            found[place] = answered
    return found


def _form(answer: Answer) -> list[tuple[bytes, bytes]]:
    """The headers that say how the body is to be read."""
    return [field for field in answer.headers if field[0] in (b"content-encoding", b"inference-header-content-length")]


def _by_status(production: Observation, other: Observation) -> Finding:
    """Of an answer without an output (a redirect, an error) only the class is compared: its text is not the model's."""
    if outcome_class(outcome(production)) == outcome_class(outcome(other)):
        return AGREES
    return disagrees("failed" if succeeded(production.outcome) and not succeeded(other.outcome) else "status")


def _version(each: PairReading, observation: Observation, reading: Reading | None) -> ModelVersion | None:
    version = observation.version
    if not version and reading is not None:
        version = _told(each, reading.version, observation)
    if not version and not observation.build:
        return None if reading is None else UNNAMED
    return _named(version, observation.build)


def _told(each: PairReading, version: str, observation: Observation) -> str:
    """The name of the model that was asked for, repeated, tells no version. One in the path, which no answer tells, is
    that of a side whose settings declare none.
    """
    if version and version != each.named:
        return version
    return "" if observation.declared_version else path_version(each.pair.exchange.request.target)


@lru_cache(maxsize=256)
def _named(version: str, build: str) -> ModelVersion:
    return ModelVersion(shortened(version, MAX_VERSION_CHARS), shortened(build, MAX_VERSION_CHARS))
