"""Epochs: which comparisons belong together."""

from comparators.agreed import Agreed
from comparators.comparison import Version
from comparators.epochs import MAX_EPOCHS, Attribution, Epoch
from comparators.reads import candidate_version, production_version
from comparators.settings import CompareSettings
from tests.comparators.made import OIP, answer, failure, oip, pair, planned, read


def say(version: str):
    return answer(oip(version, x=("FP64", [1], [1.0])))


def epochs_of(attribution: Attribution, *ways) -> list[Epoch]:
    pairs = [pair(*way, target=OIP) for way in ways]
    reads = read(pairs, planned(pairs, CompareSettings()))
    return [attribution.epoch_of(production_version(each), candidate_version(each), 1) for each in reads]


def test_the_same_circumstances_are_the_same_epoch():
    """Going back to a version goes back to its evidence."""
    first, second, third = epochs_of(
        Attribution("r", "c", "b"), (say("1"), say("1")), (say("1"), say("2")), (say("1"), say("1"))
    )
    assert first == third
    assert first.fingerprint() == third.fingerprint() != second.fingerprint()


def test_a_failure_belongs_to_the_version_that_answered_last():
    """Else a candidate that fails often would have a spotless epoch beside a bad one."""
    before, failed = epochs_of(Attribution("r", "c", "b"), (say("1"), say("2")), (say("1"), failure()))
    assert failed == before


def test_a_failure_before_any_answer_belongs_to_the_evidence_before():
    """A worker that starts while the candidate is down goes on where the last one stood."""
    (last,) = epochs_of(Attribution("r", "c", "b"), (say("1"), say("2")))
    (failed,) = epochs_of(Attribution("r", "c", "b", last), (say("1"), failure()))
    assert failed.candidate_version == Version("2")


def test_an_epoch_survives_its_bytes():
    """They say what its number stands for."""
    (epoch,) = epochs_of(Attribution("r", "c", "b"), (say("1"), say("2")))
    assert Epoch.from_bytes(epoch.to_bytes()) == epoch
    assert epoch.without_versions() != epoch


async def test_a_candidate_that_claims_a_new_version_each_time_has_bounded_epochs(store):
    """The rest of them is one epoch, named for what it is."""
    agreed = Agreed(store.control, "r", "c", CompareSettings())
    ways = [(say("1"), say(f"claimed {i}")) for i in range(MAX_EPOCHS + 20)]
    numbers = {await agreed.number(epoch) for epoch in epochs_of(Attribution("r", "c", "b"), *ways)}
    assert len(numbers) == MAX_EPOCHS + 1
    assert len(await store.control.epochs("c")) == MAX_EPOCHS + 1
