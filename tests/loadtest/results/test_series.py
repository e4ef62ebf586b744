"""The numbers of a run's pictures: checked on the rows themselves, one by one."""

import math

import numpy as np
import pytest

from comparators.evidence.load_metrics import QUANTILES
from comparators.statistics import quantiles, sequences
from loadtest.results import series
from loadtest.results.rows import NEVER, ResultColumns
from tests.loadtest.results.made_runs import ALPHA, MS, S, many, ramp, report_on, run_of, stall


def ended_in(rows: ResultColumns, start_s: float, end_s: float, is_last: bool) -> np.ndarray:
    """Which of the requests that were due then came back, or were given up after some time."""
    due_s = rows.due / S
    inside = (due_s >= start_s - 1e-12) & ((due_s < end_s - 1e-12) | is_last)
    return inside & (rows.done != NEVER) & (~rows.failed | rows.timed_out)


# ---- percentiles


@pytest.mark.parametrize("n", [5, 11, 100, 999, 5_000])
def test_a_line_goes_through_order_statistics(n):
    """At 1 / (1 - p) = n / m stands the m-th highest, from the lowest to the highest of all."""
    ns = np.random.default_rng(n).integers(1, 10**9, n)
    line = series.percentile_line(ns, np.zeros(n, bool), ALPHA)
    highest_first = sorted(ns.tolist(), reverse=True)
    assert [round(ms * MS) for ms in line.ms] == [highest_first[round(n / beyond) - 1] for beyond in line.beyond]
    assert (line.beyond[0], line.beyond[-1]) == (1, n)
    assert (np.diff(line.beyond) > 0).all()
    assert len(line.ms) <= series.MAX_POINTS
    for name, q in QUANTILES.items():
        assert line.at_ms[name] * MS == pytest.approx(np.quantile(ns, q, method="inverted_cdf"))


def test_what_was_cut_off_has_no_point_and_stands_above_all():
    """Of 1,000 requests 30 were cut off: the line ends below them, and there is no p99."""
    random = np.random.default_rng(1)
    ns, is_cut = random.integers(1, 10**9, 1_000), np.arange(1_000) % 33 == 0
    line = series.percentile_line(ns, is_cut, ALPHA)
    assert line.cut == np.count_nonzero(is_cut) == 31
    assert line.ms[-1] * MS == pytest.approx(ns[~is_cut].max())
    assert line.beyond[-1] == pytest.approx(1_000 / 32)
    assert set(line.at_ms) == {"p50", "p90", "p95"}
    assert line.at_ms["p95"] * MS == np.sort(ns[~is_cut])[949]


@pytest.mark.parametrize("n", [3, 40, 700, 20_000])
def test_a_line_is_carried_as_far_as_a_percentile_has_an_upper_bound(n):
    """There its requests are just enough, and a little further they are too few."""
    carried = series.percentile_line(np.arange(n), np.zeros(n, bool), ALPHA).carried
    if carried > 1:
        assert quantiles.minimum(1 - 1 / (0.99 * carried), ALPHA) <= n
    assert quantiles.minimum(1 - 1 / (1.02 * max(series._LEAST_BOUND, carried)), ALPHA) > n


@pytest.mark.parametrize("make", [ramp, stall])
def test_a_line_is_carried_where_the_report_says_so(make):
    """What the report leaves open lies beyond, what it bounds lies below."""
    rows = make().counting()
    report = report_on(rows)
    for side, line_of in (("response", series.response_line), ("service", series.service_line)):
        metrics = {name: report.metrics[f"{side}.{name}_ms"] for name in QUANTILES}
        effects = {name: each.sums.get("design_effect", 1.0) for name, each in metrics.items()}
        line = line_of(rows, ALPHA, effects)
        is_open = [name for name, each in metrics.items() if each.reason.startswith("needs")]
        told = [
            name for name in QUANTILES if not is_open or list(QUANTILES).index(name) < list(QUANTILES).index(is_open[0])
        ]
        assert all(1 / (1 - QUANTILES[name]) <= line.carried + 1e-9 for name in told)
        if is_open:
            assert line.carried < 1 / (1 - QUANTILES[is_open[0]])


