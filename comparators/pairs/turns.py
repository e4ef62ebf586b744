"""Pairs in turns: content codings undone, and so few at a time that what they become in memory is bounded. Pure.

A kilobyte of gzip can stand for a megabyte, and two bytes of JSON for a list of 64. So whoever takes pairs from the
store, live or again, takes them through here. What becomes of one pair depends on this pair alone: where a turn ends
changes no bit of what is found.

An answer that is over its bound is left out as if it had been cut. On production's side its pair is not comparable, on
the candidate's it disagrees: if the candidate had a say in it, leaving pairs out would bend the rate. A request weighs
as well, since its features are held with it.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from msgspec.structs import replace

from comparators.compare.outcome import has_output
from comparators.extract.request_body import RequestBody
from comparators.pairs.reads import StoredPair
from records.codec import Codec
from records.coding import CODING, Oversized, Undecodable, undone
from records.nouns import Answer, Body, Observation, Request
from records.weight import MAX_PARSED_BYTES, SMALL_BYTES, is_too_heavy, parsed_bytes

TURN_BYTES = MAX_PARSED_BYTES  # of a turn; a single pair may weigh up to that with each of its three answers
TOO_LARGE = "production_too_large"
LIGHT_RECORDS_BYTES = 4_194_304  # of small records: one turn, whatever is in them


class PlainObservation(NamedTuple):
    """An observation without content coding, and about what it takes in memory once it is parsed."""

    observation: Observation
    weight: int
    refused: str = ""


def are_light(records: Sequence[bytes], codec: Codec) -> bool:
    """Whether these make one turn as they are: no coding to undo, nothing to weigh. It is the usual case."""
    if sum(map(len, records)) > LIGHT_RECORDS_BYTES:
        return False
    return all(len(record) <= SMALL_BYTES and not codec.may_be_coded(record) for record in records)


def turns(pairs: Iterable[StoredPair], limit: int) -> Iterator[list[StoredPair]]:
    """All of them, in their order, each answer unpacked to at most `limit` bytes."""
    turn: list[StoredPair] = []
    held = 0
    for pair in pairs:
        each, weight = unpacked(pair, limit)
        if turn and held + weight > TURN_BYTES:
            yield turn
            turn, held = [], 0
        turn.append(each)
        held += weight
    if turn:
        yield turn


def unpacked(stored: StoredPair, limit: int) -> tuple[StoredPair, int]:
    """The pair with answers that are plain, or left out, and a request that is plain; and its weight."""
    pair = stored.pair
    request, asked_weight = unpacked_request(pair.exchange.request)
    own = unpacked_observation(pair.exchange.production, limit)
    other = _like(pair.observation, pair.exchange.production, own, limit)
    noise = None if pair.noise is None else _like(pair.noise, pair.exchange.production, own, limit)
    weight = asked_weight + own.weight + other.weight + (0 if noise is None else noise.weight)
    is_request_plain = request is pair.exchange.request
    are_answers_plain = own.observation is pair.exchange.production and other.observation is pair.observation
    if is_request_plain and are_answers_plain and noise is None:
        return stored, weight
    plain = replace(
        pair,
        exchange=replace(pair.exchange, request=request, production=own.observation),
        observation=other.observation,
        noise=None if noise is None else noise.observation,
    )
    return StoredPair(plain, stored.entry, own.refused), weight


def _like(observation: Observation, production: Observation, own: PlainObservation, limit: int) -> PlainObservation:
    """The same bytes as production's are unpacked, held and read once."""
    one, other = observation.outcome, production.outcome
    if isinstance(one, Answer) and isinstance(other, Answer) and has_output(one) and has_output(other):
        plain = own.observation.outcome
        if one.body == other.body and _coding(one) == _coding(other) and isinstance(plain, Answer):
            if plain is other:
                return PlainObservation(observation, 0)
            return PlainObservation(replace(observation, outcome=_with(one, plain.body)), 0)
    return unpacked_observation(observation, limit)


def unpacked_request(request: Request) -> tuple[Request, int]:
    """The request without content coding, and about what it takes in memory once its features are read. One that
    cannot be unpacked has none, and stays as it is.
    """
    body = RequestBody.of(request)
    if body is None:
        return request, 0
    if body.data is request.body.data:
        return request, body.weight()
    headers = tuple(field for field in request.headers if field[0] != CODING)
    return replace(request, headers=headers, body=Body(body.data, len(body.data))), body.weight()


def unpacked_observation(observation: Observation, limit: int) -> PlainObservation:
    """With an answer that is plain, or left out."""
    answer = observation.outcome
    if not isinstance(answer, Answer) or answer.body.cut or not has_output(answer):
        return PlainObservation(observation, 0)
    if not _coding(answer):
        data = answer.body.data
        if not is_too_heavy(data):
            return PlainObservation(observation, parsed_bytes(data))
        return _left_out(observation, answer, TOO_LARGE)
    try:
        plain = undone(answer.body.data, answer.headers, limit)
    except Oversized:
        return _left_out(observation, answer, TOO_LARGE)
    except Undecodable:
        return _left_out(observation, answer, "production_unreadable")
    if is_too_heavy(plain):
        return _left_out(observation, answer, TOO_LARGE)
    return PlainObservation(replace(observation, outcome=_with(answer, Body(plain, len(plain)))), parsed_bytes(plain))


def _left_out(observation: Observation, answer: Answer, refused: str) -> PlainObservation:
    body = Body(b"", answer.body.size, cut=True)
    return PlainObservation(replace(observation, outcome=_with(answer, body)), 0, refused)


def _with(answer: Answer, body: Body) -> Answer:
    return replace(answer, headers=tuple(field for field in answer.headers if field[0] != CODING), body=body)


def _coding(answer: Answer) -> list[bytes]:
    return [value for name, value in answer.headers if name == CODING]
