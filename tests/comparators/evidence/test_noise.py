"""Beyond noise: what a report says of paths and outputs, and that its intervals hold however often one looks.

UNDERSTUDY_SIMULATE=full: at full size.
"""

import math
import os
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

import numpy as np
import pytest
from scipy import stats

from comparators.compare.kinds import KINDS
from comparators.compare.wording import edit_similarity
from comparators.evidence.noise import AGAINST_NOISE, path_excesses, told_against_noise
from comparators.metrics.metric import PAIRED_MEAN, RATE, Metric
from comparators.pairs.noise_sums import (
    NoisePaths,
    NoiseSums,
    OutputNoise,
    PairedShares,
    PathNoise,
    SizesAgainstNoise,
    SketchesAgainstNoise,
)
from comparators.pairs.summary import PlanSummary
from comparators.settings import CompareSettings, HeadSettings, OutputKind, ReadingSettings
from comparators.statistics import bets, sequences
from comparators.statistics.edges import EdgeHistogram
from comparators.statistics.exact import ONE
from tests.comparators.made import VIEW, answer, judged, observation, pair

ALPHA = 0.05
FULL = os.environ.get("UNDERSTUDY_SIMULATE") == "full"
STREAMS, LENGTH = (400, 20_000) if FULL else (60, 4_000)
ALLOWED = ALPHA + 2 * math.sqrt(ALPHA * (1 - ALPHA) / STREAMS)
LOOKS = sorted({round(10 * 1.3**step) for step in range(30) if 10 * 1.3**step <= LENGTH})


def paired(candidate: np.ndarray, noise: np.ndarray) -> PairedShares:
    """Of requests with these values."""
    sums = PairedShares()
    whole = (np.rint(each * ONE).astype(int).tolist() for each in (candidate, noise))
    sums.add_all(list(zip(*whole, strict=True)))
    return sums


def told(name: str, sums: PairedShares) -> dict[str, Metric]:
    kind = next(kind for kind, about in AGAINST_NOISE.items() if name in about)
    found = told_against_noise(kind, OutputNoise(values={name: sums}), ALPHA)
    return {metric.removeprefix(f"{name}."): value for metric, value in found.items()}


# ---- what is said


def test_raw_noise_and_excess_have_an_interval_each():
    """Of the same requests; the excess is the difference of the two."""
    found = told("text.edit_similarity", paired(np.full(400, 0.625), np.repeat([0.5, 1.0], 200)))
    assert [(name, each.value, each.n, each.method) for name, each in found.items()] == [
        ("sampled", 0.625, 400, RATE),
        ("noise", 0.75, 400, RATE),
        ("excess", -0.125, 400, PAIRED_MEAN),
    ]
    assert found["excess"].sums["edges"] == [(-0.375, 200.0), (0.125, 200.0)]
    assert all(each.lo < each.value < each.hi for each in found.values())


def test_an_excess_is_told_on_the_scale_of_its_metric():
    """A distance that lies in [0, 2] is kept as its half."""
    found = told("embedding.cosine_distance", paired(np.full(100, 0.25), np.full(100, 0.125)))
    assert [each.value for each in found.values()] == [0.5, 0.25, 0.25]
    assert found["excess"].sums["of"] == "(1 - cosine) / 2"


def test_what_both_answers_have_in_common_does_not_widen_the_interval():
    """Of requests on which production differs from itself by half, and the candidate likewise."""
    half = np.repeat([0.0, 1.0], 500)
    alike = told("json.disagreement", paired(half, half))["excess"]
    apart = sequences.rate_difference(500, 500, 1000, ALPHA)
    assert alike.value == 0.0
    assert alike.hi - alike.lo < (apart.hi - apart.lo) / 4


@pytest.mark.parametrize("kind", [*KINDS])
def test_every_kind_is_told_against_noise(kind):
    """By its disagreement at least, which is a mean over requests."""
    names = list(AGAINST_NOISE[kind])
    assert names[0].endswith(".disagreement")


