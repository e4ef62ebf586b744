"""What a run found, as tables: the measurements' figures, and the judgement by the budgets. Measures nothing."""

from collections.abc import Mapping

from benchmarks import latency, shared_cores
from benchmarks.budgets import Budget, Judgement
from benchmarks.comparison import Comparison
from benchmarks.faults import Pace
from benchmarks.figures import Fault, Latency, SharedLatency, Throughput
from benchmarks.judging import Figures
from benchmarks.tables import Table
from benchmarks.windows import MAX_TAKEN

SLOW_GENERATOR_US = 1_000.0  # a generator later than this at its p99 says little about anything else


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
            condition + ("" if one.is_evidence else "*"),
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
    if not all(one.is_evidence for one in found.values()):
        notes.append("* no evidence: the second core was full, and what waited there is in these numbers.")
    title = f"{name}: at {pace.rate:,.0f} req/s, its core {pace.busy:.0%} busy, the candidate in trouble"
    return Table(title=title, header=header, rows=rows, notes=tuple(notes))


def shared_table(found: Mapping[str, SharedLatency]) -> Table:
    rows = [
        (
            condition,
            _ms(one.p50_us),
            _ms(one.p99_us),
            f"{one.p50_ratio:.2f}",
            f"{one.p99_ratio:.2f}",
            f"{one.failed:,}",
            f"{one.idle:.0%}",
        )
        for condition, one in found.items()
    ]
    return Table(
        title=f"Everything on one machine, as `serve` starts it, at {shared_cores.RATE:,.0f} req/s",
        header=("candidate", "p50 ms", "p99 ms", "p50 ratio", "p99 ratio", "failed", "both cores idle"),
        rows=rows,
    )


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


def took(found: Figures) -> str:
    """How long each section took."""
    parts = ", ".join(f"{name} {seconds / 60:.1f}" for name, seconds in found.took_s.items())
    return f"Took {sum(found.took_s.values()) / 60:.0f} minutes: {parts}."


def disturbance(found: Figures) -> list[str]:
    """A warning, where the machine was not ours alone."""
    shares = [
        *(one.taken for one in found.throughput.values()),
        *(one.taken for one in found.latency.values()),
        *(one.taken for conditions in found.faults.values() for one in conditions.values()),
        *(one.taken for one in found.shared.values()),
        *([found.fidelity.taken] if found.fidelity else []),
    ]
    worst = max(shares, default=0.0)
    if worst <= MAX_TAKEN:
        return []
    return [f"The machine was not quiet: its host and other programs took up to {worst:.0%} of both cores' time."]


def _value(budget: Budget, value: float) -> str:
    return f"{value:,.0f} {budget.unit}" if value >= 1_000 else f"{value:.3g} {budget.unit}"


def _bound(budget: Budget, bound: float) -> str:
    return f"{'≥' if budget.at_least else '≤'} {_value(budget, bound)}"


def _ms(us: float) -> str:
    return f"{us / 1000:,.2f}" if abs(us) < 1e6 else f"{us / 1000:,.0f}"
