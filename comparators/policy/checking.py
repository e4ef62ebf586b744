"""The checks of a policy on a report: each finds its metric, and says whether it keeps to its limit."""

import math
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from typing import NamedTuple

from msgspec import UNSET, UnsetType
from msgspec.structs import replace

from comparators.errors import AbsentMetric, MisspeltAddress, UnknownMetric
from comparators.evidence.distributions import sketches
from comparators.evidence.metric_index import addressed_with, distributions_of
from comparators.evidence.report import Report
from comparators.metrics.address import MetricAddress, parse
from comparators.metrics.definition import Definition
from comparators.metrics.document import MetricValue
from comparators.metrics.metric import COUNT, Metric
from comparators.metrics.rederivation import farthest, interval_at
from comparators.metrics.resolving import resolve
from comparators.metrics.way import few_units
from comparators.policy.amount import Amount
from comparators.policy.growth import times_needed
from comparators.policy.judgement import CheckResult
from comparators.policy.limit import Limit, Outcome, outcome
from comparators.policy.policy import Check, Policy
from comparators.policy.reasons import more_pairs, quoted
from comparators.render import words
from comparators.statistics.estimate import Interval
from comparators.statistics.sketch import Sketch


class CheckOutcome(NamedTuple):
    """A check and what came of it. `problem`: the policy asks for what this report cannot tell, or tells twice."""

    check: Check
    result: CheckResult
    problem: str = ""


class Alphas(NamedTuple):
    """All checks have to pass, and one of m is enough to fail."""

    passing: float
    failing: float

    @classmethod
    def of(cls, report: Report, policy: Policy) -> "Alphas":
        alpha = report.alpha if policy.alpha is None else policy.alpha
        return cls(alpha, alpha / max(1, sum(check.severity == "fail" for check in policy.checks)))

    def times(self, factor: float) -> "Alphas":
        return Alphas(self.passing * factor, self.failing * factor)


def checked(report: Report, policy: Policy, amount: Amount) -> list[CheckOutcome]:
    """In the policy's order."""
    registry = policy.registry()
    known, alphas = addressed_with(report, registry), Alphas.of(report, policy)
    found = [_checked(check, report, known, registry, alphas, amount) for check in policy.checks]
    passed = {each.result.metric for each in found if each.result.verdict == "pass"}
    return [_with_its_share(each, passed, registry) for each in found]


def _checked(
    check: Check,
    report: Report,
    known: Mapping[MetricAddress, Metric],
    registry: Mapping[str, Definition],
    alphas: Alphas,
    amount: Amount,
) -> CheckOutcome:
    try:
        wanted = parse(check.metric)
        _refuse_another(wanted, report)
        address = resolve(wanted, known, registry)
    except MisspeltAddress as error:
        return CheckOutcome(check, _without_value(check, error, registry), str(error))
    except AbsentMetric as error:
        return CheckOutcome(check, _without_value(check, error, registry))
    metric = known[address]
    of_one = alphas.times(metric.alpha / report.alpha)  # a slice's alpha is that of one of many intervals
    told = sketches(distributions_of(report, address))
    return CheckOutcome(check, _Checking(check, address, registry[address.name], metric, told, of_one, amount).result())


def _refuse_another(wanted: MetricAddress, report: Report) -> None:
    """Of another candidate or route this report will never have anything. Raises UnknownMetric."""
    for part, own in (("candidate", report.candidate), ("route", report.route)):
        if getattr(wanted, part) not in (None, own):
            raise UnknownMetric(f"{wanted} is about {part} {getattr(wanted, part)}, and what is judged is {own}")


