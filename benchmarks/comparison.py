"""Comparing on one core: record bytes to summary, and summary to report. `python -m benchmarks.comparison PAIRS`.

A program of its own, since it alone imports the product. The pairs are made up: JSON tensors of 10 numbers, one in a
hundred outside the tolerance, all different, so that nothing is compared from a cache. Rates are by CPU time.
"""

import json
import random
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median

from benchmarks import machine
from benchmarks.machine import on_core
from benchmarks.traffic import PATH, REQUEST_BODY
from comparators import report
from comparators.batch import summary_of
from comparators.extract.plan import Plans
from comparators.settings import CompareSettings
from comparators.summary import Summary, merged
from comparators.worker import collect_rarely
from records.codec import decode_pair, encode
from records.nouns import Answer, Body, Exchange, Headers, Observation, Pair, Request, Timings

BATCH = 256
MILLION = 1_000_000
ROUNDS = 5
JSON: Headers = ((b"content-type", b"application/json"),)
SETTINGS = CompareSettings()


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    pairs_per_core_s: float
    report_s: float


def compared(records: list[bytes], plans: Plans) -> Summary:
    """What a compare worker computes, batch by batch."""
    batches = (records[start : start + BATCH] for start in range(0, len(records), BATCH))
    return merged(
        (summary_of([decode_pair(record) for record in batch], plans, SETTINGS) for batch in batches),
        SETTINGS.basis(),
    )


def reported(stored: bytes) -> None:
    """From the stored summary to a report."""
    coverage = {"compared": MILLION, "requests": MILLION, "not_sampled": 0}
    report.build(
        Summary.from_bytes(stored),
        candidate="candidate",
        route="root",
        epoch=1,
        versions={},
        coverage=coverage,
        plans={},
        examples=(),
        alpha=SETTINGS.alpha,
    )


def measure(pairs: int) -> Comparison:
    made = [_pair(random.Random(number)) for number in range(pairs)]
    records = [encode(pair) for pair in made]
    collect_rarely()
    plans = Plans(SETTINGS.max_decoded_bytes)
    for plan in plans.missing([made[0].exchange]):
        plans.learn(plan)
    comparing_s = median(_cpu_s(lambda: compared(records, plans)) for _ in range(ROUNDS))
    summary = compared(records, plans)
    million = merged([summary] * (MILLION // pairs), SETTINGS.basis()).to_bytes()
    return Comparison(
        pairs_per_core_s=pairs / comparing_s, report_s=median(_cpu_s(lambda: reported(million)) for _ in range(ROUNDS))
    )


def run(pairs: int) -> Comparison:
    """As a program of its own on the proxy's core, with nothing else on it."""
    command = [sys.executable, "-m", "benchmarks.comparison", str(pairs)]
    with on_core(machine.PROXY_CORE):
        said = subprocess.run(
            command, cwd=Path(__file__).parents[1], capture_output=True, text=True, check=True, timeout=300
        ).stdout
    return Comparison(**json.loads(said))


def _cpu_s(work: Callable[[], object]) -> float:
    before = time.process_time()
    work()
    return time.process_time() - before


def _pair(chance: random.Random) -> Pair:
    numbers = [round(chance.random(), 6) for _ in range(10)]
    theirs = [number + (0.1 if chance.random() < 0.001 else 1e-7) for number in numbers]
    exchange = Exchange(
        id=f"{chance.getrandbits(64):016x}",
        route="root",
        revision=1,
        request=Request("POST", PATH, JSON, Body(REQUEST_BODY, len(REQUEST_BODY))),
        production=_observation(numbers, chance),
    )
    return Pair(
        exchange=exchange,
        candidate="candidate",
        generation=1,
        observation=_observation(theirs, chance),
        queue_delay_ns=1_000_000,
        warming_up=False,
    )


def _observation(numbers: list[float], chance: random.Random) -> Observation:
    output = {"name": "p", "shape": [1, 10], "datatype": "FP32", "data": numbers}
    body = json.dumps({"model_name": "late", "outputs": [output]}).encode()
    took = int(1e6 * chance.lognormvariate(1.0, 0.5))
    return Observation(
        wall_ns=1_700_000_000_000_000_000 + chance.getrandbits(40),
        timings=Timings(received=0, connected=1_000, sent=2_000, first_byte=2_000 + took, last_byte=3_000 + took),
        outcome=Answer(200, JSON, Body(body, len(body))),
        in_flight=1,
        loop_lag_ns=0,
        reader_paused=False,
    )


if __name__ == "__main__":
    print(json.dumps(asdict(measure(int(sys.argv[1])))))
