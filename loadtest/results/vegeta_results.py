"""A run as vegeta's results, one JSON object a line, for `vegeta report`, `plot` and `encode`. Pure.

Three attacks lie in one file, so that `vegeta plot` draws them over each other: `recorded`, what production took, as if
it had been asked when the request was due; `candidate`, from sent to done; `candidate-scheduled`, from due to done.
`vegeta report` counts all that it is given as one: it wants the lines of one attack.

vegeta's plot takes an attack's results in the order of `seq`, waits for ever for one that is missing, and refuses a
time before the last: so `seq` counts an attack's own results, from 0, by the time at which they began.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import NamedTuple

import msgspec
from msgspec import Struct

from loadtest.results.rows import NEVER, ResultRow

_NS_PER_S = 10**9
_SUCCESS = range(200, 400)  # as vegeta has it


class VegetaResult(Struct, frozen=True, kw_only=True):
    """The fields in vegeta's order. `latency` is in ns, `timestamp` is RFC 3339 with ns."""

    attack: str
    seq: int
    code: int
    timestamp: str
    latency: int
    bytes_out: int
    bytes_in: int
    error: str
    body: None = None
    method: str
    url: str
    headers: None = None


class _Hit(NamedTuple):
    """One request as an attack sees it. `began`: in ns from the run's start."""

    began: int
    latency: int
    code: int
    bytes_out: int
    bytes_in: int
    error: str = ""


def vegeta_results(rows: Iterable[ResultRow], *, started_ns: int, method: str, url: str) -> Iterator[bytes]:
    """Lines with their ends. `started_ns`: when the run began, since 1970. What warms up is left out, and of the
    candidate what had not ended when the run did.
    """
    kept = [row for row in rows if not row.warmup]
    for attack, hit_of in _ATTACKS.items():
        hits = sorted(filter(None, map(hit_of, kept)), key=lambda hit: hit.began)
        for seq, hit in enumerate(hits):
            result = VegetaResult(
                attack=attack,
                seq=seq,
                code=hit.code,
                timestamp=_timestamp(started_ns + hit.began),
                latency=hit.latency,
                bytes_out=hit.bytes_out,
                bytes_in=hit.bytes_in,
                error=hit.error,
                method=method,
                url=url,
            )
            yield msgspec.json.encode(result) + b"\n"


def _recorded(row: ResultRow) -> _Hit | None:
    if row.recorded == NEVER:
        return None
    # A row knows that production answered and how long that took, and neither status nor size.
    return _Hit(row.due, row.recorded, _SUCCESS.start, row.bytes_out, 0)


def _candidate(row: ResultRow) -> _Hit | None:
    """What failed before it was sent began when the engine turned to it: left out, it would be missing from vegeta's
    success ratio.
    """
    return _asked(row, row.issued if row.sent == NEVER else row.sent)


def _scheduled(row: ResultRow) -> _Hit | None:
    return _asked(row, row.due)


def _asked(row: ResultRow, began: int) -> _Hit | None:
    if row.done == NEVER:
        return None
    return _Hit(began, row.done - began, row.status, row.bytes_out, row.bytes_in, _error(row))


def _error(row: ResultRow) -> str:
    """vegeta draws as good what has no error, and gives one to each answer that is no success."""
    return row.failure or ("" if row.status in _SUCCESS else str(row.status))


def _timestamp(ns: int) -> str:
    seconds, rest = divmod(ns, _NS_PER_S)
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}.{rest:09}Z"


_ATTACKS: Mapping[str, Callable[[ResultRow], _Hit | None]] = {
    "recorded": _recorded,
    "candidate": _candidate,
    "candidate-scheduled": _scheduled,
}
