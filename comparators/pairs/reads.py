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
from comparators.plans.plan import Plan, Plans, kind_of
from records.entry_id import ms_of
from records.nouns import Answer, Failure, Observation, Pair, Request

UNREADABLE = disagrees("unreadable")
LATEST = 2**62
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
            plan = self.plan or self.plans.known(self.key)
            self._features = self.plans.features.read(self.pair.exchange.request, plan.protocol if plan else "json")
        return self._features


class StoredPair(Struct, frozen=True, gc=False):
    """A pair, and the id of its entry in the store's stream. turns.py bounds what is held of several."""

    pair: Pair
    entry: str = ""  # "<ms>-<number>"; "" of a pair that comes from no store
    refused: str = ""  # why production's answer was left out before it was read: a reason of INCOMPARABLE


def read_batch(stored: Sequence[StoredPair], plans: Plans) -> list[PairReading]:
    """Every kind of request among them should have its plan. Answers to one kind are read together."""
    readers = _Readers(plans)
    reads = []
    asked: dict[_Reader, list[tuple[PairReading, Answer]]] = defaultdict(list)
    for one in stored:
        exchange = one.pair.exchange
        production, kind = exchange.production.outcome, kind_of(exchange.request)
        each = PairReading(one.pair, one.entry, plans, None, kind.key, kind.named)
        reads.append(each)
        if isinstance(production, Failure):
            each.incomparable = "production_unreadable"
        elif production.body.cut:
            each.incomparable = one.refused or "capture_cut"
        elif not has_output(production):
            each.key = kind.path_key if production.status in NO_SUCH_MODEL else kind.key
            each.settled = _by_status(exchange.production, one.pair.observation)
        else:
            reader = readers.of(each.key, exchange.request, production)
            each.plan, each.key = reader.plan, reader.key
            asked[reader].append((each, production))
    for reader, own in asked.items():
        _read_outputs(reader, own)
    return reads


def stored_ms(each: PairReading) -> int:
    """When the pair was stored, by Redis's clock; later than any, where it comes from no store."""
    return ms_of(each.entry) if each.entry else LATEST


def production_version(each: PairReading) -> ModelVersion | None:
    """As settings or headers told it, else as production's answer does; an answer without an output tells nothing."""
    return _version(each, each.pair.exchange.production, each.production)


def candidate_version(each: PairReading) -> ModelVersion | None:
    """As settings or headers told it, else as the candidate's answer does; without an output it tells nothing."""
    return _version(each, each.pair.observation, each.candidate)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Reader:
    """How the answers to one kind of request are read."""

    plan: Plan
    key: str
    limit: int
    chosen: Reader | None

    def read(self, answers: Sequence[Answer]) -> list[SizedReading | None]:
        return read_all(self.plan.protocol, answers, self.limit, self.chosen)


class _Readers:
    """The readers of one batch, by the kind of request."""

    def __init__(self, plans: Plans) -> None:
        self._plans = plans
        self._made: dict[str, _Reader] = {}

    def of(self, key: str, request: Request, production: Answer) -> _Reader:
        reader = self._made.get(key)
        if reader is None:
            plan = self._plans.of(request, production)
            chosen = self._plans.reader(plan, request)
            limit = self._plans.settings.max_decoded_bytes
            reader = _Reader(plan=plan, key=plan.key, limit=limit, chosen=chosen)
            if chosen is None and reader.key == key:  # else it depends on this request's own path, or on its answer
                self._made[key] = reader
        return reader


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
        version = _told(each, reading.version)
    if not version and not observation.build:
        return None if reading is None else UNNAMED
    return _named(version, observation.build)


def _told(each: PairReading, version: str) -> str:
    """The name of the model that was asked for, repeated, tells no version. One in the path is that of both sides."""
    if version and version != each.named:
        return version
    return path_version(each.pair.exchange.request.target)


@lru_cache(maxsize=256)
def _named(version: str, build: str) -> ModelVersion:
    return ModelVersion(shortened(version, MAX_VERSION_CHARS), shortened(build, MAX_VERSION_CHARS))