def test_lines_are_of_what_was_answered():
    rows = ramp().counting()
    answered = (rows.done != NEVER) & ~rows.failed
    service, response = series.service_line(rows, ALPHA), series.response_line(rows, ALPHA)
    assert service.n == np.count_nonzero(answered | rows.timed_out)
    assert service.cut == response.cut == np.count_nonzero(rows.timed_out)
    assert service.ms[-1] * MS == pytest.approx((rows.done - rows.sent)[answered].max())
    assert response.ms[0] * MS == pytest.approx((rows.done - rows.due)[answered].min())
    assert series.recorded_line(rows, ALPHA).n == np.count_nonzero(rows.recorded != NEVER)


# ---- over time


@pytest.mark.parametrize("make", [ramp, stall, lambda: many(3_000)])
def test_each_bucket_says_what_its_requests_took(make):
    """Order statistics of those that were due in it and count."""
    rows = make()
    counting, run = rows.counting(), series.run_series(rows, ALPHA, 1.0)
    size = len(run.edges_s) - 1
    assert 1 <= size <= series.MAX_BUCKETS + 2
    for at in range(size):
        own = ended_in(counting, run.edges_s[at], run.edges_s[at + 1], is_last=at == size - 1)
        for side, ns in (("response", counting.done - counting.due), ("service", counting.done - counting.sent)):
            for name, q in (("p50", 0.5), ("p99", 0.99)):
                told = getattr(run, f"{side}_{name}")[at]
                if own.any():
                    assert told * MS == pytest.approx(np.quantile(ns[own], q, method="inverted_cdf"))
                else:
                    assert math.isnan(told)


def test_nothing_is_lost_in_buckets():
    """Requests, failures and rates add up to those of the run."""
    rows = ramp()
    run, counting = series.run_series(rows, ALPHA, 1.0), rows.counting()
    width_s = run.edges_s[1] - run.edges_s[0]
    assert run.requests.sum() == len(counting.n)
    assert run.failures.sum() == np.count_nonzero(counting.failed)
    assert run.planned_per_s.sum() * width_s == pytest.approx(len(rows.n))
    assert run.achieved_per_s.sum() * width_s == pytest.approx(len(rows.n))
    assert run.warmup_s == rows.due[rows.warmup].max() / S
    assert run.cut == np.count_nonzero(counting.timed_out)


def test_a_bad_status_is_a_failure():
    """Though there was an answer, which took its time."""
    status = np.full(60, 200, np.int16)
    status[7] = 503
    run = series.run_series(run_of(range(0, 60 * MS, MS), [MS] * 60, status=status), ALPHA, 1.0)
    assert run.failures.sum() == 1
    assert np.isfinite(run.response_p99).all()


@pytest.mark.parametrize("make", [stall, lambda: many(3_000)])
def test_in_flight_is_the_most_at_once(make):
    """Counted at each moment at which it grows."""
    rows = make()
    run = series.run_series(rows, ALPHA, 1.0)
    events = sorted([(at, 1) for at in rows.sent.tolist()] + [(at, -1) for at in rows.done.tolist()])
    width = (run.edges_s[1] - run.edges_s[0]) * S
    most, now = np.zeros(len(run.edges_s) - 1, int), 0
    for at, change in events:
        now += change
        bucket = min(int(at / width), len(most) - 1)
        most[bucket] = max(most[bucket], now)
    assert run.in_flight.max() == most.max()
    assert (run.in_flight >= most).all()
    assert np.mean(run.in_flight == most) > 0.95  # else: as many as were in flight when it began


def test_a_request_that_never_ended_stays_in_flight():
    done = np.full(50, NEVER)
    rows = run_of(range(0, 500 * MS, 10 * MS), [0] * 50, done=done)
    assert series.run_series(rows, ALPHA, 1.0).in_flight[-1] == 50


def test_one_that_ends_as_the_next_is_sent_is_not_in_flight_with_it():
    rows = run_of(range(0, 500 * MS, 10 * MS), [10 * MS] * 50)
    assert series.run_series(rows, ALPHA, 1.0).in_flight.max() == 1


