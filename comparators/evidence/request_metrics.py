"""The metrics of a candidate's requests: of one kind of request, and of all of them together. Those of an output stand
with its kind (compare/), those of sizes and streams in compare/size.py.

Nothing here prints or judges.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from comparators.compare import size
from comparators.compare.kinds import KINDS, HeadSums, kind_of
from comparators.evidence import concurrency
from comparators.evidence.concurrency import where_like
from comparators.metrics import metric, variants, ways
from comparators.metrics.changes import SIZES
from comparators.metrics.definition import ENDPOINTS, REQUESTS, Definition, NamedSketch, derive, sketches
from comparators.metrics.metric import Derivation, Metric
from comparators.metrics.way import Scale, ShownSums, Way
from comparators.pairs.summary import PlanSummary
from comparators.statistics import clusters, quantiles
from comparators.statistics.clusters import INDEPENDENT, DesignEffect
from comparators.statistics.edges import EdgeHistogram
from comparators.statistics.estimate import Estimate, Interval
from comparators.statistics.exact import real
from comparators.statistics.name_counts import Counts

ASKED_TWICE = "production was asked twice (noise)"
# By their names in metrics: their sums, and their words.
STREAMING = {"ttfb": ("first_byte", "time to the first byte"), "chunk_gap": ("chunk_gap", "time between chunks")}
QUANTILES = {"p50": 0.5, "p90": 0.9, "p99": 0.99}
NS_PER_MS = 1_000_000


def metrics_of(summary: PlanSummary, alpha: float) -> dict[str, Metric]:
    """All that can be said of one plan's pairs, or of all of them together, apart from their outputs.

    How much requests of one unit resemble each other is measured of their disagreement, which may be that of an output,
    and of their failures, whose buckets count users of whom nothing can be compared, too. Of all else they are taken as
    alike: what is not measured is not assumed. In a replay, neighbours in time resemble each other, too: that is
    measured of disagreement, failures and latency, each by itself.
    """
    pairs, effect, in_time = summary.pairs, summary.design_effect(), summary.stretches
    waiting = max(effect.greatest, in_time.effect_of_latency())
    return {
        **derive(DISAGREEMENT, summary, alpha, pairs, effect=effect.measured),
        **derive(NOISE, summary, alpha, pairs, effect=noise_effect(summary)),
        **derive(FAILURES, summary, alpha, pairs, effect=in_time.effect_of_failures()),
        **derive(OTHERS, summary, alpha, pairs, effect=waiting),
        **derive(size.SIZES, summary.size, alpha, pairs, effect=effect.greatest),
        **derive(size.TIMES, summary.size, alpha, pairs, effect=waiting),
    }


def request_sketches(summary: PlanSummary) -> dict[str, NamedSketch]:
    """What those metrics are quantiles of."""
    return {**sketches(METRICS, summary), **sketches(size.METRICS, summary.size)}


def noise_effect(summary: PlanSummary) -> float:
    """The design effect of the requests that production was asked twice."""
    return clusters.thinned(summary.design_effect().greatest, summary.noise.n, summary.compared)


def output_metrics(summary: PlanSummary, pointer: str, alpha: float) -> dict[str, Metric]:
    """Of one output of this kind of request, under its kind's name."""
    sums, effect = summary.heads[pointer], summary.design_effect()
    if not _disagrees_as_requests_do(sums, summary):
        effect = effect._replace(measured=effect.greatest)
    return head_metrics(sums, alpha, summary.compared, effect)


def output_sketches(summary: PlanSummary, pointer: str) -> dict[str, NamedSketch]:
    """What those metrics are quantiles of."""
    sums = summary.heads[pointer]
    return sketches(KINDS[kind_of(sums)].metrics, sums)


