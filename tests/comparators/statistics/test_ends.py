"""The first and the last of some texts."""

from hypothesis import given
from hypothesis import strategies as st

from comparators.statistics.ends import Ends

TEXTS = st.lists(st.text(max_size=3), max_size=6)


def ends(texts: list[str]) -> Ends:
    found = Ends()
    for each in texts:
        found.see(each)
    return found


@given(TEXTS, TEXTS)
def test_merged_they_are_those_of_all(some, more):
    """And tell whether there is only one text."""
    merged = ends(some)
    merged.merge(ends(more))
    texts = [*some, *more]
    assert merged == ends(texts)
    assert (merged.first, merged.last) == ((min(texts), max(texts)) if texts else (None, None))
    assert merged.only == (texts[0] if len(set(texts)) == 1 else None)
