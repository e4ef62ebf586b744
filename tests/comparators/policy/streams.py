"""Streams of compared requests with known truth, and the report on the first n of one."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from comparators.compare.label import LabelSums
from comparators.evidence.building import build
from comparators.evidence.epochs import Epoch
from comparators.evidence.gathering import latest
from comparators.evidence.report import Report
from comparators.extract.version import ModelVersion
from comparators.pairs.latencies import LatencySummary
from comparators.pairs.summary import BUCKETS, PlanSummary, Span, Summary
from comparators.statistics.exact import ONE
from tests.comparators.made import HOUR_NS, MIDNIGHT_NS, MS, VIEW
from tests.comparators.render.made import COVERAGE

Flags = NDArray[np.bool_]
Numbers = NDArray[np.float64]
PLAN, OUTPUT = "POST /predict", "/label"


class Rates(NamedTuple):
    """What is true of each request of a stream, whatever the others do."""

    disagreement: float = 0.0
    failures: float = 0.0  # of the candidate alone
    slow: float = 0.0  # the candidate alone takes a thousand times as long


class Stream(NamedTuple):
    """`users`: whose each request is; none where they are independent."""

    disagrees: Flags
    fails: Flags
    production: Numbers  # ns
    candidate: Numbers
    users: NDArray[np.int64] | None = None

    @classmethod
    def drawn(cls, random: np.random.Generator, n: int, rates: Rates, of_one_user: int = 1) -> "Stream":
        """All requests of a user, who sends `of_one_user` in a row, turn out alike; latencies are independent."""
        users = n // of_one_user + 1
        disagrees, fails, slow = (np.repeat(random.random(users) < p, of_one_user)[:n] for p in rates)
        production, own = (MS * 10 * random.lognormal(0, 0.3, n) for _ in range(2))
        candidate = np.where(slow, 1_000.0, 1.0) * own
        whose = None if of_one_user == 1 else np.repeat(random.integers(0, 2**40, users), of_one_user)[:n]
        return cls(disagrees, fails, production, candidate, whose)

    def report(self, n: int) -> Report:
        """On the first n requests."""
        summary = Summary(basis="b", plans={PLAN: self._summary(n)})
        epoch = Epoch(
            route="root", candidate="new", basis="b", generation=1,
            production_version=ModelVersion("1"), candidate_version=ModelVersion("2"),
        )  # fmt: skip
        return build(
            latest({1: summary}, {1: epoch}),
            candidate="new",
            route="root",
            coverage={**COVERAGE, **dict.fromkeys(("requests", "recorded", "mirrored", "compared"), n)},
            plans={},
            examples=[],
            view=VIEW,
        )

    def _summary(self, n: int) -> PlanSummary:
        failing, flipped = int(self.fails[:n].sum()), int((self.disagrees & ~self.fails)[:n].sum())
        both = int((self.disagrees | self.fails)[:n].sum())
        found = PlanSummary(
            span=Span(first_ns=MIDNIGHT_NS, last_ns=MIDNIGHT_NS + HOUR_NS, last_answered_ns=MIDNIGHT_NS + HOUR_NS),
            pairs=n, compared=n, disagreement=both * ONE, requests_disagreeing=both, new_failures=failing,
            latency=self._latency(n), heads={OUTPUT: _labels(n - failing, flipped)},
        )  # fmt: skip
        if self.users is not None:
            found.bucket_n = found.bucket_pairs = self._by_bucket(n, np.ones(n))
            found.bucket_disagreement = [each * ONE for each in self._by_bucket(n, (self.disagrees | self.fails)[:n])]
            found.bucket_new_failures = self._by_bucket(n, self.fails[:n])
            found.bucket_fixed_failures = [0] * BUCKETS
        return found

    def _by_bucket(self, n: int, counted: Numbers | Flags) -> list[int]:
        assert self.users is not None
        sums = np.bincount(self.users[:n] % BUCKETS, weights=counted.astype(float), minlength=BUCKETS)
        return [round(each) for each in sums]

    def _latency(self, n: int) -> LatencySummary:
        found = LatencySummary(asked=n, in_hand_production=n, in_hand_candidate=n)
        production, candidate = self.production[:n], self.candidate[:n]
        found.production.add_all(production)
        found.candidate.add_all(candidate)
        found.ratio.add_all(candidate / production)
        found.delta.add_all(candidate - production, 30)
        found.lag.add_all(np.full(n, 1.0))
        return found


def _labels(n: int, flipped: int) -> LabelSums:
    """Half of the flips in each direction."""
    up, down = flipped // 2, flipped - flipped // 2
    stay = max(0, n - flipped)
    cells = {"a\ta": stay // 2, "b\tb": stay - stay // 2, "a\tb": up, "b\ta": down}
    sums = LabelSums(n=n, rows=n, rows_disagreeing=flipped, disagreement=flipped * ONE)
    sums.cells.add_all({cell: count * ONE for cell, count in cells.items() if count})
    for name in ("a", "b"):
        of_production = sum(count for cell, count in cells.items() if cell[0] == name)
        of_candidate = sum(count for cell, count in cells.items() if cell[-1] == name)
        sums.production.add_all({name: of_production * ONE})
        sums.candidate.add_all({name: of_candidate * ONE})
    return sums
