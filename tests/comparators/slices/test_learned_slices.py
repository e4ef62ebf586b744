"""What is stored of the first requests: conditions, and the sums of these requests over them."""

import msgspec
import pytest

from comparators.slices.learned_slices import LearnedSlices
from comparators.slices.matching import Matcher
from comparators.slices.sums import SliceSums
from comparators.statistics.exact import ONE
from tests.comparators.slices.asked import equals, missing, of, ranged, row

CONDITIONS = of(
    missing("a"),
    equals("a", 1),
    equals("a", 1.5),
    equals("b", False),
    equals("b", "é"),
    ranged("c", 1.0, None),
    together=((0, 1),),
)


def test_what_was_learnt_survives_its_bytes():
    """Types of values included: what is enumerated once is matched by all."""
    matcher, sums = Matcher(CONDITIONS), SliceSums()
    sums.add(matcher, matcher.match([row(a=1), row(b="é")]), [ONE, ONE // 3])
    learned = LearnedSlices(CONDITIONS, ("id-1", "id-2"), {sums.conditions: sums})
    back = LearnedSlices.from_bytes(learned.to_bytes())
    assert back == learned
    values = [[type(each.value) for each in one.conditions.conditions] for one in (back, learned)]
    assert values[0] == values[1]
    assert back.conditions.fingerprint() == sums.conditions


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{}",
        b'{"conditions":{"conditions":[],"schema":99}}',
        b'{"conditions":{"conditions":[],"together":[[0,1]]}}',
        b'{"conditions":{"conditions":[]},"sums":{"a":{"n":["a"]}}}',
    ],
)
def test_bytes_that_are_nothing_of_the_kind_are_refused(data):
    """Those of a later release too."""
    with pytest.raises(msgspec.DecodeError):
        LearnedSlices.from_bytes(data)
