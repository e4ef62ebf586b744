"""What the replay was found to cost, and how true it was to its plan, as tables. Measures nothing."""

from benchmarks.replay.costs import OURS, Costs
from benchmarks.replay.fidelity import PER_S, SPEED, Fidelity
from benchmarks.replay.peers import CONNECTIONS
from benchmarks.tables import Table


def cost_table(found: Costs) -> Table:
    header = ("", "CPU µs/req", "req/s per core", "req/s", "scoring, CPU µs/req")
    rows = [
        (
            name,
            f"{cost.cpu_us:.1f}",
            f"{cost.per_core_s:,.0f}",
            f"{cost.per_s:,.0f}",
            f"{cost.scoring_us:.1f}" if cost.scoring_us else "",
        )
        for name, cost in found.found.items()
    ]
    notes = [
        f"{OURS} reads a recording of requests that all differ, and keeps each answer with its times; the others send "
        "one request again and again.",
        *(f"Not measured: {name}; {why}." for name, why in found.absent.items()),
    ]
    return Table(
        title=f"Replay at saturation, closed loop of {CONNECTIONS}, beside other load generators",
        header=header,
        rows=rows,
        notes=tuple(notes),
    )


def fidelity_table(found: Fidelity) -> Table:
    truth = found.truth
    rows = [
        ("ended later than its plan", f"{truth.ended_late_ms:.2f} ms"),
        ("pauses between requests, 1-Wasserstein distance", f"{truth.wasserstein_us:.0f} µs"),
        ("lag of the engine, p50", f"{truth.lag_p50_us:,.0f} µs"),
        ("lag of the engine, p99", f"{truth.lag_p99_us:,.0f} µs"),
        ("later with the kernel than due, p50", f"{truth.late_p50_us:,.0f} µs"),
        ("later with the kernel than due, p99", f"{truth.late_p99_us:,.0f} µs"),
    ]
    return Table(
        title=f"Replay of bursts at {SPEED}x, {PER_S:,.0f} req/s on average",
        header=("", "measured"),
        rows=rows,
        notes=(
            f"{truth.requests:,} requests planned for {truth.planned_s:.1f} s. Both cores were idle for "
            f"{found.idle:.0%} of the time; the host and other programs took {found.taken:.0%}.",
        ),
    )
