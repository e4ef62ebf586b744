"""What is added up of rankings (ranking.py), and what is said of it: sums, metrics, tables."""

from msgspec import field

from comparators.compare import first_items
from comparators.compare.detail import Detail
from comparators.compare.first_items import DepthSums
from comparators.compare.fitting import KindSums
from comparators.metrics import changes, variants, ways
from comparators.metrics.definition import Definition
from comparators.statistics.clips import ClippedSums
from comparators.statistics.rbo import MAX_ITEMS
from comparators.statistics.reports_alone import ReportsAlone

MAX_ROWS = 1_000  # lists of a request that are described
BINS = 20


class RankingSums(KindSums, tag="ranking", kw_only=True):
    """Terms are statistics.exact's, one a request: the mean over its lists."""

    another_first: int = 0  # shares of rows with another first item
    rbo: int = 0
    overlap: int = 0
    jaccard: int = 0
    tau_n: int = 0  # requests with a list for which tau-b is defined
    tau: int = 0  # of (1 + tau-b) / 2
    length: ClippedSums = field(default_factory=ClippedSums)  # of the candidate's lists, less production's
    repeating_production: int = 0  # requests with an item twice in one list
    repeating_candidate: int = 0
    cut: int = 0  # requests with more lists or items than are described
    depths: ReportsAlone[dict[str, DepthSums]] = field(default_factory=dict)  # by how many first items
    rbo_bins: list[int] = field(default_factory=lambda: [0] * BINS)  # requests, from 0 to 1


def _repeating(side: str) -> Definition:
    return Definition(
        f"ranking.{side}.repeating", "share", "neither", f"{side} repeats an item",
        ways.SHARE, (f"repeating_{side}", "n"),
        f"The share of requests in which a list of {side}'s has an item twice.",
    )  # fmt: skip


METRICS = (
    Definition(
        "ranking.disagreement", "share", "lower", "disagreement", ways.RATE, ("disagreement", "n"),
        "The mean over requests of the share of their lists with other first items, or in another order.",
    ),
    Definition(
        "ranking.top_1_flips", "share", "lower", "top 1 flips", ways.RATE, ("another_first", "n"),
        "The mean over requests of the share of their lists with another first item.",
    ),
    Definition(
        "ranking.rbo", "value", "higher", "rank-biased overlap", ways.RATE, ("rbo", "n"),
        "Rank-biased overlap, extrapolated, p = 0.9 (Webber, Moffat, Zobel 2010, eq. 32; ties after Corsi & Urbano, "
        "SIGIR 2024, variant b, under which a list equals its copy).",
    ),
    Definition(
        "ranking.overlap_at_10", "share", "higher", "overlap at 10", ways.RATE, ("overlap", "n"),
        "The mean over requests of the share of the first ten items that both lists have.",
    ),
    Definition(
        "ranking.jaccard", "share", "higher", "Jaccard index", ways.RATE, ("jaccard", "n"),
        "The items that both lists have over those that either has.",
    ),
    Definition(
        "ranking.tau_b", "value", "higher", "Kendall's τ-b", variants.stretched(ways.RATE, 2, -1, "(1 + tau_b) / 2"),
        ("tau", "tau_n"),
        "Kendall's τ-b of the items that both lists have, in [-1, 1]; the interval is that of (1 + τ) / 2, stretched; "
        "requests without one are left out.",
    ),
    *changes.of_change("ranking.length_change", "length change", "length", "the change of a list's length"),
    _repeating("production"),
    _repeating("candidate"),
)  # fmt: skip


def magnitudes(sums: RankingSums, alpha: float, effect: float) -> list[Detail]:
    """How far lists agree in their first items."""
    return first_items.table(sums.depths, sums.n, alpha, effect)


def tables(sums: RankingSums) -> list[Detail]:
    bins = [(f"{at / BINS:.2f} to {(at + 1) / BINS:.2f}", count) for at, count in enumerate(sums.rbo_bins) if count]
    left = [
        ("other forms than lists of items, or another number of lists", sums.unfit),
        (f"more than {MAX_ROWS:,} lists, or {MAX_ITEMS} items in one: the first were described", sums.cut),
    ]
    return [
        Detail(title=title, columns=(column, "requests"), units=("", ""), rows=list(rows))
        for title, column, rows in (
            ("rank-biased overlap with production's list", "mean of a request", bins),
            ("lists not described in full", "", [each for each in left if each[1]]),
        )
        if rows
    ]