def asked_twice(kind: OutputKind, requests: Iterable[Sequence[object]]) -> dict[str, Metric]:
    """What is told of the output `out`, of this kind: of each request production's value, the candidate's, and that of
    production's second answer.
    """
    settings = CompareSettings(
        heads=(HeadSettings(pointer="/out", kind=kind),),
        readings=(ReadingSettings(path="/score", outputs={"out": "/out"}),),
    )
    answers = enumerate([answer({"out": value}) for value in values] for values in requests)
    pairs = [pair(p, c, number=number, noise=observation(n)) for number, (p, c, n) in answers]
    (own,) = judged(pairs, settings).summary.plans.values()
    return told_against_noise(kind, own.noise.outputs["/out"], ALPHA)


def numbers_of(*sides: np.ndarray) -> Iterable[Sequence[list[float]]]:
    """One score a request."""
    return ([[number] for number in three] for three in np.transpose(sides).tolist())


def holds(found: dict[str, Metric], name: str, sampled: float, noise: float, excess: float, within: float) -> None:
    """Each of the three encloses the truth, and is within so much of it."""
    for told_as, truth in zip(("sampled", "noise", "excess"), (sampled, noise, excess), strict=True):
        each = found[f"{name}.{told_as}"]
        assert (each.lo or 0.0) <= truth <= (math.inf if each.hi is None else each.hi), (name, told_as)
        assert each.value == pytest.approx(truth, abs=within), (name, told_as)


def test_how_far_apart_scores_are_is_told_against_noise():
    """In the output's own unit. The candidate's δ is normal around 0.5, production's own around 0 and a quarter as
    wide: the truth is of these, and of the size of such normals.
    """
    random = np.random.default_rng(14)
    numbers = random.normal(0, 1, 2_500)
    sides = (numbers, numbers + random.normal(0.5, 1, 2_500), numbers + random.normal(0, 0.25, 2_500))
    found = asked_twice("score", numbers_of(*sides))
    own, noise = stats.foldnorm(0.5), stats.halfnorm(scale=0.25)
    holds(found, "score.bias", 0.5, 0.0, 0.5, 0.05)
    holds(found, "score.mae", own.mean(), noise.mean(), own.mean() - noise.mean(), 0.05)
    holds(found, "score.rmse", math.sqrt(1.25), 0.25, math.sqrt(1.25 - 0.0625), 0.05)
    for name, q in (("score.absolute_p50", 0.5), ("score.absolute_p99", 0.99)):
        holds(found, name, own.ppf(q), noise.ppf(q), own.ppf(q) - noise.ppf(q), 0.2)
    beyond = [f"score.{name}.excess" for name in ("bias", "mae", "rmse", "absolute_p50", "absolute_p99")]
    assert all(found[name].lo > 0 for name in (*beyond, "score.farther_minus_closer"))


def test_a_candidate_that_varies_less_than_production_has_an_rmse_below_noise():
    """An excess of squares is negative where production is farther from itself; so is its root, in the score's unit."""
    random = np.random.default_rng(15)
    numbers = random.normal(0, 1, 1_500)
    sides = (numbers, numbers + random.normal(0, 0.25, 1_500), numbers + random.normal(0, 1, 1_500))
    found = asked_twice("score", numbers_of(*sides))
    holds(found, "score.rmse", 0.25, 1.0, -math.sqrt(1 - 0.0625), 0.1)
    assert found["score.rmse.excess"].hi < 0


def boxes(scores: np.ndarray) -> list[list[dict[str, object]]]:
    """One image: a box in each place, as many as there are scores."""
    return [
        [
            {"box": [20 * at, 0, 20 * at + 10, 10], "label": "a", "score": each}
            for at, each in enumerate(scores.tolist())
        ]
    ]


