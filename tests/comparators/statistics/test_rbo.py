"""Agreement of rankings: published numbers, closed forms, the definition of ties, scipy's tau-b, and edges."""

import math
import random
from itertools import permutations, product

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import kendalltau

from comparators.statistics.rbo import MAX_ITEMS, average_overlap, length, overlap_at, ranked, rbo, tau_b

VARIANTS = ("w", "a", "b")

# The example in the README of julian-urbano/sigir2024-rbo.
RED = (("red",), ("blue", "green"), ("yellow",), ("pink",))
BLUE = (("blue", "red"), ("white",), ("yellow", "black", "purple"), ("green",))


def cut(items, ends):
    """The items as a ranking whose ties end where `ends` says."""
    ties = [[]]
    for item, ends_here in zip(items, ends, strict=False):
        ties[-1].append(item)
        if ends_here:
            ties.append([])
    return tuple(tuple(tie) for tie in ties if tie)


RANKINGS = st.builds(
    lambda items, size, ends: cut(items[:size], ends),
    st.permutations("abcdefghij"),
    st.integers(0, 10),
    st.lists(st.booleans(), min_size=10, max_size=10),
)
UNTIED = st.builds(lambda items, size: ranked(items[:size]), st.permutations("abcdefghijkl"), st.integers(1, 12))


# ---- published numbers


@pytest.mark.parametrize(("depth", "expected"), list(enumerate([0, 0, 0.222, 0.292, 0.313, 0.317, 0.312], start=1)))
def test_average_overlap_is_that_of_the_papers_figure(depth, expected):
    """Webber et al. 2010, figure 5."""
    assert average_overlap(ranked("abcdefg"), ranked("zcavwxy"), depth) == pytest.approx(expected, abs=5e-4)


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [("abcde", "bacde", 0.8), ("abcde", "abced", 0.95), ("123", "132", 0.8333333333)],
)
def test_average_overlap_over_whole_lists(a, b, expected):
    """dlukes/rbo's and changyaochen/rbo's examples (the last is their RBO at p = 1)."""
    assert average_overlap(ranked(a), ranked(b), len(a)) == pytest.approx(expected)


def test_a_list_and_itself():
    """dlukes/rbo: min .767, residual .233, extrapolated 1."""
    found = rbo(ranked("abcdefg"), ranked("abcdefg"), 0.9)
    assert found.least == pytest.approx(0.767, abs=5e-4)
    assert found.residual == pytest.approx(0.233, abs=5e-4)
    assert found.extrapolated == pytest.approx(1.0, abs=1e-15)
    assert rbo(ranked("abcdefgh"), ranked("abcdefg"), 0.9).least == pytest.approx(0.767, abs=5e-4)


@pytest.mark.parametrize(
    ("a", "b", "expected"), [("abcdefg", "bacdefg", 0.9), ([1, 2, 3, 4, 5], [2, 3, 4, 1, 5], 0.828)]
)
def test_extrapolated_even_lists(a, b, expected):
    """dlukes/rbo's, and b4ny4n/rankmeasures' example."""
    assert rbo(ranked(a), ranked(b), 0.9).extrapolated == pytest.approx(expected, abs=5e-4)


@pytest.mark.parametrize(
    ("variant", "extrapolated", "least", "most"),
    [
        ("a", 0.6922853, 0.3310519, 0.8930692),
        ("w", 0.7068257, 0.3429684, 0.9049857),
        ("b", 0.7207131, 0.3509163, 0.9129336),
    ],
)
def test_ties_are_those_of_corsi_and_urbano(variant, extrapolated, least, most):
    """Their README (sigir2024-rbo 0338fd9), all seven digits, in either order of the two."""
    for found in (rbo(RED, BLUE, 0.95, variant), rbo(BLUE, RED, 0.95, variant)):
        assert found == pytest.approx((extrapolated, least, most), abs=5e-8)
        assert found.residual == pytest.approx(0.5620173, abs=1e-7)