def head_metrics(sums: HeadSums, alpha: float, pairs: int = 0, effect: DesignEffect = INDEPENDENT) -> dict[str, Metric]:
    """Likewise, from its sums. `pairs`: how many of its kind of request were compared; 0 is not known. What is
    measured of `effect` is that of its disagreement.
    """
    disagreement, *others = KINDS[kind_of(sums)].metrics
    return {
        **derive([disagreement], sums, alpha, pairs, effect=effect.measured),
        **derive(others, sums, alpha, pairs, effect=effect.greatest),
    }


def _disagrees_as_requests_do(sums: HeadSums, summary: PlanSummary) -> bool:
    """Whether in each request. None disagrees less than one of its outputs, so that equal sums are equal request by
    request, and the effect that is measured of one is the other's.
    """
    first, *_ = KINDS[kind_of(sums)].metrics
    total, n = (getattr(sums, name) for name in first.sums[:2])
    return (total, n) == (summary.disagreement, summary.compared)


def coverage_metrics(coverage: Mapping[str, Any], alpha: float) -> dict[str, Metric]:
    """Of what became of all requests."""
    return derive(COVERAGE_METRICS, coverage, alpha)


# ---- the ways that are these metrics' own


def _covered(compared: int, requests: int, not_sampled: int, _alpha: float, **_: float) -> Derivation:
    """A count of everything: it has no uncertainty."""
    of = requests - not_sampled
    value = compared / of if of > 0 else None
    estimate = Estimate(value, Interval(value, value), "" if of > 0 else "no requests yet")
    return Derivation(estimate, max(0, of), {"compared": compared, "of": of})


def _measured(counts: Sequence[int], shares: Sequence[int], compared: int) -> Derivation | None:
    if not counts:
        return None
    totals = [real(each) for each in shares]
    sums = {"n": list(counts), "k": totals, "of": compared}
    if not clusters.are_known(counts):
        return ways.described(None, sum(counts), sums, f"needs units in {clusters.MIN_BUCKETS} of {len(counts)} groups")
    effect = clusters.design_effect(counts, totals, compared)
    return ways.described(effect.measured, sum(counts), {**sums, "if_alike": effect.greatest})


def _new_minus_fixed(
    new: int,
    fixed: int,
    pairs: int,
    sizes: Sequence[int],
    new_by: Sequence[int],
    fixed_by: Sequence[int],
    alpha: float,
    *,
    effect: float = 1.0,
) -> Derivation:
    """Each with the design effect that is measured of itself, or `effect` where that is greater."""
    by = {"new": new_by, "fixed": fixed_by}
    measured = {name: clusters.design_effect(sizes, totals, pairs).measured for name, totals in by.items()}
    effects = {name: max(effect, own) for name, own in measured.items()}
    return ways.difference_of_counts(new, fixed, pairs, alpha, effects)


def _of_units(n: Counts, disagreement: Counts) -> Derivation | None:
    if not n.kept:
        return None
    rates = [real(disagreement.kept[unit]) / count for unit, count in n.kept.items()]
    k = math.fsum(rates)  # the same to the bit in any order
    return ways.described(k / len(rates), len(rates), {"k": k, "n": len(rates), "of_all": not n.other})


def _paired_mean(values: EdgeHistogram, still_open: int, alpha: float, *, effect: float = 1.0) -> Derivation:
    """Timeouts that were waited for less than the clip leave a lower bound, and no more."""
    derived = ways.clipped_difference(values, alpha, effect=effect)
    if not still_open:
        return derived
    open_above = Interval(derived.estimate.interval.lo, None)
    estimate = Estimate(None, open_above, quantiles.left_open(still_open))
    return derived._replace(estimate=estimate, sums={**derived.sums, "open": still_open})


def _paired_mean_again(told: ShownSums, alpha: float, effect: float) -> Estimate:
    return _paired_mean(ways.told_values(told), told.sums.get("open", 0), alpha, effect=effect).estimate