def test_what_changes_in_detections_is_told_against_noise():
    """A box more in a quarter of the images, none at production; scores that fall by 0.1, and at production vary."""
    random = np.random.default_rng(16)
    requests = []
    for _ in range(1_200):
        own = random.uniform(0.4, 0.6, 4)
        other = np.append(own, [0.5] * (random.random() < 0.25)) - 0.1
        requests.append([boxes(own), boxes(other), boxes(own + random.uniform(-0.08, 0.08))])
    found = asked_twice("boxes", requests)
    holds(found, "boxes.count_change", 0.25, 0.0, 0.25, 0.05)
    holds(found, "boxes.score_change", -0.1, 0.0, -0.1, 0.01)
    holds(found, "boxes.score_change_p50", 0.1, 0.04, 0.06, 0.005)
    assert found["boxes.score_change.excess"].hi < 0 < found["boxes.score_change_p50.excess"].lo


def test_how_long_texts_are_is_told_against_noise():
    """Half as long again as production's in the median, where production's second one is as long."""
    random = np.random.default_rng(17)
    lengths = np.rint([[200, *random.uniform((200, 100), (400, 300))] for _ in range(1_200)]).astype(int).tolist()
    found = asked_twice("text", ([["x" * length] for length in three] for three in lengths))
    holds(found, "text.length_ratio_p50", 1.5, 1.0, 0.5, 0.05)
    assert [found[f"text.length_ratio_p50.{each}"].unit for each in ("sampled", "excess")] == ["ratio", "value"]
    assert found["text.length_ratio_p50.excess"].lo > 0.3


def turned(by: float) -> list[list[float]]:
    """One vector, at this angle to the first axis."""
    return [[math.cos(by), math.sin(by), *[0.0] * 62]]


def test_how_far_directions_turn_is_told_against_noise():
    """By angles that are uniform up to a half, and at production up to a quarter."""
    random = np.random.default_rng(18)
    angles = random.uniform(0, (0.5, 0.25), (2_000, 2)).tolist()
    found = asked_twice("embedding", ([turned(0.0), turned(own), turned(again)] for own, again in angles))
    own, noise = (1 - math.cos(0.95 * widest) for widest in (0.5, 0.25))
    holds(found, "embedding.cosine_distance_p95", own, noise, own - noise, 0.01)
    holds(found, "embedding.norm_ratio", 1.0, 1.0, 0.0, 1e-6)
    assert found["embedding.cosine_distance_p95.excess"].lo > 0


def test_what_is_of_one_side_alone_is_not_told_against_noise():
    """Nor how many are beyond a clip, which is there to say what a mean leaves out."""
    names = {name for about in AGAINST_NOISE.values() for name in about}
    assert names >= {"probability.far_apart", "ranking.length_change", "bytes.size_ratio_p50"}
    assert not [name for name in names if "production" in name or "candidate" in name or "beyond" in name]


def test_paths_beyond_noise_come_first_and_are_named():
    """An id that is new in each answer is beyond nothing; a change on a quarter of the scores is."""
    sums = NoiseSums(rows=PairedShares(n=200))
    sums.paths.kept = {
        "/id": PathNoise(candidate=200, noise=200, common=200),
        "/less": PathNoise(candidate=0, noise=30, common=0),
        "/rare": PathNoise(candidate=1, noise=0, common=0),
        "/score": PathNoise(candidate=50, noise=0, common=0),
    }
    found, rest = path_excesses(PlanSummary(noise=sums), VIEW)
    assert [(each.path, each.named) for each in found] == [
        ("/score", True),
        ("/rare", False),
        ("/id", False),
        ("/less", False),
    ]
    assert (found[0].candidate.value, found[0].noise.value, found[0].excess.value) == (0.25, 0.0, 0.25)
    assert found[0].excess.lo > 0.1
    assert (found[2].noise.value, found[2].excess.value) == (1.0, 0.0)
    assert rest == 0


