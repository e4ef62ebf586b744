"""Captures made for GoReplay and its middleware: the other way round from gor.py."""

from loadtest.sources.gor_records import ANSWER, INNER_RECORD, MARK, RECORD_ID, REPLAY, REQUEST, SEPARATOR
from loadtest.sources.wire import raw_answer, raw_request
from records.errors import RecordError
from records.nouns import Answer, Body, Exchange, Observation
from records.privacy.redaction import Redaction

_UNTOLD = -1  # as GoReplay writes a latency that it did not take


class GorWriter:
    """Makes the records of one file. A body that holds the separator's line is read as it was by gor.py, and wrongly by
    GoReplay.
    """

    def __init__(self, redaction: Redaction | None) -> None:
        """`redaction`: of whatever leaves; None where everything is to be shown."""
        self._redaction = redaction

    def records(self, exchange: Exchange, candidate: Observation | None = None) -> bytes:
        """The request, the answer that production gave, and the candidate's, with its round trip. A failure has no
        record. Raises RecordError where a message is none of HTTP/1.1, or cannot be told from what follows it.
        """
        if self._redaction is not None:
            exchange = self._redaction.exchange(exchange)
            candidate = None if candidate is None else self._redaction.observation(candidate)
        asked, production = exchange.request, exchange.production
        times = production.timings
        records = _record(REQUEST, exchange.id, production.wall_ns, times.sent, raw_request(asked), asked.body)
        records += _answer_record(ANSWER, exchange.id, production, times.first_byte)
        if candidate is not None:
            records += _answer_record(REPLAY, exchange.id, candidate, candidate.timings.sent)
        return records


def _answer_record(kind: bytes, name: str, observation: Observation, begun: int | None) -> bytes:
    """`begun`: from when its latency is counted."""
    answer, last = observation.outcome, observation.timings.last_byte
    if not isinstance(answer, Answer):
        return b""
    took = None if last is None else last - (begun or 0)
    return _record(kind, name, observation.wall_ns + (begun or 0), took, raw_answer(answer), answer.body)


def _record(kind: bytes, name: str, at_ns: int, took_ns: int | None, payload: bytes, body: Body) -> bytes:
    record_id = name.encode("latin-1", "replace")
    if RECORD_ID.fullmatch(record_id) is None or record_id.decode("latin-1") != name:
        raise RecordError(f"a .gor file has no room for the id {name!r}: no space, no line end, up to 256 bytes")
    if (body.cut and MARK in body.data) or INNER_RECORD.search(payload):
        raise RecordError(f"in a .gor file the body of {name!r} would have no end: it holds what ends a record")
    return b"%b %b %d %d\n" % (kind, record_id, at_ns, _UNTOLD if took_ns is None else took_ns) + payload + SEPARATOR
