"""Production asked twice: through the comparison of pairs into sums."""

from operator import attrgetter

import msgspec
import pytest

from comparators.compare.kinds import KINDS, kind_of
from comparators.pairs.summary import NoiseSums, PlanSummary
from comparators.statistics.exact import ONE
from tests.comparators import rich
from tests.comparators.made import OIP, answer, failure, judged, observation, oip, pair


def twice(production, candidate, again, number=0, **changes):
    """One request, its two answers, and production's second one."""
    return pair(production, candidate, number=number, noise=observation(again), **changes)


def noise_of(pairs, settings=None) -> NoiseSums:
    (own,) = judged(pairs, settings).summary.plans.values()
    return own.noise


def with_id(number, score) -> object:
    return answer({"id": f"{number:016x}", "score": score})


def test_a_change_is_seen_at_its_path_though_every_answer_has_an_id_of_its_own():
    """A quarter of the scores changed; whole requests disagree always, and so does production with itself."""
    pairs = [
        twice(with_id(3 * n, 0.5), with_id(3 * n + 1, 0.5 + 0.3 * (n % 4 == 0)), with_id(3 * n + 2, 0.5), n)
        for n in range(200)
    ]
    found = noise_of(pairs)
    assert (found.n, found.rows.candidate, found.rows.noise) == (200, 200 * ONE, 200 * ONE)
    told = {path: (at.candidate, at.noise, at.common) for path, at in found.paths.kept.items()}
    assert told == {"/id": (200, 200, 200), "/score": (50, 0, 0)}
    assert (found.new, found.gone) == (50, 0)


def test_a_candidate_that_fails_differs_everywhere():
    """Its failure is beyond noise; the paths where production differs from itself don't count for it."""
    pairs = [twice(with_id(2 * n, 0.5), failure(), with_id(2 * n + 1, 0.5), n) for n in range(10)]
    found = noise_of(pairs)
    told = {path: (at.candidate, at.noise, at.common) for path, at in found.paths.kept.items()}
    assert told == {"": (10, 0, 0), "/id": (10, 10, 10)}
    assert (found.new, found.gone) == (10, 0)
    assert found.outputs == {}


def test_a_second_answer_that_fails_is_noise():
    """Without production's own failures noise would look smaller than it is."""
    found = noise_of([twice(with_id(1, 0.5), with_id(1, 0.5), failure())])
    assert (found.rows.candidate, found.rows.noise, found.new, found.gone) == (0, ONE, 0, 1)
    assert found.paths.kept[""].noise == 1


def values_at(comparison, kind):
    return next(
        values.shares for values in comparison.noise.outputs.values() if f"{kind}.disagreement" in values.shares
    )


@pytest.mark.parametrize("kind", [*KINDS])
def test_every_kind_of_output_has_values_of_each_request(kind):
    """Between 0 and 1, and the request's own whichever requests are compared with it."""
    traffic = [each for each in rich.pairs(120) if each.noise is not None]
    found = judged(traffic, rich.SETTINGS)
    values = [
        (name.partition(".")[0], pairs)
        for each in found.comparisons
        if each.noise is not None
        for of in each.noise.outputs.values()
        for name, pairs in of.shares.items()
    ]
    assert all(0 <= value <= ONE for _, pairs in values for value in pairs)
    assert (kind.removesuffix("ilities") + "ility" if kind == "probabilities" else kind) in {name for name, _ in values}
    parts = [judged(traffic[start::3], rich.SETTINGS) for start in range(3)]
    whole, merged = found.summary.total().noise, PlanSummary().noise
    for part in parts:
        merged.merge(part.summary.total().noise)
    assert merged == whole


def test_texts_are_told_by_their_similarity_to_the_first_answer():
    """The candidate's, and that of production's second answer."""
    said = [
        answer(text.encode(), headers=((b"content-type", b"text/plain"),)) for text in ("one two", "one", "one two")
    ]
    (found,) = judged([twice(*said)]).comparisons
    values = values_at(found, "text")
    assert values["text.rouge_l"] == (round(2 / 3 * ONE), ONE)
    assert values["text.exact"] == (0, ONE)


@pytest.mark.parametrize(
    ("candidate", "again", "told"),
    [
        (0.9, 0.6, (ONE, 0)),
        (0.6, 0.9, (0, ONE)),
        (0.9, 0.9, (0, 0)),
        (0.5 + 1e-9, 0.5, (0, 0)),
        (0.5 + 1e-9, 0.5 + 2e-9, (0, 0)),
        (0.2, 0.6, (ONE, 0)),
    ],
)
def test_a_score_is_farther_or_closer_than_productions_second_one(candidate, again, told):
    """By its distance; rounding is neither."""
    numbers = [answer({"predictions": [value]}) for value in (0.5, candidate, again)]
    first = twice(*[answer({"predictions": [value]}) for value in (0.25, 0.75, 0.125)])
    found = judged([first, twice(*numbers, number=1)]).comparisons[1]
    assert values_at(found, "score")["score.farther_minus_closer"] == told


