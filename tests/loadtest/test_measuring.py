"""From rows to metrics: against numpy, and against queues whose true quantiles are known."""

from __future__ import annotations

import numpy as np
import pytest

from comparators.evidence.load_metrics import load_metrics
from loadtest.measuring import STRETCHES, curve, design_effect, load_sums
from loadtest.results.rows import NEVER, ResultColumns, ResultRow
from loadtest.validity import Generator, reasons_against

NS, MS = 1_000_000_000, 1_000_000
ALPHA = 0.05


def rows(waited: np.ndarray, served: np.ndarray, due: np.ndarray | None = None, **changes: object) -> ResultColumns:
    """So long each request waited, and was served, in ns."""
    when = np.arange(len(waited)) * MS if due is None else due
    return ResultColumns.of(
        ResultRow(**{
            "n": n, "due": int(at), "ready": int(at), "issued": int(at), "sent": int(at + wait),
            "first_byte": int(at + wait + serve // 2), "done": int(at + wait + serve), "status": 200, "disagrees": 0.0,
            **changes,
        })
        for n, (at, wait, serve) in enumerate(zip(when, waited, served, strict=True))
    )  # fmt: skip


def lindley(chance: np.random.Generator, n: int, load: float) -> tuple[np.ndarray, np.ndarray]:
    """Waiting and serving times of a queue with one server, exponential both: M/M/1, served 1 ms on average."""
    pauses, served = chance.exponential(MS / load, n), chance.exponential(MS, n)
    waited, wait = np.empty(n), 0.0
    for at in range(n):
        waited[at] = wait
        wait = max(0.0, wait + served[at] - (pauses[at + 1] if at + 1 < n else 0.0))
    return waited, served


def test_quantiles_are_numpys_within_the_sketchs_error() -> None:
    """Of response, service, first byte and lag, each by its own definition."""
    chance = np.random.default_rng(1)
    waited, served = chance.exponential(MS, 20_000).astype(int), chance.gamma(2, MS, 20_000).astype(int)
    found = load_metrics(load_sums(rows(waited, served)), ALPHA)
    truth = {"response": waited + served, "service": served, "first_byte": served // 2}
    for name, values in truth.items():
        for short, q in {"p50": 0.5, "p90": 0.9, "p95": 0.95, "p99": 0.99, "p999": 0.999}.items():
            exact = np.quantile(values, q, method="inverted_cdf") / MS
            assert found[f"{name}.{short}_ms"].value == pytest.approx(exact, rel=0.01)
    assert found["lag.p99_ms"].value == 0


def test_a_percentile_without_enough_requests_has_no_upper_end() -> None:
    """And so passes no threshold: it says how many it takes."""
    found = load_metrics(load_sums(rows(np.zeros(100), np.full(100, MS))), ALPHA)
    assert found["response.p50_ms"].hi is not None
    assert found["response.p99_ms"].hi is None
    assert "needs at least" in found["response.p99_ms"].reason


def test_independent_times_have_hardly_an_effect() -> None:
    """Where nothing connects them, nothing is lost: the factor of the estimate's own bound."""
    chance = np.random.default_rng(2)
    effects = [design_effect(chance.exponential(1.0, 10_000), 0.9) for _ in range(200)]
    assert np.mean(effects) < 1.6
    assert np.quantile(effects, 0.95) < 2.2


def test_times_that_stick_together_have_the_effect_of_how_long_they_do() -> None:
    """Runs of 50 alike: about 50; a trend over the run: as much as can be."""
    chance = np.random.default_rng(3)
    sticking = np.repeat(chance.exponential(1.0, 400), 50)
    assert 30 < design_effect(sticking, 0.5) < 110
    assert design_effect(np.arange(6_400.0), 0.9) == 6_400 / STRETCHES


@pytest.mark.parametrize("load", [0.3, 0.7])
def test_a_queues_intervals_hold_its_true_quantiles(load: float) -> None:
    """M/M/1: the response time is exponential with mean 1/(1 - load) ms, whatever the order, and neighbours wait alike.
    In 95 of 100 runs or more the interval holds the truth.
    """
    chance = np.random.default_rng(4)
    missed = dict.fromkeys(("response.p50_ms", "response.p90_ms", "response.p99_ms"), 0)
    wide = 0
    for _ in range(100):
        waited, served = lindley(chance, 10_000, load)
        found = load_metrics(load_sums(rows(waited, served)), ALPHA)
        for name, q in zip(missed, (0.5, 0.9, 0.99), strict=True):
            truth, metric = -np.log(1 - q) / (1 - load), found[name]
            assert metric.lo is not None
            missed[name] += truth < metric.lo or (metric.hi is not None and truth > metric.hi)
        wide += found["response.p90_ms"].hi is None
    assert max(missed.values()) <= 5, missed
    assert wide < 5


def test_taken_as_independent_they_would_miss() -> None:
    """The same queue without the effect: why it is there."""
    chance = np.random.default_rng(4)
    missed = 0
    for _ in range(60):
        waited, served = lindley(chance, 10_000, 0.9)
        sums = load_sums(rows(waited, served))
        sums.effects.clear()
        metric = load_metrics(sums, ALPHA)["response.p90_ms"]
        assert metric.lo is not None
        assert metric.hi is not None
        missed += not metric.lo <= -np.log(0.1) / 0.1 <= metric.hi
    assert missed > 15


def test_an_overloaded_run_fails_a_limit_that_most_of_it_is_above() -> None:
    """Its times grow without end, so no quantile has an upper end; that they are above the limit is known."""
    growing = np.arange(20_000) * MS // 10
    metric = load_metrics(load_sums(rows(growing, np.full(20_000, MS))), ALPHA)["response.p50_ms"]
    assert metric.lo is not None
    assert metric.lo > 250


def test_what_failed_is_counted_and_what_timed_out_is_at_least_as_long() -> None:
    """A timeout leaves a percentile's end open where it may be beyond it."""
    chance = np.random.default_rng(5)
    columns = rows(np.zeros(5_000), chance.exponential(MS, 5_000))
    some = columns.n < 500
    cut = columns._replace(
        failed=some, timed_out=some, status=np.where(some, 0, 200), disagrees=np.where(some, 1.0, 0.0)
    )
    found = load_metrics(load_sums(cut), ALPHA)
    assert found["failures.rate"].value == 0.1
    assert found["response.p99_ms"].hi is None
    assert found["response.p50_ms"].hi is not None
    assert found["goodput"].n == 4_500


def test_rates_are_those_of_the_pauses() -> None:
    """Eleven requests in ten pauses of 100 ms are ten a second; none of one alone."""
    found = load_metrics(load_sums(rows(np.zeros(11), np.full(11, MS), np.arange(11) * NS // 10)), ALPHA)
    assert found["rate.planned"].value == pytest.approx(10.0)
    alone = load_metrics(load_sums(rows(np.zeros(1), np.full(1, MS))), ALPHA)
    assert alone["rate.achieved"].value is None
    assert "two requests" in alone["rate.achieved"].reason


def test_no_rows_are_no_error() -> None:
    """Nothing has a value, and each says why."""
    nothing = load_metrics(load_sums(ResultColumns.of([])), ALPHA)
    assert all(each.value is None and each.reason for each in nothing.values())


def test_disagreement_against_load_is_of_the_seconds_with_that_load() -> None:
    """Ten seconds at 100 a second agree; ten at 400 disagree by a tenth: a window each, and intervals that hold."""
    due = np.concatenate([np.arange(1_000) * NS // 100, 10 * NS + np.arange(4_000) * NS // 400])
    columns = rows(np.zeros(5_000), np.full(5_000, MS), due)
    columns = columns._replace(disagrees=np.where((columns.due >= 10 * NS) & (columns.n % 10 == 0), 1.0, 0.0))
    quiet, busy = curve(columns, ALPHA)
    assert (round(quiet.per_s), round(busy.per_s)) == (100, 400)
    assert (quiet.n, busy.n) == (1_000, 4_000)
    assert (quiet.disagreement, busy.disagreement) == (0.0, 0.1)
    assert quiet.hi is not None
    assert busy.lo is not None
    assert quiet.hi < busy.lo
    assert curve(rows(np.zeros(500), np.full(500, MS)), ALPHA) == []


def test_tokens_are_numpys_and_of_streams_alone() -> None:
    """Half of the answers are streams; from when the request was sent, and from piece to piece."""
    chance = np.random.default_rng(8)
    served = chance.gamma(2, 50 * MS, 4_000).astype(int)
    first, last = served // 4, served // 2
    events, streams = chance.integers(1, 40, 4_000), np.arange(4_000) % 2 == 0
    columns = rows(np.zeros(4_000), served)
    columns = columns._replace(
        first_token=np.where(streams, columns.sent + first, NEVER),
        last_token=np.where(streams, columns.sent + last, NEVER),
        token_events=np.where(streams, events, 0), tokens=np.where(streams, 2 * events, NEVER),
    )  # fmt: skip
    found = load_metrics(load_sums(columns), ALPHA)
    several = streams & (events > 1)
    truths = {"first_token": first[streams], "between_tokens": ((last - first) / np.maximum(1, events - 1))[several]}
    for name, values in truths.items():
        for short, q in {"p50": 0.5, "p99": 0.99}.items():
            assert found[f"{name}.{short}_ms"].value == pytest.approx(np.quantile(values, q) / MS, rel=0.02)
    span = (columns.done.max() - columns.due.min()) / NS
    assert found["rate.tokens"].value == pytest.approx(2 * events[streams].sum() / span)


def test_a_stream_that_was_cut_off_before_its_first_token_took_at_least_as_long() -> None:
    """Of 1,000 a fifth wait ten seconds for nothing: no p90 is known, and it is not that of the others."""
    cut = np.arange(1_000) % 5 == 0
    columns = rows(np.zeros(1_000), np.where(cut, 10 * NS, MS))
    columns = columns._replace(
        failed=cut, timed_out=cut, first_byte=np.where(cut, NEVER, columns.first_byte), bytes_in=np.where(cut, 0, 99),
        first_token=np.where(cut, NEVER, columns.first_byte), last_token=np.where(cut, NEVER, columns.done),
        token_events=np.where(cut, 0, 3), tokens=np.where(cut, 0, 3),
    )  # fmt: skip
    found = load_metrics(load_sums(columns), ALPHA)
    assert found["first_token.p50_ms"].value == pytest.approx(0.5, rel=0.02)
    assert found["first_token.p90_ms"].value is None
    assert found["first_token.p90_ms"].lo is not None


def test_without_streams_there_are_no_figures_of_tokens() -> None:
    """A table of numbers that nobody has is noise."""
    found = load_metrics(load_sums(rows(np.zeros(10), np.full(10, MS))), ALPHA)
    assert not [name for name in found if "token" in name]


@pytest.mark.parametrize(("length", "effect"), [(1, 1.0), (50, 1.0), (1, 50.0)])
def test_a_windows_interval_is_that_of_as_many_as_tell_something(length: int, effect: float) -> None:
    """Wrong answers in bursts of fifty, or requests of which fifty are one user's: wider than of independent ones by
    the root of that, and in each window by itself, whatever differs between them.
    """
    chance = np.random.default_rng(3)
    due = np.concatenate([np.arange(6_400) * NS // 400, 16 * NS + np.arange(6_400) * NS // 1_600])
    columns = rows(np.zeros(12_800), np.full(12_800, MS), due)
    burst = np.repeat(chance.random(12_800 // length) < 0.2, length)
    windows = curve(columns._replace(disagrees=np.where(columns.due < 16 * NS, 0.2, 1.0) * burst), ALPHA, effect)
    assert len(windows) == 2
    for each, share in zip(windows, (0.04, 0.2), strict=True):
        assert each.lo is not None
        assert each.hi is not None
        assert each.lo <= share <= each.hi
        alone = 0.045 if share == 0.2 else 0.02
        assert each.hi - each.lo < alone or max(length, effect) > 1
        assert each.hi - each.lo > 2 * alone or max(length, effect) == 1


def test_no_window_misses_for_what_only_others_saw() -> None:
    """Bursts of 40 wrong answers, a fifth of all, in windows as small as 100 requests: in 95 of 100 runs every window's
    interval holds, also that of one in which no burst came, or nothing else.
    """
    chance, missed = np.random.default_rng(6), 0
    rates = (20, 40, 60, 80, 100)
    due = np.concatenate([at * 5 * NS + np.arange(5 * rate) * NS // rate for at, rate in enumerate(rates)])
    columns = rows(np.zeros(len(due)), np.full(len(due), MS), due)
    for _ in range(60):
        burst = np.repeat(chance.random(len(due) // 40 + 1) < 0.2, 40)[: len(due)]
        windows = curve(columns._replace(disagrees=burst.astype(float)), ALPHA)
        ends = [(each.lo, each.hi) for each in windows]
        missed += any(lo is not None and hi is not None and not lo <= 0.2 <= hi for lo, hi in ends)
    assert missed <= 6


def test_a_window_says_no_percentile_that_is_among_timeouts() -> None:
    """Half of its requests never came back: its p99 is not that of the others."""
    due = np.concatenate([np.arange(500) * NS // 50, 10 * NS + np.arange(2_000) * NS // 200])
    columns = rows(np.zeros(2_500), np.full(2_500, MS), due)
    out = (columns.due >= 10 * NS) & (columns.n % 2 == 0)
    quiet, busy = curve(columns._replace(failed=out, timed_out=out), ALPHA)
    assert quiet.p99_ms == pytest.approx(1.0)
    assert busy.p99_ms is None


def test_a_stream_that_stalls_midway_pauses_for_as_long_as_was_waited() -> None:
    """A fifth say three tokens, 5 ms apart, and nothing more for a second: no p90 of the pauses is known, and what they
    said is counted.
    """
    cut = np.arange(1_000) % 5 == 0
    columns = rows(np.zeros(1_000), np.where(cut, NS, 100 * MS))
    columns = columns._replace(
        failed=cut, timed_out=cut, first_token=columns.sent + 10 * MS, last_token=columns.sent + 20 * MS,
        token_events=np.full(1_000, 3), tokens=np.full(1_000, 3),
    )  # fmt: skip
    found = load_metrics(load_sums(columns), ALPHA)
    assert found["between_tokens.p50_ms"].value == pytest.approx(5, rel=0.02)
    assert found["between_tokens.p90_ms"].value is None
    assert found["between_tokens.p90_ms"].lo is not None
    assert found["rate.tokens"].sums["requests"] == 3_000


def test_no_failures_of_some_hundreds_are_no_riddle() -> None:
    """As many as independent ones: 0.75 % at most of 400, and not a fifth of them."""
    found = load_metrics(load_sums(rows(np.zeros(400), np.full(400, MS))), ALPHA)["failures.rate"]
    assert found.value == 0
    assert found.hi is not None
    assert found.hi < 0.02


def test_a_target_that_hangs_is_evidence_whatever_the_generators_lag() -> None:
    """A twentieth of all time out after a second, so the p99 is above that: 3 ms of lag are none of it."""
    out = np.arange(2_000) % 20 == 0
    columns = rows(np.full(2_000, 3 * MS), np.where(out, NS, MS))
    columns = columns._replace(issued=columns.due + 3 * MS, failed=out, timed_out=out)
    assert list(reasons_against(GENERATOR, load_sums(columns))) == []
    quick = columns._replace(failed=np.zeros_like(out), timed_out=np.zeros_like(out), done=columns.sent + MS)
    assert "a tenth of what is measured" in next(reasons_against(GENERATOR, load_sums(quick)))
    assert list(reasons_against(GENERATOR._replace(max_lag_ms=5.0), load_sums(quick))) == []
    assert "more than --max-lag" in next(reasons_against(GENERATOR._replace(max_lag_ms=1.0), load_sums(columns)))


GENERATOR = Generator(cpu_s=1.0, lasted_s=10.0, processes=1, drift_ms=0.1, max_in_flight=4_096)


def late(lag_ms: float, took_ms: float) -> ResultColumns:
    columns = rows(np.zeros(1_000), np.full(1_000, took_ms * MS))
    return columns._replace(issued=columns.ready + int(lag_ms * MS))


@pytest.mark.parametrize(
    ("generator", "columns", "words"),
    [
        (GENERATOR, late(0.1, 5), ""),
        (GENERATOR, late(1.9, 2), ""),  # any machine's
        (GENERATOR, late(3, 100), ""),  # of what is measured little
        (GENERATOR, late(3, 10), "late by 3"),
        (GENERATOR._replace(cpu_s=9.9), late(0.1, 5), "99 % of its cores"),
        (GENERATOR._replace(cpu_s=9.9, processes=2), late(0.1, 5), ""),
        (GENERATOR._replace(drift_ms=400.0), late(0.1, 5), "400 ms after its plan"),
        (GENERATOR._replace(was_full=True), late(0.1, 5), "4,096 requests were in flight"),
        (GENERATOR._replace(was_full=True, full_is_meant=True), late(0.1, 5), ""),
    ],
)
def test_a_run_judges_its_generator_first(generator: Generator, columns: ResultColumns, words: str) -> None:
    """And says what was wrong with it."""
    found = list(reasons_against(generator, load_sums(columns)))
    assert [words in each for each in found] == ([True] if words else [])


def test_half_the_planned_rate_is_no_evidence() -> None:
    """Whatever it measured."""
    columns = late(0.1, 5)
    slow = columns._replace(issued=2 * columns.due, ready=2 * columns.due, sent=2 * columns.due + 1)
    slow = slow._replace(done=slow.sent + MS, first_byte=np.full_like(slow.sent, NEVER))
    assert any("of the planned rate" in each for each in reasons_against(GENERATOR, load_sums(slow)))


def test_timeouts_that_stick_together_are_no_independent_ones() -> None:
    """One outage of 200 in 10,000: what is above a quantile, or at it where all of that timed out, came at once."""
    chance = np.random.default_rng(6)
    columns = rows(np.zeros(10_000), chance.exponential(MS, 10_000))
    out = (columns.n >= 5_000) & (columns.n < 5_200)
    cut = columns._replace(failed=out, timed_out=out, done=np.where(out, columns.sent + 30 * NS, columns.done))
    found = load_metrics(load_sums(cut), ALPHA)
    assert found["response.p99_ms"].sums["design_effect"] > 30
    lower = found["response.p99_ms"].lo
    assert lower is not None
    assert lower < 1_000
    assert found["failures.rate"].sums["design_effect"] > 30


def test_who_waits_for_a_connection_in_vain_has_waited() -> None:
    """A half of the requests that were not even sent is no p99 of the other half."""
    columns = rows(np.zeros(2_000), np.full(2_000, MS))
    out = columns.n % 2 == 0
    cut = columns._replace(
        failed=out,
        timed_out=out,
        sent=np.where(out, NEVER, columns.sent),
        done=np.where(out, columns.due + 5 * NS, columns.done),
    )
    response = load_metrics(load_sums(cut), ALPHA)["response.p99_ms"]
    assert response.lo is not None
    assert response.lo > 4_000


def test_a_failure_that_is_sent_again_is_one() -> None:
    """Forty requests a hundred times, one of which fails each time: one failure in forty."""
    columns = rows(np.zeros(4_000), np.full(4_000, MS))
    columns = columns._replace(failed=columns.n % 40 == 0)
    once = load_metrics(load_sums(columns, copies=100.0), ALPHA)["failures.rate"]
    assert once.hi is None or once.hi > 0.1
