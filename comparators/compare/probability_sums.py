"""What is added up of probabilities (probabilities.py), and what is said of it: sums, metrics, tables."""

from msgspec import field

from comparators.compare import both_sides, calibration, class_flips, margins, threshold_grid
from comparators.compare.both_sides import BothSides
from comparators.compare.calibration import BINS
from comparators.compare.class_flips import ClassSums
from comparators.compare.detail import Detail, DetailRow, left_out
from comparators.compare.fitting import KindSums
from comparators.compare.label_places import PlaceSums
from comparators.compare.margins import MarginSums
from comparators.compare.threshold_grid import ThresholdSums
from comparators.metrics import variants, ways
from comparators.metrics.definition import Definition
from comparators.statistics.reports_alone import ReportsAlone

FAR = 0.1  # a total variation above it is counted
SERIOUS = 0.05  # a probability further from the threshold than this should not have crossed it
APART = {
    "invalid_production": "rows that are no distribution at production alone",
    "invalid_candidate": "rows that are no distribution at the candidate alone",
    "invalid_both": "rows that are no distribution at both",
    "shape": "rows with another number of classes",
    "names": "rows with names of classes on one side",
}


class ProbabilitySums(KindSums, tag="probabilities", kw_only=True):
    """Terms are statistics.exact's, one a request: the mean over its rows; from `described` on over those that are
    distributions on both sides, in requests that have any.
    """

    empty: int = 0  # pairs beside the `n` requests: no rows
    described: int = 0  # requests
    total_variation: int = 0
    jensen_shannon: int = 0  # in bits
    l_infinity: int = 0
    hellinger: int = 0
    argmax_flips: int = 0
    rise: int = 0  # of the top probability, where it rose
    fall: int = 0
    top: ReportsAlone[BothSides] = field(default_factory=BothSides)  # of the largest probability
    far: int = 0  # requests with a total variation above FAR
    decided: int = 0  # of the described requests, those for which a threshold was set
    decision_flips: int = 0
    serious_flips: int = 0  # of them, those of probabilities that were further than SERIOUS from the threshold
    thresholds: ReportsAlone[ThresholdSums] = field(default_factory=ThresholdSums)  # of rows that one number decides
    classes: ReportsAlone[ClassSums] = field(default_factory=ClassSums)  # which come first or, of two, are decided for
    margins: ReportsAlone[MarginSums] = field(default_factory=MarginSums)
    places: ReportsAlone[PlaceSums] = field(default_factory=PlaceSums)  # of the unfit
    without_positive: int = 0  # rows without the class that settings name; their first class decides
    apart: ReportsAlone[dict[str, int]] = field(default_factory=dict)  # rows that are not described, by reason
    bin_n: list[int] = field(default_factory=lambda: [0] * BINS)  # shares of rows, by production's probability
    bin_production: list[int] = field(default_factory=lambda: [0] * BINS)  # the probabilities of these
    bin_candidate: list[int] = field(default_factory=lambda: [0] * BINS)  # the candidate's for the same class


METRICS = (
    Definition(
        "probability.disagreement", "share", "lower", "disagreement", ways.RATE, ("disagreement", "n"),
        "The mean over requests of the share of their rows in which another class comes first or, with a threshold, is "
        "decided for.",
    ),
    Definition(
        "probability.total_variation", "value", "lower", "total variation", ways.RATE, ("total_variation", "described"),
        "The mean total variation ½Σ|p - q|.",
    ),
    Definition(
        "probability.jensen_shannon", "value", "lower", "Jensen-Shannon divergence",
        ways.RATE, ("jensen_shannon", "described"),
        "The mean Jensen-Shannon divergence in bits (Lin 1991).",
    ),
    Definition(
        "probability.l_infinity", "value", "lower", "largest difference", ways.RATE, ("l_infinity", "described"),
        "The mean of the largest difference of one class.",
    ),
    Definition(
        "probability.hellinger", "value", "lower", "Hellinger distance", ways.RATE, ("hellinger", "described"),
        "The mean Hellinger distance.",
    ),
    Definition(
        "probability.far_apart", "share", "lower", "far apart", ways.SHARE, ("far", "described"),
        f"The share of requests with a total variation above {FAR}.",
    ),
    Definition(
        "probability.argmax_flips", "share", "lower", "argmax flips", ways.RATE, ("argmax_flips", "described"),
        "The mean over requests of the share of their rows in which another class comes first.",
    ),
    Definition(
        "probability.top_change", "share", "neither", "change of the top probability",
        ways.difference_of_shares("rise", "fall"), ("rise", "fall", "described"),
        "How much surer the candidate is of its top class than production of its own: the mean of rises less falls.",
    ),
    Definition(
        "probability.decision_flips", "share", "lower", "decision flips",
        variants.where_any(ways.RATE), ("decision_flips", "decided"),
        "The mean over requests of the share of their rows that are decided otherwise at the threshold.",
        only_where="a threshold is set",
    ),
    Definition(
        "probability.serious_decision_flips", "share", "lower", "serious decision flips",
        variants.where_any(ways.RATE), ("serious_flips", "decided"),
        "The mean over requests of the share of their rows that are decided otherwise, and where production was "
        f"further than {SERIOUS} from the threshold.",
        only_where="a threshold is set",
    ),
)  # fmt: skip


def magnitudes(sums: ProbabilitySums, _alpha: float, _effect: float) -> list[Detail]:
    """How sure both sides are."""
    return both_sides.told(sums.top, "top probability")


def decisions(sums: ProbabilitySums, alpha: float, effect: float) -> list[Detail]:
    """Which decisions change: at any threshold where there are two classes, by margin, and of each class."""
    return [
        *threshold_grid.changes(sums.thresholds, alpha, effect),
        *margins.tables(sums.margins, margins.PROBABILITIES, sums.described),
        *class_flips.told(sums.classes, sums.described, alpha, effect),
    ]


def tables(sums: ProbabilitySums) -> list[Detail]:
    """What the candidate says where production says p, and what is not in these metrics."""
    bins = calibration.table(sums.bin_n, sums.bin_production, sums.bin_candidate, sums.described)
    return [*bins, *_without_positive(sums), *_left_out(sums)]


def _without_positive(sums: ProbabilitySums) -> list[Detail]:
    rows: list[DetailRow] = [("rows without the class that `positive` names", sums.without_positive)]
    title = "decided by the class that comes first"
    return [Detail(title=title, columns=("", "number"), units=("", ""), rows=rows)] if sums.without_positive else []


def _left_out(sums: ProbabilitySums) -> list[Detail]:
    apart = {APART[reason]: count for reason, count in sorted(sums.apart.items())}
    whole = {
        "requests without probabilities, or with another number of rows": sums.unfit,
        "requests without rows": sums.empty,
    }
    return left_out({**apart, **whole})
