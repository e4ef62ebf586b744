"""Recordings to replay, made up: files as `understudy export` writes them. Each request is of its own, to the byte.

Production answered all of them as the endpoints of these measurements do, so whatever else comes back is wrong.
"""

from collections.abc import Iterable
from itertools import chain
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.traffic import ANSWER_BODY, PATH, REQUEST_BODY, numbered
from records.files.jsonl import Writer
from records.nouns import Answer, Body, Exchange, Headers, Observation, Request, Timings

NS = 1_000_000_000
BEGIN_NS = 1_700_000_000 * NS
TOOK_NS = 2_000_000
QUIET, BURST = 0.5, 5.0  # times the mean rate
QUIET_S, BURST_S = 8.0, 1.0  # on average, so that the mean of both is the mean rate
_JSON: Headers = ((b"content-type", b"application/json"),)
_PRODUCTION = Answer(200, _JSON, Body(ANSWER_BODY, len(ANSWER_BODY)))


def write_recording(path: Path, at_ns: Iterable[int]) -> None:
    """A request at each of these times, from the recording's beginning on."""
    writer = Writer(None)
    lines = (writer.line(_exchange(number, BEGIN_NS + at)) for number, at in enumerate(at_ns))
    with path.open("wb") as file:
        file.writelines(chain((writer.header(),), lines))


def bursts_ns(seconds: float, per_s: float, seed: int) -> NDArray[np.int64]:
    """Requests by chance, whose rate changes by chance: quiet, then a burst of ten times that, and so on. So many a
    second on average.
    """
    chance = np.random.default_rng(seed)
    pieces, begin, bursting = [], 0.0, False
    while begin < seconds:
        lasts = chance.exponential(BURST_S if bursting else QUIET_S)
        count = chance.poisson(lasts * per_s * (BURST if bursting else QUIET))
        pieces.append(begin + np.sort(chance.uniform(0.0, lasts, count)))
        begin, bursting = begin + lasts, not bursting
    together = np.concatenate(pieces)
    return np.rint(together[together < seconds] * NS).astype(np.int64)


def _exchange(number: int, wall_ns: int) -> Exchange:
    body = numbered(REQUEST_BODY, number)
    return Exchange(
        id=f"{number:016x}",
        route="root",
        revision=1,
        request=Request("POST", PATH, _JSON, Body(body, len(body))),
        production=Observation(
            wall_ns=wall_ns,
            timings=Timings(received=0, connected=0, sent=0, first_byte=TOOK_NS, last_byte=TOOK_NS),
            outcome=_PRODUCTION,
            in_flight=1,
            loop_lag_ns=0,
            reader_paused=False,
        ),
    )