def _paired_beyond(beyond: int, still_open: int, n: int, alpha: float, *, effect: float = 1.0) -> Derivation:
    """Likewise: each of these may be beyond the clip, or not."""
    derived = ways.share(beyond, n, alpha, effect=effect)
    if not still_open:
        return derived
    at_most = ways.share(beyond + still_open, n, alpha, effect=effect)
    ends = Interval(derived.estimate.interval.lo, at_most.estimate.interval.hi)
    estimate = Estimate(None, ends, quantiles.left_open(still_open))
    return derived._replace(estimate=estimate, sums={**derived.sums, "open": still_open})


def _paired_beyond_again(told: ShownSums, alpha: float, effect: float) -> Estimate:
    counts = told.sums["k"], told.sums.get("open", 0), told.sums["n"]
    return _paired_beyond(*counts, alpha, effect=effect).estimate


# ---- which there are


def _latency() -> Iterator[Definition]:
    for side, whose in ENDPOINTS.items():
        for name, q in QUANTILES.items():
            yield Definition(
                f"latency.{side}.{name}_ms", "ms", "lower", f"{whose} {name}",
                variants.in_units(ways.quantile(q, f"latency.{side}"), NS_PER_MS), (f"latency.{side}",),
                f"The {name} of {whose} latency, from the last request byte to the last answer byte.",
                scopes=REQUESTS,
            )  # fmt: skip
    for name, q in QUANTILES.items():
        yield Definition(
            f"latency.{name}_ratio", "ratio", "lower", f"ratio of {name}",
            where_like(ways.quantile_ratio(q, "latency.candidate", "latency.production")),
            ("latency.candidate", "latency.production", "latency"),
            f"The {name} of the candidate's latency over that of production's, at equal concurrency.",
            scopes=REQUESTS,
        )  # fmt: skip


_PAIRED_MEAN = Way(metric.CLIPPED_MEAN, _paired_mean, again=_paired_mean_again)
_PAIRED_BEYOND = Way(metric.RATE, _paired_beyond, again=_paired_beyond_again)


def _paired() -> Iterator[Definition]:
    yield Definition(
        "latency.paired_mean_ms", "ms", "lower", "same request, mean difference",
        where_like(variants.with_sums_of(variants.in_units(_PAIRED_MEAN, NS_PER_MS), "ns")),
        ("latency.delta.values", "latency.delta_open", "latency"),
        "The mean of the candidate's latency less production's on the same request, at equal concurrency and clipped; "
        "with timeouts that were waited for less than the clip only its lower end is known.",
        scopes=REQUESTS, signed=True, passes_with="latency.paired_beyond",
    )  # fmt: skip
    yield Definition(
        "latency.paired_beyond", "share", "lower", "same request, beyond the clip",
        _PAIRED_BEYOND, ("latency.delta.beyond", "latency.delta_open", "latency.delta.n"),
        "The share of requests on which the latencies differ by more than the clip, and count in the mean as the clip.",
        scopes=REQUESTS,
    )  # fmt: skip
    for name, q in SIZES.items():
        yield Definition(
            f"latency.paired_{name}_ms", "ms", "lower", f"same request, {name} of differences either way",
            variants.in_units(ways.quantile(q, "latency.paired_size"), NS_PER_MS), ("latency.delta.sizes",),
            f"The {name} of how far the candidate's latency is from production's on the same request, either way.",
            scopes=REQUESTS,
        )  # fmt: skip
    for name, (sums, words) in STREAMING.items():
        yield Definition(
            f"latency.{name}_ratio_p50", "ratio", "lower", f"same request, median ratio of {words}",
            where_like(ways.quantile(0.5, f"latency.{name}_ratio")), (f"size.{sums}.ratio", "latency"),
            f"The median of the candidate's {words} over production's on the same request, at equal concurrency.",
            scopes=REQUESTS,
        )  # fmt: skip
    yield Definition(
        "latency.paired_ratio_p50", "ratio", "lower", "same request, median ratio",
        where_like(ways.quantile(0.5, "latency.paired_ratio")), ("latency.ratio", "latency"),
        "The median of the candidate's latency over production's on the same request, at equal concurrency.",
        scopes=REQUESTS, headline=True,
    )  # fmt: skip