def test_kendalls_tau_b_is_scipys_example():
    """The docstring of scipy.stats.kendalltau."""
    assert tau_b([12, 2, 1, 12, 2], [1, 4, 7, 1, 0]) == pytest.approx(-0.47140452079103173, abs=1e-15)


# ---- closed forms and definitions


def overlaps(a, b):
    """X_1 … X_l of untied lists, by sets; a list that has ended stays as it was."""
    return [len(set(a[:d]) & set(b[:d])) for d in range(1, max(len(a), len(b)) + 1)]


def equation_32(a, b, p):
    s, n = sorted((len(a), len(b)))
    x = [None, *overlaps(a, b)]
    seen = sum(x[d] / d * p**d for d in range(1, n + 1))
    goes_on = sum(x[s] * (d - s) / (s * d) * p**d for d in range(s + 1, n + 1))
    return (1 - p) / p * (seen + goes_on) + ((x[n] - x[s]) / n + x[s] / s) * p**n


def equation_11(a, b, p):
    x = overlaps(a, b)
    seen = sum((x_d - x[-1]) * p**d / d for d, x_d in enumerate(x, 1))
    return (1 - p) / p * (seen - x[-1] * math.log(1 - p))


def equation_30(a, b, p):
    s, n = sorted((len(a), len(b)))
    last = overlaps(a, b)[-1]
    f = n + s - last
    tail = s * sum(p**d / d for d in range(s + 1, f + 1))
    tail += n * sum(p**d / d for d in range(n + 1, f + 1))
    tail += last * (math.log(1 / (1 - p)) - sum(p**d / d for d in range(1, f + 1)))
    return p**s + p**n - p**f - (1 - p) / p * tail


@given(UNTIED, UNTIED, st.sampled_from([0.5, 0.9, 0.98]), st.sampled_from(VARIANTS))
def test_without_ties_all_variants_are_webbers_equations(a, b, p, variant):
    """Extrapolated is equation 32, the lower bound equation 11, the residual equation 30, at any two lengths."""
    own, other = ([item for tie in each for item in tie] for each in (a, b))
    found = rbo(a, b, p, variant)
    assert found.extrapolated == pytest.approx(equation_32(own, other, p), abs=1e-12)
    assert found.least == pytest.approx(equation_11(own, other, p), abs=1e-12)
    assert found.residual == pytest.approx(equation_30(own, other, p), abs=1e-12)


def test_the_uneven_residual_is_the_papers():
    """dlukes/rbo prints .239, which has its own tie adjustment in it; equation 30 says .233."""
    assert rbo(ranked("abcdefg"), ranked("abcdefghijklmnopqrstuvwxyz"), 0.9).residual == pytest.approx(0.233, abs=5e-4)


def contributions(ranking, depth, variant):
    """By definition: for how much each item counts at a depth."""
    found, above = {}, 0
    for tie in ranking:
        if depth > above:
            read = 1.0 if variant == "w" else min(1.0, (depth - above) / len(tie))
            found.update(dict.fromkeys(tie, read))
        above += len(tie)
    return found


def agreement(a, b, depth, variant):
    own, other = (contributions(each, depth, variant) for each in (a, b))
    overlap = sum(share * other.get(item, 0.0) for item, share in own.items())
    if variant == "a":
        return overlap / depth
    sizes = []
    for side, ranking in ((own, a), (other, b)):
        known = sum(side.values()) if variant == "w" else sum(share**2 for share in side.values())
        sizes.append(known if depth <= length(ranking) else depth)
    return 2 * overlap / sum(sizes) if variant == "w" else overlap / math.sqrt(math.prod(sizes))


@given(RANKINGS, RANKINGS, st.integers(1, 12), st.sampled_from(VARIANTS))
def test_the_agreement_at_a_depth_is_its_definition(a, b, depth, variant):
    """Item by item, for all variants, with ties anywhere and lists of any length."""
    longest = max(length(a), length(b))
    expected = agreement(a, b, min(depth, longest), variant) if longest else 1.0
    assert overlap_at(a, b, depth, variant) == pytest.approx(expected, abs=1e-12)


