"""The shape of an exchange and a pair in a file: objects with names, for people and other programs.

It is of its own: it stays as it is when the nouns' layout in the store changes. Lossless both ways: bytes that are
UTF-8 stand as text, others as {"base64": …}. jsonl.py writes and reads the lines.
"""

from __future__ import annotations

import base64
from typing import Annotated

from msgspec import Meta, Struct
from msgspec.structs import asdict

from records.nouns import (
    Answer,
    Body,
    Exchange,
    Failure,
    FailureKind,
    Headers,
    Observation,
    Pair,
    Request,
    Timings,
    Unlike,
)

Integer = Annotated[int, Meta(ge=-(2**63), le=2**63 - 1)]  # what a record can hold


class Base64(Struct, frozen=True, forbid_unknown_fields=True):
    base64: str


Readable = str | Base64
HeaderParts = tuple[tuple[Readable, Readable], ...]


class LinePart(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A mistyped name in a line is an error, not a loss."""


class BodyPart(LinePart, frozen=True):
    data: Readable
    size: Integer
    cut: bool = False


class AnswerPart(LinePart, frozen=True):
    status: Integer
    headers: HeaderParts
    body: BodyPart


class FailurePart(LinePart, frozen=True):
    kind: FailureKind
    detail: str
    status: Integer | None = None


class TimingsPart(LinePart, frozen=True):
    received: Integer | None = None
    connected: Integer | None = None
    sent: Integer | None = None
    first_byte: Integer | None = None
    last_byte: Integer | None = None
    failed: Integer | None = None


class ObservationPart(LinePart, frozen=True, kw_only=True):
    wall_ns: Integer
    timings: TimingsPart
    answer: AnswerPart | None = None
    failure: FailurePart | None = None
    in_flight: Integer
    loop_lag_ns: Integer
    reader_paused: bool
    version: str = ""
    build: str = ""
    declared_version: str = ""
    declared_build: str = ""


class RequestPart(LinePart, frozen=True):
    method: str
    target: str
    headers: HeaderParts
    body: BodyPart


class ExchangeLine(LinePart, frozen=True, kw_only=True, tag_field="record", tag="exchange"):
    id: str
    route: str
    revision: Integer
    request: RequestPart
    production: ObservationPart
    sampling_key: str = ""
    unit: str = ""
    sampling_ratio: float = 1.0


class PairLine(LinePart, frozen=True, kw_only=True, tag_field="record", tag="pair"):
    exchange: ExchangeLine
    candidate: str
    generation: Integer
    observation: ObservationPart
    queue_delay_ns: Integer
    warming_up: bool
    noise: ObservationPart | None = None
    unlike: Unlike = ""
    pace: tuple[Integer, Integer] = (0, 0)


Line = ExchangeLine | PairLine


def line_of(record: Exchange | Pair) -> Line:
    return _pair_line(record) if isinstance(record, Pair) else _exchange_line(record)


def record_of(line: Line) -> Exchange | Pair:
    """Raises ValueError for what the types alone can't refuse: false base64, an answer and a failure at once."""
    return _pair(line) if isinstance(line, PairLine) else _exchange(line)


def _exchange_line(exchange: Exchange) -> ExchangeLine:
    asked = exchange.request
    return ExchangeLine(
        id=exchange.id,
        route=exchange.route,
        revision=exchange.revision,
        request=RequestPart(asked.method, asked.target, _header_parts(asked.headers), _body_part(asked.body)),
        production=_observation_part(exchange.production),
        sampling_key=exchange.sampling_key,
        unit=exchange.unit,
        sampling_ratio=exchange.sampling_ratio,
    )


def _exchange(line: ExchangeLine) -> Exchange:
    asked = line.request
    return Exchange(
        id=line.id,
        route=line.route,
        revision=line.revision,
        request=Request(asked.method, asked.target, _headers(asked.headers), _body(asked.body)),
        production=_observation(line.production),
        sampling_key=line.sampling_key,
        unit=line.unit,
        sampling_ratio=line.sampling_ratio,
    )


def _pair_line(pair: Pair) -> PairLine:
    return PairLine(
        exchange=_exchange_line(pair.exchange),
        candidate=pair.candidate,
        generation=pair.generation,
        observation=_observation_part(pair.observation),
        queue_delay_ns=pair.queue_delay_ns,
        warming_up=pair.warming_up,
        noise=None if pair.noise is None else _observation_part(pair.noise),
        unlike=pair.unlike,
        pace=pair.pace,
    )


def _pair(line: PairLine) -> Pair:
    return Pair(
        exchange=_exchange(line.exchange),
        candidate=line.candidate,
        generation=line.generation,
        observation=_observation(line.observation),
        queue_delay_ns=line.queue_delay_ns,
        warming_up=line.warming_up,
        noise=None if line.noise is None else _observation(line.noise),
        unlike=line.unlike,
        pace=line.pace,
    )


def _observation_part(observation: Observation) -> ObservationPart:
    outcome = observation.outcome
    return ObservationPart(
        wall_ns=observation.wall_ns,
        timings=TimingsPart(**asdict(observation.timings)),
        answer=AnswerPart(outcome.status, _header_parts(outcome.headers), _body_part(outcome.body))
        if isinstance(outcome, Answer)
        else None,
        failure=FailurePart(**asdict(outcome)) if isinstance(outcome, Failure) else None,
        in_flight=observation.in_flight,
        loop_lag_ns=observation.loop_lag_ns,
        reader_paused=observation.reader_paused,
        version=observation.version,
        build=observation.build,
        declared_version=observation.declared_version,
        declared_build=observation.declared_build,
    )


def _observation(part: ObservationPart) -> Observation:
    return Observation(
        wall_ns=part.wall_ns,
        timings=Timings(**asdict(part.timings)),
        outcome=_outcome(part),
        in_flight=part.in_flight,
        loop_lag_ns=part.loop_lag_ns,
        reader_paused=part.reader_paused,
        version=part.version,
        build=part.build,
        declared_version=part.declared_version,
        declared_build=part.declared_build,
    )


def _outcome(part: ObservationPart) -> Answer | Failure:
    answer, failure = part.answer, part.failure
    if answer is not None and failure is None:
        return Answer(answer.status, _headers(answer.headers), _body(answer.body))
    if failure is not None and answer is None:
        return Failure(**asdict(failure))
    raise ValueError("an observation has either an `answer` or a `failure`")


def _body_part(body: Body) -> BodyPart:
    return BodyPart(_readable(body.data), body.size, body.cut)


def _body(part: BodyPart) -> Body:
    return Body(_bytes(part.data), part.size, part.cut)


def _header_parts(headers: Headers) -> HeaderParts:
    return tuple((_readable(name), _readable(value)) for name, value in headers)


def _headers(parts: HeaderParts) -> Headers:
    return tuple((_bytes(name), _bytes(value)) for name, value in parts)


def _readable(data: bytes) -> Readable:
    try:
        return data.decode()
    except UnicodeDecodeError:
        return Base64(base64.b64encode(data).decode())


def _bytes(part: Readable) -> bytes:
    if isinstance(part, str):
        return part.encode()
    return base64.b64decode(part.base64, validate=True)
