"""How late the mirror's event loop ran decides whether a pair counts as latency: alike for short and long calls."""

from __future__ import annotations

from random import Random
from types import SimpleNamespace
from typing import Any

from calling.call import Call, CallRules
from calling.versions import VersionRules
from comparators.compare.latency import MAX_LOOP_LAG_NS, Timing, timing
from http1.answer import next_answer_head
from records.nouns import Observation, Pair
from records.privacy.kept_rules import KeptRules
from records.settings import KeptSettings
from tests.proxy.mirror.staging import candidate
from tests.recordings import exchange

LATE_NS = 10 * MAX_LOOP_LAG_NS
CALLS = 3_000


class ScriptedPool:
    """Hands out a connection that takes everything, and runs as late as a test says."""

    def __init__(self) -> None:
        self.in_flight = 1
        self.sweep = SimpleNamespace(lag_ns=0)
        self.connection = SimpleNamespace(begin=lambda *_, **__: None, sent=lambda: None)

    def acquire(self, receiver: Call) -> None:
        receiver.connected(self.connection, reused=True)  # type: ignore[arg-type]


def observed(lags: list[int], *, ticks: int, hangs: bool) -> Observation:
    """One call that begins at the first tick and lasts as many as are said."""
    pool: Any = ScriptedPool()
    rules = CallRules(pool, VersionRules(candidate("http://127.0.0.1:1")), KeptRules.create(KeptSettings()), 1_000)
    ended = list[Observation | None]()
    call = Call(rules, b"", to_head_request=False, done=ended.append)
    pool.sweep.lag_ns = lags[0]
    call.start()
    pool.sweep.lag_ns = lags[ticks]
    if hangs:
        call.call_failed("timeout", "no whole answer in time")
    else:
        head = next_answer_head(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
        assert head is not None
        call.answer_head(head[0])
        call.answer_end()
    (observation,) = ended
    assert observation is not None
    return observation


def pair_with(observation: Observation) -> Pair:
    return Pair(
        exchange=exchange(),
        candidate="cand",
        generation=0,
        observation=observation,
        queue_delay_ns=0,
        warming_up=False,
    )


def left_out(lags: list[list[int]], *, ticks: int, hangs: bool = False) -> int:
    """How many of these calls do not count, each with its own row of ticks; none for another reason."""
    found = [timing(pair_with(observed(each, ticks=ticks, hangs=hangs))) for each in lags]
    assert {each for each in found if not isinstance(each, Timing)} <= {"loop_lag"}
    return found.count("loop_lag")


def test_as_many_long_calls_are_left_out_as_short_ones() -> None:
    """A loop that is late at three ticks of ten: answers within a tick, after ten, and time-outs, to the pair."""
    random = Random(7)
    lags = [random.choices((0, LATE_NS), weights=(7, 3), k=11) for _ in range(CALLS)]
    short = left_out(lags, ticks=0)
    assert 0.25 * CALLS < short < 0.35 * CALLS
    assert left_out(lags, ticks=10) == short
    assert left_out(lags, ticks=10, hangs=True) == short
