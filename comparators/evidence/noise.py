"""What a report says beyond noise, of the requests that production was asked twice: by path, and of each output. Pure.

A metric of an output that is a share, a mean or a quantile of what two answers have between them is told three times
more under its own name: of these requests (`sampled`), of production's second answer in the candidate's place
(`noise`), and the difference (`excess`). For texts that differ at every call this is the question: is the candidate
less similar to production than production is to itself?
"""

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

from msgspec import Struct

from comparators.compare.kinds import KINDS, is_share, kind_of
from comparators.compare.score_sums import FARTHER, RMSE
from comparators.evidence.request_metrics import ASKED_TWICE, noise_effect
from comparators.metrics import variants, ways
from comparators.metrics.definition import Definition, NamedSketch, derive, sketches
from comparators.metrics.metric import Metric
from comparators.metrics.way import Quantile, Scale, Way
from comparators.pairs.noise_sums import (
    MAX_NOISE_PATHS,
    OutputNoise,
    PairedShares,
    PathNoise,
    SizesAgainstNoise,
    SketchesAgainstNoise,
)
from comparators.pairs.summary import PlanSummary
from comparators.settings import OutputKind
from comparators.statistics.estimate import Estimate
from comparators.view import View

MAX_SHOWN = 20  # paths


class PathShare(Struct, frozen=True):
    """Of all these requests, and its interval."""

    value: float | None
    lo: float | None
    hi: float | None

    @classmethod
    def of(cls, estimate: Estimate) -> "PathShare":
        return cls(estimate.value, *estimate.interval)


class PathExcess(Struct, frozen=True, kw_only=True):
    """How often, of `n` requests, the candidate differs from production at a path or above it, how often production
    differs from itself, and the difference. `both` requests are among both. `named`: the candidate differs more, and
    with all the paths that may be kept at once the chance that this is wrong is at most alpha.
    """

    path: str
    n: int
    both: int
    candidate: PathShare
    noise: PathShare
    excess: PathShare
    named: bool


class _AgainstNoise(NamedTuple):
    """The definitions of a metric against noise, and where in an output's sums those are that they are made of."""

    definitions: tuple[Definition, ...]
    of: Callable[[OutputNoise], Any]


class _Three(NamedTuple):
    """What is told of a metric: a way and its sums for the candidate, for production itself, and for what is beyond;
    and this in words.
    """

    sampled: tuple[Way, tuple[str, ...]]
    noise: tuple[Way, tuple[str, ...]]
    excess: tuple[Way, tuple[str, ...]]
    beyond: str


def _against_noise(about: Definition) -> _AgainstNoise:
    quantile = about.way.quantile
    if quantile is not None:
        return _AgainstNoise(_definitions(about, _of_quantile(about, quantile)), partial(_spread, quantile.of))
    if is_share(about):
        return _AgainstNoise(_definitions(about, _of_share(about)), partial(_values, about.name))
    return _AgainstNoise(_definitions(about, _of_size(about)), partial(_sizes, about.name))


def _spread(distribution: str, sums: OutputNoise) -> SketchesAgainstNoise:
    return sums.spread.get(distribution, SketchesAgainstNoise())


def _values(name: str, sums: OutputNoise) -> PairedShares:
    return sums.values.get(name, PairedShares())


def _sizes(name: str, sums: OutputNoise) -> SizesAgainstNoise:
    return sums.sizes.get(name, SizesAgainstNoise())


def _of_share(about: Definition) -> _Three:
    scale = about.way.scale or Scale()
    mean, excess = variants.where_any(ways.on(scale)), variants.where_any(ways.excess(scale))
    three = (mean, ("candidate", "n")), (mean, ("noise", "n")), (excess, ("difference", "n"))
    return _Three(*three, f"The mean of the candidate's `{about.name}` less production's own on the same request.")


def _of_size(about: Definition) -> _Three:
    mean, excess = variants.where_known(about.way), ways.CLIPPED_DIFFERENCE
    words = f"The mean of the candidate's `{about.name}` less production's own on the same request, each clipped."
    if about.name == RMSE:
        excess = ways.root_of_mean(excess)
        words = (
            "The root of the mean of the candidate's δ² less production's own on the same request, each clipped; below "
            "0 where that mean is."
        )
    return _Three((mean, ("candidate",)), (mean, ("noise",)), (variants.where_known(excess), ("difference",)), words)


def _of_quantile(about: Definition, quantile: Quantile) -> _Three:
    (q, of), names = quantile, ("candidate", "noise")
    sampled, noise = (f"{of}.{each}" for each in ("sampled", "noise"))
    own, other = (variants.where_known(ways.quantile(q, each)) for each in (sampled, noise))
    excess = variants.where_known(ways.quantile_difference(q, sampled, noise))
    words = f"The candidate's `{about.name}` less production's own: each has its interval at half of alpha."
    return _Three((own, names[:1]), (other, names[1:]), (excess, names), words)


