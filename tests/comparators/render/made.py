"""Reports to render: whole ones, an empty one, and such whose every name is an attack."""

import math
import re
from collections.abc import Callable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from typing import Any

import msgspec
from msgspec import structs
from msgspec.structs import replace

from comparators.evidence.breakage import Breakage
from comparators.evidence.building import build
from comparators.evidence.epochs import Epoch
from comparators.evidence.gathering import latest
from comparators.evidence.report import (
    DistanceSlice,
    OtherVersions,
    PlanSlice,
    RecomputationScope,
    Report,
    SilenceReport,
)
from comparators.evidence.versions import VersionChoice
from comparators.extract.version import ModelVersion
from comparators.pairs.comparison import Comparison
from comparators.pairs.examples import Chooser, example
from comparators.pairs.farthest_pairs import MAX_FARTHEST, FarthestChooser, FarthestPair, farthest_pair
from comparators.pairs.summary import Summary
from comparators.plans.known_plans import Plans
from comparators.settings import CompareSettings
from comparators.slices.conditions import Condition, Conditions
from comparators.slices.finder import Rate, SliceReport, find
from comparators.slices.sums import SliceSums
from comparators.statistics.exact import ONE
from comparators.view import View
from records.nouns import Answer, Pair
from tests.comparators.made import MS, OIP, VIEW, answer, failure, judged, observation, oip, pair

COVERAGE = {
    "requests": 0, "not_sampled": 0, "not_sampled_by": {}, "shed": {}, "recorded": 0, "skipped": {}, "waiting": 0,
    "mirrored": 0, "compared": 0, "incomparable": {}, "uncompared": 0, "uncompared_by": {}, "latency_excluded": {},
}  # fmt: skip
FROM_OUTSIDE = {
    "candidate", "route", "version", "build", "plan", "model", "head", "path", "rows", "id", "request", "asked",
    "excerpt", "why", "error", "part", "feature",
}  # fmt: skip
# In Markdown: as many ` at its end as at its beginning.
CODE_SPAN = re.compile(r"(?<!`)(`+)(?!`)(.+?)(?<!`)\1(?!`)")
HOSTILE = "</style><script>alert(1)</script>\"'`|\x1b[2J\u202e"


def whole() -> Report:
    """Two kinds of request; the candidate is slower, differs, fails and times out now and then."""
    pairs = [pair(*_way(i), target=OIP if i % 3 else f"/users/{i}/score", number=i) for i in range(900)]
    return report_of(pairs, shed={"buffer": 3}, waiting=2)


def rich() -> Report:
    """Something of everything that a report can tell: outputs of several kinds, noise, slices, and all that is left
    out, broken, on its way, or not answering."""
    coverage = {"waiting": 2, "held": 1, "uncompared": 3, "uncompared_by": {"undecided": 2}, "shed": {"buffer": 3}}
    coverage["latency_excluded"] = {"warm_up": 100}
    report = report_of([*_noisy(), *_labels(), *_texts(), *_odd()], **coverage)
    first, told = report.plans[0].plan, ModelVersion("own-version", "own-build")
    silence = SilenceReport(since="2013-07-01T00:05:00.000Z", last="2013-07-01T00:07:29.000Z", calls=41, why="refused")
    plans = [
        replace(each, epoch=7, versions={**each.versions, "candidate": told}, noise_not_listed=5)
        for each in report.plans
    ]
    return replace(
        report,
        slices=[PlanSlice(plan=first, **structs.asdict(each)) for each in _slices()],
        distance_slices=[_by_distance(first, each) for each in _slices()],
        broken=[Breakage(first, "/late", "TypeError at score.py:7")],
        left_out={"other_version": 41, "earlier": 1},
        not_answering=silence,
        asked=VersionChoice("own-build", "1"),
        since="2013-07-01T00:00:00.000Z",
        meanwhile=[OtherVersions(plan=first, versions=plans[0].versions, pairs=7, until="2013-07-01T00:06:00.000Z")],
        recomputed=RecomputationScope(over="window", pairs=220, of=1221, live_settings=False),
        plans=plans,
    )


def _noisy() -> Iterator[Pair]:
    """A score of production and candidate, and of production asked once more."""
    for i in (i for i in range(240) if i % 3):
        again = observation(_answer(i, 0.2 * (i % 7 == 0)))
        yield replace(pair(*_way(i), target=OIP, number=i), noise=again)


def _labels() -> Iterator[Pair]:
    """More pairs of labels than a table lists."""
    for i in range(60):
        yield pair(*(answer({"predictions": [f"class-{n % 30}"]}) for n in (i, 3 * i)), target="/label", number=i)


def _texts() -> Iterator[Pair]:
    """Each answer with an id of its own, at more paths than are listed."""
    for i in range(40):
        own, new = ({f"at{n}": f"{way}{i:08x}{n:04x}" for n in range(30)} for way in ("0", "1"))
        yield pair(answer(own), answer(new), target="/text", number=i)


def _odd() -> Iterator[Pair]:
    for i in range(20):
        yield pair(answer(b"odd"), answer({"x": i}), target="/odd", number=i)


