"""Two classifiers on the same cases: which way they differ (McNemar, and an e-value), and how far they agree (kappa).

b and c are the discordant cases: the first says one thing and the second the other, and the reverse. Tables have the
first classifier in their rows and the second in their columns, with the classes in one order. compare/label.py calls
this.

McNemar's p-values are for one look, at a size fixed beforehand. Only the e-value may be looked at while it grows.
"""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import bdtr, betaln, chdtrc

Numbers = NDArray[np.float64]
Indices = NDArray[np.int_]

_LARGEST_LOG = 700.0  # e^709.7 is the largest float


class McNemar(NamedTuple):
    """`p` is two-sided. `statistic`: min(b, c) of the exact test, else chi-square with one degree of freedom."""

    statistic: float
    p: float


class Kappa(NamedTuple):
    """`error` is the asymptotic standard error of `value`; `error_by_chance` that where agreement is chance alone."""

    value: float
    error: float
    error_by_chance: float


def discordant(table: Sequence[Sequence[float]] | Numbers) -> tuple[float, float]:
    """(b, c) of a 2 x 2 table. Raises ValueError for any other: of more classes there is no one direction."""
    cells = _checked(table)
    if cells.shape != (2, 2):
        msg = f"McNemar's test is for tables of 2 x 2, not of {' x '.join(map(str, cells.shape))}"
        raise ValueError(msg)
    return float(cells[0, 1]), float(cells[1, 0])


def mcnemar_exact(b: int, c: int) -> McNemar:
    """Two-sided binomial: twice the chance of at most min(b, c) of b + c at one half, no more than 1.

    McNemar, Psychometrika 12(2), 1947. Raises ValueError for counts below 0 or not whole.
    """
    _refuse_uncountable(b, c)
    if b != int(b) or c != int(c):
        msg = f"the exact test takes whole counts, not {b} and {c}"
        raise ValueError(msg)
    least = min(b, c)
    return McNemar(float(least), min(1.0, 2 * float(bdtr(float(least), int(b + c), 0.5))))


def mcnemar_chi2(b: float, c: float, *, corrected: bool) -> McNemar:
    """(b - c)² / (b + c), or with Edwards' continuity correction (|b - c| - 1)² / (b + c). Without cases, p is 1.

    Edwards, Psychometrika 13(3), 1948; |b - c| - 1 counts as 0 where it is below. Raises ValueError for counts below 0.
    """
    _refuse_uncountable(b, c)
    if b + c == 0:
        return McNemar(0.0, 1.0)
    statistic = max(0.0, abs(b - c) - corrected) ** 2 / (b + c)
    return McNemar(statistic, float(chdtrc(1, statistic)))


def log_e_value(b: float, c: float) -> float:
    """Log of E = 2^(b+c) · B(b+1, c+1): evidence against "as often one way as the other", valid at every size at once.

    It is the sign test's likelihood ratio, mixed uniformly over the chance θ of one way: Robbins, "Statistical methods
    related to the law of the iterated logarithm", Annals of Mathematical Statistics 41(5), 1970. Under the hypothesis
    the chance that E ever reaches x is at most 1/x (Ville).

    b and c may be sums of shares, of which each case has b >= 0, c >= 0, b + c <= 1. Its factor (2θ)^b (2 - 2θ)^c is
    convex in (b, c), so it is at most 1 - b - c + 2θb + (2 - 2θ)c; and the mean of that is 1 where b and c have one
    mean, given the cases before.

    Raises ValueError for sums that are negative or not finite.
    """
    _refuse_uncountable(b, c)
    return float((b + c) * math.log(2) + betaln(b + 1, c + 1))


def e_value(b: float, c: float) -> float:
    """E of `log_e_value`, at most e^700: a smaller one claims less, so it is valid all the same."""
    return math.exp(min(log_e_value(b, c), _LARGEST_LOG))


def anytime_p(b: float, c: float) -> float:
    """min(1, 1/E): a p-value that may be looked at whenever one likes."""
    return math.exp(-max(0.0, log_e_value(b, c)))


