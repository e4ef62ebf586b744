"""The default tolerance of a document's numbers follows how large production's are at their path."""

import math

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from comparators.compare import document_extent, tree
from comparators.compare.document_extent import MAX_PATHS
from comparators.compare.extent import Extent
from comparators.compare.rules import rules_for
from comparators.extract.output import Column, Document
from comparators.settings import CompareSettings, HeadSettings
from tests.comparators.made import answer, judged, pair

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3) | st.just(10**400),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=3), inner, max_size=4),
)


def doc(value) -> Document:
    return Document(value, plain=False)


def differences(first, p, c, **settings) -> list[str]:
    """Where p and c differ, under a plan that was decided from these."""
    rules = rules_for(CompareSettings(**settings), "", extent=document_extent.extent([doc(each) for each in first]))
    ((found,), _) = tree.compare([(doc(p), doc(c))], rules)
    return [each.path for each in found.differences]


SMALL = [{"risks": [{"p": 1e-6 * (i + 1)} for i in range(4)], "price": 120.0 + i, "share": 0.25} for i in range(30)]


def test_numbers_of_a_millionth_that_triple_differ():
    """Their neighbours keep the tolerance that numbers of their size have."""
    p, c = ({"risks": [{"p": risk}], "price": 120.0 + off, "share": 0.25} for risk, off in ((1e-6, 0.0), (3e-6, 9e-6)))
    assert differences(SMALL, p, c) == ["/risks/*/p"]
    assert differences([], p, c) == []


def test_rounding_of_small_numbers_is_no_difference():
    """Nor is what stands for a zero among them."""
    for p, c in ((1e-6, 1e-6 * (1 + 5e-5)), (0.0, 1e-12)):
        assert differences(SMALL, {"risks": [{"p": p}]}, {"risks": [{"p": c}]}) == []
    assert differences(SMALL, {"risks": [{"p": 0.0}]}, {"risks": [{"p": 1e-9}]}) == ["/risks/*/p"]


@pytest.mark.parametrize(
    "settings", [{"atol": 1e-5}, {"heads": (HeadSettings(pointer="", atol=1e-5),)}], ids=["for all", "for it"]
)
def test_a_tolerance_that_is_set_stays_what_it_is(settings):
    """For all outputs, or for this one."""
    assert differences(SMALL, {"risks": [{"p": 1e-6}]}, {"risks": [{"p": 3e-6}]}, **settings) == []


def test_one_number_of_one_or_more_makes_a_path_no_small_one():
    """Whole ones count, too; what is not finite says nothing, nor do zeros alone."""
    many = [{"a": 0.001}, {"a": 7}, {"b": 0.001}, {"b": math.inf}, {"c": 0.0}, {"d": True, "e": "0.1"}]
    assert document_extent.extent(list(map(doc, many))) == Extent(small=(("/b", -9),))


def test_rows_that_are_documents_have_paths_below_a_row():
    """As differences in them have."""
    column = Column([{"p": 1e-4}, {"p": 2e-4}])
    assert document_extent.extent([column]) == Extent(small=(("/*/p", -12),))
    rules = rules_for(CompareSettings(), "/rows", extent=document_extent.extent([column]))
    ((found,), _) = tree.compare([(column, Column([{"p": 1e-4}, {"p": 2.09e-4}]))], rules)
    assert [each.path for each in found.differences] == ["/rows/*/p"]


@given(st.lists(JSON, max_size=4))
@example([0.25])
def test_whatever_comes_it_is_bounded(values):
    """Names that no encoding can write, numbers that no float holds."""
    wide = doc({f"k{n}": 0.001 for n in range(2 * MAX_PATHS)})
    found = document_extent.extent([*map(doc, values), wide])
    assert len(found.small) <= MAX_PATHS
    assert all(scale < 0 for _, scale in found.small)
    assert all(path.encode().decode() == path for path, _ in found.small)  # that of a whole document is empty


def test_a_plan_is_decided_with_it():
    """From the answers of traffic to the disagreement that is told of it."""
    sides = [[answer({"note": "x", "r": {"q": value, "z": [1]}}) for value in (1e-7, 3e-7)] for _ in range(40)]
    comparisons, _ = judged([pair(*both, target="/doc", number=i) for i, both in enumerate(sides)])
    assert {each.path for found in comparisons for each in found.differences} == {"/r/q"}
