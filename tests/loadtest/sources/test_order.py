"""Several files as one, in the order of time."""

from collections.abc import Generator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadtest.errors import SourceError
from loadtest.sources.order import MAX_OPEN_FILES, in_order

Steps = list[tuple[int | None, str]]


class Shelf:
    """Files of steps, and how many of them were open at once at most."""

    def __init__(self, *files: Steps) -> None:
        self.files = files
        self.open = 0
        self.most_open = 0

    def steps(self, steps: Steps) -> Generator[tuple[int | None, str], None, None]:
        self.open += 1
        self.most_open = max(self.most_open, self.open)
        try:
            yield from steps
        finally:
            self.open -= 1

    def read(self) -> list[str]:
        return list(in_order(self.files, self.steps))


def test_files_are_read_as_one() -> None:
    """By time; at the same time the file that was named first comes first."""
    shelf = Shelf([(1, "a1"), (4, "a4")], [(2, "b2"), (4, "b4")], [])
    assert shelf.read() == ["a1", "b2", "a4", "b4"]


def test_an_item_without_a_time_follows_the_one_before_it() -> None:
    """In its own file; where the first has none, it comes when its file begins."""
    shelf = Shelf([(5, "a5"), (None, "a?"), (9, "a9")], [(None, "b?"), (6, "b6")])
    assert shelf.read() == ["a5", "a?", "b?", "b6", "a9"]


def test_files_without_times_come_one_after_another() -> None:
    """As they were named."""
    assert Shelf([(None, "a"), (None, "b")], [(None, "c")]).read() == ["a", "b", "c"]


def test_only_files_that_overlap_are_open_together() -> None:
    """A year of hours is not a year of open files."""
    shelf = Shelf(*([(hour * 10, f"{hour}"), (hour * 10 + 12, f"{hour}'")] for hour in range(3 * MAX_OPEN_FILES)))
    assert len(shelf.read()) == 6 * MAX_OPEN_FILES
    assert (shelf.open, shelf.most_open) == (0, 2)


def test_too_many_files_at_once_are_refused() -> None:
    """In words, before the system refuses them."""
    shelf = Shelf(*([(0, "x"), (1, "y")] for _ in range(MAX_OPEN_FILES + 1)))
    with pytest.raises(SourceError, match="overlap in time"):
        shelf.read()


@given(st.lists(st.lists(st.integers(0, 9) | st.none(), max_size=6), max_size=5))
def test_nothing_is_lost_and_what_is_in_order_stays_so(files: list[list[int | None]]) -> None:
    """Every item comes once, those of a file in their order, and all by time where each file is."""
    shelf = Shelf(*([(at, f"{file}.{n}") for n, at in enumerate(times)] for file, times in enumerate(files)))
    found = shelf.read()
    assert sorted(found) == sorted(item for steps in shelf.files for _, item in steps)
    for file, steps in enumerate(shelf.files):
        assert [each for each in found if each.startswith(f"{file}.")] == [item for _, item in steps]
    whole = Shelf(*([(at or 0, str(at or 0)) for at in sorted(times, key=lambda at: at or 0)] for times in files))
    assert whole.read() == sorted(whole.read())
    assert shelf.open == 0
