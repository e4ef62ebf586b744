"""How long was waited for a candidate that failed: recorded by the mirror, and what the report makes of it."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from comparators.evidence.request_metrics import metrics_of
from comparators.pairs.batch import summary_of
from comparators.plans.known_plans import Plans
from comparators.settings import CompareSettings
from comparators.statistics.sketch import RELATIVE_ERROR
from proxy.settings import CandidateSettings
from records.nouns import Failure, Observation, Pair
from records.store.store import Store
from tests import endpoint
from tests.endpoint import Behaviour, Endpoint
from tests.proxy.mirror.staging import Recording, candidate, mirroring, pairs, settled
from tests.recordings import exchange

TIMEOUT_S = 0.3
TIMEOUT_MS = 1_000 * TIMEOUT_S
HALF = b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n123"
MIDWAY = endpoint.raw(HALF, close=False)


async def failed(store: Store, to: CandidateSettings) -> Pair:
    """One recorded exchange, sent to this candidate."""
    await Recording(store).add(exchange())
    async with mirroring(store, to):
        await settled(store, recorded=1)
    (pair,) = await pairs(store)
    assert isinstance(pair.observation.outcome, Failure)
    return pair


def calm(observation: Observation) -> Observation:
    """As on a machine that is not busy."""
    return replace(observation, loop_lag_ns=0)


@pytest.mark.parametrize("behaviour", [endpoint.hang, MIDWAY], ids=["hangs", "hangs midway"])
async def test_the_time_waited_for_a_hung_candidate_is_the_least_it_would_have_taken(
    store: Store, behaviour: Behaviour
) -> None:
    """A fifth of the calls hang until they are cut off: the p90's lower end is that time, and its upper end is open."""
    async with Endpoint(behaviour) as there:
        hung = await failed(store, candidate(there.url, timeout_s=TIMEOUT_S))
    prompt = hung.exchange.production
    found = [
        replace(
            hung,
            observation=calm(prompt if number % 5 else hung.observation),
            queue_delay_ns=0,
            unlike="",  # a busy machine sends it late
            warming_up=False,
        )
        for number in range(600)
    ]
    metrics = metrics_of(summary_of(found, Plans(CompareSettings())).total(), 0.05)
    p90 = metrics["latency.candidate.p90_ms"]
    assert p90.lo is not None
    assert p90.lo >= TIMEOUT_MS * (1 - 2 * RELATIVE_ERROR)
    assert (p90.value, p90.hi) == (None, None)
    mean = metrics["latency.paired_mean_ms"]
    assert mean.lo is not None
    assert mean.lo >= 0.2 * TIMEOUT_MS * 0.5
    first_byte = metrics["latency.candidate.ttfb_p99_ms"]
    assert first_byte.n == 600
    if behaviour is endpoint.hang:
        assert first_byte.lo is not None
        assert first_byte.lo >= TIMEOUT_MS * (1 - 2 * RELATIVE_ERROR)


@pytest.mark.parametrize(
    ("behaviour", "kind", "was_sent"),
    [
        (endpoint.hang, "timeout", True),
        (MIDWAY, "timeout", True),
        (endpoint.raw(b""), "closed_before_answer", True),
        (endpoint.raw(HALF), "closed_midway", True),
        (endpoint.raw(b"SSH-2.0\r\n"), "protocol", True),
        (endpoint.answer(b"x" * 100), "too_large", True),
        (None, "connect", False),
    ],
    ids=["hangs", "hangs midway", "closes", "closes midway", "not HTTP", "oversized", "refuses"],
)
async def test_each_failure_tells_when_it_was_found(
    store: Store, behaviour: Behaviour | None, kind: str, was_sent: bool
) -> None:
    """After all that happened before, and with no last byte."""
    async with Endpoint(behaviour or endpoint.hang) as there:
        if behaviour is None:
            await there.stop()
        pair = await failed(store, candidate(there.url, timeout_s=TIMEOUT_S, max_answer_bytes=99))
    outcome, times = pair.observation.outcome, pair.observation.timings
    assert isinstance(outcome, Failure)
    assert outcome.kind == kind
    assert times.last_byte is None
    assert times.failed is not None
    assert (times.sent is not None) is was_sent
    assert times.failed >= max(each or 0 for each in (times.connected, times.sent, times.first_byte))
