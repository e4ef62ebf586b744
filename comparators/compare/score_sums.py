"""What is added up of scores (score.py), and what is said of it: sums, metrics, tables.

The sums describe how far apart the numbers are: a request counts once, with the mean over its numbers; it rose or fell
where that mean changed by more than the tolerance.

Concordance is Lin's over single numbers, of which a request's weigh together as much as another's: the moments are
those of the requests' means, and those of the numbers about these.

Rank agreement is Kendall's tau-b (Biometrika 33(3), "The treatment of ties in ranking problems") over a joint histogram
of both scores (joint_histogram.py), in which a candidate's number within `rtol` of production's counts as the same.
"""

from msgspec import field

from comparators.compare import both_sides, difference_sizes, row_dimensions
from comparators.compare.both_sides import BothSides
from comparators.compare.detail import Detail, DetailRow, left_out
from comparators.compare.difference_sizes import DifferenceSums
from comparators.compare.label_places import PlaceSums
from comparators.compare.margins import MarginSums
from comparators.compare.row_dimensions import DimensionSums
from comparators.compare.threshold_grid import ThresholdSums
from comparators.metrics import metric, variants, ways
from comparators.metrics.definition import Definition
from comparators.metrics.metric import Derivation
from comparators.metrics.way import Way
from comparators.statistics import agreement
from comparators.statistics.edges import EdgeHistogram
from comparators.statistics.joint_histogram import JointHistogram
from comparators.statistics.reports_alone import ReportsAlone
from comparators.statistics.sketch import Sketch
from comparators.statistics.sums import Sums

MEAN = "score.mae"
RMSE = "score.rmse"
# Of the numbers within a request, about its means: both variances and the covariance.
WITHIN = ("production_within", "candidate_within", "product_within")
FARTHER = "score.farther_minus_closer"  # a metric of requests that production was asked twice

_LEFT_OUT = {
    "nan_production": "numbers of production that are not a number",
    "nan_candidate": "numbers of the candidate that are not a number",
    "nan_both": "numbers that are not a number on both sides",
    "infinite": "numbers that are infinite",
    "too_large": "requests whose numbers are too large to square",
}


class ScoreSums(Sums, tag="score", kw_only=True):
    """Of each request the mean over its numbers that are finite on both sides, δ being c - p. Differences are clipped
    as the plan's extent says, squares at the square of that; moments are statistics.exact's, of numbers in units of the
    extent's scale.
    """

    compared: int = 0
    unfit: int = 0  # requests beside them: no numbers, or another shape
    disagreement: int = field(default=0, name="disagreeing")  # shares of rows
    n: int = 0  # requests with numbers that are finite on both sides
    bias: EdgeHistogram = field(default_factory=EdgeHistogram)  # of δ
    absolute: EdgeHistogram = field(default_factory=EdgeHistogram)  # of |δ|
    square: EdgeHistogram = field(default_factory=EdgeHistogram)  # of δ²
    beyond: int = 0  # requests of which any of the three is beyond its clip
    sizes: Sketch = field(default_factory=Sketch)  # of |δ|
    # of all compared requests with numbers
    differences: ReportsAlone[DifferenceSums] = field(default_factory=DifferenceSums)
    dimensions: ReportsAlone[DimensionSums] = field(default_factory=DimensionSums)
    production: int = 0
    production_squares: int = 0
    candidate: int = 0
    candidate_squares: int = 0
    product: int = 0
    # WITHIN, as squares and product are: in multiples of 2^-80.
    production_within: int = 0
    candidate_within: int = 0
    product_within: int = 0
    rose: int = 0  # requests whose mean rose beyond the tolerance
    fell: int = 0
    rows: int = 0
    rows_disagreeing: int = 0
    decided: int = 0  # requests for which a threshold was set
    upward: int = 0  # requests with a number that moved up across the threshold
    downward: int = 0
    vectors: int = 0  # requests with several numbers a row
    argmax_flips: int = 0  # shares of their rows with another largest number
    too_small: int = 0  # requests whose numbers are within atol of zero on both sides, but for those that are all zero
    not_finite: ReportsAlone[dict[str, int]] = field(default_factory=dict)  # numbers, by side
    joint: JointHistogram = field(default_factory=JointHistogram)  # of production's mean and the candidate's
    sides: ReportsAlone[BothSides] = field(default_factory=BothSides)  # of these, each by itself
    thresholds: ReportsAlone[ThresholdSums] = field(default_factory=ThresholdSums)  # where all numbers lie in [0, 1]
    margins: ReportsAlone[MarginSums] = field(default_factory=MarginSums)  # of these, from the threshold that is set
    places: ReportsAlone[PlaceSums] = field(default_factory=PlaceSums)  # of the unfit


def _across(upward: int, downward: int, n: int, alpha: float, *, effect: float = 1.0) -> Derivation | None:
    if not (upward or downward):
        return None
    return ways.paired_difference(upward, downward, n, alpha, ("upward", "downward"), effect=effect)


