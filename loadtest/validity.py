"""Whether a run is evidence at all: it judges its own generator before anybody judges the candidate. Pure.

What a generator is late by is part of each response time that it measures. So a run says nothing where that is much of
what it measured, or where it did not send what was planned.
"""

from collections.abc import Iterator
from typing import NamedTuple

from comparators.evidence.load_metrics import LoadSums
from comparators.render import words
from comparators.statistics import quantiles
from comparators.statistics.sketch import Sketch

LEAST_LAG_MS = 2.0  # of the lag's p99: less is any machine's
MOST_LAG = 0.1  # of the response's p99
MOST_DRIFT_MS = 100.0
LEAST_RATE = 0.98  # of the planned one
MOST_CPU = 0.95  # of a core, of each process
_ALPHA = 0.05
_NS_PER_MS = 1e6


class Generator(NamedTuple):
    """How a run was sent. `drift_ms`: by how much later than it might the last request was sent. `was_full`: as many
    were in flight as may be. `full_is_meant`: the user said how many. `closed`: there is no planned rate;
    `in_sessions`: requests wait for answers, and so for the target. `max_lag_ms`: the user said how much.
    """

    cpu_s: float
    lasted_s: float
    processes: int
    drift_ms: float
    was_full: bool = False
    full_is_meant: bool = False
    closed: bool = False
    in_sessions: bool = False
    max_in_flight: int = 0
    max_lag_ms: float | None = None


def reasons_against(generator: Generator, sums: LoadSums) -> Iterator[str]:
    """Why this run is no evidence."""
    if generator.was_full and not generator.full_is_meant:
        yield (
            f"{generator.max_in_flight:,} requests were in flight at once, and more had to wait; "
            "--max-in-flight says how many are meant"
        )
    if (busy := _busy(generator)) > MOST_CPU:
        yield f"the generator used {words.number(busy, 'share')} of its cores; give it more --workers, or a lower rate"
    yield from _lag(generator, sums)
    waits = generator.closed or generator.in_sessions or (generator.was_full and generator.full_is_meant)
    if not waits:
        yield from _pace(generator, sums)


def _busy(generator: Generator) -> float:
    """The share of a core that each process used."""
    return generator.cpu_s / (generator.lasted_s * generator.processes) if generator.lasted_s >= 1 else 0.0


def _lag(generator: Generator, sums: LoadSums) -> Iterator[str]:
    lag, response = sums.lag.quantile(0.99), _at_least(sums.response)
    if lag is None:
        return
    late = f"the generator was late by {words.number(lag / _NS_PER_MS, 'ms')} at the p99"
    if (meant := generator.max_lag_ms) is not None:
        if lag / _NS_PER_MS > meant:
            yield f"{late}, more than --max-lag puts up with"
        return
    if lag / _NS_PER_MS > LEAST_LAG_MS and (response is None or lag > MOST_LAG * response):
        of = f" of {words.number(response / _NS_PER_MS, 'ms')} measured" if response else ""
        yield (
            f"{late}{of}, where {words.number(LEAST_LAG_MS, 'ms')} or a tenth of what is measured may be; give it more "
            "--workers, a lower rate, or a machine with less to do, or say with --max-lag how much may be"
        )


def _at_least(times: Sketch) -> float | None:
    """The p99, or what it is certainly above where that is among what was cut off."""
    value = times.quantile(0.99)
    return quantiles.quantile(times, 0.99, _ALPHA).interval.lo if value is None else value


def _pace(generator: Generator, sums: LoadSums) -> Iterator[str]:
    planned, achieved = sums.planned, sums.achieved
    if planned.ns > 0 and achieved.ns > 0:
        share = (achieved.requests / achieved.ns) / (planned.requests / planned.ns)
        if share < LEAST_RATE:
            yield f"it sent {words.number(share, 'share')} of the planned rate"
    if generator.drift_ms > MOST_DRIFT_MS:
        yield f"the last request was sent {words.number(generator.drift_ms, 'ms')} after its plan"
