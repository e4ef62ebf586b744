"""Learning: the first requests of each kind, within bounds."""

from collections.abc import Iterable
from itertools import count

from comparators.features.features import Features
from comparators.settings import SliceSettings
from comparators.slices import samples
from comparators.slices.learning import Learning
from comparators.slices.matching import Matcher
from comparators.slices.samples import SampledRequest
from comparators.slices.slicing import SlicedRequest
from comparators.slices.sums import SliceSums
from comparators.statistics.exact import ONE
from tests.comparators.made import VIEW, view_hiding
from tests.comparators.slices.asked import read, row, rows, words

KIND = (1, "POST /a")
IDS = count()


def first(asked: Iterable[Features], share: int = 0) -> list[SampledRequest]:
    """Requests, each of an exchange of its own."""
    return [SampledRequest(f"id-{next(IDS)}", SlicedRequest(each, share)) for each in asked]


def test_after_enough_requests_conditions_are_proposed():
    """From the first of them, whatever came in the same batch."""
    learning_ = Learning(hidden=VIEW.hidden)
    assert not learning_.add(KIND, first([row(a=1)] * (samples.PAIRS - 1)))
    assert learning_.add(KIND, first([row(a=2), row(a=3), row(a=3)]))
    proposed = learning_.propose(KIND)
    assert words(proposed.conditions) == ["a is missing", "a is 1", "a is 2"]
    assert proposed.conditions.sampled == samples.PAIRS


def test_kinds_are_learned_apart():
    """By epoch and by plan."""
    learning_ = Learning(hidden=VIEW.hidden)
    for kind in ((1, "a"), (2, "a"), (1, "b")):
        assert not learning_.add(kind, first([row(a=1)] * (samples.PAIRS - 1)))


def test_requests_that_cannot_be_read_end_the_learning_too():
    """Their kind has no conditions, and that is settled."""
    learning_ = Learning(hidden=VIEW.hidden)
    assert learning_.add(KIND, first([Features({}, {})] * samples.PAIRS))
    assert learning_.propose(KIND).conditions.conditions == ()


def test_configured_dimensions_are_proposed_alone_where_none_are_to_be_found():
    """`find_slices = false`."""
    learning_ = Learning((SliceSettings(feature="b"),), find=False, hidden=VIEW.hidden)
    learning_.add(KIND, first([row(a=1, b=1)]))
    assert words(learning_.propose(KIND).conditions) == ["b is missing", "b is 1"]


def test_what_is_forgotten_begins_again():
    """When the conditions are known, nothing of the requests stays."""
    learning_ = Learning(hidden=VIEW.hidden)
    learning_.add(KIND, first([row(a=1)] * samples.PAIRS))
    learning_.forget(KIND)
    learning_.forget(KIND)
    assert learning_.propose(KIND).conditions.sampled == 0


def test_large_requests_fill_the_memory_sooner():
    """Then fewer of them must do; of one request only some rows are kept."""
    learning_ = Learning(hidden=VIEW.hidden)
    wide = rows(**{f"f{n}": list(range(1000)) for n in range(100)})
    assert learning_.add(KIND, first([wide] * samples.PAIRS))
    proposed = learning_.propose(KIND)
    assert proposed.conditions.sampled == samples.MAX_VALUES // (100 * samples.MAX_ROWS)


def test_kinds_are_bounded_and_one_without_requests_gives_up_its_place():
    """Those that come wait; a place that nobody uses passes on."""
    learning_ = Learning(hidden=VIEW.hidden)
    kinds = [(1, str(number)) for number in range(samples.MAX_KINDS)]
    for kind in kinds:
        learning_.add(kind, first([row(a=1)]))
    assert not learning_.add(KIND, first([row(a=1)] * samples.PAIRS))
    for number in range(samples.PATIENCE):
        learning_.add(kinds[1 + number % (len(kinds) - 1)], ())
    assert learning_.add(KIND, first([row(a=1)] * samples.PAIRS))
    assert learning_.propose(kinds[0]).conditions.sampled == 0
    assert learning_.propose(kinds[1]).conditions.sampled == 1


def test_what_is_hidden_is_never_learnt():
    """Neither by its name nor by its values, however deep it stands."""
    view = view_hiding(redact_pointers=("/user/ssn",), redact_patterns=(r"\d{9}",))
    learning_ = Learning(hidden=view.hidden)
    asked = [read({"user": {"ssn": n, "plan": "free", "card": 123456789}}, protocol="json") for n in range(3)]
    learning_.add(KIND, first(asked))
    learnt = words(learning_.propose(KIND).conditions)
    assert learnt == ["/user/card is missing", "/user/plan is missing", "/user/plan is 'free'"]


def test_a_value_of_few_is_learnt_wherever_it_stands():
    """In the last of many rows."""
    learning_ = Learning(hidden=VIEW.hidden)
    learning_.add(KIND, first([rows(a=["AA"] * 10_000 + ["UA"])]))
    assert words(learning_.propose(KIND).conditions) == ["a is missing", "a is 'AA'", "a is 'UA'"]


def test_rows_are_kept_from_the_first_to_the_last():
    """A batch may be sorted."""
    learning_ = Learning(hidden=VIEW.hidden)
    learning_.add(KIND, first([rows(a=list(range(10_000)))]))
    ranges = [each for each in learning_.propose(KIND).conditions.conditions if each.kind == "range"]
    assert ranges[-1].lo is not None
    assert ranges[-1].lo > 8_000


def test_the_first_requests_are_counted_by_the_conditions_that_they_taught():
    """Each of them once, and as whatever comes later is counted."""
    learning_ = Learning(hidden=VIEW.hidden)
    asked = first([row(a=n % 3, b=None if n % 5 else "x") for n in range(20)], share=ONE // 2)
    learning_.add(KIND, asked)
    proposed = learning_.propose(KIND)
    expected, matcher = SliceSums(), Matcher(proposed.conditions)
    expected.add(matcher, matcher.match([each.request.features for each in asked]), [ONE // 2] * 20)
    assert proposed.sums == {proposed.conditions.fingerprint(): expected}
    assert proposed.first == tuple(each.exchange for each in asked)


def test_a_request_that_comes_twice_is_learnt_from_once():
    """What was not committed is delivered again, and a store that was away is asked again."""
    learning_ = Learning(hidden=VIEW.hidden)
    asked = first([row(a=1), row(a=2)])
    learning_.add(KIND, asked)
    learning_.add(KIND, asked)
    proposed = learning_.propose(KIND)
    (sums,) = proposed.sums.values()
    assert (proposed.conditions.sampled, sums.total_n) == (2, 2)


def test_what_was_not_compared_or_is_not_known_whole_does_not_count():
    """It teaches all the same; of a thousand different rows, some that nobody kept may satisfy a condition."""
    learning_ = Learning(hidden=VIEW.hidden)
    apart, long, few = first([row(a=1), rows(a=list(range(1000))), rows(a=[1, 2] * 500)])
    learning_.add(KIND, [apart._replace(counts=False), long, few])
    proposed = learning_.propose(KIND)
    assert proposed.conditions.sampled == 3
    (sums,) = proposed.sums.values()
    assert (proposed.first, sums.total_n) == ((few.exchange,), 1)
