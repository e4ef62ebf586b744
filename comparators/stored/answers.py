"""The answers that a plan is decided from, pooled over a route's partitions and candidates: the store holds where they
are, the streams of pairs hold what they say. So no body is kept twice, and none for longer than its recording.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import msgspec
import structlog

from comparators.compare.latency import latency_ns
from comparators.pairs.turns import TURN_BYTES, unpacked_observation
from comparators.plans.decision import AnsweredRequest, can_decide
from comparators.plans.inference import MAX_SAMPLES
from records import documents
from records.errors import RecordError
from records.nouns import Exchange
from records.store.store import Store

MAX_BYTES = 33_554_432  # of the records that are gathered for one plan

log = structlog.get_logger()


class AnswerPlace(NamedTuple):
    """Where an answer is: in the pair of this candidate, under this entry of the partition's stream."""

    candidate: str
    partition: int
    entry: str


Places = Mapping[str, AnswerPlace]  # by exchange
NOWHERE_ELSE: Places = {}


class AnswerPool:
    """Of one route."""

    def __init__(self, store: Store, route: str) -> None:
        self._store = store
        self._route = route

    async def offer(self, name: str, places: Places) -> Places:
        """All that are known, with these. Raises StoreError."""
        written = {exchange: msgspec.json.encode(each) for exchange, each in places.items()}
        offered = await self._store.control.offer_answers(self._route, name, written)
        return {exchange: place for exchange, each in offered.items() if (place := _place(each)) is not None}

    async def withdraw(self, name: str) -> None:
        """Raises StoreError."""
        await self._store.control.withdraw_answers(self._route, name)

    async def gathered(self, places: Places, at_hand: Iterable[Exchange]) -> list[Exchange]:
        """The exchanges, in an order of their own; without those that were dropped, and as many as there is room for.
        Raises StoreError.
        """
        found = {each.id: each for each in at_hand}
        room = MAX_BYTES
        for exchange, place in places.items():
            if exchange not in found and len(found) < MAX_SAMPLES and room > 0:
                record = await self._store.pair(self._route, place.partition, place.candidate, place.entry)
                room -= len(record or b"")
                found |= self._decoded(record)
        return [found[exchange] for exchange in sorted(found)[:MAX_SAMPLES]]

    def _decoded(self, record: bytes | None) -> dict[str, Exchange]:
        if record is None:
            return {}
        try:
            exchange = self._store.codec.decode_pair(record).exchange
        except RecordError as error:
            log.warning("answer.unreadable", error=str(error))
            return {}
        return {exchange.id: exchange}


def answered(exchanges: Sequence[Exchange], limit: int) -> list[AnsweredRequest]:
    """Unpacked, and together no more than a turn of pairs may weigh."""
    found: list[AnsweredRequest] = []
    held = 0
    for each in exchanges:
        plain = unpacked_observation(each.production, limit)
        answer = plain.observation.outcome
        if can_decide(answer) and (not found or held + plain.weight <= TURN_BYTES):
            found.append(AnsweredRequest(each.request, answer, latency_ns(each.production)))
            held += plain.weight
    return found


def _place(stored: bytes) -> AnswerPlace | None:
    try:
        return documents.read(stored, AnswerPlace)
    except msgspec.DecodeError:
        log.warning("answer.unreadable", bytes=len(stored))
        return None
