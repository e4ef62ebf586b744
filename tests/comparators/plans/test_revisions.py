"""Where revisions of plans began: booked by who compares live, read by who compares anew."""

from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from comparators.plans.known_plans import Plans
from comparators.plans.plan import MAX_REVISIONS, NO_REVISION, Plan
from comparators.plans.revisions import BookedRevisions, LatestRevision, OneRevision, RevisionLedger
from comparators.settings import CompareSettings

KEY = "POST /score"
PLAN = Plan(method="POST", path="/score", model="", protocol="json", decided_by="body")


def entry(number: int) -> str:
    return f"1372636800000-{number}"


@given(st.lists(st.tuples(st.integers(0, 2), st.integers(1, 5)), max_size=12), st.integers(0, 11))
def test_what_was_booked_says_of_each_pair_by_what_it_was_compared(steps: list[tuple[int, int]], handed: int) -> None:
    """However plans and pairs alternate, and whoever takes the partition over meanwhile."""
    plans, compared, number, revision = Plans(CompareSettings()), {}, 0, NO_REVISION
    ledger = RevisionLedger(plans)
    for step, (decided, pairs) in enumerate(steps):
        if decided:
            revision = min(revision + decided, MAX_REVISIONS)
            plans.learn(structs.replace(PLAN, revision=revision))
        if step == handed:
            ledger = RevisionLedger(plans, ledger.begun)
        for _ in range(pairs):
            number += 1
            compared[entry(number)] = ledger.revision_of(KEY, entry(number))
            assert compared[entry(number)] == revision
    booked = BookedRevisions(ledger.begun)
    if KEY in ledger.begun:
        assert {each: booked.revision_of(KEY, each) for each in compared} == compared
    else:
        assert set(compared.values()) <= {NO_REVISION}


def test_a_pair_that_is_read_twice_is_read_by_the_same_revision() -> None:
    """A batch that breaks us is read again in halves."""
    plans = Plans(CompareSettings())
    plans.learn(PLAN)
    ledger = RevisionLedger(plans)
    assert ledger.revision_of(KEY, entry(7)) == 1
    plans.learn(structs.replace(PLAN, revision=2))
    assert [ledger.revision_of(KEY, entry(number)) for number in (9, 8, 9)] == [2, 1, 2]
    assert ledger.revision_of(KEY, entry(7)) == 1


def test_pairs_of_no_partition_are_of_the_latest_revision_or_of_their_samples() -> None:
    """Nobody booked them."""
    assert LatestRevision().revision_of(KEY, "") is None
    assert BookedRevisions().revision_of(KEY, entry(1)) is None
    assert OneRevision(3).revision_of(KEY, entry(1)) == 3


def test_earlier_revisions_are_known_as_long_as_somebody_learns_them() -> None:
    """In whichever order they come; where one is not known the latest stands for it."""
    plans = Plans(CompareSettings())
    for number in (2, 3, 1):
        plans.learn(structs.replace(PLAN, revision=number, decided_by=f"r{number}"))
    assert plans.known(KEY) == structs.replace(PLAN, revision=3, decided_by="r3")
    assert len(plans.all()) == 1
