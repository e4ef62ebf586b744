"""Kind "bytes": bodies that nothing is known about. The same, or not; how many bytes each has is told besides.

They are compared without their content coding: gzip against plain is no difference.
"""

from collections.abc import Sequence

import numpy as np
from msgspec import field

from comparators.compare.detail import Detail
from comparators.compare.finding import AGREES, Finding, disagrees
from comparators.compare.fitting import KindSums
from comparators.compare.rules import HeadRules
from comparators.compare.size import ratios
from comparators.compare.unfit import by_equality
from comparators.extract.output import Raw, Value
from comparators.metrics import ways
from comparators.metrics.definition import Definition
from comparators.statistics.exact import ONE
from comparators.statistics.sketch import Sketch


class BytesSums(KindSums, tag="bytes", kw_only=True):
    """Of pairs that are `unfit` one side is no bytes."""

    size_ratio: Sketch = field(default_factory=Sketch)  # bytes of the candidate's / production's, one a request


def compare(pairs: Sequence[tuple[Value, Value]], rules: HeadRules) -> tuple[list[Finding], BytesSums]:
    """One Finding a pair; a body is one row."""
    sums = BytesSums()
    found = [_compare(production, candidate, rules, sums) for production, candidate in pairs]
    sizes = [(len(p.data), len(c.data)) for p, c in pairs if isinstance(p, Raw) and isinstance(c, Raw)]
    if sizes:
        both = np.array(sizes, dtype=np.float64)
        sums.size_ratio.add_all(ratios(both[:, 0], both[:, 1]))
    return found, sums


def _compare(production: Value, candidate: Value, rules: HeadRules, sums: BytesSums) -> Finding:
    if not (isinstance(production, Raw) and isinstance(candidate, Raw)):
        sums.unfit += 1
        if isinstance(production, Raw):
            return disagrees("type", rules.pointer)
        return by_equality(production, candidate, rules) or AGREES
    sums.n += 1
    if production.data == candidate.data:
        return AGREES
    sums.disagreement += ONE
    return disagrees("bytes", rules.pointer)


METRICS = (
    Definition(
        "bytes.disagreement", "share", "lower", "disagreement", ways.RATE, ("disagreement", "n"),
        "The share of requests whose bytes differ.",
    ),
    Definition(
        "bytes.size_ratio_p50", "ratio", "neither", "median size ratio",
        ways.quantile(0.5, "bytes.size_ratio"), ("size_ratio",),
        "The median of the candidate's bytes over production's on the same request.",
    ),
)  # fmt: skip


def tables(_sums: BytesSums) -> list[Detail]:
    """None: there is nothing to be told of bytes."""
    return []
