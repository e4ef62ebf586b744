"""Policies to start with, filled with a route's outputs: each check with its reason, as the file's comments.

`same-model`: another server, format or precision of the same model, whose answers agree within the tolerance.
`new-model`: other weights, whose answers differ on purpose: how often is information, what must not happen is judged.
"""

import json
from collections.abc import Iterator, Sequence
from typing import Literal, NamedTuple, get_args

from comparators.evidence.report import HeadReport, PlanReport, Report
from comparators.metrics.address import MetricAddress
from comparators.metrics.metric import DESCRIPTIVE, Metric
from comparators.policy.policy import Severity
from comparators.policy.ranges import Bound
from comparators.render import words
from ground.plurals import counted

Purpose = Literal["same-model", "new-model"]
PURPOSES: tuple[Purpose, ...] = get_args(Purpose)

MAX_KINDS, MAX_OUTPUTS = 20, 40  # that are written down one by one
_SLOWER = 2.0  # times production's p99: the limit that latencies are counted beyond
_INFORMATION = 0.2  # how often other weights may answer otherwise
_LEAST_MS = 5.0  # of it: less is the machine's noise


class _StartingCheck(NamedTuple):
    metric: MetricAddress
    bound: Bound
    limit: float
    reason: str
    severity: Severity = "fail"
    now: Metric | None = None  # as the report has it


class _Rule(NamedTuple):
    """What is demanded of an output's metric, where the report has it."""

    name: str
    bound: Bound
    limit: float
    reason: str
    severity: Severity = "fail"


def starting_policy(purpose: Purpose, report: Report) -> str:
    """TOML. A report with nothing in it says of no output what to demand: whoever asks should wait for some."""
    checks = _same_model(report) if purpose == "same-model" else _new_model(report)
    parts = [_HEAD[purpose], _EVIDENCE, *map(_written, checks)]
    if purpose == "new-model":
        parts.append(_TRUTH)
    return "\n".join(parts)


def _same_model(report: Report) -> Iterator[_StartingCheck]:
    yield from _disagreement(report, 0.005, "fail", "The same model answers the same, within the tolerance.")
    yield from _service(report)
    for plan, head in _outputs(report):
        yield from _of_output(plan, head, _BEYOND_NOISE.get(head.kind, []))


def _new_model(report: Report) -> Iterator[_StartingCheck]:
    yield from _service(report)
    reason = "Other weights answer otherwise: how often is information, and no reason to refuse them."
    yield from _disagreement(report, _INFORMATION, "warn", reason)
    outputs = _outputs(report)
    written = {(plan.plan, head.head) for plan, head in outputs if _is_bounded(head)}
    for plan in report.plans:
        left_out = [head for head in plan.heads if _is_bounded(head) and (plan.plan, head.head) not in written]
        if left_out or not any(map(_is_bounded, plan.heads)):
            yield _whole_answers(plan, len(left_out))
    for plan, head in outputs:
        yield from _of_output(plan, head, _rules(head))


def _outputs(report: Report) -> list[tuple[PlanReport, HeadReport]]:
    """Those of which checks are written."""
    return [(plan, head) for plan in report.plans[:MAX_KINDS] for head in plan.heads][:MAX_OUTPUTS]


def _is_bounded(head: HeadReport) -> bool:
    """Whether a check that can fail is written of it."""
    return any(rule.severity == "fail" and rule.name in head.metrics for rule in _rules(head))


def _whole_answers(plan: PlanReport, left_out: int) -> _StartingCheck:
    """Where nothing else would be demanded of the answers, a model that answers at random would pass."""
    rate = MetricAddress("disagreement.rate", request=plan.plan)
    reason = (
        "No output of this kind of request is known by its name, so nothing else here bounds its answers. Name them in "
        "compare.readings (docs/behaviour.md) and write this policy anew."
    )
    if left_out:
        too_long = f"{counted(left_out, 'output')} of this kind of request would make this policy too long"
        reason = f"{too_long}: write what is demanded of them."
    return _StartingCheck(rate, "max", _INFORMATION, reason, now=plan.metrics.get(rate.name))