def test_what_is_not_listed_is_counted():
    """With what was found at paths that are not even kept."""
    sums = NoiseSums(rows=PairedShares(n=10), paths=NoisePaths(dropped=7))
    sums.paths.kept = {f"/p{number:02}": PathNoise(candidate=3, noise=2, common=1) for number in range(25)}
    found, rest = path_excesses(PlanSummary(noise=sums), VIEW)
    assert (len(found), rest) == (20, 5 * 4 + 7)


# ---- that it holds: streams of requests, looked at again and again. Sizes and quantiles are further below


class Stream(NamedTuple):
    """Of `LENGTH` requests, the candidate's values and production's own; and the true mean of their difference."""

    candidate: np.ndarray
    noise: np.ndarray
    excess: float


def copies(random: np.random.Generator) -> Stream:
    """A copy of production; some requests are nearly always answered otherwise, some hardly ever."""
    by_request = random.beta(0.3, 0.6, LENGTH)
    return Stream(*((random.random(LENGTH) < by_request).astype(float) for _ in range(2)), 0.0)


def rare(random: np.random.Generator) -> Stream:
    """Both differ now and then, and the candidate more often."""
    return Stream(*((random.random(LENGTH) < rate).astype(float) for rate in (0.004, 0.001)), 0.003)


def saturated(random: np.random.Generator) -> Stream:
    """Production is nearly always another one, and so is the candidate."""
    return Stream(*((random.random(LENGTH) < 0.98).astype(float) for _ in range(2)), 0.0)


def similarities(random: np.random.Generator) -> Stream:
    """Of texts: what a request leaves open is shared, and the candidate is 0.02 less similar."""
    by_request = random.uniform(0.3, 0.8, LENGTH)
    own, again = random.uniform(-0.2, 0.2, (2, LENGTH))
    return Stream(by_request + own - 0.02, by_request + again, -0.02)


def drifting(random: np.random.Generator) -> Stream:
    """Noise that grows while one looks; the candidate stays a copy."""
    by_request = np.linspace(0.0, 0.9, LENGTH)
    return Stream(*((random.random(LENGTH) < by_request).astype(float) for _ in range(2)), 0.0)


def ever_misses(stream: Stream) -> bool:
    values, seen = EdgeHistogram(), 0
    for n in LOOKS:
        values.add_all((stream.candidate - stream.noise)[seen:n], 0)
        seen = n
        found = bets.clipped_difference(values, ALPHA)
        if not found.lo <= stream.excess <= found.hi:
            return True
    return False


@pytest.mark.slow
@pytest.mark.timeout(3600 if FULL else 120)
@pytest.mark.parametrize("draw", [copies, rare, saturated, similarities, drifting])
def test_an_excess_is_hardly_ever_missed(draw: Callable[[np.random.Generator], Stream]):
    """In at most alpha of the streams, at any look, and two standard errors."""
    random = np.random.default_rng(11)
    assert sum(ever_misses(draw(random)) for _ in range(STREAMS)) / STREAMS <= ALLOWED


@pytest.mark.slow
@pytest.mark.timeout(3600 if FULL else 120)
def test_without_a_change_no_path_is_named_at_any_look():
    """Of thirty paths, each with noise of its own, in all streams but alpha of them."""
    random = np.random.default_rng(12)
    streams = 200 if FULL else 20
    rates = np.linspace(0.01, 0.99, 30)

    def names_one() -> bool:
        own, again = (random.random((LENGTH, 30)) < rates for _ in range(2))
        candidate, noise, common = (each.cumsum(axis=0) for each in (own, again, own & again))
        return any(
            path.named
            for n in LOOKS[::2]
            for path in path_excesses(_looked(n, candidate[n - 1], noise[n - 1], common[n - 1]), VIEW)[0]
        )

    assert sum(names_one() for _ in range(streams)) / streams <= ALPHA + 2 * math.sqrt(ALPHA * (1 - ALPHA) / streams)


