"""Sums over requests that production was asked twice: what both answers have in common takes no part in the excess."""

from hypothesis import given
from hypothesis import strategies as st

from comparators.compare.finding import Difference, Kind
from comparators.pairs.comparison import Comparison, Noise, OutputValues, PairedSizes
from comparators.pairs.noise_sums import MAX_NOISE_PATHS, NoiseSums, OutputNoise, PathNoise
from comparators.statistics.exact import ONE

PATHS = st.lists(st.sampled_from(["", "/id", "/items", "/items/*/id", "/items/*/n", "/score"]), max_size=4, unique=True)
SHARES = st.integers(0, ONE)


def differences(paths, kind: Kind = "value") -> tuple[Difference, ...]:
    return tuple(Difference(kind, path) for path in paths)


def made(own=(), noise=(), rows_disagreeing=0, rows=1, again=0, outputs=None) -> Comparison:
    return Comparison(
        plan="POST /a",
        wall_ns=1,
        production="200",
        candidate="200",
        timing="warm_up",
        rows_disagreeing=rows_disagreeing,
        rows=rows,
        differences=differences(own),
        noise=Noise(again, differences(noise), outputs or {}),
    )


def summed(*comparisons) -> NoiseSums:
    sums = NoiseSums()
    sums.add(comparisons)
    return sums


def counts(sums: NoiseSums) -> dict[str, tuple[int, int, int]]:
    return {path: (at.candidate, at.noise, at.common) for path, at in sums.paths.kept.items()}


def test_at_each_path_the_request_counts_once():
    """The candidate there, production itself there, and both."""
    sums = summed(made(["/id", "/score"], ["/id"]), made(["/id"], ["/id", "/score"]), made(["/id"], ["/id"]))
    assert counts(sums) == {"/id": (3, 3, 3), "/score": (1, 1, 0)}
    assert (sums.new, sums.gone, sums.n) == (1, 1, 3)


def test_nothing_below_a_difference_counts_as_the_same():
    """Where the candidate failed or has another number of items, what is below was not compared."""
    sums = summed(made([""], ["/id"]), made(["/items"], ["/items/*/id"]), made(["/items/*/id"], ["/items"]))
    assert counts(sums) == {
        "": (1, 0, 0),
        "/id": (1, 1, 1),
        "/items": (1, 1, 0),
        "/items/*/id": (2, 2, 2),
    }
    assert (sums.new, sums.gone) == (2, 1)


def test_what_agrees_and_what_is_not_listed_is_no_place():
    """A narrower float is no difference, and a request with too many paths says that it had more."""
    each = made(["/id"], [])
    each = Comparison(
        plan=each.plan,
        wall_ns=1,
        production="200",
        candidate="200",
        timing="warm_up",
        differences=(Difference("datatype", "/x"), Difference("more", "")),
        noise=Noise(0),
    )
    sums = summed(each)
    assert (sums.paths.kept, sums.new, sums.gone, sums.cut) == ({}, 0, 0, 1)


def test_shares_of_rows_are_paired_request_by_request():
    """Half of the rows against a quarter, then a quarter against all: above by a quarter, then below by three."""
    sums = summed(
        made(rows_disagreeing=2, rows=4, again=ONE // 4), made(rows_disagreeing=1, rows=4, again=ONE), made(), made()
    )
    assert (sums.n, sums.rows.candidate, sums.rows.noise) == (4, 3 * ONE // 4, 5 * ONE // 4)
    assert sums.rows.difference.told() == [(-0.75, 1.0), (0.0, 2.0), (0.25, 1.0)]


def test_differences_of_what_may_be_negative_are_up_to_twice_the_clip():
    """Both at their clips, on either side: nothing of the difference is cut off."""
    sums = OutputNoise()
    sums.add_all([OutputValues(sizes={"score.bias": PairedSizes(4.0, -4.0, 2, True)})] * 3)
    sums.add_all([OutputValues(sizes={"score.mae": PairedSizes(4.0, 0.0, 2, False)})])
    bias, absolute = (sums.sizes[name] for name in ("score.bias", "score.mae"))
    assert (bias.difference.top, bias.difference.told()) == (3, [(8.0, 3.0)])
    assert (absolute.difference.top, absolute.difference.told()) == (2, [(4.0, 1.0)])
    assert (bias.candidate.told(), bias.noise.told()) == ([(4.0, 3.0)], [(-4.0, 3.0)])


def test_a_pair_without_noise_counts_nothing():
    """All numbers are over the requests that production was asked twice."""
    each = made(["/id"], ["/id"])
    alone = Comparison(
        plan=each.plan, wall_ns=1, production="200", candidate="200", timing="warm_up", differences=each.differences
    )
    assert summed(alone) == NoiseSums()


def _request(own, noise, again, value) -> Comparison:
    shares = {"text.exact": (value, again), "text.rouge_l": (again, value)}
    sizes = {
        "score.bias": PairedSizes(value / ONE - 1, 0.5, value % 3, True),
        "score.mae": PairedSizes(0.5, 1, 0, False),
    }
    outputs = {"/x": OutputValues(shares, sizes, {"score.absolute": (value / ONE, 0.5)})}
    return made(own, noise, bool(own), 1, again, outputs)


COMPARISONS = st.builds(_request, PATHS, PATHS, SHARES, SHARES)


@given(st.lists(COMPARISONS, max_size=12), st.integers(0, 12))
def test_grouping_changes_no_bit(comparisons, cut):
    """Merged parts are the whole."""
    parts, rest = summed(*comparisons[:cut]), summed(*comparisons[cut:])
    parts.merge(rest)
    assert parts == summed(*comparisons)


@given(st.lists(COMPARISONS, min_size=1, max_size=12))
def test_a_candidate_that_answers_as_production_does_again_is_beyond_nothing(comparisons):
    """With the two exchanged, every excess is turned round."""
    turned = [made(_paths(each.noise.differences), _paths(each.differences)) for each in comparisons]
    sums, other = summed(*comparisons), summed(*turned)
    assert (sums.new, sums.gone) == (other.gone, other.new)
    assert counts(sums) == {path: (n, c, both) for path, (c, n, both) in counts(other).items()}


def _paths(found):
    return [each.path for each in found]


def test_paths_are_bounded_and_what_is_dropped_is_counted():
    """The same are kept in whichever order they came."""
    paths = [f"/p{number:04}" for number in range(MAX_NOISE_PATHS + 50)]
    comparisons = [made(paths[start : start + 50], paths[:10]) for start in range(0, len(paths), 50)]
    sums, other = summed(*comparisons), NoiseSums()
    for each in reversed(comparisons):
        other.merge(summed(each))
    assert sums == other
    assert sorted(sums.paths.kept) == paths[:MAX_NOISE_PATHS]
    assert sums.paths.dropped == 50
    assert sums.paths.kept["/p0000"] == PathNoise(candidate=1, noise=5, common=1)