def _definitions(about: Definition, three: _Three) -> tuple[Definition, ...]:
    of_candidate, of_production, of_both = three[:3]
    sampled = about._replace(
        name=f"{about.name}.sampled",
        label=f"{about.label} where production was asked twice",
        way=of_candidate[0],
        sums=of_candidate[1],
        help=f"`{about.name}` of the requests alone that production was asked twice.",
        only_where=ASKED_TWICE,
    )
    noise = sampled._replace(
        name=f"{about.name}.noise",
        better="neither",
        label=f"{about.label} of production with itself",
        way=of_production[0],
        sums=of_production[1],
        help=f"`{about.name}` of production's second answer in the candidate's place.",
    )
    excess = sampled._replace(
        name=f"{about.name}.excess",
        unit="value" if about.unit == "ratio" else about.unit,  # a difference of ratios is no ratio
        label=f"{about.label} beyond noise",
        way=of_both[0],
        sums=of_both[1],
        help=three.beyond,
        signed=True,
    )
    return sampled, noise, excess


_FARTHER = Definition(
    FARTHER, "share", "lower", "farther minus closer",
    variants.where_any(ways.excess(Scale())), ("difference", "n"),
    "The share of requests in which the candidate's number is farther from production's than production's second one "
    "is, less the share in which it is closer; where both are within the tolerance it is neither.",
    only_where=ASKED_TWICE, signed=True,
)  # fmt: skip

# By kind of output, by the metric that is told against noise.
_ALL = {kind: {each.name: _against_noise(each) for each in about.against_noise()} for kind, about in KINDS.items()}
_ALL["score"][FARTHER] = _AgainstNoise((_FARTHER,), partial(_values, FARTHER))
AGAINST_NOISE: dict[str, dict[str, tuple[Definition, ...]]] = {
    kind: {name: each.definitions for name, each in told.items()} for kind, told in _ALL.items()
}


def noise_metrics(summary: PlanSummary, pointer: str, alpha: float) -> dict[str, Metric]:
    """Of one output of this kind of request; none where production was not asked twice."""
    kind, sums = kind_of(summary.heads[pointer]), summary.noise.outputs.get(pointer)
    return {} if sums is None else told_against_noise(kind, sums, alpha, noise_effect(summary))


def noise_sketches(summary: PlanSummary, pointer: str) -> dict[str, NamedSketch]:
    """What those metrics are quantiles of."""
    kind, sums = kind_of(summary.heads[pointer]), summary.noise.outputs.get(pointer)
    found: dict[str, NamedSketch] = {}
    if sums is not None:
        for each in _ALL[kind].values():
            found |= sketches(each.definitions, each.of(sums))
    return found


def told_against_noise(kind: OutputKind, sums: OutputNoise, alpha: float, effect: float = 1.0) -> dict[str, Metric]:
    """Likewise, from its sums."""
    found: dict[str, Metric] = {}
    for each in _ALL[kind].values():
        found |= derive(each.definitions, each.of(sums), alpha, effect=effect)
    return found


def path_excesses(summary: PlanSummary, view: View) -> tuple[list[PathExcess], int]:
    """Those where the candidate differs most beyond noise, first; and how often a difference is at a path that is not
    listed.
    """
    noise, effect = summary.noise, noise_effect(summary)
    paths = noise.paths.kept.items()
    ranked = sorted(paths, key=lambda each: (each[1].noise - each[1].candidate, -each[1].noise, each[0]))
    rest = sum(each.candidate + each.noise - each.common for _, each in ranked[MAX_SHOWN:])
    shown = [_path_excess(view.shown_path(path), own, noise.n, view.alpha, effect) for path, own in ranked[:MAX_SHOWN]]
    return shown, rest + noise.paths.dropped


def _path_excess(path: str, own: PathNoise, n: int, alpha: float, effect: float) -> PathExcess:
    together = _excess(own, n, alpha / MAX_NOISE_PATHS, effect).lo
    return PathExcess(
        path=path,
        n=n,
        both=own.common,
        candidate=PathShare.of(ways.share(own.candidate, n, alpha, effect=effect).estimate),
        noise=PathShare.of(ways.share(own.noise, n, alpha, effect=effect).estimate),
        excess=_excess(own, n, alpha, effect),
        named=together is not None and together > 0,
    )


def _excess(own: PathNoise, n: int, alpha: float, effect: float) -> PathShare:
    more, less = own.candidate - own.common, own.noise - own.common
    return PathShare.of(ways.more_less(more, less, n, alpha, effect=effect).estimate)