def kappa(table: Sequence[Sequence[float]] | Numbers, scores: Sequence[float] = ()) -> Kappa | None:
    """Cohen's kappa (Educational and Psychological Measurement 20(1), 1960) of a square table of counts.

    With a score for each class it is the weighted one, with the linear weights 1 - |s_i - s_j| / max |s_i - s_j| of
    Cicchetti and Allison (1971). None where it is not defined: without cases, and where all are of one class on both
    sides. Raises ValueError for a table that is not square, for counts below 0, and for scores that do not fit.
    """
    cells = _checked(table)
    if cells.shape[0] != cells.shape[1]:
        msg = f"kappa is for square tables, not for one of {cells.shape[0]} x {cells.shape[1]}"
        raise ValueError(msg)
    rows, columns = np.nonzero(cells)
    if not scores:
        return kappa_of_cells(rows, columns, cells[rows, columns])
    weights = _linear_weights(scores, len(cells))
    n = float(cells.sum())
    p, q = (cells.sum(axis=axis) / n if n else cells.sum(axis=axis) for axis in (1, 0))
    return _kappa(
        n=n,
        cells=cells[rows, columns],
        weights=weights[rows, columns],
        means_p=(weights @ q)[rows],
        means_q=(p @ weights)[columns],
        expected=float(p @ weights @ q),
        square=float(p @ weights**2 @ q - p @ (weights @ q) ** 2 - (p @ weights) ** 2 @ q),
    )


def kappa_of_cells(rows: Indices, columns: Indices, counts: Numbers) -> Kappa | None:
    """`kappa` of a table of which most cells are empty: each cell that is not, by its two class numbers, once.

    Counts may be sums of shares of cases, n their sum: of a case with several ratings the errors are then, if anything,
    too large, since the variance of a mean of ratings is at most that of one of them.
    """
    n = float(counts.sum())
    classes = int(max(rows.max(), columns.max())) + 1 if n else 0
    p, q = (np.bincount(side, weights=counts, minlength=classes) / n if n else np.zeros(0) for side in (rows, columns))
    expected = float(p @ q)
    return _kappa(
        n=n,
        cells=counts,
        weights=(rows == columns).astype(np.float64),
        means_p=q[rows] if n else counts,
        means_q=p[columns] if n else counts,
        expected=expected,
        square=expected - float((p * q) @ (p + q)),
    )


def _kappa(
    *, n: float, cells: Numbers, weights: Numbers, means_p: Numbers, means_q: Numbers, expected: float, square: float
) -> Kappa | None:
    """Standard errors as in Fleiss, Cohen, Everitt, "Large sample standard errors of kappa and weighted kappa",
    Psychological Bulletin 72(5), 1969.

    `weights` are those of the cells; `means_p` and `means_q` the mean weights w̄ of their row (by the columns' shares q)
    and of their column (by the rows' shares p). `expected` is Σ p_i q_j w_ij over all cells of the table, and `square`
    Σ p_i q_j w_ij² - Σ p_i w̄_i² - Σ q_j w̄_j², from which the paper's Σ p_i q_j (w_ij - w̄_i - w̄_j)² differs by
    2 · `expected`².
    """
    if n == 0 or expected >= 1:
        return None
    shares = cells / n
    value = (float(shares @ weights) - expected) / (1 - expected)
    spread = float(shares @ (weights - (means_p + means_q) * (1 - value)) ** 2) - (value - expected * (1 - value)) ** 2
    scale = math.sqrt(n) * (1 - expected)
    return Kappa(value, math.sqrt(max(0.0, spread)) / scale, math.sqrt(max(0.0, square + expected**2)) / scale)


def _linear_weights(scores: Sequence[float], classes: int) -> Numbers:
    if len(scores) != classes:
        msg = f"{len(scores)} scores for {classes} classes"
        raise ValueError(msg)
    of = np.array(scores, dtype=np.float64)
    if not np.isfinite(of).all() or of.min() == of.max():
        msg = "scores of classes are finite, and not all the same"
        raise ValueError(msg)
    apart = np.abs(of[:, None] - of[None, :])
    weights: Numbers = 1 - apart / apart.max()
    return weights


def _checked(table: Sequence[Sequence[float]] | Numbers) -> Numbers:
    cells = np.array(table, dtype=np.float64)
    if cells.ndim != 2:
        msg = f"a table has two dimensions, not {cells.ndim}"
        raise ValueError(msg)
    if not (np.isfinite(cells).all() and (cells >= 0).all()):
        msg = "a table holds counts: finite, and not below 0"
        raise ValueError(msg)
    return cells


def _refuse_uncountable(b: float, c: float) -> None:
    if not (0 <= b < math.inf and 0 <= c < math.inf):
        msg = f"discordant counts are finite and not below 0, not {b} and {c}"
        raise ValueError(msg)
