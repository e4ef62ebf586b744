"""What is in hand is bounded in items and in bytes, whatever is offered."""

from proxy.live.capture import Budget, Shelf
from records.settings import RecordingSettings

RECORD = b"r" * 100


def shelf(budget: Budget, max_items: int = 10) -> Shelf:
    return Shelf(budget, RecordingSettings(buffer_max_items=max_items))


def offer(shelf: Shelf, budget: Budget, record: bytes = RECORD, reserved: int = 0) -> str | None:
    assert budget.take(reserved)
    return shelf.offer(record, reserved)


def test_a_budget_is_what_it_says() -> None:
    """Not a byte more is given out, and all of it comes back."""
    budget = Budget(100)
    assert (budget.take(60), budget.take(41), budget.take(40), budget.used) == (True, False, True, 100)
    budget.give_back(100)
    assert budget.used == 0


def test_what_waits_counts_until_it_is_committed() -> None:
    """Taking a group gives no byte back; the store's answer does."""
    budget = Budget(10_000)
    waiting = shelf(budget)
    assert offer(waiting, budget, reserved=150) is None
    group = waiting.take_group(10, 10_000)
    assert ([record for record, _ in group], budget.used) == ([RECORD], 150)
    waiting.committed(group)
    assert budget.used == 0


def test_a_record_counts_as_large_as_it_is() -> None:
    """Headers are in it, and clients choose their length: what bodies reserved is not the whole of it."""
    budget = Budget(250)
    waiting = shelf(budget)
    assert offer(waiting, budget, reserved=10) is None
    assert budget.used == 100
    assert offer(waiting, budget, RECORD * 2, reserved=10) == "memory"
    assert budget.used == 100
    waiting.committed(waiting.take_group(10, 10_000))
    assert budget.used == 0


def test_a_full_shelf_sheds_what_comes() -> None:
    """The older ones stay; what the newcomer reserved is free again; the reason is the store's where it is away."""
    budget = Budget(10_000)
    waiting = shelf(budget, max_items=2)
    assert [offer(waiting, budget, b"%d" % number, reserved=50) for number in range(3)] == [None, None, "buffer"]
    waiting.away = True
    assert offer(waiting, budget, reserved=50) == "store_away"
    assert budget.used == 100
    assert [record for record, _ in waiting.take_group(10, 10_000)] == [b"0", b"1"]


def test_a_group_is_bounded_in_records_and_bytes() -> None:
    """Oldest first; one that is larger than a group goes alone."""
    budget = Budget(100_000)
    waiting = shelf(budget)
    for size in (10, 10, 10, 50, 500, 10):
        offer(waiting, budget, b"x" * size)
    sizes = []
    while waiting:
        sizes.append([len(record) for record, _ in waiting.take_group(2, 50)])
    assert sizes == [[10, 10], [10], [50], [500], [10]]


def test_the_recorder_is_woken_while_something_waits() -> None:
    """And sleeps when nothing does."""
    budget = Budget(10_000)
    waiting = shelf(budget)
    assert not waiting.filled.is_set()
    offer(waiting, budget)
    offer(waiting, budget)
    waiting.take_group(1, 10_000)
    assert waiting.filled.is_set()
    waiting.take_group(1, 10_000)
    assert not waiting.filled.is_set()
