"""What the numbers must be and should be (docs/design.md, performance budgets), and how far they are.

Nearly all are ratios within one run on one machine: an absolute rate would say which machine it was. Called with
figures, returns judgements; prints nothing.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    what: str
    must: float
    goal: float
    at_least: bool = True  # else: at most
    unit: str = "times"


NGINX_MIRROR = Budget(what="throughput per core against nginx `mirror`", must=1.6, goal=3.0)
ENVOY_MIRROR = Budget(what="the same against Envoy, mirroring", must=2.0, goal=3.5)
NGINX_PLAIN = Budget(what="the same against nginx, plain", must=0.35, goal=0.8)
OWN_HEADS = {
    NGINX_MIRROR: Budget(what="each head its own, against nginx `mirror`", must=1.1, goal=2.0),
    ENVOY_MIRROR: Budget(what="each head its own, against Envoy, mirroring", must=1.4, goal=2.5),
    NGINX_PLAIN: Budget(what="each head its own, against nginx, plain", must=0.25, goal=0.5),
}
LARGE_NGINX = Budget(
    what="CPU a request, answers of 22 KB, against nginx `mirror`", must=0.85, goal=0.7, at_least=False
)
LARGE_ENVOY = Budget(
    what="CPU a request, answers of 22 KB, against Envoy, mirroring", must=0.65, goal=0.55, at_least=False
)
FAULT_THROUGHPUT = Budget(what="throughput in the worst fault against no candidate", must=0.95, goal=0.98)
FAULT_P99 = Budget(what="p99 in the worst fault against no candidate", must=1.1, goal=1.05, at_least=False)
# By what is compared, from record bytes to summary (made_pairs.MAKERS).
COMPARISON = {
    what: Budget(what=f"comparison against its floor, {what}", must=must, goal=goal, at_least=False)
    for what, must, goal in (
        ("JSON tensors of 10 numbers", 6, 3),
        ("binary tensors of 10 numbers", 6, 3),
        ("JSON documents of 50 leaves", 10, 5),
        ("texts of 200 words", 25, 12),
    )
}
REPORT = Budget(what="report from the summary of 1,000,000 pairs", must=0.3, goal=0.1, at_least=False, unit="s")
SCRAPE = Budget(what="a scrape with a week of hours, CPU", must=10.0, goal=2.0, at_least=False, unit="ms")
APART = Budget(
    what="added where head and body are written apart", must=5.0, goal=1.0, at_least=False, unit="ms"
)  # a delayed acknowledgement is 40
REPLAY = Budget(what="replay, answers captured", must=12_000, goal=20_000, unit="req/s/core")
# Of bursts at ten times their speed.
REPLAY_END = Budget(what="replay, ends later than its plan", must=5.0, goal=5.0, at_least=False, unit="ms")
REPLAY_PAUSES = Budget(what="replay, pauses off by (1-Wasserstein)", must=200, goal=200, at_least=False, unit="µs")
REPLAY_P50 = Budget(what="replay, lag p50", must=300, goal=300, at_least=False, unit="µs")
REPLAY_P99 = Budget(what="replay, lag p99", must=2_000, goal=2_000, at_least=False, unit="µs")
STARTUP = {
    option: Budget(what=f"`understudy {option}`", must=0.3, goal=0.3, at_least=False, unit="s")
    for option in ("--help", "--version")
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    budget: Budget
    value: float | None  # None: not measured in this run
    because: str = ""

    def _meets(self, bound: float) -> bool:
        return self.value is not None and (self.value >= bound if self.budget.at_least else self.value <= bound)

    @property
    def missed(self) -> bool:
        return self.value is not None and not self._meets(self.budget.must)

    def said(self) -> str:
        if self.value is None:
            return f"not measured: {self.because}"
        if self._meets(self.budget.goal):
            return "goal met"
        share = self.value / self.budget.goal
        if self.missed:
            return f"MISSED; {self.value / self.budget.must:.0%} of the must"
        return f"must met; {share:.0%} of the goal"