def _concordance(n: int, p: int, pp: int, c: int, cc: int, pc: int, *within: int) -> Derivation:
    """Over single numbers: what a request's numbers vary about its mean is added to what the means vary."""
    own, other, both = within
    value = agreement.concordance(n, p, pp + own, c, cc + other, pc + both)
    return ways.described(value, n, {"n": n}, "neither side varies" if value is None and n else "")


def _rank_agreement(joint: JointHistogram) -> Derivation:
    n = joint.n
    value = agreement.tau_b(joint)
    return ways.described(value, n, {"n": n}, "one side does not vary" if value is None and n else "")


_BEYOND = "score.beyond"
METRICS = (
    Definition(
        "score.disagreement", "share", "lower", "disagreement", ways.RATE, ("disagreement", "compared"),
        "The mean over requests of the share of their rows with a number beyond the tolerance or, with a threshold, on "
        "its other side.",
    ),
    Definition(
        "score.bias", "value", "neither", "bias", ways.CLIPPED_DIFFERENCE, ("bias",),
        "The mean of δ, the candidate's number less production's, clipped.", signed=True, passes_with=_BEYOND,
    ),
    Definition(
        MEAN, "value", "lower", "mean absolute difference", ways.CLIPPED_MEAN, ("absolute",),
        "The mean of |δ|, clipped.", passes_with=_BEYOND,
    ),
    Definition(
        RMSE, "value", "lower", "root mean square difference",
        ways.root_of_mean(ways.CLIPPED_MEAN), ("square",),
        "The root of the mean of δ², each clipped at the square of the clip; the interval's ends are rooted likewise.",
        passes_with=_BEYOND,
    ),
    Definition(
        _BEYOND, "share", "lower", "beyond the clip", ways.SHARE, ("beyond", "n"),
        "The share of requests whose δ is beyond the clip, and counts in the means as the clip.",
    ),
    Definition(
        "score.absolute_p50", "value", "lower", "median absolute difference",
        ways.quantile(0.5, "score.absolute"), ("sizes",), "The p50 of |δ|.",
    ),
    Definition(
        "score.absolute_p99", "value", "lower", "p99 absolute difference",
        ways.quantile(0.99, "score.absolute"), ("sizes",), "The p99 of |δ|.",
    ),
    Definition(
        "score.above_minus_below", "share", "neither", "above minus below",
        ways.difference("above", "below"), ("rose", "fell", "n"),
        "The share of requests whose mean rose by more than the tolerance, less the share of those whose mean fell so.",
    ),
    Definition(
        "score.concordance", "value", "higher", "concordance", ways.descriptive(_concordance),
        ("n", "production", "production_squares", "candidate", "candidate_squares", "product", *WITHIN),
        "Lin's coefficient 2 s_pc / (s_p² + s_c² + (p̄ - c̄)²) (Biometrics 45(1), 1989) over single numbers; those of a "
        "request weigh together as much as those of any other.",
    ),
    Definition(
        "score.rank_agreement", "value", "higher", "rank agreement of requests' means",
        ways.descriptive(_rank_agreement), ("joint",),
        "Kendall's τ-b of the requests' means, over a joint histogram of at most 64 bins a side, as fine as the scores "
        "need; means within `rtol` of each other are equal. It tells nothing of the order within a request.",
    ),
    Definition(
        "score.argmax_flips", "share", "lower", "argmax flips",
        variants.where_any(ways.RATE), ("argmax_flips", "vectors"),
        "The mean over requests of the share of their rows in which another number is the largest: as of logits.",
        only_where="rows have several numbers",
    ),
    Definition(
        "score.upward_minus_downward", "share", "neither", "upward minus downward",
        Way(metric.DIFFERENCE, _across, again=ways.difference_again("upward", "downward")), ("upward", "downward", "n"),
        "The share of requests with a number that moved up across the threshold, less the share of the reverse.",
        only_where="a threshold is set, and a number crossed it",
    ),
)  # fmt: skip


def magnitudes(sums: ScoreSums, alpha: float, effect: float) -> list[Detail]:
    """How far apart the numbers are, and which of several in a row."""
    clip = 2.0 ** (sums.absolute.top or 0)
    apart = difference_sizes.magnitudes(sums.differences, alpha, effect)
    return [*both_sides.told(sums.sides, _values(sums)), *apart, *row_dimensions.most(sums.dimensions, clip)]


def _values(sums: ScoreSums) -> str:
    are_means = sums.production_within or sums.candidate_within or sums.rows > sums.compared
    return "means of requests' values" if are_means else "values"


def tables(sums: ScoreSums) -> list[Detail]:
    not_finite = {_LEFT_OUT[name]: count for name, count in sorted(sums.not_finite.items())}
    missing = left_out({**not_finite, "requests without numbers, or with another shape": sums.unfit})
    return [*_within_atol(sums), *missing]


def _within_atol(sums: ScoreSums) -> list[Detail]:
    """Where no difference of most requests could be found."""
    if 2 * sums.too_small <= sums.n:
        return []
    title = "within atol of zero on both sides, so that no difference counts: set a smaller atol for this output"
    rows: list[DetailRow] = [("all numbers of a request", sums.too_small)]
    return [Detail(title=title, columns=("", "requests"), units=("", ""), rows=rows)]