class Sizes(NamedTuple):
    """Of `LENGTH` requests the candidate's δ and production's own; and the true excess by metric, clipped at 2^top."""

    candidate: np.ndarray
    noise: np.ndarray
    top: int
    excess: dict[str, float]


def normal(random: np.random.Generator) -> Sizes:
    """Production's own are half as wide, and in part the candidate's, too."""
    shared, alone = random.normal(0, (0.5, math.sqrt(0.75)), (LENGTH, 2)).T
    own, noise = stats.foldnorm(0.2), stats.halfnorm(scale=0.5)
    quantiles = {f"score.absolute_p{q}": own.ppf(q / 100) - noise.ppf(q / 100) for q in (50, 99)}
    means = {"score.bias": 0.2, "score.mae": own.mean() - noise.mean(), "score.rmse": math.sqrt(1.04 - 0.25)}
    return Sizes(0.2 + shared + alone, shared, 3, means | quantiles)


def heavy(random: np.random.Generator) -> Sizes:
    """A copy of production: whatever is cut off, it is of both alike."""
    candidate, noise = random.standard_t(3, (2, LENGTH))
    names = ("bias", "mae", "rmse", "absolute_p50", "absolute_p99")
    return Sizes(candidate, noise, 3, {f"score.{name}": 0.0 for name in names})


def flips(random: np.random.Generator) -> Sizes:
    """Float noise on both sides, and one in fifty of the candidate's answers is one off: a share of which the p99 is
    one, and the median nothing but float noise.
    """
    candidate, noise = random.normal(0, 2.0**-20, (2, LENGTH))
    candidate[random.random(LENGTH) < 0.02] = 1.0
    tiny = stats.halfnorm(scale=2.0**-20)
    means = {
        "score.bias": 0.02,
        "score.mae": 0.02 - 0.02 * tiny.mean(),
        "score.rmse": math.sqrt(0.02 * (1 - 2.0**-40)),
    }
    quantiles = {
        "score.absolute_p50": tiny.ppf(0.5 / 0.98) - tiny.ppf(0.5),
        "score.absolute_p99": 1.0 - tiny.ppf(0.99),
    }
    return Sizes(candidate, noise, 0, means | quantiles)


EXCESS = {name: definitions[-1] for about in AGAINST_NOISE.values() for name, definitions in about.items()}


def ever_missed(stream: Sizes) -> set[str]:
    """Which of the excesses was wrong at some look."""
    clipped = {
        "score.bias": (stream.top, stream.top + 1, lambda values, most: np.clip(values, -most, most)),
        "score.mae": (stream.top, stream.top, lambda values, most: np.minimum(np.abs(values), most)),
        "score.rmse": (2 * stream.top, 2 * stream.top, lambda values, most: np.minimum(values**2, most)),
    }
    means = {name: SizesAgainstNoise() for name in clipped}
    spread, seen, missed = SketchesAgainstNoise(), 0, set()
    for n in LOOKS[::3]:
        candidate, noise = stream.candidate[seen:n], stream.noise[seen:n]
        seen = n
        for name, (top, top_of_difference, cut) in clipped.items():
            difference = cut(candidate, 2.0**top) - cut(noise, 2.0**top)
            means[name].difference.add_all(difference, top_of_difference)
        spread.add_all(np.abs([candidate, noise]).T)
        for name, truth in stream.excess.items():
            found = EXCESS[name].metric(means.get(name, spread), ALPHA)
            if (
                not (-math.inf if found.lo is None else found.lo)
                <= truth
                <= (math.inf if found.hi is None else found.hi)
            ):
                missed.add(name)
    return missed


