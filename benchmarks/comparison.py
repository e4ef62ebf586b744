"""Comparison and report on one core: from record bytes to summary, and from a summary of a million pairs to a report.

A program of its own, since it alone imports the product. What comparing costs is told as a multiple of its floor, which
is measured in turns with it: decode the record, parse both bodies, no more; whatever compares must do so much. Rates
say which machine it was. Beside them stands DeepDiff, what a Python user would pick, on the same answers: it parses
both bodies and lists the differences beyond the tolerance, no more. All by CPU time.
"""

import json
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from importlib.util import find_spec
from pathlib import Path
from statistics import median

import orjson

from benchmarks import machine
from benchmarks.machine import on_core
from benchmarks.made_pairs import HEAD_LENGTH, MAKERS, made_pair
from comparators.evidence import building
from comparators.evidence.epochs import Epoch
from comparators.evidence.gathering import latest
from comparators.extract.version import ModelVersion
from comparators.pairs.batch import summary_of
from comparators.pairs.summary import Summary, merged
from comparators.plans.known_plans import Plans
from comparators.settings import CompareSettings
from comparators.stored.worker import collect_rarely
from comparators.view import of_everything
from records.codec import Codec
from records.nouns import Answer, Pair

CODEC = Codec()

BATCH = 1_000  # as many as a lane takes at once
MILLION = 1_000_000
ROUNDS = 5
PEER_SHARE = 200  # the peer is given one pair of as many, since it takes that much longer
SETTINGS = CompareSettings()
EPOCH = Epoch(
    route="root",
    candidate="candidate",
    production_version=ModelVersion("1"),
    candidate_version=ModelVersion("2"),
    basis=SETTINGS.basis(),
    generation=1,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Pairs a second and core by what was compared; the peer's where it is installed and can read the bodies."""

    pairs_per_core_s: dict[str, float]
    floors: dict[str, float]  # how many times its floor comparing costs
    report_s: float
    peer_per_core_s: dict[str, float] = field(default_factory=dict)


def compared(records: Sequence[bytes], plans: Plans) -> Summary:
    """What a compare worker computes, batch by batch."""
    batches = (records[start : start + BATCH] for start in range(0, len(records), BATCH))
    return merged(
        (summary_of([CODEC.decode_pair(record) for record in batch], plans) for batch in batches), SETTINGS.basis()
    )


def parsed(records: Sequence[bytes]) -> None:
    """The floor: what nobody who compares can do without, in the quickest way there is."""
    for record in records:
        pair = CODEC.decode_pair(record)
        for outcome in (pair.exchange.production.outcome, pair.observation.outcome):
            assert isinstance(outcome, Answer)
            _parse(outcome)


def _parse(answer: Answer) -> None:
    data = answer.body.data
    for name, value in answer.headers:
        if name == HEAD_LENGTH:
            orjson.loads(data[: int(value)])
            memoryview(data)[int(value) :].cast("f")
            return
    orjson.loads(data)


def reported(stored: bytes) -> None:
    """From the stored summary to a report."""
    coverage = {"compared": MILLION, "requests": MILLION, "not_sampled": 0}
    building.build(
        latest({1: Summary.from_bytes(stored)}, {1: EPOCH}),
        candidate="candidate",
        route="root",
        coverage=coverage,
        plans={},
        examples=(),
        view=of_everything(SETTINGS.alpha),
    )


def measure(pairs: int) -> Comparison:
    collect_rarely()
    rates: dict[str, float] = {}
    floors: dict[str, float] = {}
    peers: dict[str, float] = {}
    stored = b""
    for what in MAKERS:
        made = [made_pair(what, number) for number in range(pairs)]
        records, plans = [CODEC.encode(pair) for pair in made], _planned(made)
        rates[what], floors[what] = _rate_and_floor(records, plans)
        if find_spec("deepdiff") is not None:
            with suppress(ValueError):  # it reads JSON alone
                peers[what] = _peer_per_s(made[: max(1, pairs // PEER_SHARE)])
        stored = stored or merged([compared(records, plans)] * (MILLION // pairs), SETTINGS.basis()).to_bytes()
    report_s = median(_cpu_s(lambda: reported(stored)) for _ in range(ROUNDS))
    return Comparison(pairs_per_core_s=rates, floors=floors, report_s=report_s, peer_per_core_s=peers)


def _rate_and_floor(records: Sequence[bytes], plans: Plans) -> tuple[float, float]:
    """Pairs a second, and how many times its floor that costs: the ratio is taken within a round."""
    rounds = [(_cpu_s(lambda: compared(records, plans)), _cpu_s(lambda: parsed(records))) for _ in range(ROUNDS)]
    return len(records) / median(ours for ours, _ in rounds), median(ours / floor for ours, floor in rounds)


def run(pairs: int) -> Comparison:
    """As a program of its own on the proxy's core, with nothing else on it."""
    command = [sys.executable, "-m", "benchmarks.comparison", str(pairs)]
    with on_core(machine.PROXY_CORE):
        said = subprocess.run(
            command, cwd=Path(__file__).parents[1], capture_output=True, text=True, check=True, timeout=900
        ).stdout
    return Comparison(**json.loads(said))


def _planned(made: Sequence[Pair]) -> Plans:
    plans = Plans(SETTINGS)
    for plan in plans.missing([pair.exchange for pair in made[:BATCH]]):
        plans.learn(plan)
    return plans


def _peer_per_s(made: Sequence[Pair]) -> float:
    from deepdiff import DeepDiff

    def work() -> None:
        for pair in made:
            own, other = (
                json.loads(_body(each)) for each in (pair.exchange.production.outcome, pair.observation.outcome)
            )
            DeepDiff(own, other, math_epsilon=SETTINGS.atol)

    return len(made) / _cpu_s(work)


def _body(outcome: object) -> bytes:
    assert isinstance(outcome, Answer)
    return outcome.body.data


def _cpu_s(work: Callable[[], object]) -> float:
    before = time.process_time()
    work()
    return time.process_time() - before


if __name__ == "__main__":
    print(json.dumps(asdict(measure(int(sys.argv[1])))))