class _Checking(NamedTuple):
    check: Check
    address: MetricAddress
    definition: Definition
    metric: Metric
    sketches: Mapping[str, Sketch]
    alphas: Alphas
    amount: Amount

    def result(self) -> CheckResult:
        found = self._outcome()
        needed = self._pairs_needed() if found == "inconclusive" else None
        shown = self._interval(self.alphas.failing if found == "fail" else self.alphas.passing)
        return CheckResult(
            metric=str(self.address),
            bound=self.check.bound,
            limit=self.check.limit,
            severity=self.check.severity,
            verdict=found,
            reason=self._reason(found, shown, needed),
            open_since=self._open_since(shown),
            unit=self.metric.unit,
            method=self.metric.method,
            signed=self.definition.is_difference,
            n=self.metric.n,
            value=_known(self.metric.value),
            lo=_known(shown.lo),
            hi=_known(shown.hi),
            alpha_to_pass=self.alphas.passing,
            alpha_to_fail=self.alphas.failing,
            pairs_needed=UNSET if needed is None else needed,
            why=self.check.why,
        )

    def _outcome(self, times: float = 1.0) -> Outcome:
        """With so many times the evidence."""
        if self._cannot_be_missed():
            return "inconclusive"
        limit = Limit(self.check.bound, self.check.limit)
        return outcome(limit, *(self._interval(alpha, times) for alpha in self.alphas))

    def _cannot_be_missed(self) -> bool:
        """By no mean of clipped values."""
        sign = 1 if self.check.bound == "max" else -1
        most = farthest(self.metric, self.definition, sign)
        return most is not None and sign * self.check.limit >= sign * most

    def _interval(self, alpha: float, times: float = 1.0) -> Interval:
        """What was counted of everything there is has no uncertainty."""
        if self.metric.method == COUNT:
            return Interval(self.metric.value, self.metric.value)
        return interval_at(alpha, self.metric, self.definition, self.sketches, times)

    def _pairs_needed(self) -> int | None:
        """None where no number will do soon, or where few units send most: more of theirs tell hardly more."""
        if few_units(self.metric.n, self._effect()):
            return None
        times = times_needed(lambda times: self._outcome(times) != "inconclusive")
        return None if times is None else max(1, math.ceil((times - 1) * self.amount.pairs))

    def _open_since(self, shown: Interval) -> str:
        """Why the end is not known that would have to keep to the limit."""
        end = shown.hi if self.check.bound == "max" else shown.lo
        return self.metric.reason if end is None else ""

    def _reason(self, found: Outcome, shown: Interval, needed: int | None) -> str:
        told = MetricValue.of(self.address, self.metric, self.definition)
        value = replace(told, lo=shown.lo, hi=shown.hi, reason=self._open_since(shown))
        said = " ".join(f"{words.value(value)} {words.interval_or_reason(value)}".split())
        measured = f"{said}; {allowed(self.check, told.unit)} is allowed"
        return f"{measured}{self._more(needed)}" if found == "inconclusive" else measured

    def _effect(self) -> float:
        return max([value for name, value in self.metric.sums.items() if name.startswith("design_effect")], default=1.0)

    def _more(self, needed: int | None) -> str:
        if needed is not None:
            of_others = " of other users" if self._effect() > 1 else ""  # those that were seen tell hardly more
            return f": {more_pairs(needed, self.amount.seconds_for(needed), of_others)} will tell"
        if self._cannot_be_missed():
            return ": values are clipped, and no mean of theirs can miss this limit"
        if few_units(self.metric.n, self._effect()):
            return ": few users send most of the requests, and more of theirs tell hardly more"
        is_known = self.metric.value is not None
        return ": too close for any number of pairs to tell soon" if is_known else ""


def allowed(limited: Check | CheckResult, unit: str) -> str:
    """The limit in words."""
    return f"{'at most' if limited.bound == 'max' else 'at least'} {words.number(limited.limit, unit)}"


def _with_its_share(each: CheckOutcome, passed: AbstractSet[str], registry: Mapping[str, Definition]) -> CheckOutcome:
    """A mean of clipped values passes where the share of those beyond the clip does, too."""
    if each.problem or each.result.verdict != "pass":
        return each
    address = parse(each.result.metric)
    beside = registry[address.name].passes_with
    if not beside or str(address._replace(name=beside)) in passed:
        return each
    reason = f"{each.result.reason}; but values are clipped, and {quoted(beside)} has not passed"
    return each._replace(result=replace(each.result, verdict="inconclusive", reason=reason))


def _without_value(
    check: Check, error: MisspeltAddress | AbsentMetric, registry: Mapping[str, Definition]
) -> CheckResult:
    """In the metric's unit, if there is such a metric."""
    definition = registry.get(check.metric.partition("@")[0])
    return CheckResult(
        metric=check.metric,
        bound=check.bound,
        limit=check.limit,
        severity=check.severity,
        verdict="inconclusive",
        reason=quoted(str(error)),
        unit=definition.unit if definition else "",
        open_since=quoted(str(error)),
        why=check.why,
    )


def _known(number: float | None) -> float | UnsetType:
    return UNSET if number is None or not math.isfinite(number) else number
