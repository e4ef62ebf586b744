"""From what sending a plan came to, to its report. Pure."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from comparators.evidence.building import Replay
from comparators.evidence.load import LoadReport
from comparators.evidence.load_metrics import LoadSums
from comparators.evidence.report import Report
from comparators.render import words
from ground.moments import moment
from ground.plurals import counted
from loadtest.hosts import named
from loadtest.measuring import curve, load_sums
from loadtest.options import LoadOptions
from loadtest.outcome import INTERRUPTED, ReplayOutcome
from loadtest.pair_judge import PairJudge, pair_coverage
from loadtest.plan import LoadPlan
from loadtest.results.rows import NEVER
from loadtest.stock_index import StockIndex
from loadtest.validity import Generator, reasons_against
from records.coverage import Coverage

MOST_SKEW_MS = 50.0
_NS_PER_MS = 1e6


class ReplayScope(NamedTuple):
    """What a report is about. `kept_ratio`: as kept_ratio has it. `skipped`: what of the source is not in the plan;
    `notes`: what is to be known of all that is.
    """

    plan: LoadPlan
    options: LoadOptions
    target: str
    kept_ratio: float
    skipped: dict[str, int]
    alpha: float
    notes: tuple[str, ...] = ()

    @property
    def copies(self) -> float:
        """How often each request of the source is in the plan, on average."""
        return self.plan.size / max(1, self.plan.distinct)


def kept_ratio(index: StockIndex, plan: LoadPlan) -> float:
    """Of production's requests the share that these stand for."""
    return float(1 / np.mean(1 / index.ratio[plan.item])) if plan.size else 1.0


def report_of(scope: ReplayScope, outcome: ReplayOutcome, judge: PairJudge) -> Report:
    """`judge` has been given all pairs of the outcome."""
    if scope.options.closed_for_ns is not None:
        scope = scope._replace(plan=scope.plan.only(np.sort(outcome.rows.n)))
    sums = load_sums(outcome.rows.counting(), scope.copies)
    load = _load(scope, outcome, sums, judge.effect_of_units())
    return judge.report(_coverage(load, judge), Replay(load, sums))


def _load(scope: ReplayScope, outcome: ReplayOutcome, sums: LoadSums, effect: float) -> LoadReport:
    """`effect`: the disagreement's, by whose requests these are."""
    plan, options, tallies = scope.plan, scope.options, outcome.tallies.values()
    generator, sent = _generator(plan, options, outcome), outcome.total("sent")
    return LoadReport(
        target=scope.target,
        rhythm=options.rhythm,
        plan_sha256=plan.sha256,
        started=moment(outcome.started_wall_ns),
        lasted_s=generator.lasted_s,
        requests=max(plan.size, sent),  # what was given up is in no plan that time cut off
        warmup=plan.warmup,
        sent=sent,
        not_sent=dict(_not_sent(plan, outcome)),
        given_up=sent - outcome.total("ended"),
        scored=outcome.total("scored"),
        unscored=outcome.total_by_name("unscored"),
        failures=outcome.total_by_name("failures"),
        statuses=dict(sorted(outcome.total_by_name("statuses").items())),
        skipped=scope.skipped,
        kept_ratio=scope.kept_ratio,
        filled=int(np.count_nonzero(plan.filled)),
        copies=scope.copies,
        resent=outcome.total("resent"),
        hosts=options.host.of,
        processes=options.all_processes,
        cpu_s=sum(each.cpu_s for each in tallies),
        scoring_cpu_s=sum(each.scoring_cpu_s for each in tallies),
        drift_ms=generator.drift_ms,
        skew_ms=outcome.skew_ms,
        end_skew_ms=outcome.end_skew_ms,
        first_sends_ms=_first_sends_ms(outcome),
        ended_because=outcome.ended_because,
        invalid_because=[*_ended_early(outcome), *reasons_against(generator, sums)],
        notes=list(_notes(scope, outcome)),
        curve=curve(outcome.rows.counting(), scope.alpha, max(scope.copies, effect)),
    )


