"""What waits for its commit."""

from proxy.mirror.endings import Ending, EndingQueue


def queue(*sizes: int) -> EndingQueue:
    one = EndingQueue()
    for number, size in enumerate(sizes):
        one.put(Ending(str(number), ("mirrored",), b"x" * size))
    return one


def ids(group: list[Ending]) -> list[str]:
    return [each.id for each in group]


def test_a_group_is_bounded_by_its_records_and_by_its_bytes() -> None:
    """The oldest go first, as many as fit."""
    assert ids(queue(1, 1, 1).take_group(2, 100)) == ["0", "1"]
    assert ids(queue(40, 40, 40).take_group(9, 100)) == ["0", "1"]


def test_one_that_fits_nowhere_goes_alone() -> None:
    """A pair larger than any group is still committed."""
    one = queue(500, 1)
    assert ids(one.take_group(9, 100)) == ["0"]
    assert ids(one.take_group(9, 100)) == ["1"]


def test_bytes_count_until_they_are_committed() -> None:
    """A group on its way still takes memory; a skipped entry takes none."""
    one = queue(10, 20)
    one.put(Ending("2", ("skipped.paused",)))
    group = one.take_group(9, 100)
    assert (len(one), one.bytes) == (0, 30)
    one.committed(group)
    assert one.bytes == 0
