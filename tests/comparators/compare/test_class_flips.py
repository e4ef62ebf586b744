"""How often each class changes, and which became which: counted one by one, merged, bounded."""

from collections import defaultdict

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from comparators.compare import class_flips
from comparators.compare.class_flips import MAX_CELLS, MAX_CLASSES, MAX_SHOWN, ClassCounts, ClassSums, rates, told
from comparators.compare.row_stack import Means
from comparators.metrics.ways import PART_T_OPT
from comparators.statistics import sequences
from comparators.statistics.exact import ONE
from comparators.statistics.name_counts import Counts
from tests.comparators.compare import laws

ALPHA = 0.05
Request = list[tuple[str, str]]  # each row's class on both sides


def added(requests: list[Request]) -> ClassSums:
    sums, flat = ClassSums(), [row for request in requests for row in request]
    names = sorted({name for row in flat for name in row})
    owner = np.repeat(np.arange(len(requests)), [len(request) for request in requests])
    if flat:
        own, other = (np.array([names.index(row[side]) for row in flat]) for side in (0, 1))
        sums.add_all(own, other, Means(owner, np.ones(len(flat), dtype=np.bool_), len(requests)), names)
    return sums


def drawn(random: np.random.Generator, count: int, most_rows: int, classes: int) -> list[Request]:
    def row() -> tuple[str, str]:
        own = int(random.integers(classes))
        return f"c{own}", f"c{int(random.integers(classes)) if random.random() < 0.05 * (own + 1) else own}"

    return [[row() for _ in range(random.integers(1, most_rows + 1))] for _ in range(count)]


def of(sums: ClassSums) -> ClassCounts:
    return ClassCounts("class", sums.production, sums.candidate, sums.agreeing)


@pytest.mark.parametrize("most_rows", [1, 7])
def test_the_rates_of_each_class_are_ratios_of_sums_over_requests(most_rows):
    """Of the shares of rows that either side gives the class, those that the other does not."""
    requests = drawn(np.random.default_rng(1), 500, most_rows, 4)
    (found,) = rates(of(added(requests)), ALPHA, 1.0)
    assert {row[0] for row in found.rows} == {"c0", "c1", "c2", "c3"}
    for name, *cells in found.rows:
        for side, cell in enumerate(cells):
            having = sum(sum(row[side] == name for row in request) / len(request) for request in requests)
            moved = sum(
                sum(row[side] == name != row[1 - side] for row in request) / len(request) for request in requests
            )
            assert cell.value == pytest.approx(moved / having)
            assert cell.n == round(having)
            assert (cell.lo, cell.hi) == pytest.approx(sequences.rate(moved, having, ALPHA / 8, PART_T_OPT), abs=1e-6)


def test_those_that_changed_most_come_first_and_the_rest_is_counted():
    """By how many rows they lost and gained; a class that never changed is none of them."""
    requests = [[(f"a{n}", f"b{n}")] for n in range(30)] + [[("a7", "b9")]] * 3 + [[("still", "still")]] * 9
    (found,) = rates(of(added(requests)), ALPHA, 1.0)
    assert [row[0] for row in found.rows[:2]] == ["a7", "b9"]
    assert (len(found.rows), found.not_listed) == (MAX_SHOWN, 40)
    assert "all 61 at once" in found.note
    assert rates(of(added([[("still", "still")]])), ALPHA, 1.0) == []


def test_a_class_that_one_side_never_gives_has_no_rate_there():
    """Nothing can be lost that was never there, and nobody knows how much would be."""
    (found,) = rates(of(added([[("a", "b")], [("a", "a")]])), ALPHA, 1.0)
    cells = {row[0]: row[1:] for row in found.rows}
    assert (cells["b"][0].value, cells["b"][0].lo, cells["b"][0].hi) == (None, 0.0, 1.0)
    assert cells["b"][1].value == 1.0
    assert cells["a"][0].value == 0.5


def test_users_who_send_several_requests_open_the_intervals_of_rare_classes():
    """Where what is left tells too little."""
    requests = [[("often", "often")]] * 300 + [[("rare", "often")]] * 20
    cells = {row[0]: row[1:] for row in rates(of(added(requests)), ALPHA, 4.0)[0].rows}
    assert (cells["rare"][0].value, cells["rare"][0].hi) == (1.0, None)
    assert "too few units" in cells["rare"][0].reason
    assert cells["often"][1].hi < 0.5


def test_any_number_of_classes_is_counted_within_bounds():
    """Ten thousand: what is kept is whole, what is not has a number, and a rate never leaves its bounds."""
    random = np.random.default_rng(2)
    requests = [[(f"{own:05}", f"{own if random.random() < 0.5 else other:05}")]
                for own, other in random.integers(0, 10_000, (20_000, 2)).tolist()]  # fmt: skip
    sums = added(requests)
    sums.production.trim()
    assert (len(sums.production.kept), len(sums.cells.kept)) == (MAX_CLASSES, MAX_CELLS)
    assert sum(sums.production.kept.values()) + sums.production.other == 20_000 * ONE
    moved = sum(own != other for ((own, other),) in requests)
    assert sum(sums.cell_rows.kept.values()) + sums.cell_rows.other == moved
    became, found = told(sums, 20_000, ALPHA, 1.0)
    assert "at most this share" in became.note
    by_name = defaultdict(list)
    for ((own, other),) in requests:
        by_name[own].append(own != other)
    for name, lost, gained in found.rows:
        assert lost.value == pytest.approx(np.mean(by_name[name]))
        assert 0 <= gained.value <= 1


def test_the_pairs_that_changed_most_are_found_among_any_number():
    """Whatever they are called: ten of a thousand classes' pairs are frequent, thousands of others occur once or twice.
    What is said of them is never too little, and too much by no more than a hundredth of all changes.
    """
    random = np.random.default_rng(4)
    frequent = {(f"zebra-{n:03}", f"zoo-{n:03}"): 400 - 30 * n for n in range(10)}
    requests = [[pair] for pair, count in frequent.items() for _ in range(count)]
    requests += [[(f"c{own}", f"c{other}")] for own, other in random.integers(0, 900, (6_000, 2)).tolist()]
    sums = added(requests)
    (became, _) = told(sums, len(requests), ALPHA, 1.0)
    assert sums.cells.other
    moved = sum(own != other for ((own, other),) in requests)
    found = {row[:2]: row for row in became.rows}
    assert [row[:2] for row in became.rows[:10]] == list(frequent)
    for pair, count in frequent.items():
        assert count <= found[pair][3] * len(requests) + 1e-6 <= count + 0.01 * moved
        assert found[pair][2] is None


def test_a_class_that_one_side_has_too_many_to_keep_is_not_told():
    """Its rate would be of rows that nobody counted."""
    full = Counts(2, kept={"a": 1, "b": 1}, other=9)
    classes = ClassCounts("class", full, Counts(2, kept={"b": 2, "c": 1}), Counts(2))
    (found,) = class_flips.rates(classes, ALPHA, 1.0)
    assert {row[0] for row in found.rows} == {"a", "b"}


NAMES = st.sampled_from(["a", "b", "c", "dd"])
REQUESTS = st.lists(st.lists(st.tuples(NAMES, NAMES), max_size=4), max_size=8)


@given(REQUESTS, st.data())
def test_where_a_batch_is_cut_changes_no_bit(requests, data):
    """Merged sums are those over all, and are stored as they are."""
    cut = data.draw(st.integers(0, len(requests)))
    whole, parts = added(requests), added(requests[:cut])
    parts.merge(added(requests[cut:]))
    assert parts == whole
    laws.are_stored_as_they_are(whole)
