"""The largest of some values, as a state."""

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from comparators.statistics.greatest import Greatest

VALUES = st.lists(st.floats(allow_nan=False))


def of(values) -> Greatest:
    found = Greatest()
    for each in values:
        found.see(each)
    return found


@given(VALUES, VALUES)
def test_the_largest_is_the_same_in_any_order_and_grouping(some, others):
    """Merged as well as seen one by one; nothing before there is any."""
    whole = of([*some, *others])
    assert whole.value == max([*some, *others], default=None)
    for first, second in ((some, others), (others, some)):
        merged = of(first)
        merged.merge(of(second))
        assert merged == whole


def test_it_is_stored_to_the_bit():
    """A float in JSON is read as it was written."""
    assert msgspec.json.decode(msgspec.json.encode(of([0.1, 0.3])), type=Greatest) == of([0.3])
