"""Epochs: which comparisons belong together."""

from comparators.agreed import Agreed
from comparators.comparison import Version
from comparators.epochs import MAX_EPOCHS, MAX_GENERATIONS, Attribution, Epoch, standing_from_bytes, standing_to_bytes
from comparators.settings import CompareSettings
from tests.comparators.made import OIP, VIEW, answer, failure, oip, pair, planned, read

OTHER = "/v2/models/other/infer"


def say(version: str):
    return answer(oip(version, x=("FP64", [1], [1.0])))


def epochs_of(attribution: Attribution, *ways, target: str = OIP, generation: int = 1) -> list[Epoch]:
    pairs = [pair(*way, target=target, generation=generation) for way in ways]
    reads = read(pairs, planned([pair(say("1"), say("1"), target=each) for each in (OIP, OTHER)], CompareSettings()))
    return [attribution.epoch_of(each) for each in reads]


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


def test_a_failure_belongs_to_its_own_kind_of_request():
    """Behind one prefix each model has its version: what another one's answered last says nothing of it."""
    attribution = Attribution("r", "c", "b")
    (own,) = epochs_of(attribution, (say("1"), say("2")))
    (other,) = epochs_of(attribution, (say("7"), say("8")), target=OTHER)
    assert epochs_of(attribution, (say("1"), failure()), (failure(), failure())) == [own, own]
    assert epochs_of(attribution, (say("7"), failure()), (failure(), failure()), target=OTHER) == [other, other]


def test_a_failure_before_any_answer_goes_on_where_the_worker_before_stood():
    """A worker that starts while the candidate is down; other settings are other evidence all the same."""
    before = Attribution("r", "c", "b")
    epochs_of(before, (say("1"), say("2")))
    standing = standing_from_bytes(standing_to_bytes(before.standing))
    (failed,) = epochs_of(Attribution("r", "c", "other", standing), (say("1"), failure()))
    assert (failed.candidate_version, failed.basis) == (Version("2"), "other")


def test_a_failure_right_after_a_restart_tells_no_version():
    """What was restarted may be another build: until it answers, nobody knows."""
    attribution = Attribution("r", "c", "b")
    epochs_of(attribution, (say("1"), say("2")))
    (failed,) = epochs_of(attribution, (say("1"), failure()), generation=2)
    assert (failed.candidate_version, failed.production_version) == (None, Version("1"))


def test_what_is_remembered_is_bounded():
    """Paths are the clients' to choose, so only kinds with a plan; and of a few generations, two of them stored."""
    attribution = Attribution("r", "c", "b")
    for number in range(100):
        epochs_of(attribution, (answer(b"", 404), answer(b"", 404)), target=f"/chosen-{number}-by-a-client")
    assert attribution.standing == {}
    for generation in range(1, 2 * MAX_GENERATIONS):
        epochs_of(attribution, (say("1"), say("1")), generation=generation)
    assert len(attribution.standing) == MAX_GENERATIONS
    stored = standing_from_bytes(standing_to_bytes(attribution.standing))
    assert sorted(run.generation for run in stored) == [2 * MAX_GENERATIONS - 2, 2 * MAX_GENERATIONS - 1]


def test_an_epoch_survives_its_bytes():
    """They say what its number stands for."""
    (epoch,) = epochs_of(Attribution("r", "c", "b"), (say("1"), say("2")))
    assert Epoch.from_bytes(epoch.to_bytes()) == epoch
    assert epoch.without_versions() != epoch


async def test_a_candidate_that_claims_a_new_version_each_time_has_bounded_epochs(store):
    """The rest of them is one epoch, named for what it is."""
    agreed = Agreed(store.control, "r", "c", CompareSettings(), VIEW)
    ways = [(say("1"), say(f"claimed {i}")) for i in range(MAX_EPOCHS + 20)]
    numbers = {await agreed.number(epoch) for epoch in epochs_of(Attribution("r", "c", "b"), *ways)}
    assert len(numbers) == MAX_EPOCHS + 1
    assert len(await store.control.epochs("c")) == MAX_EPOCHS + 1