def _disagreement(report: Report, limit: float, severity: Severity, reason: str) -> Iterator[_StartingCheck]:
    """Of all requests; of several kinds also of each, since a rare one would hardly be seen among all. Where
    production was asked twice, what it does not say twice itself is not held against the candidate.
    """
    noisy = "disagreement.excess_at_paths"
    name = noisy if noisy in report.metrics else "disagreement.rate"
    if name == noisy:
        reason += " Beyond production's own noise."
    yield _StartingCheck(MetricAddress(name), "max", limit, reason, severity, report.metrics.get(name))
    if len(report.plans) < 2:
        return
    for plan in report.plans[:MAX_KINDS]:
        own = name if name in plan.metrics else "disagreement.rate"
        address = MetricAddress(own, request=plan.plan)
        of_kind = "Of this kind of request, which the rate over all of them may hide."
        yield _StartingCheck(address, "max", 2 * limit, of_kind, severity, plan.metrics.get(own))


def _service(report: Report) -> Iterator[_StartingCheck]:
    """What any candidate owes to its clients."""
    failures = MetricAddress("errors.new_minus_fixed")
    reason = "It fails on hardly any request that production answers, less those that only it answers."
    yield _StartingCheck(failures, "max", 0.005, reason, now=report.metrics.get(failures.name))
    p99 = report.metrics.get("latency.production.p99_ms")
    if p99 is not None and p99.value is not None:
        limit_ms = _two_digits(max(_SLOWER * p99.value, _LEAST_MS))
        over = MetricAddress(f"latency.over_{limit_ms:g}ms")
        reason = (
            f"On at most 2 % more requests than production it takes longer than {limit_ms:g} ms, "
            f"which is about {_SLOWER:g} times production's p99."
        )
        yield _StartingCheck(over, "max", 0.02, reason)
    ratio = MetricAddress("latency.p99_ratio")
    reason = "A ratio of tails needs much traffic, and a fast model may well be slower: a warning."
    yield _StartingCheck(ratio, "max", 1.25, reason, "warn", report.metrics.get(ratio.name))


def _of_output(plan: PlanReport, head: HeadReport, rules: Sequence[_Rule]) -> Iterator[_StartingCheck]:
    for rule in rules:
        metric = head.metrics.get(rule.name)
        if metric is not None and metric.method != DESCRIPTIVE:
            address = MetricAddress(rule.name, request=plan.plan, output=head.head)
            yield _StartingCheck(address, rule.bound, rule.limit, rule.reason, rule.severity, metric)


def _rules(head: HeadReport) -> list[_Rule]:
    return _score_rules(head) if head.kind == "score" else _RULES.get(head.kind, [])


def _score_rules(head: HeadReport) -> list[_Rule]:
    """In shares of the clip, which comes from production's own values."""
    bias = head.metrics.get("score.bias")
    clip = float(bias.sums.get("clip") or 1.0) if bias is not None else 1.0
    about = f"Production's values are told to lie within ±{clip:g}; put here what a change is worth to you."
    return [
        _Rule("score.absolute_p99", "max", 0.1 * clip, f"How far one answer in a hundred may move. {about}"),
        _Rule("score.bias", "max", 0.01 * clip, "On average it is not higher."),
        _Rule("score.bias", "min", -0.01 * clip, "Nor lower."),
        _Rule("score.beyond", "max", 0.005, "Changes beyond the clip count as the clip in the mean: few may be."),
    ]


