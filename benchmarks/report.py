"""What a run found, as tables: the measurements' figures, and the judgement by the budgets. Measures nothing."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from benchmarks import faults, latency
from benchmarks.budgets import (
    COMPARISON,
    ENVOY_MIRROR,
    FAULT_P99,
    FAULT_THROUGHPUT,
    NGINX_MIRROR,
    NGINX_PLAIN,
    REPORT,
    Budget,
    Judgement,
)
from benchmarks.comparison import Comparison
from benchmarks.faults import Pace
from benchmarks.figures import Fault, Latency, Throughput
from benchmarks.tables import Table
from benchmarks.windows import MAX_TAKEN

SLOW_GENERATOR_US = 1_000.0  # a generator later than this at its p99 says little about anything else


@dataclass(slots=True, kw_only=True)
class Found:
    """Figures by subject; of faults by subject, then condition. Empty where not measured."""

    throughput: dict[str, Throughput] = field(default_factory=dict)
    latency: dict[str, Latency] = field(default_factory=dict)
    faults: dict[str, dict[str, Fault]] = field(default_factory=dict)
    fault_paces: dict[str, Pace] = field(default_factory=dict)
    comparison: Comparison | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """Which subjects the budgets are about."""

    recording: str
    shadowing: str
    nginx: str
    nginx_mirror: str
    envoy_mirror: str


def throughput_table(found: Mapping[str, Throughput], records: Mapping[str, str]) -> Table:
    header = (
        "",
        "records",
        "req/s",
        "lowest to highest",
        "CPU µs/req",
        "req/s per core",
        "proxy's core",
        "load core idle",
    )
    rows, notes = [], []
    for name, one in found.items():
        proxied = one.cpu_us > 0
        rows.append(
            (
                name,
                records[name] + (f" ({one.recorded:.1%})" if one.recorded is not None else ""),
                f"{one.per_s:,.0f}" + ("*" if proxied and not one.proxy_is_the_limit else ""),
                f"{one.lowest_per_s:,.0f} to {one.highest_per_s:,.0f}",
                f"{one.cpu_us:.1f}" if proxied else "",
                f"{one.per_core_s:,.0f}" if proxied else "",
                f"{one.proxy_busy:.0%}" if proxied else "",
                f"{one.load_core_idle:.0%}",
            )
        )
        if one.others_cpu_us:
            spent = ", ".join(f"{other} {cpu:.1f}" for other, cpu in one.others_cpu_us.items())
            notes.append(f"{name}: beside the proxy, CPU µs per request served: {spent}.")
        if one.errors:
            notes.append(f"{name}: {one.errors:,} errors.")
    if any(row[2].endswith("*") for row in rows):
        notes.insert(0, "* the proxy's core was not the limit: load, production and the rest of its core were.")
    return Table(title="Throughput at saturation", header=header, rows=rows, notes=tuple(notes))


def latency_table(found: Mapping[str, Latency]) -> Table:
    header = ("", "p50 ms", "p99 ms", "added p50 ms", "added p99 ms", "generator late, p99 ms")
    rows = [
        (name, *map(_ms, (one.p50_us, one.p99_us, one.added_p50_us, one.added_p99_us, one.lag_p99_us)))
        for name, one in found.items()
    ]
    notes = [f"{name}: {one.failed:,} requests without a good answer." for name, one in found.items() if one.failed]
    return Table(title=f"Latency at {latency.RATE:,.0f} req/s, open loop", header=header, rows=rows, notes=tuple(notes))


def fault_table(name: str, pace: Pace, found: Mapping[str, Fault]) -> Table:
    header = (
        "candidate",
        "answered/s",
        "ratio",
        "p50 ms",
        "p99 ms",
        "p99 ratio",
        "failed",
        "unanswered",
        "load core idle",
    )
    rows = [
        (
            condition,
            f"{one.achieved_per_s:,.0f}",
            f"{one.throughput_ratio:.3f}",
            _ms(one.p50_us),
            _ms(one.p99_us),
            f"{one.p99_ratio:.2f}",
            f"{one.failed:,}",
            f"{one.unanswered:,}",
            f"{one.load_core_idle:.0%}",
        )
        for condition, one in found.items()
    ]
    late = [condition for condition, one in found.items() if one.lag_p99_us > SLOW_GENERATOR_US]
    notes = [f"The load generator itself was late by more than 1 ms at its p99: {', '.join(late)}."] if late else []
    title = f"{name}: at {pace.rate:,.0f} req/s, its core {pace.busy:.0%} busy, the candidate in trouble"
    return Table(title=title, header=header, rows=rows, notes=tuple(notes))


def comparison_table(found: Comparison) -> Table:
    rows = [
        (what, f"{found.floors[what]:.1f}", f"{rate:,.0f}", *_peer(rate, found.peer_per_core_s.get(what)))
        for what, rate in found.pairs_per_core_s.items()
    ]
    return Table(
        title="Comparison, record bytes to summary",
        header=("", "times its floor", "pairs/s/core", "DeepDiff pairs/s/core", "ratio"),
        rows=rows,
        notes=(
            "The floor: decode the record, parse both bodies. Rates say which machine it was; no budget is about them.",
            "DeepDiff parses and lists differences; it reads no records, makes no sums and no intervals.",
        ),
    )


def _peer(rate: float, peer: float | None) -> tuple[str, str]:
    return (f"{peer:,.0f}", f"{rate / peer:,.0f}") if peer else ("", "")


def judgements(found: Found, names: Names) -> list[Judgement]:
    return [
        _per_core(NGINX_MIRROR, found, names.recording, names.nginx_mirror),
        _per_core(ENVOY_MIRROR, found, names.recording, names.envoy_mirror),
        _per_core(NGINX_PLAIN, found, names.recording, names.nginx),
        *_under_faults(found.faults.get(names.shadowing)),
        *_of_comparing(found.comparison),
    ]


def budget_table(judged: list[Judgement]) -> Table:
    rows = [
        (
            one.budget.what,
            _bound(one.budget, one.budget.must),
            _bound(one.budget, one.budget.goal),
            "" if one.value is None else _value(one.budget, one.value),
            one.said(),
        )
        for one in judged
    ]
    return Table(title="Budgets", header=("", "must", "goal", "measured", ""), rows=rows)


def disturbance(found: Found) -> list[str]:
    """A warning, where the machine was not ours alone."""
    shares = [
        *(one.taken for one in found.throughput.values()),
        *(one.taken for one in found.latency.values()),
        *(one.taken for conditions in found.faults.values() for one in conditions.values()),
    ]
    worst = max(shares, default=0.0)
    if worst <= MAX_TAKEN:
        return []
    return [f"The machine was not quiet: its host and other programs took up to {worst:.0%} of both cores' time."]


def _per_core(budget: Budget, found: Found, ours: str, theirs: str) -> Judgement:
    if ours not in found.throughput or theirs not in found.throughput:
        return Judgement(budget=budget, value=None, because="not in this run")
    value = found.throughput[ours].per_core_s / found.throughput[theirs].per_core_s
    return Judgement(budget=budget, value=value)


def _under_faults(found: Mapping[str, Fault] | None) -> list[Judgement]:
    if found is None:
        return [
            Judgement(budget=budget, value=None, because="not in this run") for budget in (FAULT_THROUGHPUT, FAULT_P99)
        ]
    troubled = [one for condition, one in found.items() if condition in faults.TROUBLE]
    return [
        Judgement(budget=FAULT_THROUGHPUT, value=min(one.throughput_ratio for one in troubled)),
        Judgement(budget=FAULT_P99, value=max(one.p99_ratio for one in troubled)),
    ]


def _of_comparing(found: Comparison | None) -> list[Judgement]:
    floors = found.floors if found else {}
    return [
        *(
            Judgement(budget=budget, value=floors.get(what), because="not in this run")
            for what, budget in COMPARISON.items()
        ),
        Judgement(budget=REPORT, value=found.report_s if found else None, because="not in this run"),
    ]


def _value(budget: Budget, value: float) -> str:
    return f"{value:,.0f} {budget.unit}" if value >= 1_000 else f"{value:.3g} {budget.unit}"


def _bound(budget: Budget, bound: float) -> str:
    return f"{'≥' if budget.at_least else '≤'} {_value(budget, bound)}"


def _ms(us: float) -> str:
    return f"{us / 1000:,.2f}" if abs(us) < 1e6 else f"{us / 1000:,.0f}"
