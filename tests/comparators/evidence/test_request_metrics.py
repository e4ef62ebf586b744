"""Metrics: their values, intervals, sums, and why they are not known."""

import pytest
from msgspec.structs import replace

from comparators.compare.kinds import KINDS
from comparators.evidence.request_metrics import coverage_metrics, metrics_of, output_metrics
from comparators.pairs.summary import MAX_UNITS, PlanSummary
from comparators.statistics import sequences
from comparators.statistics.clusters import if_alike
from tests.comparators.made import MS, answer, failure, judged, observation, pair

SCORES = [answer({"score": value}) for value in (0.1, 0.2)]
ALPHA = 0.05


def summary_of(pairs) -> PlanSummary:
    (summary,) = judged(pairs).summary.plans.values()
    return summary


def slower(times: float, count: int = 200) -> list:
    """Latencies of 1 to 1.99 ms; the candidate's are `times` as long."""
    return [
        pair(
            observation(SCORES[0], MS + i % 100 * MS // 100),
            observation(SCORES[0], int((MS + i % 100 * MS // 100) * times)),
        )
        for i in range(count)
    ]


def test_the_names_are_the_json_faces():
    """Policies, thresholds and Prometheus know them."""
    names = {"disagreement.rate", "errors.new_minus_fixed", "latency.production.p99_ms", "latency.candidate.p99_ms"}
    names |= {"latency.p99_ratio", "latency.paired_mean_ms"}
    assert names <= metrics_of(PlanSummary(), ALPHA).keys()


def test_nothing_compared_is_nothing_known():
    """Every value is unknown, every upper bound is open or trivial, and a reason stands beside it."""
    for name, metric in metrics_of(PlanSummary(), ALPHA).items():
        assert metric.value is None, name
        assert metric.hi in (None, 1.0), name
        assert metric.reason, name


def test_the_rate_has_its_interval_and_its_sums():
    """From the sums alone the interval at another alpha can be had."""
    metric = metrics_of(summary_of([pair(SCORES[0], SCORES[i % 10 == 0]) for i in range(300)]), ALPHA)
    rate = metric["disagreement.rate"]
    assert (rate.value, rate.n, rate.sums) == (0.1, 300, {"k": 30.0, "n": 300})
    assert (rate.lo, rate.hi) == sequences.rate(rate.sums["k"], rate.sums["n"], ALPHA)


def test_new_failures_are_weighed_against_fixed_ones():
    """Six new, two fixed, of a hundred pairs, production's own failures among them."""
    ways = [(SCORES[0], failure())] * 6 + [(failure(), SCORES[0]), (answer({}, 503), SCORES[0])]
    pairs = [pair(*way) for way in ways + [(SCORES[0], SCORES[0])] * 92]
    metric = metrics_of(summary_of(pairs), ALPHA)["errors.new_minus_fixed"]
    assert metric.value == pytest.approx(0.04)
    assert metric.sums == {"new": 6, "fixed": 2, "n": 100}
    assert (metric.lo, metric.hi) == sequences.rate_difference(6, 2, 100, ALPHA)


def test_the_paired_mean_is_the_mean_of_the_differences():
    """Twice as slow: the mean difference is production's mean latency."""
    metrics = metrics_of(summary_of(slower(2.0)), ALPHA)
    mean, ratio = metrics["latency.paired_mean_ms"], metrics["latency.paired_ratio_p50"]
    assert mean.value == pytest.approx(1.495)
    assert mean.lo < 1.495 < mean.hi
    assert ratio.lo <= 2.0 <= ratio.hi
    assert metrics["latency.p50_ratio"].value == pytest.approx(2.0, rel=0.02)


def test_a_mean_of_equal_differences_is_not_known_to_stay_so():
    """200 requests as fast as each other: the next may take as long as the clip, which the interval allows for."""
    equal = metrics_of(summary_of(slower(1.0)), ALPHA)["latency.paired_mean_ms"]
    assert equal.value == 0.0
    assert -0.5 < equal.lo < 0 < equal.hi < 0.5


def test_a_mean_of_few_differences_is_wide():
    """And there from the first of them on."""
    few = metrics_of(summary_of(slower(2.0, 3)), ALPHA)["latency.paired_mean_ms"]
    assert few.lo < 0 < few.value < few.hi <= 8 * 1.05


def test_differences_beyond_the_clip_are_counted():
    """Four times production's largest latency, rounded up to a power of two: 8.4 ms. The median tells of all sizes."""
    pairs = [*slower(2.0, 190), *slower(50.0, 10)]
    metrics = metrics_of(summary_of(pairs), ALPHA)
    mean, beyond = metrics["latency.paired_mean_ms"], metrics["latency.paired_beyond"]
    assert mean.sums["clip"] == 2**23
    assert mean.value == pytest.approx((190 * 1.495 + 10 * 8.388608) / 200, rel=0.05)
    assert (beyond.value, beyond.n) == (0.05, 200)
    assert beyond.lo < 0.05 < beyond.hi
    assert metrics["latency.paired_p50_ms"].value == pytest.approx(1.5, rel=0.05)
    assert metrics["latency.paired_p99_ms"].value > 49


def test_timeouts_take_the_upper_bound_of_a_mean_away():
    """A mean that leaves them out would be the survivors'; and each of them may be beyond the clip."""
    pairs = [*slower(2.0), *[pair(SCORES[0], failure()) for _ in range(3)]]
    metrics = metrics_of(summary_of(pairs), ALPHA)
    mean, beyond = metrics["latency.paired_mean_ms"], metrics["latency.paired_beyond"]
    assert (mean.value, mean.hi, mean.reason) == (None, None, "3 timeouts leave it open")
    assert mean.lo is not None
    assert (beyond.value, beyond.lo, beyond.reason) == (None, 0.0, "3 timeouts leave it open")
    assert beyond.hi > 3 / 203


def test_a_timeout_that_was_waited_for_beyond_the_clip_is_known():
    """It counts as the clip, however long it would have taken."""
    hung = observation(failure())
    late = replace(hung, timings=replace(hung.timings, failed=10_000 * MS))
    metrics = metrics_of(summary_of([*slower(2.0), *[pair(SCORES[0], late)] * 3]), ALPHA)
    mean, beyond = metrics["latency.paired_mean_ms"], metrics["latency.paired_beyond"]
    assert mean.lo < (200 * 1.495 + 3 * 8.388608) / 203 < mean.hi
    assert beyond.value == 3 / 203


def test_coverage_is_a_count():
    """It has no interval but itself, and nothing sampled is nothing covered."""
    metric = coverage_metrics({"requests": 110, "not_sampled": 10, "compared": 98}, ALPHA)["coverage.ratio"]
    assert (metric.value, metric.lo, metric.hi, metric.n) == (0.98, 0.98, 0.98, 100)
    assert coverage_metrics({"requests": 5, "not_sampled": 5, "compared": 0}, ALPHA)["coverage.ratio"].value is None


def sent_by(units: int, each: int, disagreeing: int) -> list:
    """So many requests of each unit; those of the first ones all disagree."""
    return [
        replaced(pair(observation(SCORES[0], MS), observation(SCORES[unit < disagreeing], 2 * MS)), f"{unit:016x}")
        for _ in range(each)
        for unit in range(units)
    ]


def replaced(made, unit: str):
    return replace(made, exchange=replace(made.exchange, sampling_key=unit))


def test_requests_of_one_unit_count_for_less():
    """The rate is the requests'; its interval that of sums divided by the design effect, which the sums have."""
    summary = summary_of(sent_by(300, 10, 60))
    rate, effect = (metrics_of(summary, ALPHA)[name] for name in ("disagreement.rate", "disagreement.design_effect"))
    d = effect.value
    assert 5 < d < 20
    assert (rate.value, rate.n, rate.sums) == (0.2, 3_000, {"k": 600.0, "n": 3_000, "design_effect": d})
    assert (rate.lo, rate.hi) == sequences.rate(600 / d, 3_000 / d, ALPHA)


def test_what_is_not_measured_counts_as_if_units_were_all_alike():
    """Users who disagree by chance may still have latencies of their own."""
    chance = [replaced(pair(SCORES[0], SCORES[i % 7 == 0]), f"{i % 300:016x}") for i in range(3_000)]
    metrics = metrics_of(summary_of(chance), ALPHA)
    effect = metrics["disagreement.design_effect"]
    assert effect.value < 3 < effect.sums["if_alike"]
    for name in ("latency.p50_ratio", "latency.paired_ratio_p50"):
        assert metrics[name].sums["design_effect"] == effect.sums["if_alike"]
    failures = metrics["errors.new_minus_fixed"]  # of which there are none
    for name in ("design_effect_of_new", "design_effect_of_fixed"):
        assert failures.sums[name] == effect.sums["if_alike"]


def test_failures_have_an_effect_of_their_own():
    """Requests fail by chance, though a user's answers are all or nothing; of none that is fixed, as if alike."""
    pairs = [
        replaced(pair(SCORES[0], failure() if i % 7 == 0 else SCORES[i % 300 < 60]), f"{i % 300:016x}")
        for i in range(3_000)
    ]
    summary = summary_of(pairs)
    found, rate = (metrics_of(summary, ALPHA)[name] for name in ("errors.new_minus_fixed", "disagreement.rate"))
    new, fixed = (found.sums.get(f"design_effect_of_{name}", 1) for name in ("new", "fixed"))
    assert new < 3 < rate.sums["design_effect"]
    assert fixed == if_alike(summary.bucket_pairs, 3_000) > 3
    b, c = (sequences.rate(k / d, 3_000 / d, ALPHA / 2) for k, d in ((summary.new_failures, new), (0, fixed)))
    assert (found.lo, found.hi) == (b.lo - c.hi, b.hi - c.lo)


def test_users_of_whom_nothing_can_be_compared_count_among_failures():
    """All requests of a fifth of the users fail, ten each: there are no more failures to learn from than users."""
    pairs = [
        replaced(pair(SCORES[0], failure() if i % 300 < 60 else SCORES[0]), f"{i % 300:016x}") for i in range(3_000)
    ]
    found = metrics_of(summary_of(pairs), ALPHA)["errors.new_minus_fixed"]
    assert found.value == 0.2
    assert 5 < found.sums["design_effect_of_new"] < 20


def test_an_output_that_disagrees_as_its_requests_do_has_their_interval():
    """What is measured of the one holds for the other; of all else that is told of the output it does not."""
    chance = [replaced(pair(SCORES[0], SCORES[i % 7 == 0]), f"{i % 300:016x}") for i in range(3_000)]
    summary = summary_of(chance)
    rate = metrics_of(summary, ALPHA)["disagreement.rate"]
    told = output_metrics(summary, "/score", ALPHA)
    own = told["score.disagreement"]
    assert (own.value, own.lo, own.hi, own.sums) == (rate.value, rate.lo, rate.hi, rate.sums)
    alike = summary.design_effect().greatest
    assert rate.sums.get("design_effect", 1) < 3 < alike
    assert told["score.mae"].sums["design_effect"] == alike


def test_outputs_of_which_each_disagrees_at_times_count_as_if_units_were_all_alike():
    """The disagreement of one of two is less than the requests', and may be another one by users."""
    answers = [answer({"score": score, "delay": delay}) for score in (0.1, 0.2) for delay in (0.3, 0.4)]
    chance = [
        replaced(pair(answers[0], answers[2 * (i % 7 == 0) + (i % 11 == 0)]), f"{i % 300:016x}") for i in range(3_000)
    ]
    summary = summary_of(chance)
    rate, alike = metrics_of(summary, ALPHA)["disagreement.rate"], summary.design_effect().greatest
    own = [next(iter(output_metrics(summary, pointer, ALPHA).values())) for pointer in summary.heads]
    assert len(own) == 2
    for each in own:
        assert 0 < each.value < rate.value
        assert each.sums["design_effect"] == alike > 3


@pytest.mark.parametrize("kind", KINDS)
def test_each_kinds_first_metric_is_its_disagreement(kind):
    """The same sums as the requests' have: how much, and of how many."""
    first = KINDS[kind].metrics[0]
    assert first.name.endswith(".disagreement")
    assert first.sums[0] == "disagreement"


def test_requests_without_a_unit_are_independent():
    """As they all are where none has any: no metric then speaks of units."""
    metrics = metrics_of(summary_of(slower(2.0)), ALPHA)
    assert not {"disagreement.design_effect", "disagreement.units"} & metrics.keys()
    assert not any("design_effect" in each.sums for each in metrics.values())


def test_few_users_are_no_evidence():
    """However many requests they send, all intervals of rates are open and say why."""
    metrics = metrics_of(summary_of(sent_by(5, 200, 1)), ALPHA)
    rate, effect = metrics["disagreement.rate"], metrics["disagreement.design_effect"]
    assert (rate.value, rate.lo, rate.hi) == (0.2, None, None)
    assert rate.reason == "too few units: these 1,000 requests tell as much as 1.0 independent ones, and it takes 10"
    assert (effect.value, effect.reason) == (None, "needs units in 10 of 64 groups")


def test_the_mean_over_units_counts_each_of_them_once():
    """A user of a hundred requests weighs no more than one of a single request."""
    pairs = [replaced(pair(SCORES[0], SCORES[1]), "f" * 16) for _ in range(100)]
    pairs += [replaced(pair(SCORES[0], SCORES[0]), f"{unit:016x}") for unit in range(99)]
    metrics = metrics_of(summary_of(pairs), ALPHA)
    found = metrics["disagreement.units"]
    assert metrics["disagreement.rate"].value > 0.5
    assert (found.value, found.n) == (0.01, 100)
    assert found.sums == {"k": 1.0, "n": 100, "of_all": True}
    assert (found.lo, found.hi, found.reason) == (None, None, "descriptive: no interval")


def test_of_many_units_the_mean_is_that_of_a_sample():
    """Those with the smallest hashes, and it says so."""
    pairs = [replaced(pair(SCORES[0], SCORES[unit < 64]), f"{unit:016x}") for unit in range(MAX_UNITS + 100)]
    found = metrics_of(summary_of(pairs), ALPHA)["disagreement.units"]
    assert (found.value, found.n, found.sums["of_all"]) == (64 / MAX_UNITS, MAX_UNITS, False)
