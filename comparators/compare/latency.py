"""Whether a pair's timings may be compared, and what they are. Like is compared with like, the rest is counted.

An endpoint's latency runs from the last request byte written to the last answer byte read. A candidate that was cut
off at its timeout is a censored value: its latency is known to be at least what had passed, and is never dropped.
Nor is a pair dropped for how long the candidate took: the loop's lag is that of the moment when the request was sent,
and what the mirror did otherwise than in production's order of events (`Pair.unlike`) was settled then, too.
"""

from collections.abc import Sequence

from msgspec import Struct

from comparators.compare.extent import octave
from comparators.compare.outcome import succeeded
from records.nouns import Failure, Observation, Pair

MAX_LOOP_LAG_NS = 5_000_000
LATENCY_CLIP = 30  # the exponent of two, of ns, where no plan tells another: a second
_OCTAVES = 2  # above the largest latency that production is known to have: what differences are cut off at

_TIMEOUTS = frozenset({"first_byte_timeout", "idle_timeout", "timeout"})  # after the request was sent


class Timing(Struct, frozen=True, gc=False):
    """Latencies in ns. `censored`: the candidate's is at least this."""

    production: int
    candidate: int
    censored: bool = False


def timing(pair: Pair) -> Timing | str:
    """The pair's latencies, or the reason (records.reasons.LATENCY_EXCLUDED) why they do not count."""
    production, candidate = pair.exchange.production, pair.observation
    if pair.warming_up:
        return "warm_up"
    if production.reader_paused or candidate.reader_paused:
        return "client_paused"
    if production.loop_lag_ns > MAX_LOOP_LAG_NS or candidate.loop_lag_ns > MAX_LOOP_LAG_NS:
        return "loop_lag"
    if pair.unlike:
        return pair.unlike
    own, other = latency_ns(production), latency_ns(candidate)
    if own is None:
        return "no_timings" if succeeded(production.outcome) else "failed"
    if other is not None:
        return Timing(own, other)
    ended = candidate.outcome
    if isinstance(ended, Failure) and ended.kind in _TIMEOUTS:
        return Timing(own, _waited(candidate), censored=True)
    return "failed"


def latency_ns(observation: Observation) -> int | None:
    """From the last request byte to the last answer byte; None where it did not succeed."""
    times = observation.timings
    sent, last_byte = times.sent, times.last_byte
    if sent is None or last_byte is None or not succeeded(observation.outcome):
        return None
    return last_byte - sent if last_byte > sent else 0


def clip_of(latencies: Sequence[int]) -> int:
    """Where differences are cut off for a mean of them, by production's first latencies; an exponent of two, of ns."""
    return octave(max(latencies)) + _OCTAVES if latencies else LATENCY_CLIP


def _waited(observation: Observation) -> int:
    """How long a call that was cut off had certainly lasted: records from before `failed` tell of the first byte."""
    times = observation.timings
    until = times.failed if times.failed is not None else times.first_byte
    return 0 if times.sent is None or until is None else max(0, until - times.sent)
