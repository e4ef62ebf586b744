"""Beyond noise: what a report says of paths and outputs, and that its intervals hold however often one looks.

UNDERSTUDY_SIMULATE=full: at full size.
"""

import math
import os
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import pytest

from comparators.compare.kinds import KINDS
from comparators.compare.wording import edit_similarity
from comparators.evidence.noise import AGAINST_NOISE, path_excesses, told_against_noise
from comparators.metrics.metric import PAIRED_MEAN, RATE, Metric
from comparators.pairs.noise_sums import NoisePaths, NoiseSums, OutputNoise, PairedShares, PathNoise
from comparators.pairs.summary import PlanSummary
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


def test_how_far_apart_scores_are_is_told_against_noise():
    """In the output's own unit, of clipped sizes; the truth is by how much one is larger than the other."""
    random = np.random.default_rng(14)
    numbers = random.normal(0, 4, 1_500)
    sides = (numbers, numbers + random.normal(0, 1, 1_500), numbers + random.normal(0, 0.25, 1_500))
    answers = ([answer({"predictions": [number]}) for number in side.tolist()] for side in sides)
    three = enumerate(zip(*answers, strict=True))
    pairs = [pair(p, c, number=number, noise=observation(n)) for number, (p, c, n) in three]
    (own,) = judged(pairs).summary.plans.values()
    (output,) = own.noise.outputs.values()
    found = told_against_noise("score", output, ALPHA)
    truth = math.sqrt(2 / math.pi) * np.array([1.0, 0.25, 0.75])
    for name, value in zip(("sampled", "noise", "excess"), truth, strict=True):
        told_as = found[f"score.mae.{name}"]
        assert told_as.lo < value < told_as.hi
        assert told_as.value == pytest.approx(value, rel=0.2)
    assert found["score.mae.excess"].lo > 0
    assert found["score.farther_minus_closer"].lo > 0


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


# ---- that it holds: streams of requests, looked at again and again


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