def unseen(a, b, depth, variant):
    """Below the shorter list: how much the longer one's own items count there, in its order."""
    known = {item for tie in a for item in tie}
    read = contributions(b, depth, variant)
    return [share for item, share in read.items() if item not in known]


def by_definition(a, b, p, variant):
    """Extrapolated and most, depth by depth, far enough down for nothing to be left (Corsi & Urbano, section 4)."""
    s, n = length(a), length(b)
    shared = {item for tie in a for item in tie} & {item for tie in b for item in tie}
    at_end = agreement(a, b, s, variant)
    extrapolated = most = 0.0
    for depth in range(1, 3_000):
        if depth <= s:
            ext = top = agreement(a, b, depth, variant)
        elif depth <= n:
            share, ahead = unseen(a, b, depth, variant), depth - s
            seen = agreement(a, b, depth, variant)
            weight = contributions(b, depth, variant).values()
            norm = {
                "a": depth,
                "w": (depth + sum(weight)) / 2,
                "b": math.sqrt(depth * sum(each**2 for each in weight)),
            }[variant]
            ext = seen + ahead * at_end * (sum(share) / len(share)) / norm
            top = seen + sum(share[:ahead]) / norm
        else:
            ext = (len(shared) + (n - s) * at_end) / n
            top = min(1.0, (len(shared) + (depth - s) + (depth - n)) / depth)
        extrapolated += (1 - p) * p ** (depth - 1) * ext
        most += (1 - p) * p ** (depth - 1) * top
    return extrapolated, most


@given(RANKINGS, RANKINGS, st.sampled_from([0.5, 0.9]), st.sampled_from(VARIANTS))
def test_below_the_shorter_list_ties_count_by_definition(a, b, p, variant):
    """Uneven lists, with ties of the longer one read in part where the shorter one has ended."""
    shorter, longer = sorted((a, b), key=length)
    if length(shorter):
        found = rbo(a, b, p, variant)
        assert (found.extrapolated, found.most) == pytest.approx(by_definition(shorter, longer, p, variant), abs=1e-9)


def broken(ranking):
    """All ways to break the ties."""
    return [ranked([item for tie in each for item in tie]) for each in product(*(permutations(tie) for tie in ranking))]


@pytest.mark.parametrize(("a", "b"), [("(ab)c(de)", "a(bc)ed"), ("(abc)de", "(abc)de"), ("(abcde)", "e(dcxy)")])
def test_variant_a_is_the_mean_over_all_ways_to_break_the_ties(a, b):
    """Even lists, where extrapolation is linear: every permutation of every tie."""
    own, other = (cut([c for c in text if c.isalpha()], _ends(text)) for text in (a, b))
    every = [rbo(x, y, 0.9).extrapolated for x, y in product(broken(own), broken(other))]
    assert rbo(own, other, 0.9, "a").extrapolated == pytest.approx(sum(every) / len(every), abs=1e-12)


def _ends(text):
    """Whether a tie ends after each letter."""
    ends, inside = [], False
    for here, following in zip(text, text[1:] + " ", strict=True):
        inside = (inside or here == "(") and here != ")"
        if here.isalpha():
            ends.append(not inside or following == ")")
    return ends


# ---- laws


@given(RANKINGS, RANKINGS, st.sampled_from([0.3, 0.9, 0.99]), st.sampled_from(VARIANTS))
def test_it_is_symmetric_and_its_bounds_enclose_it(a, b, p, variant):
    """0 <= least <= extrapolated <= most <= 1, whichever list comes first."""
    found = rbo(a, b, p, variant)
    assert found == pytest.approx(rbo(b, a, p, variant), abs=1e-12)
    assert 0 <= found.least <= found.extrapolated + 1e-12
    assert found.extrapolated <= found.most + 1e-12
    assert found.most <= 1


@given(RANKINGS, st.sampled_from(["w", "b"]))
def test_a_tied_list_and_its_copy_are_one_in_variants_w_and_b(ranking, variant):
    """To the last bits; overlap exactly."""
    assert rbo(ranking, ranking, 0.9, variant).extrapolated == pytest.approx(1.0, abs=1e-15)
    assert overlap_at(ranking, ranking, 3, variant) == 1.0


