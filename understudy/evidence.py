"""A candidate's report from what the store holds: summaries merged, coverage, versions, plans, examples.

Used by the admin API and by `understudy report`; it reads, and derives nothing itself.
"""

from collections.abc import Callable
from functools import reduce

import msgspec

from comparators.comparison import Version
from comparators.examples import Example
from comparators.extract.plan import Plan
from comparators.report import Report, build
from comparators.summary import Summary
from records.store import Store

Shown = Callable[[str], str]


async def report_of(store: Store, route: str, candidate: str, alpha: float, shown: Shown) -> Report:
    raise NotImplementedError


async def plans_in_words(store: Store, shown: Shown) -> dict[str, str]:
    raise NotImplementedError