def test_what_ends_long_after_the_plan_has_buckets_of_its_own():
    """A queue that takes ten seconds to empty: nothing is planned in them, and all that is planned lies before."""
    sent = np.arange(0, 20 * S, 20 * MS)
    rows = run_of(range(0, 10 * S, 10 * MS), [5 * MS] * 1_000, sent=sent, issued=sent, ready=sent)
    run = series.run_series(rows, ALPHA, 1.0)
    assert run.edges_s[-1] == pytest.approx(20, rel=0.05)
    assert run.planned_per_s[run.edges_s[:-1] > 10].max() == 0
    assert run.planned_per_s[run.edges_s[1:] < 9.5] == pytest.approx(100, rel=0.15)
    assert run.achieved_per_s[1:-1] == pytest.approx(50, rel=0.15)


def test_a_run_that_is_due_at_once_lasts_as_long_as_its_answers():
    run = series.run_series(run_of([0] * 40, [S] * 40), ALPHA, 1.0)
    assert run.edges_s[-1] == pytest.approx(1, rel=0.01)
    assert len(run.edges_s) > 10


def test_disagreement_has_intervals_that_hold_together():
    """Each at its share of alpha, of the answers that were due in it; those repeated count once."""
    rows = ramp()
    counting = rows.counting()
    for copies in (1.0, 3.0):
        spans = series.run_series(rows, ALPHA, copies).spans
        assert 1 < len(spans) <= series.MAX_SPANS
        for each in spans:
            own = counting.disagrees[(counting.due / S >= each.start_s) & (counting.due / S < each.end_s)]
            told = own[~np.isnan(own)]
            assert abs(each.n - len(told)) <= 1  # the very last one ends the run
            ends = sequences.rate(each.rate * each.n / copies, each.n / copies, ALPHA / len(spans))
            assert (each.lo, each.hi) == pytest.approx((ends.lo, ends.hi))
            assert each.lo <= each.rate <= each.hi
        assert sum(each.n for each in spans) == np.count_nonzero(~np.isnan(counting.disagrees))
        assert sum(each.n * each.rate for each in spans) == pytest.approx(np.nansum(counting.disagrees))


def test_without_scores_there_is_no_disagreement():
    rows = run_of(range(0, 60 * MS, MS), [MS] * 60, disagrees=np.full(60, np.nan))
    assert series.run_series(rows, ALPHA, 1.0).spans == ()


# ---- recorded against candidate, and the lag


def test_the_grid_has_each_request_in_its_cell():
    """As numpy's own histogram of the logarithms has it."""
    rows = many(4_000).counting()
    both = ~rows.failed
    recorded, service = (np.log(each[both] / MS) for each in (rows.recorded, rows.done - rows.sent))
    grid = series.latency_grid(rows)
    assert grid is not None
    edges = np.log(grid.edges_ms)
    inside = [np.clip(each, edges[0] + 1e-9, edges[-1] - 1e-9) for each in (recorded, service)]
    assert (np.histogram2d(*inside, bins=[edges, edges])[0] == grid.requests).all()
    apart = rows.disagrees[both] > 0
    assert (np.histogram2d(*(each[apart] for each in inside), bins=[edges, edges])[0] == grid.disagreeing).all()
    assert grid.n == grid.requests.sum() == np.count_nonzero(both)
    assert grid.unscored == np.count_nonzero(np.isnan(rows.disagrees[both]))
    assert grid.faster == np.count_nonzero(service < recorded)


def test_the_lag_is_counted_from_its_lowest_to_its_highest():
    rows = stall()
    found = series.lag_counts(rows)
    assert found is not None
    ms = (rows.issued - rows.ready) / MS
    inside = np.clip(ms, found.edges_ms[0], found.edges_ms[-1])
    assert (np.histogram(inside, found.edges_ms)[0] == found.counts).all()
    assert len(found.counts) <= series.MAX_BINS
    assert found.p99_ms == np.quantile(ms, 0.99, method="inverted_cdf")
    assert found.edges_ms[-1] >= found.max_ms == ms.max()


def test_too_few_requests_make_no_numbers():
    rows = run_of([0] * 4, [MS] * 4)
    assert series.latency_grid(rows) is None
    assert series.lag_counts(rows) is None
    line = series.response_line(run_of([], []), ALPHA)
    assert (line.n, line.carried, len(line.ms)) == (0, 1.0, 0)
