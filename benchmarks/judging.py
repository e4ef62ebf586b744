"""What a run found against the budgets. Measures nothing, prints nothing.

What can't be evidence is left out, and a budget with no evidence at all is not measured: neither met nor missed.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from benchmarks import faults
from benchmarks.apart import Apart
from benchmarks.budgets import (
    APART,
    COMPARISON,
    ENVOY_MIRROR,
    FAULT_P99,
    FAULT_THROUGHPUT,
    LARGE_ENVOY,
    LARGE_NGINX,
    NGINX_MIRROR,
    NGINX_PLAIN,
    OWN_HEADS,
    REPLAY,
    REPLAY_END,
    REPLAY_P50,
    REPLAY_P99,
    REPLAY_PAUSES,
    REPORT,
    SCRAPE,
    STARTUP,
    Budget,
    Judgement,
)
from benchmarks.comparison import Comparison
from benchmarks.faults import Pace
from benchmarks.figures import Fault, Latency, SharedLatency, Throughput
from benchmarks.replay.costs import OURS, Costs
from benchmarks.replay.fidelity import Fidelity
from benchmarks.scrape import Scrape
from benchmarks.throughput import LARGE_ANSWERS
from benchmarks.throughput import OWN_HEADS as EACH_ITS_OWN
from benchmarks.windows import MAX_TAKEN

ALL_RECORDED = 0.999  # of the requests: a proxy that sheds saves itself the work
NOT_IN_THIS_RUN = "not in this run"


@dataclass(slots=True, kw_only=True)
class Figures:
    """Figures by subject; of faults by subject, then condition. Empty where not measured."""

    throughput: dict[str, Throughput] = field(default_factory=dict)
    latency: dict[str, Latency] = field(default_factory=dict)
    faults: dict[str, dict[str, Fault]] = field(default_factory=dict)
    fault_paces: dict[str, Pace] = field(default_factory=dict)
    shared: dict[str, SharedLatency] = field(default_factory=dict)  # by condition
    comparison: Comparison | None = None
    scrape: list[Scrape] | None = None
    apart: dict[str, Apart] = field(default_factory=dict)
    replay_costs: Costs | None = None
    fidelity: Fidelity | None = None
    startup: dict[str, float] = field(default_factory=dict)  # seconds by option
    took_s: dict[str, float] = field(default_factory=dict)  # by section


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """Which subjects the budgets are about."""

    recording: str
    shadowing: str
    nginx: str
    nginx_mirror: str
    envoy_mirror: str


def judgements(found: Figures, names: Names) -> list[Judgement]:
    peers = ((NGINX_MIRROR, names.nginx_mirror), (ENVOY_MIRROR, names.envoy_mirror), (NGINX_PLAIN, names.nginx))
    return [
        *(_per_core(budget, found, names.recording, peer) for budget, peer in peers),
        *(_per_core(OWN_HEADS[b], found, names.recording + EACH_ITS_OWN, peer + EACH_ITS_OWN) for b, peer in peers),
        _cpu_at_large_answers(LARGE_NGINX, found, names.recording, names.nginx_mirror),
        _cpu_at_large_answers(LARGE_ENVOY, found, names.recording, names.envoy_mirror),
        *_under_faults(found.faults.get(names.shadowing)),
        *_of_comparing(found.comparison),
        Judgement(budget=SCRAPE, value=found.scrape[0].changed.ms if found.scrape else None, because=NOT_IN_THIS_RUN),
        _apart(found, names.recording),
        *_of_replay(found.replay_costs, found.fidelity),
        *(Judgement(budget=b, value=found.startup.get(o), because=NOT_IN_THIS_RUN) for o, b in STARTUP.items()),
    ]


def _per_core(budget: Budget, found: Figures, ours: str, theirs: str) -> Judgement:
    if ours not in found.throughput or theirs not in found.throughput:
        return Judgement(budget=budget, value=None, because=NOT_IN_THIS_RUN)
    return Judgement(budget=budget, value=found.throughput[ours].per_core_s / found.throughput[theirs].per_core_s)


def _cpu_at_large_answers(budget: Budget, found: Figures, ours: str, theirs: str) -> Judgement:
    own, other = (found.throughput.get(name + LARGE_ANSWERS) for name in (ours, theirs))
    if own is None or other is None:
        return Judgement(budget=budget, value=None, because=NOT_IN_THIS_RUN)
    if (own.recorded or 0.0) < ALL_RECORDED:
        return Judgement(budget=budget, value=None, because=f"{own.recorded or 0:.1%} were recorded, the rest was shed")
    return Judgement(budget=budget, value=own.cpu_us / other.cpu_us)


def _apart(found: Figures, ours: str) -> Judgement:
    one = found.apart.get(ours)
    return Judgement(budget=APART, value=one.added_us / 1_000 if one else None, because=NOT_IN_THIS_RUN)


def _of_replay(costs: Costs | None, fidelity: Fidelity | None) -> list[Judgement]:
    """On a machine that others use any generator is late: that is no evidence."""
    truth, because = None, NOT_IN_THIS_RUN
    if fidelity and fidelity.taken <= MAX_TAKEN:
        truth = fidelity.truth
    elif fidelity:
        because = f"the host and other programs took {fidelity.taken:.0%} of the machine"
    values = {
        REPLAY_END: truth.ended_late_ms if truth else None,
        REPLAY_PAUSES: truth.wasserstein_us if truth else None,
        REPLAY_P50: truth.lag_p50_us if truth else None,
        REPLAY_P99: truth.lag_p99_us if truth else None,
    }
    per_core_s = costs.found[OURS].per_core_s if costs else None
    return [
        Judgement(budget=REPLAY, value=per_core_s, because=NOT_IN_THIS_RUN),
        *(Judgement(budget=budget, value=value, because=because) for budget, value in values.items()),
    ]


def _under_faults(found: Mapping[str, Fault] | None) -> list[Judgement]:
    """The worst of the rows that are evidence."""
    troubled = [one for condition, one in (found or {}).items() if condition in faults.TROUBLE]
    rows = [one for one in troubled if one.is_evidence]
    because = "the second core was full in every row" if troubled else NOT_IN_THIS_RUN
    worst = min((one.throughput_ratio for one in rows), default=None), max((o.p99_ratio for o in rows), default=None)
    return [
        Judgement(budget=budget, value=value, because=because)
        for budget, value in zip((FAULT_THROUGHPUT, FAULT_P99), worst, strict=True)
    ]


def _of_comparing(found: Comparison | None) -> list[Judgement]:
    floors = found.floors if found else {}
    return [
        *(Judgement(budget=b, value=floors.get(what), because=NOT_IN_THIS_RUN) for what, b in COMPARISON.items()),
        Judgement(budget=REPORT, value=found.report_s if found else None, because=NOT_IN_THIS_RUN),
    ]
