"""A pair on its way: both answers read, or settled before. Pure; batch.py compares what comes out of it.

Whether a pair is comparable is decided by production's side alone: if the candidate had a say in it, leaving pairs out
would bend the rate.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

from msgspec import Struct

from comparators.compare.found import AGREES, Found, disagrees
from comparators.compare.outcome import has_output, outcome, outcome_class, succeeded
from comparators.comparison import Version
from comparators.errors import Unreadable
from comparators.extract.document import plain
from comparators.extract.output import Reading
from comparators.extract.plan import Plan, Plans, plan_key
from comparators.extract.reading import Reader, read
from comparators.settings import Protocol
from records.nouns import Answer, Failure, Observation, Pair, Request

UNNAMED = Version()
LATEST = 2**62  # of a pair that comes from no store
MAX_VERSION_CHARS = 128  # an answer may claim to be anything


class Read(Struct, gc=False):
    """A pair on its way: settled by status or by what could not be read, else two readings that are to be compared."""

    pair: Pair
    plan: Plan | None
    key: str
    entry_ms: int = LATEST  # when the pair was stored, by Redis's clock
    incomparable: str = ""
    settled: Found | None = None
    production: Reading | None = None
    candidate: Reading | None = None
    sizes: tuple[int, int] | None = None  # of both bodies, without content coding
    noise: Reading | Found | None = None  # of production's second answer; or how it differs before it is even read


class Stored(Struct, frozen=True, gc=False):
    """A pair, and when it was stored, in ms by Redis's clock."""

    pair: Pair
    entry_ms: int = LATEST


def read_batch(stored: Sequence[Stored], plans: Plans) -> list[Read]:
    """Every kind of request among them should have its plan."""
    readers = _Readers(plans)
    return [_read(each.pair, each.entry_ms, readers) for each in stored]


def production_version(each: Read) -> Version | None:
    """As settings or headers told it, else as the answer itself does; an answer without an output tells nothing."""
    return _version(each.pair.exchange.production, each.production)


def candidate_version(each: Read) -> Version | None:
    """Likewise of the candidate."""
    return _version(each.pair.observation, each.candidate)


def _read(pair: Pair, entry_ms: int, readers: "_Readers") -> Read:
    exchange = pair.exchange
    production = exchange.production.outcome
    key = plan_key(exchange.request)
    if isinstance(production, Failure):
        return Read(pair, None, key, entry_ms, "production_unreadable")
    if production.body.cut:
        return Read(pair, None, key, entry_ms, "capture_cut")
    if not has_output(production):
        return Read(pair, None, key, entry_ms, settled=_by_status(exchange.production, pair.observation))
    reader = readers.of(key, exchange.request, production)
    return _read_outputs(Read(pair, reader.plan, reader.key, entry_ms), reader, production)


Answered = tuple[Reading, int]  # an answer that was read, and the size of its body without content coding


class _Reader(NamedTuple):
    """How the answers to one kind of request are read."""

    plan: Plan
    key: str
    limit: int
    chosen: Reader | None

    def read(self, answer: Answer) -> Answered:
        data = plain(answer, self.limit)
        return read(self.plan.protocol, data, answer.headers, self.chosen), len(data)


class _Readers:
    """Those of one batch, by the kind of request."""

    def __init__(self, plans: Plans) -> None:
        self._plans = plans
        self._made: dict[str, _Reader] = {}

    def of(self, key: str, request: Request, production: Answer) -> _Reader:
        reader = self._made.get(key)
        if reader is None:
            plan = self._plans.of(request, production)
            chosen = self._plans.reader(plan, request)
            reader = _Reader(plan, plan.key, self._plans.settings.max_decoded_bytes, chosen)
            if chosen is None and reader.key == key:  # else it depends on this request's own path, or on its answer
                self._made[key] = reader
        return reader


def _read_outputs(each: Read, reader: _Reader, production: Answer) -> Read:
    try:
        own = reader.read(production)
    except Unreadable:
        each.incomparable = "production_unreadable"
        return each
    each.production = own[0]
    found = _read_other(reader, each.pair, production, own, each.pair.observation)
    if isinstance(found, Found):
        each.settled = found
    else:
        each.candidate, each.sizes = found[0], (own[1], found[1])
    if each.pair.noise is not None:
        again = _read_other(reader, each.pair, production, own, each.pair.noise)
        each.noise = again if isinstance(again, Found) else again[0]
    return each


def _read_other(
    reader: _Reader, pair: Pair, production: Answer, own: Answered, observation: Observation
) -> Answered | Found:
    """What an endpoint answered to production's request, or how it differs before it is even read."""
    other = observation.outcome
    if not isinstance(other, Answer) or not has_output(other):
        return _by_status(pair.exchange.production, observation)
    if other.body == production.body and _form(other) == _form(production):
        return own  # the same bytes: the same output, and read once
    if other.body.cut:
        return disagrees("unreadable")
    try:
        return reader.read(other)
    except Unreadable:
        return disagrees("unreadable")


def _form(answer: Answer) -> list[tuple[bytes, bytes]]:
    """The headers that say how the body is to be read."""
    return [field for field in answer.headers if field[0] in (b"content-encoding", b"inference-header-content-length")]


def _by_status(production: Observation, other: Observation) -> Found:
    """Of an answer without an output (a redirect, an error) only the class is compared: its text is not the model's."""
    if outcome_class(outcome(production)) == outcome_class(outcome(other)):
        return AGREES
    return disagrees("failed" if succeeded(production.outcome) and not succeeded(other.outcome) else "status")


def _version(observation: Observation, reading: Reading | None) -> Version | None:
    version = observation.version
    if not version and reading is not None:
        version = reading.version
    if not version and not observation.build:
        return None if reading is None else UNNAMED
    return _named(version, observation.build)


@lru_cache(maxsize=256)
def _named(version: str, build: str) -> Version:
    return Version(version[:MAX_VERSION_CHARS], build[:MAX_VERSION_CHARS])
