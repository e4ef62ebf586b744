"""Which fault comes when."""

from benchmarks.soak.faults import FAULTS
from benchmarks.soak.schedule import PAUSE_S, PlannedFault, Schedule


def planned(seed: int, count: int, *, calm: bool = False) -> list[PlannedFault]:
    schedule = Schedule(seed, FAULTS)
    return [schedule.next(calm=calm) for _ in range(count)]


def test_a_seed_makes_the_same_order_again_and_another_one_another() -> None:
    """So that a run that found something can be made again."""
    assert planned(7, 50) == planned(7, 50)
    assert planned(7, 50) != planned(8, 50)


def test_every_fault_comes_before_any_comes_twice() -> None:
    """All in a random order, then all of them again."""
    names = [each.fault.name for each in planned(1, 2 * len(FAULTS))]

    assert len(set(names[: len(FAULTS)])) == len(set(names[len(FAULTS) :])) == len(FAULTS)


def test_a_calm_part_ends_no_process_of_ours() -> None:
    """There every process lives on, so that its memory can be judged."""
    assert not any(each.fault.ends_ours for each in planned(1, 100, calm=True))


def test_faults_and_pauses_last_as_long_as_their_table_says() -> None:
    """Within both bounds."""
    for each in planned(3, 200):
        least, most = each.fault.lasts_s
        assert least <= each.lasts_s <= most
        assert PAUSE_S[0] <= each.pause_s <= PAUSE_S[1]