@pytest.mark.slow
@pytest.mark.timeout(3600 if FULL else 120)
@pytest.mark.parametrize("draw", [normal, heavy, flips])
def test_an_excess_of_sizes_and_quantiles_is_hardly_ever_missed(draw: Callable[[np.random.Generator], Sizes]):
    """Bias, mean and root mean square difference, clipped, and two quantiles: each by itself in at most alpha of the
    streams, and two standard errors.
    """
    random = np.random.default_rng(19)
    streams = STREAMS if FULL else 40
    missed = Counter(name for _ in range(streams) for name in ever_missed(draw(random)))
    assert max(missed.values(), default=0) / streams <= ALPHA + 2 * math.sqrt(ALPHA * (1 - ALPHA) / streams), missed


@pytest.mark.slow
@pytest.mark.timeout(3600 if FULL else 120)
def test_an_excess_of_quantiles_tells_what_is_there():
    """Of ratios of which the median is a tenth larger, by 2,000 requests in nearly all streams."""
    random = np.random.default_rng(20)
    found = []
    for _ in range(20):
        spread = SketchesAgainstNoise()
        spread.add_all(np.exp(random.normal((math.log(1.1), 0.0), 0.2, (2_000, 2))))
        found.append(EXCESS["text.length_ratio_p50"].metric(spread, ALPHA))
    assert all(each.lo <= 0.1 <= each.hi for each in found)
    assert sum(each.lo > 0 for each in found) >= 18


def _looked(n: int, *counts: np.ndarray) -> PlanSummary:
    sums = NoiseSums(rows=PairedShares(n=n))
    for number, (candidate, noise, common) in enumerate(zip(*(each.tolist() for each in counts), strict=True)):
        sums.paths.kept[f"/p{number}"] = PathNoise(candidate=candidate, noise=noise, common=common)
    return PlanSummary(noise=sums)


# ---- texts that differ at every call


WORDS = [f"{first}{last}" for first in ("wi", "ra", "de", "ga", "li") for last in ("nd", "in", "lay", "te", "ne", "r")]


class Writer:
    """A model that says something else at each call: of each request's own words, and `strange` ones in between."""

    def __init__(self, strange: float) -> None:
        self._strange = strange

    def says(self, request: int, random: np.random.Generator) -> str:
        own = np.random.default_rng(request).choice(WORDS, 12)
        words = [each for each in own if random.random() < 0.8]
        return " ".join("odd" if random.random() < self._strange else each for each in words)


def true_excess(candidate: Writer, production: Writer, random: np.random.Generator) -> float:
    """From draws of their own: to production's answer, how similar the candidate is, less how similar production is."""

    def one(request: int) -> float:
        first = production.says(request, random)
        own, again = candidate.says(request, random), production.says(request, random)
        return edit_similarity(first, own) - edit_similarity(first, again)

    return float(np.mean([one(10_000 + request) for request in range(6_000)]))


PLAIN = ((b"content-type", b"text/plain"),)


@pytest.mark.slow
@pytest.mark.parametrize("strange", [0.0, 0.1])
def test_a_candidate_that_writes_as_production_does_is_as_similar_and_another_one_is_not(strange):
    """Each answer differs from each other, so that whole answers tell nothing; similarity, paired, does."""
    random = np.random.default_rng(13)
    production, candidate = Writer(0.0), Writer(strange)
    pairs = []
    for request in range(600):
        said = [writer.says(request, random) for writer in (production, candidate, production)]
        first, own, again = (observation(answer(each.encode(), headers=PLAIN)) for each in said)
        pairs.append(pair(first, own, number=request, noise=again))
    (own,) = judged(pairs).summary.plans.values()
    (output,) = own.noise.outputs.values()
    found = told_against_noise("text", output, ALPHA)
    truth = true_excess(candidate, production, random)
    excess = found["text.edit_similarity.excess"]
    assert found["text.disagreement.noise"].value > 0.9
    assert excess.lo <= truth <= excess.hi
    assert (excess.hi < 0) == (strange > 0)
    assert abs(truth) < 0.01 or strange > 0
