"""Pairs that wait for their kind's plan: in order, bounded, and released when it is there or can't be waited for."""

from comparators.pairs.reads import StoredPair
from comparators.plans.known_plans import MAX_PLANS, Plans
from comparators.settings import CompareSettings
from comparators.stored.waiting import MAX_BYTES, MAX_PAIRS, Waiting, WaitingPair
from records.nouns import Pair
from tests.comparators.made import answer, failure, pair

SCORE, OTHER = "POST /score", "POST /other"


def waits(one: Pair, number: int, size: int = 10) -> WaitingPair:
    return WaitingPair(StoredPair(one, f"1-{number}"), bytes(size))


def scored(number: int, size: int = 10, target: str = "/score") -> WaitingPair:
    return waits(pair(answer({"a": number}), failure(), target=target), number, size)


def numbers(pairs: list[WaitingPair]) -> list[str]:
    return [each.stored.entry for each in pairs]


def waiting(longest_s: float = 60.0, room: int = 10_000) -> tuple[Waiting, Plans]:
    plans = Plans(CompareSettings())
    return Waiting(plans, longest_s=longest_s, room=room), plans


def decided(plans: Plans, one: WaitingPair) -> None:
    (plan,) = plans.missing([one.stored.pair.exchange])
    plans.learn(plan)


def test_what_follows_a_pair_that_waits_waits_behind_it() -> None:
    """Failed answers too, of its kind alone; what came before it did not."""
    held, _ = waiting()
    down, other_down = pair(failure(), failure()), pair(failure(), failure(), target="/other")
    some = [waits(down, 1), scored(2), waits(down, 3), waits(other_down, 4), scored(5)]
    assert numbers(held.passing(some, 0.0)) == ["1-1", "1-4"]
    assert held.held(some) == ["1-2", "1-3", "1-5"]
    assert (len(held), held.undecided()) == (3, [SCORE])


def test_with_the_plan_all_of_its_kind_go_in_their_order() -> None:
    """Those that come while they still wait as well."""
    held, plans = waiting()
    held.passing([scored(1), scored(2, target="/other"), scored(3)], 0.0)
    decided(plans, scored(1))
    assert held.passing([scored(4)], 0.0) == []
    assert numbers(held.released(())) == ["1-1", "1-3", "1-4"]
    assert numbers(held.passing([scored(5)], 0.0)) == ["1-5"]
    assert list(held.kinds) == [OTHER]


def test_nobody_waits_longer_than_told() -> None:
    """Since the first of its kind came; then it goes, plan or not."""
    held, _ = waiting(longest_s=60.0)
    held.passing([scored(1)], 100.0)
    held.passing([scored(2), scored(3, target="/other")], 150.0)
    assert held.overdue(159.9) == set()
    assert held.overdue(160.0) == {SCORE}
    assert numbers(held.released({SCORE})) == ["1-1", "1-2"]


def test_who_would_be_dropped_first_is_overdue() -> None:
    """So many bytes of other pairs went by."""
    held, plans = waiting(room=1_000)
    decided(plans, scored(0, target="/other"))
    held.passing([scored(1, size=100)], 0.0)
    held.passing([scored(n, size=100, target="/other") for n in range(2, 11)], 0.0)
    assert held.overdue(0.0) == set()
    held.passing([scored(11, size=100, target="/other")], 0.0)
    assert held.overdue(0.0) == {SCORE}


def test_what_waits_is_bounded() -> None:
    """The kind that takes most goes first, until the rest is within the bounds."""
    held, _ = waiting(room=10**9)
    held.passing([scored(1, size=MAX_BYTES // 2), scored(2, size=MAX_BYTES // 2 + 1, target="/other")], 0.0)
    assert held.overdue(0.0) == {OTHER}
    many, _ = waiting()
    many.passing([scored(number) for number in range(MAX_PAIRS + 1)], 0.0)
    assert many.overdue(0.0) == {SCORE}


def test_a_kind_for_which_there_is_no_room_does_not_wait() -> None:
    """Clients invent paths: what has no plan and will have none is read as it looks."""
    held, _ = waiting()
    paths = [f"/invented/{'abcdefghij'[n % 10]}/{chr(97 + n // 10)}x" for n in range(MAX_PLANS + 5)]
    assert len(held.passing([scored(n, target=path) for n, path in enumerate(paths)], 0.0)) == 5
