"""The section of a replay: whether the run is evidence at all, how it was sent, and disagreement against load."""

from collections.abc import Iterator

from comparators.evidence.document.lines import count, joined, of_all, reasons
from comparators.evidence.load import LoadReport, LoadWindow
from comparators.evidence.load_metrics import QUANTILES, TIMES, TOKEN_TIMES
from comparators.evidence.report import Report
from comparators.metrics.document import Block, Code, Heading, Line, Metrics, Moment, Note, Number, Table, TableColumn
from ground.plurals import counted

_FULL = 0.999
_SHORT_SHA = 12


def verdict_on(load: LoadReport) -> Iterator[Block]:
    """Before any number."""
    for why in load.invalid_because:
        yield Note(("not valid evidence: ", why), "warning")
    if load.ended_because:
        yield Note(("ended before its plan: ", load.ended_because), "warning")
    if load.unscored:
        yield Note(("not scored: ", *reasons(load.unscored)), "warning")
    for note in load.notes:
        yield Note((note,), "warning")


def section(report: Report, load: LoadReport) -> Iterator[Block]:
    yield Heading(2, ("Load",), (f"{load.rhythm} to ", Code(load.target)))
    yield Note(_sent(load), "plain")
    if total := _sum(load):
        yield Note(total, "aside")
    yield Note(_plan(load), "aside")
    for group, what in (
        (load.failures, "failed"),
        (load.not_sent, "not sent"),
        (load.skipped, "left out of the source"),
    ):
        if told := reasons(group):
            yield Note((f"{what}: ", *told), "aside")
    values = of_all(report)
    names = [f"{time}.{short}_ms" for time in (*TIMES, *TOKEN_TIMES) for short in QUANTILES]
    yield Metrics(values.values(("rate.planned", "rate.achieved", "goodput", "rate.tokens", "failures.rate")))
    yield Metrics(values.values(names))
    yield Note(_generator(load), "aside")
    if len(load.curve) > 1:
        yield from _curve(load.curve)


def _sent(load: LoadReport) -> Line:
    statuses = reasons(load.statuses)
    told = load.scored + sum(load.unscored.values())
    which: Line = ("; of the ", count(told), " that count: ") if told < load.sent else (": ",)
    answered: Line = (*which, *statuses) if statuses else ()
    when: Line = (" at ", Moment(load.started), " UTC")
    return (count(load.sent), " of ", count(load.requests), " requests sent", *when, *answered)


def _sum(load: LoadReport) -> Line:
    """What became of all that were sent; nothing where one thing did."""
    unscored = sum(load.unscored.values())
    warmed_up = load.sent - load.given_up - load.scored - unscored
    groups = (
        (warmed_up, "to warm up"), (load.scored, "scored"), (unscored, "not scored"), (load.given_up, "given up")
    )  # fmt: skip
    parts: list[Line] = [(count(number), f" {what}") for number, what in groups if number > 0]
    return (count(load.sent), " sent = ", *joined(parts, " + ")) if len(parts) > 1 else ()


def _plan(load: LoadReport) -> Line:
    lines: list[Line] = [("plan ", Code(load.plan_sha256[:_SHORT_SHA]))]
    if load.kept_ratio < _FULL:
        lines.append((Number(load.kept_ratio, "share"), " of what production had was recorded"))
    if load.filled:
        lines.append((count(load.filled), " stand for others"))
    if load.copies > 1:
        lines.append(("each request ", Number(load.copies, "value"), " times on average"))
    return joined(lines, ", ")


def _generator(load: LoadReport) -> Line:
    cpu_us = 1e6 * load.cpu_s / load.sent if load.sent else 0.0
    on_hosts = f" on {load.hosts} hosts" if load.hosts > 1 else ""
    return (
        f"the generator: {counted(load.processes, 'process', 'processes')}{on_hosts}, ", Number(cpu_us, "value"),
        " µs of CPU a request; the last one ", Number(load.drift_ms, "ms"), " after its plan", *_hosts(load),
    )  # fmt: skip


def _hosts(load: LoadReport) -> Line:
    if load.hosts == 1:
        return ()
    return (
        "; the hosts started within ", Number(load.skew_ms, "ms"), " of each other, their clocks were within ",
        Number(load.end_skew_ms, "ms"), " when it ended, their first requests ", Number(load.first_sends_ms, "ms"),
        " farther apart than planned",
    )  # fmt: skip


def _curve(curve: list[LoadWindow]) -> Iterator[Block]:
    yield Heading(3, ("Disagreement against load",), ("stretches of the run with about as many requests a second",))
    columns = ("requests a second", "requests", "disagreement", "from", "to", "response p50", "p99")
    rows = tuple(
        (
            Number(each.per_s, "per_s"),
            count(each.n),
            *(Number(value, "share") for value in (each.disagreement, each.lo, each.hi)),
            Number(each.p50_ms, "ms"),
            Number(each.p99_ms, "ms"),
        )
        for each in curve
    )
    yield Table((), tuple(map(TableColumn, columns)), rows)