def test_an_output_that_is_missing_has_no_values():
    """It stands among the paths."""
    both, one = oip(a=("FP64", [1], [0.5]), b=("FP64", [1], [0.5])), oip(a=("FP64", [1], [0.5]))
    first = twice(answer(both), answer(both), answer(both), target=OIP)
    found = judged([first, twice(answer(both), answer(one), answer(both), number=1, target=OIP)])
    whole, lacking = (each.noise.outputs.keys() for each in found.comparisons)
    assert (whole, lacking) == ({"/outputs/a", "/outputs/b"}, {"/outputs/a"})
    assert found.summary.total().noise.paths.kept["/outputs/b"].candidate == 1


def test_how_far_apart_scores_are_is_paired_and_clipped():
    """At the clip that the plan has from production's numbers."""
    asked = [(0.5, 0.75, 0.25), (1.0, 1e9, 1.5)]
    numbers = [[answer({"predictions": [value]}) for value in values] for values in asked]
    found = judged([twice(*each, number=number) for number, each in enumerate(numbers)])
    one, other = (of for each in found.comparisons for of in each.noise.outputs.values())
    most = 2.0 ** other.sizes["score.mae"].top
    assert {name: each[:2] for name, each in one.sizes.items()} == {
        "score.bias": (0.25, -0.25),
        "score.mae": (0.25, 0.25),
        "score.rmse": (0.0625, 0.0625),
    }
    assert {name: each[:2] for name, each in other.sizes.items()} == {
        "score.bias": (most, 0.5),
        "score.mae": (most, 0.5),
        "score.rmse": (most**2, 0.25),
    }
    assert [each.spread["score.absolute"] for each in (one, other)] == [(0.25, 0.25), (1e9 - 1, 0.5)]
    (own,) = found.summary.plans.values()
    (output,) = own.noise.outputs.values()
    assert output.sizes["score.mae"].difference.mean() == pytest.approx((most - 0.5) / 2)
    assert output.sizes["score.mae"].noise.mean() == pytest.approx((0.25 + 0.5) / 2)
    assert output.sizes["score.bias"].noise.mean() == pytest.approx((-0.25 + 0.5) / 2)


def test_what_is_too_large_to_square_is_left_out():
    """As it is of the score's own means; and what is no number."""
    found = judged([
        twice(*[answer({"predictions": [value]}) for value in values], number=number)
        for number, values in enumerate([(0.5, 1e200, 0.5), (0.5, None, 0.5), (0.5, 0.75, 0.5)])
    ])  # fmt: skip
    told = [of.sizes.keys() for each in found.comparisons for of in each.noise.outputs.values()]
    assert [len(each) for each in told] == [0, 0, 3]


def test_the_values_of_a_request_are_those_that_it_adds_to_its_outputs_sums():
    """Of all kinds: each mean, quantile and share of the requests that were asked twice, whichever way it is told."""
    traffic = [each for each in rich.pairs(300) if each.noise is not None]
    for plan in judged(traffic, rich.SETTINGS).summary.plans.values():
        for pointer, output in plan.noise.outputs.items():
            sums = plan.heads[pointer]
            kind = KINDS[kind_of(sums)]
            told = {each.name: each for each in kind.metrics}
            of_candidate = {each.way.quantile.of: each.sums[0] for each in kind.metrics if each.way.quantile}
            for name, own in output.sizes.items():
                assert own.candidate == attrgetter(told[name].sums[0])(sums), name
            for name, own in output.spread.items():
                assert own.candidate == attrgetter(of_candidate[name])(sums), name


@pytest.mark.parametrize("kind", ["ranking", "embedding", "boxes", "text", "bytes"])
def test_production_that_answers_alike_is_as_far_from_itself_as_a_copy(kind):
    """A candidate that gives production's second answer: both sides have the same values in everything that is told."""
    traffic = [
        msgspec.structs.replace(each, observation=each.noise) for each in rich.pairs(300) if each.noise is not None
    ]
    outputs = [
        output
        for plan in judged(traffic, rich.SETTINGS).summary.plans.values()
        for pointer, output in plan.noise.outputs.items()
        if kind_of(plan.heads[pointer]) == kind
    ]
    assert outputs
    for output in outputs:
        assert output.spread
        assert all(each.candidate == each.noise for each in (*output.spread.values(), *output.sizes.values()))
