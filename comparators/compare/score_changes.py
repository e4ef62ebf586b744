"""How far apart a batch's scores are, request by request, added up in ScoreSums. score.py calls `add_all`.

Of each request the mean over its numbers that are finite on both sides counts; those that are not are counted by side.
"""

import numpy as np
from numpy.typing import NDArray

from comparators.compare.extent import Extent
from comparators.compare.row_stack import Indices, Numbers
from comparators.compare.score_sums import WITHIN, ScoreSums
from comparators.compare.tolerance import Rules
from comparators.statistics import exact


def add_all(p: Numbers, c: Numbers, delta: Numbers, tolerance: Rules, extent: Extent, sums: ScoreSums) -> None:
    finite = np.isfinite(p) & np.isfinite(c)
    if not finite.all():
        _count_not_finite(p, c, sums)
        kept = finite.any(axis=1)
        p, c, delta, finite = p[kept], c[kept], delta[kept], finite[kept]
        if not len(p):
            return
        p, c, delta = (np.where(finite, each, 0.0) for each in (p, c, delta))
    counts = finite.sum(axis=1)
    with np.errstate(over="ignore", invalid="ignore"):
        means = [_means(each, counts) for each in (delta, np.abs(delta), delta * delta, p, c)]
        means += [np.ldexp(each, -extent.scale) for each in means[3:]]
        means += _within(p, c, finite, extent)
    if not all(np.isfinite(each).all() for each in means):
        small = np.logical_and.reduce([np.isfinite(each) for each in means])
        sums.not_finite["too_large"] = sums.not_finite.get("too_large", 0) + int((~small).sum())
        means = [each[small] for each in means]
    bias, absolute, square, p, c, own, other, *within = means
    _add(sums, extent, bias, absolute, square, own, other)
    if within:
        sums.add_totals(**dict(zip(WITHIN, within, strict=True)))
    sums.sides.add_all(p, c, extent)
    _add_directions(sums, p, bias, tolerance)
    _add_ranks(sums, p, c, tolerance)


def _means(values: Numbers, counts: Indices) -> Numbers:
    return values[:, 0] if values.shape[1] == 1 else values.sum(axis=1) / counts


def _within(p: Numbers, c: Numbers, finite: NDArray[np.bool_], extent: Extent) -> list[Numbers]:
    """Of requests with several numbers, how these vary about its means: variances and covariance, times 2^40."""
    if p.shape[1] == 1:
        return []
    counts = finite.sum(axis=1)
    own, other = (
        np.where(finite, np.ldexp(each - _means(each, counts)[:, np.newaxis], -extent.scale), 0.0) for each in (p, c)
    )
    return [np.ldexp(_means(each, counts), exact.BITS) for each in (own * own, other * other, own * other)]


def _add(
    sums: ScoreSums, extent: Extent, bias: Numbers, absolute: Numbers, square: Numbers, p: Numbers, c: Numbers
) -> None:
    sums.n += len(bias)
    sums.bias.add_all(bias, extent.clip)
    sums.absolute.add_all(absolute, extent.clip)
    sums.square.add_all(square, 2 * extent.clip)
    sums.beyond += int((square > 2.0 ** (2 * extent.clip)).sum())  # a mean of squares is the largest of the three
    sums.sizes.add_all(absolute)
    sums.add_moments(production=p, candidate=c)
    sums.product += exact.product(p, c)


def _add_directions(sums: ScoreSums, p: Numbers, bias: Numbers, tolerance: Rules) -> None:
    beyond = np.abs(bias) > tolerance.atol + tolerance.rtol * np.abs(p)
    sums.rose += int((beyond & (bias > 0)).sum())
    sums.fell += int((beyond & (bias < 0)).sum())


def _add_ranks(sums: ScoreSums, p: Numbers, c: Numbers, tolerance: Rules) -> None:
    """Where rounding tells two equal numbers of production's apart, their order is not the candidate's. It is relative:
    below `atol` order may be all that small scores say.
    """
    rounding = Rules(0.0, tolerance.rtol, ())
    sums.joint.add_all(p, np.where(rounding.disagree(p, c), c, p))


def _count_not_finite(p: Numbers, c: Numbers, sums: ScoreSums) -> None:
    nan = {
        "nan_production": np.isnan(p) & ~np.isnan(c),
        "nan_candidate": np.isnan(c) & ~np.isnan(p),
        "nan_both": np.isnan(p) & np.isnan(c),
        "infinite": np.isinf(p) | np.isinf(c),
    }
    for name, where in nan.items():
        if count := int(where.sum()):
            sums.not_finite[name] = sums.not_finite.get(name, 0) + count