_RULES: dict[str, list[_Rule]] = {
    "label": [
        _Rule("label.disagreement", "max", 0.1, "How many decisions may change."),
        _Rule("label.flips_balance", "max", 0.03, "Nor may they change in one direction."),
        _Rule("label.flips_balance", "min", -0.03, "Nor in the other."),
    ],
    "probabilities": [
        _Rule("probability.decision_flips", "max", 0.1, "How many decisions may change."),
        _Rule("probability.far_apart", "max", 0.02, "How many distributions may be far apart."),
        _Rule("probability.total_variation", "max", 0.1, "How far they are apart on average."),
    ],
    "logits": [
        _Rule("logits.clear_flips", "max", 0.02, "How many clear decisions may change."),
        _Rule("logits.total_variation", "max", 0.1, "How far their distributions are apart on average."),
    ],
    "ranking": [
        _Rule("ranking.top_1_flips", "max", 0.3, "How often another item is the first."),
        _Rule("ranking.overlap_at_10", "min", 0.6, "How many of the first ten are the same."),
    ],
    "embedding": [
        _Rule("embedding.cosine_distance_p95", "max", 0.1, "Vectors of another space find nothing in an old index."),
    ],
    "boxes": [_Rule("boxes.f1", "min", 0.8, "How many boxes are found again.")],
    "text": [
        _Rule("text.refusals_new_minus_fixed", "max", 0.01, "It refuses no more than production."),
        _Rule("text.truncations_new_minus_fixed", "max", 0.01, "It is cut off no more often."),
        _Rule("text.json_validity_new_minus_fixed", "max", 0.01, "Where production writes JSON, it does."),
        _Rule("text.length_ratio_p50", "max", 1.5, "Longer texts take time, and are paid for.", "warn"),
    ],
}

_NO_WORSE = "Where production differs from itself the path tells nothing: it may be no farther off than production is."
# Of an output that production does not say twice alike; without noise there are no such metrics.
_BEYOND_NOISE: dict[str, list[_Rule]] = {
    "score": [_Rule("score.farther_minus_closer", "max", 0.1, _NO_WORSE)],
    "label": [_Rule("label.disagreement.excess", "max", 0.02, _NO_WORSE)],
    "probabilities": [_Rule("probability.total_variation.excess", "max", 0.02, _NO_WORSE)],
    "logits": [_Rule("logits.total_variation.excess", "max", 0.02, _NO_WORSE)],
    "text": [_Rule("text.edit_similarity.excess", "min", -0.05, _NO_WORSE)],
    "embedding": [_Rule("embedding.cosine_distance.excess", "max", 0.05, _NO_WORSE)],
    "ranking": [_Rule("ranking.rbo.excess", "min", -0.05, _NO_WORSE)],
    "boxes": [_Rule("boxes.f1.excess", "min", -0.05, _NO_WORSE)],
}


# ---- as TOML


def _written(check: _StartingCheck) -> str:
    lines = [f"# {check.reason}", *_as_it_is(check.now), "[[checks]]", f"metric = {json.dumps(str(check.metric))}"]
    lines.append(f"{check.bound} = {_number(check.limit)}")
    if check.severity != "fail":
        lines.append(f'severity = "{check.severity}"')
    return "\n".join(lines) + "\n"


def _as_it_is(metric: Metric | None) -> list[str]:
    if metric is None or metric.value is None:
        return []
    lo, hi = ("open" if end is None else words.number(end, metric.unit) for end in (metric.lo, metric.hi))
    return [f"# At present {words.number(metric.value, metric.unit)}, between {lo} and {hi}."]


def _number(limit: float) -> str:
    return repr(float(f"{limit:.6g}"))


def _two_digits(number: float) -> float:
    return float(f"{number:.2g}")


_HEAD: dict[Purpose, str] = {
    "same-model": """\
# Another server, format or precision of the same model: its answers have to agree with production's.
""",
    "new-model": """\
# Another model: its answers differ on purpose. What must not happen is judged; how often they differ is information.
# The limits are examples: put there what a change is worth to you.
""",
}
_EVIDENCE = """\
min_pairs = 1000      # compared requests before anything may pass
min_coverage = 0.9    # of the requests that were to be sampled
# min_duration_s = 86400      # a day, so that every hour of it is among them
# max_duration_s = 604800     # after a week without a decision it has failed
# max_evidence_age_s = 604800
# require_version = true
"""
_TRUTH = """\
# Whether the new answers are better, only the truth can tell: no check here asks for it, since no labels are joined.
"""