def _slices() -> Sequence[SliceReport]:
    conditions = Conditions(tuple(Condition("feature", f"f{n}", "missing") for n in range(30)))
    sums = SliceSums(
        conditions=conditions.fingerprint(),
        total_n=10_000,
        total_disagreement=480 * ONE,
        n=[1000 + n for n in range(30)],
        disagreement=[(380 - n) * ONE for n in range(30)],
    )
    return find(conditions, sums, VIEW).slices


def _by_distance(plan: str, found: SliceReport) -> DistanceSlice:
    return DistanceSlice(
        plan=plan,
        head="/late",
        distance="edit distance",
        unit="share",
        words=found.words,
        source=found.source,
        feature=found.feature,
        condition=found.condition,
        within=Rate(found.n, found.value, found.lo, found.hi),
        elsewhere=found.complement,
        e_value=found.e_value or 0.0,
        e_value_needed=found.e_value_needed,
        method=found.method,
        alpha=found.alpha,
        also=tuple(each.words for each in found.also),
        also_not_listed=found.also_not_listed,
    )


def attacked() -> Report:
    """The rich one, with an attack as each text that the traffic or the settings may have put into it."""
    found = msgspec.to_builtins(rich())
    told = FROM_OUTSIDE | {"words", "also"}
    slices = {name: _attacked(found.pop(name), told) for name in ("slices", "distance_slices")}
    return msgspec.convert({**_attacked(found, FROM_OUTSIDE), **slices}, Report)


def _attacked(value: Any, outside: AbstractSet[str], at: str = "") -> Any:
    """What is ours stays: units, methods, reasons, words of a closed table, times."""
    if isinstance(value, dict):
        return {key: each if key == "outcomes" else _attacked(each, outside, key) for key, each in value.items()}
    if isinstance(value, list):
        return [_attacked(each, outside, at) for each in value]
    return f"{value}{HOSTILE}" if isinstance(value, str) and at in outside else value


def volatile() -> Report:
    """Each answer has an id of its own."""
    sides = ((answer({"score": i / 60, "trace": f"{way}-{i:012x}0"}) for way in ("own", "new")) for i in range(60))
    return report_of([pair(*both, number=i) for i, both in enumerate(sides)])


def surer() -> Report:
    """The candidate's first class is production's, and is half as sure."""
    own = (answer({"predictions": [[0.9, 0.08, 0.02], [0.8, 0.1, 0.1]]}) for _ in range(60))
    return report_of([pair(each, answer({"predictions": [[0.5, 0.3, 0.2]] * 2})) for each in own])


def empty() -> Report:
    return report_of([])


def hostile() -> Report:
    """Candidate, version, path, body keys and values: whatever comes from outside."""
    own, other = (answer({HOSTILE: [HOSTILE, value]}) for value in (1, 2))
    return report_of([pair(own, other, target=f"/{HOSTILE}")], candidate=HOSTILE, version=HOSTILE)


def report_of(
    pairs,
    candidate: str = "skewed",
    version: str = "2",
    spoil: Callable[[Summary], None] = lambda _: None,
    view: View = VIEW,
    **coverage: object,
) -> Report:
    """`spoil` may do to the sums what no batch does."""
    comparisons, summary = judged(pairs)
    spoil(summary)
    chooser = Chooser()
    plans = Plans(CompareSettings())
    counts = {"requests": len(pairs), "recorded": len(pairs), "mirrored": len(pairs), "compared": len(pairs)}
    seen = list(zip(pairs, comparisons, strict=True))
    epoch = Epoch(
        route="root",
        candidate=candidate,
        production_version=ModelVersion("1", "ab12"),
        candidate_version=ModelVersion(version),
        basis=summary.basis,
        generation=1,
    )
    return build(
        latest({1: summary}, {1: epoch}),
        candidate=candidate,
        route="root",
        coverage={**COVERAGE, **counts, **coverage},
        plans={plan.key: plan for plan in plans.missing(each.exchange for each in pairs)},
        examples=[example(each, found, view) for each, found in seen if chooser.wants(found)],
        farthest=_farthest(seen, summary, view),
        view=view,
    )


def _farthest(seen: Sequence[tuple[Pair, Comparison]], summary: Summary, view: View) -> list[FarthestPair]:
    chooser, best = FarthestChooser(), {}
    for each, found in seen:
        for place, size in chooser.wants(1, each.exchange.id, found):
            shown = (view.key(place.plan), view.shown_path(place.output))
            sums = summary.plans[place.plan].heads[place.output]
            best.setdefault(place, []).append(farthest_pair(*shown, sums, size, example(each, found, view)))
    return [each for several in best.values() for each in sorted(several, key=_nearness)[:MAX_FARTHEST]]


def _nearness(told: FarthestPair) -> float:
    return -math.inf if told.size is None else -told.size


def _way(i: int):
    own = observation(_answer(i, 0.0), MS + i % 90 * MS // 50)
    if i % 97 == 1:
        return own, failure()
    if i % 89 == 1:
        return own, answer({"error": "busy"}, 503)
    return own, observation(_answer(i, 0.3 * (i % 5 == 0)), 2 * MS + i % 90 * MS // 20)


def _answer(i: int, off: float) -> Answer:
    if i % 3:
        return answer(oip("1", late=("FP64", [1], [i / 900 + off])))
    return answer({"score": i / 900 + off})
