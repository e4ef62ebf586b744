"""Whether both sides had as many requests in hand: the share of pairs, and what is told where it is too small. Pure."""

from typing import Any

from comparators.metrics import metric, variants, way, ways
from comparators.metrics.definition import ENDPOINTS, REQUESTS, Definition
from comparators.metrics.metric import Derivation
from comparators.metrics.way import Way
from comparators.pairs.latencies import LatencySummary
from comparators.statistics.estimate import UNKNOWN, Estimate
from records.reasons import ASKED_UNLIKE

OF_ALL_TRAFFIC = "requests a second of all traffic"  # ends a sentence that is true of every kind of request alike
_NS_PER_MS, _NS_PER_S = 1_000_000, 1_000_000_000
# By more than this the mirror's lag has grown: the candidate takes longer for the traffic than production.
_MOST_GROWTH_NS, _MOST_GROWTH = 2_000_000_000, 0.05
_OUR_DELAYS, _IN_TIME = ("late", "loop_lag"), 0.05  # a mirror that is later more often is short of time
_FEW, _SLOWER = 30, 1.05  # pairs that count, and their median ratio: by less is the instrument's
COUNTED, IN_HAND = "latency.counted", "latency.{}.in_hand"


def where_like(way: Way) -> Way:
    """Without a value where fewer than half of the pairs were asked as production was. The last sum is `latency`."""

    def derive(*sums: Any, effect: float = 1.0) -> Derivation | None:
        *own, latency, alpha = sums
        derived = way.derive(*own, alpha, effect=effect)
        why_not = why_not_like(latency)
        return derived._replace(estimate=Estimate(None, UNKNOWN, why_not)) if derived and why_not else derived

    return Way(way.method, derive, again=way.again, sketches=way.sketches)


def why_not_like(latency: LatencySummary) -> str:
    """Why no ratio is told, in words; nothing where one is."""
    growth = latency.pace_candidate - latency.pace_production
    if latency.pace_production > 0 and growth > max(_MOST_GROWTH_NS, _MOST_GROWTH * latency.pace_production):
        return _not_keeping_up(latency, latency.asked, latency.pace_candidate, latency.pace_production)
    counted, of = _like(latency)
    if 2 * counted >= of:
        return ""
    mostly_behind = 2 * latency.excluded.get("behind", 0) >= of - counted
    if mostly_behind and latency.behind_candidate > latency.behind_production > 0:
        return _not_keeping_up(latency, latency.behind, latency.behind_candidate, latency.behind_production)
    return f"{counted:,} of {of:,} pairs were asked with as many in hand as production had, and in time"


def _not_keeping_up(latency: LatencySummary, count: int, candidate_ns: int, production_ns: int) -> str:
    most, asked = _per_s(count, candidate_ns), _per_s(count, production_ns)
    return f"{_who_does_not(latency)}: at most {most} of the {asked} {OF_ALL_TRAFFIC}"


def _who_does_not(latency: LatencySummary) -> str:
    """The candidate alone is named where its answers take longer, and the mirror was in time. That calls wait for each
    other says nothing of whom they wait for: a mirror that is late delays all that follow, and reads answers late, too.
    """
    ratio = latency.ratio.quantile(0.5)
    is_slower = latency.ratio.n >= _FEW and ratio is not None and ratio > _SLOWER
    is_late = sum(latency.excluded.get(reason, 0) for reason in _OUR_DELAYS) > _IN_TIME * latency.asked
    if is_late:
        mirror = "a mirror that has too little time"
        return f"the candidate, or {mirror}, doesn't keep up" if is_slower else f"{mirror} doesn't keep up"
    return "the candidate doesn't keep up" if is_slower else "the candidate, or what lies between, doesn't keep up"


def _per_s(count: int, took_ns: int) -> str:
    rate = count * _NS_PER_S / took_ns
    return f"{rate:,.0f}" if rate >= 100 else f"{rate:.3g}"


def _like(latency: LatencySummary) -> tuple[int, int]:
    """How many pairs count, of those that would if they had been asked as production was."""
    counted = latency.production.n
    return counted, counted + sum(latency.excluded.get(reason, 0) for reason in ASKED_UNLIKE)


def _counted(latency: LatencySummary, _alpha: float, **_: float) -> Derivation:
    counted, of = _like(latency)
    return _of_all(counted, of, {"counted": counted, "of": of})


def _in_hand(total: int, n: int, _alpha: float, **_: float) -> Derivation:
    return _of_all(total, n, {"total": total, "n": n})


def _of_all(total: int, n: int, sums: dict[str, Any]) -> Derivation:
    """Of all pairs, and no claim about others."""
    return Derivation(Estimate(total / n if n else None, UNKNOWN, "" if n else way.NO_PAIRS), n, sums)


def _definitions() -> list[Definition]:
    found = [
        Definition(
            COUNTED, "share", "higher", "pairs that count",
            Way(metric.COUNT, _counted), ("latency",),
            "The share of pairs that were asked in production's order of events, with as many requests in hand.",
            scopes=REQUESTS,
        )
    ]  # fmt: skip
    for side, whose in ENDPOINTS.items():
        found.append(
            Definition(
                IN_HAND.format(side), "value", "neither", f"requests in {whose} hand",
                Way(metric.COUNT, _in_hand), (f"latency.in_hand_{side}", "latency.asked"),
                f"The mean of how many requests {whose} endpoint had in hand when it was asked, with this one; of all "
                "pairs, whether their latencies count or not.",
                scopes=REQUESTS,
            )
        )  # fmt: skip
    for name, q in {"p50": 0.5, "p99": 0.99}.items():
        found.append(
            Definition(
                f"latency.mirror_lag_{name}_ms", "ms", "lower", f"mirror's lag, {name}",
                variants.in_units(ways.quantile(q, "latency.mirror_lag"), _NS_PER_MS), ("latency.lag",),
                f"The {name} of how long after its time, at the delay behind production, the candidate was asked.",
                scopes=REQUESTS,
            )
        )  # fmt: skip
    return found


METRICS = tuple(_definitions())
