"""The sections of a run: which subjects each measures, and how long; from measurements to figures. Prints nothing.

Each is a function of one line in SECTIONS; `python -m benchmarks --only` takes its name.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from benchmarks import apart, comparison, faults, figures, latency, scrape, shared_cores, startup, throughput
from benchmarks.judging import Figures, Names
from benchmarks.replay import costs, fidelity
from benchmarks.subjects.direct import Direct
from benchmarks.subjects.envoy import Envoy
from benchmarks.subjects.nginx import Nginx
from benchmarks.subjects.ours import Ours
from benchmarks.subjects.subject import Subject
from benchmarks.throughput import LARGE_ANSWERS, NEW_HEADS, OWN_HEADS, Case
from benchmarks.windows import Bench, calmest

DIRECT, NGINX, NGINX_MIRROR = Direct(), Nginx(mirror=False), Nginx(mirror=True)
ENVOY, ENVOY_MIRROR = Envoy(mirror=False), Envoy(mirror=True)
RECORDING, SHADOWING = Ours(candidate=False), Ours(candidate=True)
SUBJECTS: tuple[Subject, ...] = (DIRECT, RECORDING, SHADOWING, NGINX, NGINX_MIRROR, ENVOY, ENVOY_MIRROR)
# At saturation, each subject as it is; and some once more, by what is different then.
KINDS: dict[str, tuple[Subject, ...]] = {
    "": SUBJECTS,
    OWN_HEADS: (RECORDING, NGINX, NGINX_MIRROR, ENVOY_MIRROR),
    NEW_HEADS: (RECORDING,),
    LARGE_ANSWERS: (RECORDING, NGINX_MIRROR, ENVOY_MIRROR),
}
# Under faults, each at half of the throughput of the one beside it.
FAULTY: tuple[tuple[Subject, Subject], ...] = (
    (SHADOWING, RECORDING),
    (NGINX_MIRROR, NGINX_MIRROR),
    (ENVOY_MIRROR, ENVOY_MIRROR),
)
NAMES = Names(
    recording=RECORDING.name,
    shadowing=SHADOWING.name,
    nginx=NGINX.name,
    nginx_mirror=NGINX_MIRROR.name,
    envoy_mirror=ENVOY_MIRROR.name,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    rounds: int
    seconds: int
    faults: tuple[int, int]  # rounds and seconds of our own, which the budgets are about
    peer_faults: tuple[int, int]
    pairs: int
    replayed: tuple[int, int]  # requests of a shorter and a longer replay
    recorded_s: int  # of traffic with bursts
    attempts: int  # at a window, where others took too much of it


# Subtle: the budget is about the worst of six conditions, so noise goes one way. In windows of 4 s the median of ten
# p99 ratios was off by 5 %, and one in five runs missed by that alone.
FULL = Size(
    rounds=4,
    seconds=3,
    faults=(10, 6),
    peer_faults=(2, 3),
    pairs=50_000,
    replayed=(20_000, 100_000),
    recorded_s=600,
    attempts=3,
)
QUICK = Size(
    rounds=2,
    seconds=2,
    faults=(2, 2),
    peer_faults=(1, 2),
    pairs=20_000,
    replayed=(20_000, 60_000),
    recorded_s=60,
    attempts=1,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stand:
    """What a section measures with. `subjects`: those that can be run here."""

    bench: Bench
    subjects: Sequence[Subject]
    size: Size
    tell: Callable[[str], None]


def measure(stand: Stand, only: Sequence[str]) -> Figures:
    """The sections named, in the table's order."""
    found = Figures()
    for name, section in SECTIONS.items():
        if name in only:
            began = time.monotonic()
            section(stand, found)
            found.took_s[name] = time.monotonic() - began
    return found


def _throughput(stand: Stand, found: Figures) -> None:
    cases = [
        Case(subject=one, kind=kind) for kind, several in KINDS.items() for one in several if one in stand.subjects
    ]
    found.throughput = _saturated(stand, cases, stand.size.rounds)


def _saturated(stand: Stand, cases: Sequence[Case], rounds: int) -> dict[str, figures.Throughput]:
    windows = throughput.measure(stand.bench, cases, rounds=rounds, seconds=stand.size.seconds, tell=stand.tell)
    return {name: figures.throughput(several) for name, several in windows.items()}


def _latency(stand: Stand, found: Figures) -> None:
    size = stand.size
    loads = latency.measure(stand.bench, stand.subjects, rounds=size.rounds, seconds=size.seconds, tell=stand.tell)
    found.latency = {name: figures.latency(several, loads[DIRECT.name]) for name, several in loads.items()}


def _faults(stand: Stand, found: Figures) -> None:
    for subject, alone in FAULTY:
        if subject in stand.subjects:
            _faults_of(subject, alone, stand, found)


def _faults_of(subject: Subject, alone: Subject, stand: Stand, found: Figures) -> None:
    """`alone`: the same without a candidate."""
    known = found.throughput.get(alone.name) or _saturated(stand, [Case(subject=alone)], 1)[alone.name]
    begin = round(known.per_s / 2)
    pace = found.fault_paces[subject.name] = faults.half(stand.bench, subject, begin, stand.size.seconds, stand.tell)
    rounds, seconds = stand.size.faults if subject is SHADOWING else stand.size.peer_faults
    loads = faults.measure(stand.bench, subject, rate=pace.rate, rounds=rounds, seconds=seconds, tell=stand.tell)
    found.faults[subject.name] = {
        condition: figures.fault(several, loads[faults.BASELINE]) for condition, several in loads.items()
    }


def _shared(stand: Stand, found: Figures) -> None:
    loads = shared_cores.measure(stand.bench, rounds=stand.size.rounds, seconds=stand.size.seconds, tell=stand.tell)
    found.shared = {name: figures.shared(several, loads[shared_cores.BASELINE]) for name, several in loads.items()}


def _comparison(stand: Stand, found: Figures) -> None:
    stand.tell("comparison")
    found.comparison = comparison.run(stand.size.pairs)


def _scrape(stand: Stand, found: Figures) -> None:
    stand.tell("a scrape")
    found.scrape = scrape.run(stand.bench.directory)


def _apart(stand: Stand, found: Figures) -> None:
    stand.tell("head and body apart")
    subjects = [one for one in (RECORDING, NGINX) if one in stand.subjects]
    found.apart = {one.name: one for one in apart.measure(stand.bench.directory, subjects)}


def _replay(stand: Stand, found: Figures) -> None:
    bench, size = stand.bench, stand.size
    found.replay_costs = costs.measure(
        bench.directory, bench.port, rounds=size.rounds, requests=size.replayed, tell=stand.tell
    )
    once = partial(fidelity.measure, bench.directory, bench.port, recorded_s=size.recorded_s, tell=stand.tell)
    with bench.asleep():
        found.fidelity = calmest(once, bench.attempts)


def _startup(stand: Stand, found: Figures) -> None:
    stand.tell("start-up")
    found.startup = startup.measure()


SECTIONS: dict[str, Callable[[Stand, Figures], None]] = {
    "throughput": _throughput,
    "latency": _latency,
    "faults": _faults,
    "shared": _shared,
    "comparison": _comparison,
    "scrape": _scrape,
    "apart": _apart,
    "replay": _replay,
    "startup": _startup,
}
