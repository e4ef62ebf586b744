"""Pairs as the comparators' tests need them: one line each, everything else as in an uneventful day."""

import gzip
from collections.abc import Sequence
from typing import Any

import orjson

from comparators.pairs.batch import ComparedBatch, compare_batch
from comparators.pairs.comparison import Comparison
from comparators.pairs.reads import PairReading, StoredPair, read_batch
from comparators.plans.known_plans import Plans
from comparators.settings import CompareSettings, ReadingSettings
from comparators.view import View, of_everything
from records.nouns import Answer, Body, Exchange, Failure, FailureKind, Headers, Observation, Pair, Request, Timings
from records.privacy.redaction import Redaction
from records.settings import KeptSettings

JSON: Headers = ((b"content-type", b"application/json"),)
GZIPPED: Headers = (*JSON, (b"content-encoding", b"gzip"))
MIDNIGHT_NS = 1_372_636_800_000_000_000  # 2013-07-01T00:00:00Z
MS, HOUR_NS = 1_000_000, 3_600_000_000_000
VIEW = of_everything(0.05)
OIP = "/v2/models/late/infer"


def view_hiding(readings: tuple[ReadingSettings, ...] = (), **kept: Any) -> View:
    """Under these rules; `kept` as an operator writes them below [kept]."""
    return View(Redaction.create(KeptSettings(**kept), b"k" * 32), CompareSettings(readings=readings))


def answer(body: Any, status: int = 200, headers: Headers = JSON, cut: bool = False) -> Answer:
    data = body if isinstance(body, bytes) else orjson.dumps(body)
    if headers == GZIPPED:
        data = gzip.compress(data)
    return Answer(status, headers, Body(data, len(data), cut))


def versioned(version: str, value: float = 1.0) -> Answer:
    """One number, of a model that tells its version."""
    return answer(oip(version, x=("FP64", [1], [value])))


def failure(kind: FailureKind = "timeout") -> Failure:
    return Failure(kind, "told by the test")


def observation(outcome: Answer | Failure, latency_ns: int = 2 * MS, **changes: Any) -> Observation:
    last = 100 + latency_ns if isinstance(outcome, Answer) else None
    fields: dict[str, Any] = {
        "wall_ns": MIDNIGHT_NS,
        "timings": Timings(received=0, connected=50, sent=100, first_byte=None, last_byte=last),
        "outcome": outcome,
        "in_flight": 1,
        "loop_lag_ns": 0,
        "reader_paused": False,
    }
    return Observation(**{**fields, **changes})


def pair(
    production: Observation | Answer | Failure,
    candidate: Observation | Answer | Failure,
    *,
    target: str = "/score",
    number: int = 0,
    method: str = "POST",
    **changes: Any,
) -> Pair:
    """Pairs with the same `number` are the same request."""
    own, other = (each if isinstance(each, Observation) else observation(each) for each in (production, candidate))
    request = Request(method, target, JSON, Body(b"{}", 2))
    exchange = Exchange(id=f"x{number}", route="root", revision=1, request=request, production=own)
    fields: dict[str, Any] = {"candidate": "cand", "generation": 1, "queue_delay_ns": 0, "warming_up": False}
    return Pair(exchange=exchange, observation=other, **{**fields, **changes})


def oip(version: str | None = None, **outputs: tuple[str, list[int], list[Any]]) -> dict[str, Any]:
    """`name=(datatype, shape, data)`."""
    written = [
        {"name": name, "datatype": kind, "shape": shape, "data": data} for name, (kind, shape, data) in outputs.items()
    ]
    answered: dict[str, Any] = {"model_name": "late", "id": "1", "outputs": written}
    return answered if version is None else {**answered, "model_version": version}


def compared(pairs: Sequence[Pair], settings: CompareSettings | None = None) -> list[Comparison]:
    """With plans that are decided from these pairs themselves."""
    return judged(pairs, settings).comparisons


def judged(pairs: Sequence[Pair], settings: CompareSettings | None = None) -> ComparedBatch:
    """Likewise, with what they add up to."""
    plans = planned(pairs, settings or CompareSettings())
    return compare_batch(read(pairs, plans), plans)


def read(pairs: Sequence[Pair], plans: Plans) -> list[PairReading]:
    """As pairs that come from no store."""
    return read_batch([StoredPair(each) for each in pairs], plans)


def planned(pairs: Sequence[Pair], settings: CompareSettings) -> Plans:
    """What a worker would decide that sees these first."""
    plans = Plans(settings)
    for plan in plans.missing(each.exchange for each in pairs):
        plans.learn(plan)
    return plans