def _generator(plan: LoadPlan, options: LoadOptions, outcome: ReplayOutcome) -> Generator:
    """Judged by the host that was busiest."""
    rows = outcome.rows
    ends = rows.done[rows.done != NEVER]
    return Generator(
        cpu_s=max(each.cpu_s for each in outcome.tallies.values()),
        lasted_s=float(ends.max()) / 1e9 if len(ends) else 0.0,
        processes=options.processes,
        drift_ms=float(rows.lag[-1]) / _NS_PER_MS if len(rows.n) else 0.0,
        was_full=any(each.was_full for each in outcome.tallies.values()),
        full_is_meant=options.max_in_flight_is_meant,
        closed=options.closed,
        in_sessions=plan.in_sessions,
        max_in_flight=options.max_in_flight,
        max_lag_ms=options.max_lag_ms,
    )


def _ended_early(outcome: ReplayOutcome) -> Iterator[str]:
    if ended := outcome.ended_because:
        yield f"it was {ended}" if ended == INTERRUPTED else ended
    for number, why in outcome.lost.items():
        yield f"nothing that host {number} sent is in a number: {why}"


def _not_sent(plan: LoadPlan, outcome: ReplayOutcome) -> Iterator[tuple[str, int]]:
    planned = outcome.total("planned")
    if rest := planned - outcome.total("sent"):
        yield outcome.ended_because, rest
    if (beyond := plan.size - planned) > 0:
        yield f"not known, of {named(list(outcome.lost))}", beyond


def _first_sends_ms(outcome: ReplayOutcome) -> float:
    """How much later than planned the first request of a host was sent, at most, than that of another."""
    late = [each.first_late_ns for each in outcome.tallies.values() if each.first_late_ns is not None]
    return (max(late) - min(late)) / _NS_PER_MS if late else 0.0


def _notes(scope: ReplayScope, outcome: ReplayOutcome) -> Iterator[str]:
    yield from scope.notes
    if scope.kept_ratio < 1 and not scope.plan.filled.any():
        share = words.number(scope.kept_ratio, "share")
        yield f"the source has {share} of the requests that production had: this is a part of its load"
    if scope.options.closed:
        yield "closed loop: each request waits for one before it, so response times understate what overload does"
    if (copies := scope.copies) > 1:
        yield f"each request is sent {copies:.3g} times on average: a cache may answer, and intervals count it once"
    if resent := outcome.total("resent"):
        yield (
            f"{counted(resent, 'request was', 'requests were')} sent twice, for the target had closed the connection: "
            "service times run from the second time, response times have both"
        )
    yield from _untimed(outcome)
    yield from _apart(outcome)


def _untimed(outcome: ReplayOutcome) -> Iterator[str]:
    """Streams of whose tokens nothing is known, though they were answered."""
    rows = outcome.rows.counting()
    is_answered = ~rows.without_success() & (rows.done != NEVER)
    untimed = int(np.count_nonzero((rows.tokens != NEVER) & (rows.first_token == NEVER) & is_answered))
    if untimed:
        yield (
            f"when the tokens of {counted(untimed, 'answer')} came is not known, where production streamed them: "
            "compressed, or no stream of tokens that is read here"
        )


def _apart(outcome: ReplayOutcome) -> Iterator[str]:
    """How far apart the hosts' clocks were, where that is much or not known."""
    began_ms, ended_ms = outcome.skew_ms, outcome.end_skew_ms
    if max(began_ms, ended_ms or 0.0) > MOST_SKEW_MS:
        at_the_end = "" if ended_ms is None else f" and {ended_ms:.0f} ms at the end"
        yield (
            f"two hosts' clocks may have been {began_ms:.0f} ms apart at the start{at_the_end}: so much may be wrong "
            "in when requests of different hosts met; how long each took is not"
        )
    if unclocked := outcome.unclocked:
        why = f"{named(unclocked)} could not ask the store"
        yield f"how far apart the hosts' clocks were at the end is not known: {why}"


def _coverage(load: LoadReport, judge: PairJudge) -> Coverage:
    """All that was planned and counts, as a report has it."""
    planned, counts = load.requests - load.warmup, judge.counts
    told = counts["compared"] + sum(n for name, n in counts.items() if name.startswith("incomparable."))
    return pair_coverage(counts, planned, {"not_scored": planned - told})
