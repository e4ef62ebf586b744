"""What a report says beyond noise, of the requests that production was asked twice: by path, and of each output. Pure.

A metric of an output that is a mean of values in [0, 1] is told three times more under its own name: of these requests
(`sampled`), of production's second answer in the candidate's place (`noise`), and the mean difference (`excess`). For
texts that differ at every call this is the question: is the candidate less similar to production than production is to
itself?
"""

from typing import NamedTuple

from msgspec import Struct

from comparators.compare.kinds import KINDS, kind_of
from comparators.compare.score_sums import FARTHER, MEAN
from comparators.evidence.request_metrics import ASKED_TWICE, noise_effect
from comparators.metrics import ways
from comparators.metrics.definition import Definition, derive
from comparators.metrics.metric import Metric
from comparators.metrics.ways import Scale, Way
from comparators.pairs.noise_sums import MAX_NOISE_PATHS, OutputNoise, PairedShares, PathNoise
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


class _Ways(NamedTuple):
    """Of the mean of a quantity and of its paired differences, and the sums that these are made of."""

    mean: Way
    excess: Way
    also: tuple[str, ...] = ()


def _against_noise(about: Definition, by: _Ways) -> tuple[Definition, ...]:
    """The three, of PairedShares or of SizesAgainstNoise."""
    sampled = about._replace(
        name=f"{about.name}.sampled",
        label=f"{about.label} where production was asked twice",
        way=by.mean,
        sums=("candidate", *by.also),
        help=f"`{about.name}` of the requests alone that production was asked twice.",
        only_where=ASKED_TWICE,
    )
    noise = sampled._replace(
        name=f"{about.name}.noise",
        better="neither",
        label=f"{about.label} of production with itself",
        sums=("noise", *by.also),
        help=f"`{about.name}` of production's second answer in the candidate's place.",
    )
    excess = sampled._replace(
        name=f"{about.name}.excess",
        label=f"{about.label} beyond noise",
        way=by.excess,
        sums=("difference", *by.also),
        help=f"The mean of the candidate's `{about.name}` less production's own on the same request.",
        signed=True,
    )
    return sampled, noise, excess


def _bounded(scale: Scale) -> _Ways:
    return _Ways(ways.where_any(ways.on(scale)), ways.where_any(ways.excess(scale)), ("n",))


def _of_score(name: str) -> Definition:
    return next(each for each in KINDS["score"].metrics if each.name == name)


_FARTHER = Definition(
    FARTHER, "share", "lower", "farther minus closer",
    ways.where_any(ways.excess(Scale())), ("difference", "n"),
    "The share of requests in which the candidate's number is farther from production's than production's second one "
    "is, less the share in which it is closer; where both are within the tolerance it is neither.",
    only_where=ASKED_TWICE, signed=True,
)  # fmt: skip

# By kind of output, by the metric that is told against noise.
AGAINST_NOISE: dict[str, dict[str, tuple[Definition, ...]]] = {
    kind: {each.name: _against_noise(each, _bounded(each.way.scale or Scale())) for each in about.means()}
    for kind, about in KINDS.items()
}
_SIZES = _Ways(ways.where_known(ways.CLIPPED_MEAN), ways.where_known(ways.CLIPPED_DIFFERENCE))
AGAINST_NOISE["score"] |= {MEAN: _against_noise(_of_score(MEAN), _SIZES), FARTHER: (_FARTHER,)}


def noise_metrics(summary: PlanSummary, pointer: str, alpha: float) -> dict[str, Metric]:
    """Of one output of this kind of request; none where production was not asked twice."""
    kind, sums = kind_of(summary.heads[pointer]), summary.noise.outputs.get(pointer)
    return {} if sums is None else told_against_noise(kind, sums, alpha, noise_effect(summary))


def told_against_noise(kind: OutputKind, sums: OutputNoise, alpha: float, effect: float = 1.0) -> dict[str, Metric]:
    """Likewise, from its sums."""
    found: dict[str, Metric] = {}
    for name, definitions in AGAINST_NOISE[kind].items():
        of = sums.sizes if name == MEAN else sums.values.get(name, PairedShares())
        found |= derive(definitions, of, alpha, effect=effect)
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
