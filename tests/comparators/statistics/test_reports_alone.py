"""Sums that reports alone read: left where they are by who does not ask for them, and never taken for nothing."""

import msgspec
import pytest
from msgspec import Struct, field

from comparators.errors import Unmergeable
from comparators.statistics.reports_alone import ReportsAlone, Unread, is_marked, without
from comparators.statistics.sums import Sums


class Bins(Sums, kw_only=True):
    low: int = 0
    high: int = 0


class Cat(Sums, tag="cat", kw_only=True):
    lives: int = field(default=0, name="l")
    naps: ReportsAlone[Bins] = field(default_factory=Bins)


class Dog(Sums, tag="dog", kw_only=True):
    walks: Bins = field(default_factory=Bins)


class House(Struct, kw_only=True):
    animals: dict[str, Cat | Dog] = field(default_factory=dict)
    oldest: Cat | None = None
    meals: ReportsAlone[dict[str, int]] = field(default_factory=dict)


WHOLE = House(
    animals={"tom": Cat(lives=7, naps=Bins(low=3)), "rex": Dog(walks=Bins(high=2))},
    oldest=Cat(lives=1, naps=Bins(high=1)),
    meals={"tom": 4},
)
STORED = msgspec.json.encode(WHOLE)


def test_what_others_read_is_as_it_was():
    """From the same bytes, under the same names, by the same methods."""
    found = msgspec.json.decode(STORED, type=without(House))
    assert isinstance(found, House)
    assert (found.animals["tom"].lives, found.oldest.lives) == (7, 1)
    assert found.animals["rex"] == WHOLE.animals["rex"]


def test_what_reports_alone_read_is_unread_however_deep():
    """In states by name, in one of several kinds, and in one that may be missing."""
    found = msgspec.json.decode(STORED, type=without(House))
    assert found.meals == found.animals["tom"].naps == found.oldest.naps == Unread()


def test_what_is_stored_as_no_object_cannot_be_marked():
    """A list in the place of an object is no state, and no scrape could be made."""

    class Street(Struct, kw_only=True):
        numbers: ReportsAlone[list[int]] = field(default_factory=list)

    with pytest.raises(TypeError, match=r"list\[int\] is marked"):
        without(Street)


def test_nothing_of_it_is_looked_at():
    """What no whole state could be read from is no matter to who leaves it."""
    stored = STORED.replace(b'{"tom":4}', b'{"tom":["nonsense"]}')
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(stored, type=House)
    assert msgspec.json.decode(stored, type=without(House)).oldest.lives == 1


def test_who_wants_a_number_of_it_fails():
    """A sum that was not read is no sum of nothing."""
    found = msgspec.json.decode(STORED, type=without(House))
    with pytest.raises(AttributeError, match="low"):
        _ = found.oldest.naps.low
    with pytest.raises(TypeError):
        sum(found.meals)


def test_without_it_states_merge_as_before():
    """Halves without it are the whole without it; with a whole one they don't mix."""
    form = without(Cat)
    own, other = (msgspec.convert({"type": "cat", "l": lives, "naps": {"low": lives}}, form) for lives in (2, 3))
    own.merge(other)
    assert own == msgspec.convert({"type": "cat", "l": 5}, form)
    with pytest.raises(Unmergeable):
        own.merge(Cat(lives=1))


def test_a_state_of_which_all_is_read_stays_the_same():
    """And of each other one there is one form, or two of them would not merge."""
    assert without(Bins) is Bins
    assert without(Dog) is Dog
    assert without(Cat) is without(Cat)
    assert [each.name for each in msgspec.structs.fields(Cat) if is_marked(each.type)] == ["naps"]