def test_variant_a_of_a_tied_list_and_its_copy_is_below_one():
    """It does not know which of the tied items comes first; so no check on a copy may rest on it."""
    assert rbo([("x", "y")], [("x", "y")], 0.9, "a").extrapolated == pytest.approx(0.95)


def test_lists_of_nothing_in_common():
    """0 as far as is seen, and not 1 at most: their tops are known to differ."""
    found = rbo(ranked("abc"), ranked("xyz"), 0.9)
    assert (found.extrapolated, found.least) == (0.0, 0.0)
    assert 0 < found.most < 1


def test_empty_lists():
    """Two agree; one beside another list shares nothing, and might share all."""
    assert rbo([], [], 0.9) == (1.0, 1.0, 1.0)
    assert rbo([], ranked("abc"), 0.9) == (0.0, 0.0, 1.0)
    assert overlap_at([], [], 10) == average_overlap([], [], 10) == 1.0
    assert overlap_at([], ranked("abc"), 10) == average_overlap(ranked("abc"), [], 10) == 0.0


def test_overlap_of_short_lists_is_of_the_longer_ones_length():
    """Three equal items of three are all; three of four are three quarters."""
    assert overlap_at(ranked("abc"), ranked("cba"), 10) == 1.0
    assert overlap_at(ranked("abc"), ranked("abcd"), 10) == 0.75


def test_long_lists_take_linear_time():
    """A hundred thousand items a side, half of them in ties of a thousand: quadratic work would not end in time."""
    items = list(range(100_000))
    own, other = (
        [
            items[at : at + 1_000] if at % 2_000 else [[each] for each in items[at : at + 1_000]]
            for at in range(0, 100_000, 1_000)
        ]
        for _ in range(2)
    )
    flat = [
        [tie for block in side for tie in (block if isinstance(block[0], list) else [block])] for side in (own, other)
    ]
    assert rbo(flat[0], flat[1], 0.9, "b").extrapolated == pytest.approx(1.0)


# ---- making rankings


def test_neighbours_of_equal_score_are_tied():
    """Scores may fall or rise; equal ones apart from each other are no tie; None and NaN tie nothing."""
    scores = [3.0, 2.0, 2.0, 1.0, 2.0, None, None, math.nan, math.nan]
    assert ranked("abcdefghi", scores) == [["a"], ["b", "c"], ["d"], ["e"], ["f"], ["g"], ["h"], ["i"]]


def test_an_item_counts_where_it_first_stands():
    """A repeated one is passed over, and joins no ties."""
    assert ranked(["a", "b", "a", "c"], [1.0, 2.0, 3.0, 2.0]) == [["a"], ["b", "c"]]


def test_a_list_is_read_to_a_stated_length():
    """What is below weighs next to nothing."""
    assert length(ranked(range(10 * MAX_ITEMS))) == MAX_ITEMS
    assert 0.9**MAX_ITEMS < 2e-12


# ---- tau-b

SERIES = st.lists(st.tuples(st.integers(-4, 4), st.integers(-4, 4)), max_size=40)


@given(SERIES)
def test_tau_b_is_scipys(pairs):
    """With many ties; None where scipy says NaN."""
    x, y = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
    expected = kendalltau(x, y).statistic if len(pairs) > 1 else math.nan
    found = tau_b(x, y)
    if math.isnan(expected):
        assert found is None
    else:
        assert found == pytest.approx(expected, abs=1e-12)


def test_tau_b_of_orders_and_of_constants():
    """The same order is exactly 1, the reverse exactly -1, a constant side says nothing."""
    order = list(range(1_000))
    random.Random(5).shuffle(order)
    assert tau_b(order, order) == 1.0
    assert tau_b(order, [-each for each in order]) == -1.0
    assert tau_b([1, 1, 1], [1, 2, 3]) is None
    assert tau_b([1], [1]) is tau_b([], []) is None