DISAGREEMENT = (
    Definition(
        "disagreement.rate", "share", "lower", "disagreement", ways.RATE, ("disagreement", "compared"),
        "The mean over compared requests of the share of their rows that disagree.",
        scopes=(*REQUESTS, "slice"), headline=True,
    ),
    Definition(
        "disagreement.design_effect", "ratio", "neither", "design effect",
        ways.descriptive(_measured), ("bucket_n", "bucket_disagreement", "compared"),
        "How many requests tell as much of the disagreement as one independent request: by how much more 64 groups of "
        "units vary than independent requests would; its sums have the effect if those of a unit were all alike.",
        only_where="requests have a unit", scopes=REQUESTS,
    ),
    Definition(
        "disagreement.units", "share", "lower", "disagreement, mean over units",
        ways.descriptive(_of_units), ("units_n", "units_disagreement"),
        "The mean over units of the disagreement of each one's requests: of all units up to 256, beyond that of those "
        "256 that their hashes choose.",
        only_where="requests have a unit", scopes=REQUESTS,
    ),
)  # fmt: skip

NOISE = (
    Definition(
        "disagreement.sampled", "share", "lower", "disagreement where production was asked twice",
        variants.where_any(ways.RATE), ("noise.rows.candidate", "noise.rows.n"),
        "The disagreement of the requests alone that production was asked twice.",
        only_where=ASKED_TWICE, scopes=REQUESTS,
    ),
    Definition(
        "disagreement.noise", "share", "neither", "production's disagreement with itself",
        variants.where_any(ways.RATE), ("noise.rows.noise", "noise.rows.n"),
        "The disagreement of production with its own second answer to the same request.",
        only_where=ASKED_TWICE, scopes=REQUESTS,
    ),
    Definition(
        "disagreement.excess", "share", "lower", "disagreement beyond noise, by whole requests",
        variants.where_any(ways.excess(Scale())), ("noise.rows.difference", "noise.rows.n"),
        "The mean of the candidate's disagreement less production's own on the same request. Where production nearly "
        "always disagrees with itself, such as by an id, it is near 0 whatever else changes.",
        only_where=ASKED_TWICE, scopes=REQUESTS, signed=True,
    ),
    Definition(
        "disagreement.excess_at_paths", "share", "lower", "disagreement beyond noise, path by path",
        variants.where_any(ways.MORE_LESS), ("noise.new", "noise.gone", "noise.rows.n"),
        "The share of requests where the candidate differs at a path at which production does not differ from itself, "
        "less the share of the reverse.",
        only_where=ASKED_TWICE, scopes=REQUESTS, signed=True,
    ),
)  # fmt: skip

FAILURES = (
    Definition(
        "errors.new_minus_fixed", "share", "lower", "new minus fixed failures",
        Way(metric.DIFFERENCE, _new_minus_fixed, again=ways.difference_of_counts_again),
        ("new_failures", "fixed_failures", "pairs", "bucket_pairs", "bucket_new_failures", "bucket_fixed_failures"),
        "The share of pairs where the candidate failed and production did not, less the share of the reverse.",
        scopes=REQUESTS, headline=True,
    ),
)  # fmt: skip

OTHERS = (
    *_latency(),
    *_paired(),
    *concurrency.METRICS,
)  # fmt: skip

METRICS = (*DISAGREEMENT, *NOISE, *FAILURES, *OTHERS)

COVERAGE_METRICS = (
    Definition(
        "coverage.ratio", "share", "higher", "coverage",
        Way(metric.COUNT, _covered), ("compared", "requests", "not_sampled"),
        "Compared requests over those that were to be sampled.",
        scopes=("route",), headline=True,
    ),
)  # fmt: skip
