"""Reports to render: a whole one, an empty one, and one whose every name is an attack."""

from collections.abc import Callable

from comparators.evidence.epochs import Epoch
from comparators.evidence.gathering import latest
from comparators.evidence.report import Report, build
from comparators.extract.version import ModelVersion
from comparators.pairs.examples import Chooser, example
from comparators.pairs.summary import Summary
from comparators.plans.plan import Plans
from comparators.settings import CompareSettings
from records.nouns import Answer
from tests.comparators.made import MS, OIP, VIEW, answer, failure, judged, observation, oip, pair

COVERAGE = {
    "requests": 0, "not_sampled": 0, "not_sampled_by": {}, "shed": {}, "recorded": 0, "skipped": {}, "waiting": 0,
    "mirrored": 0, "compared": 0, "incomparable": {}, "uncompared": 0, "latency_excluded": {},
}  # fmt: skip
HOSTILE = "</style><script>alert(1)</script>\"'`|\x1b[2J\u202e"


def whole() -> Report:
    """Two kinds of request; the candidate is slower, differs, fails and times out now and then."""
    pairs = [pair(*_way(i), target=OIP if i % 3 else f"/users/{i}/score", number=i) for i in range(900)]
    return report_of(pairs, shed={"buffer": 3}, waiting=2)


def volatile() -> Report:
    """Each answer has an id of its own."""
    sides = ((answer({"score": 1.5, "trace": f"{way}-{i:012x}0"}) for way in ("own", "new")) for i in range(60))
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
    **coverage: object,
) -> Report:
    """`spoil` may do to the sums what no batch does."""
    comparisons, summary = judged(pairs)
    spoil(summary)
    chooser = Chooser()
    plans = Plans(CompareSettings())
    counts = {"requests": len(pairs), "recorded": len(pairs), "mirrored": len(pairs), "compared": len(pairs)}
    seen = zip(pairs, comparisons, strict=True)
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
        examples=[example(each, found, VIEW) for each, found in seen if chooser.wants(found)],
        view=VIEW,
    )


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
