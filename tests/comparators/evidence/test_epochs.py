"""Epochs: which comparisons belong together."""

import orjson
import pytest
from msgspec.structs import replace
from structlog.testing import capture_logs

from comparators.evidence.epochs import (
    MAX_EPOCHS,
    MAX_GENERATIONS,
    Attribution,
    Epoch,
    Standing,
)
from comparators.evidence.partition_book import PartitionBook
from comparators.evidence.versions import contradictions
from comparators.evidence.versions import versions_of as found_versions
from comparators.extract.version import ModelVersion
from comparators.pairs.reads import candidate_version, production_version
from comparators.settings import CompareSettings
from comparators.stored.decisions import SharedDecisions
from records.nouns import Body, Observation
from tests.comparators.extract.openai_bodies import chat
from tests.comparators.made import OIP, VIEW, answer, failure, observation, oip, pair, planned, read

SETTINGS = CompareSettings()
OTHER = "/v2/models/other/infer"


def say(version: str):
    return answer(oip(version, x=("FP64", [1], [1.0])))


def kept(attribution: Attribution) -> Standing:
    """As the next owner of the partition finds it."""
    return PartitionBook.from_bytes(PartitionBook.of(attribution.standing, {}, {}).to_bytes()).standing


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


def versions_of(target: str, own, other, request: bytes = b"{}") -> tuple[ModelVersion | None, ModelVersion | None]:
    """What the two answers to one request tell."""
    one = pair(own, other, target=target)
    asked = replace(one.exchange.request, body=Body(request, len(request)))
    (found,) = read([(one := replace(one, exchange=replace(one.exchange, request=asked)))], planned([one], SETTINGS))
    return production_version(found), candidate_version(found)


@pytest.mark.parametrize(
    ("asked", "answered", "version"),
    [
        ("a", "a", ""),
        ("gpt-4o", "gpt-4o-2024-08-06", "gpt-4o-2024-08-06"),
        ("gpt-4o", "ft:gpt-4o-2024-08-06:org::1", "ft:gpt-4o-2024-08-06:org::1"),
        ("a", "", ""),
        ("", "a", "a"),
    ],
)
def test_the_model_that_was_asked_for_is_no_version_when_it_is_repeated(asked, answered, version):
    """What stands for it is one: a snapshot, a fine-tune, whatever the server calls what it serves."""
    said = answer(chat({"content": "yes"}, model=answered))
    request = orjson.dumps({"model": asked, "messages": []})
    assert versions_of("/v1/chat/completions", said, said, request) == (ModelVersion(version), ModelVersion(version))


def test_a_version_in_the_path_is_that_of_both_sides():
    """TensorFlow Serving's answers tell none; where an answer does, it is the answer's."""
    said = answer({"predictions": [0.5]})
    assert versions_of("/v1/models/late/versions/3:predict", said, said) == (ModelVersion("3"), ModelVersion("3"))
    assert versions_of("/v2/models/late/versions/3/infer", say("4"), say("5")) == (ModelVersion("4"), ModelVersion("5"))


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
    standing = kept(before)
    (failed,) = epochs_of(Attribution("r", "c", "other", standing), (say("1"), failure()))
    assert (failed.candidate_version, failed.basis) == (ModelVersion("2"), "other")


def test_a_failure_right_after_a_restart_tells_no_version():
    """What was restarted may be another build: until it answers, nobody knows."""
    attribution = Attribution("r", "c", "b")
    epochs_of(attribution, (say("1"), say("2")))
    (failed,) = epochs_of(attribution, (say("1"), failure()), generation=2)
    assert (failed.candidate_version, failed.production_version) == (None, ModelVersion("1"))


def declared(outcome, version: str = "", build: str = "") -> Observation:
    """Under settings that name these."""
    return observation(outcome, declared_version=version, declared_build=build)


PLAIN = answer(oip(x=("FP64", [1], [1.0])))


def test_settings_name_who_names_itself_in_no_answer():
    """Version, build or both; what an answer tells counts before it, and the path of a request does not."""
    ways = [
        (PLAIN, declared(PLAIN, "9", "sha256:1")),
        (PLAIN, declared(say("2"), "", "sha256:1")),
        (PLAIN, declared(say("2"), "9", "sha256:1")),
    ]
    found = epochs_of(Attribution("r", "c", "b"), *ways)
    assert [found_versions(each).candidate for each in found] == [
        ModelVersion("9", "sha256:1"),
        ModelVersion("2", "sha256:1"),
        ModelVersion("2", "sha256:1"),
    ]
    assert len(set(found)) == 3
    assert [contradictions(each) for each in found[:2]] == [[], []]
    assert contradictions(found[2]) == [("candidate", ModelVersion("9", "sha256:1"), ModelVersion("2"))]
    said = declared(answer({"predictions": [0.5]}), "9")
    assert versions_of("/v1/models/late/versions/3:predict", said.outcome, said) == (ModelVersion("3"), ModelVersion())


def test_a_failure_is_of_the_version_that_settings_declare():
    """One that never answers has its failures, beside a spotless one before it."""
    ways = [
        (PLAIN, declared(PLAIN, "1")),
        (PLAIN, declared(failure(), "1")),
        (PLAIN, declared(failure(), "2")),
        (PLAIN, declared(PLAIN, "2")),
        (PLAIN, declared(failure(), "2")),
    ]
    first, failed, new, answered, again = epochs_of(Attribution("r", "c", "b"), *ways)
    assert first == failed != new
    assert [found_versions(each).candidate.version for each in (new, answered)] == ["2", "2"]
    assert (new.candidate_version, answered) == (None, again)


def test_a_failure_is_of_the_version_that_answers_tell_while_settings_stay():
    """Though they declare another one: what an answer tells counts."""
    attribution = Attribution("r", "c", "b")
    told, failed = epochs_of(attribution, (PLAIN, declared(say("7"), "1")), (PLAIN, declared(failure(), "1")))
    assert (told, found_versions(told).candidate) == (failed, ModelVersion("7"))
    (taken_over,) = epochs_of(Attribution("r", "c", "b", kept(attribution)), (PLAIN, declared(failure(), "1")))
    assert taken_over == told


def test_what_is_remembered_is_bounded():
    """Paths are the clients' to choose, so only kinds with a plan; and of a few generations, two of them stored."""
    attribution = Attribution("r", "c", "b")
    for number in range(100):
        epochs_of(attribution, (answer(b"", 404), answer(b"", 404)), target=f"/chosen-{number}-by-a-client")
    assert attribution.standing == {}
    for generation in range(1, 2 * MAX_GENERATIONS):
        epochs_of(attribution, (say("1"), say("1")), generation=generation)
    assert len(attribution.standing) == MAX_GENERATIONS
    stored = kept(attribution)
    assert sorted(run.generation for run in stored) == [2 * MAX_GENERATIONS - 2, 2 * MAX_GENERATIONS - 1]


def test_an_epoch_survives_its_bytes():
    """They say what its number stands for."""
    (epoch,) = epochs_of(Attribution("r", "c", "b"), (say("1"), say("2")))
    assert Epoch.from_bytes(epoch.to_bytes()) == epoch
    assert epoch.without_versions() != epoch


async def test_a_candidate_that_claims_a_new_version_each_time_has_bounded_epochs(store):
    """The rest of them is one epoch, named for what it is."""
    agreed = SharedDecisions(store, "r", "c", CompareSettings(), VIEW)
    ways = [(say("1"), say(f"claimed {i}")) for i in range(MAX_EPOCHS + 20)]
    numbers = {await agreed.number(epoch) for epoch in epochs_of(Attribution("r", "c", "b"), *ways)}
    assert len(numbers) == MAX_EPOCHS + 1
    assert len(await store.control.epochs("c")) == MAX_EPOCHS + 1


async def test_settings_that_contradict_answers_are_warned_of_once(store):
    """With what each of them says, and which counts; likewise of a build."""
    agreed = SharedDecisions(store, "r", "c", CompareSettings(), VIEW)
    ways = [(PLAIN, declared(say("7"), "1", "b2")), (PLAIN, declared(say("1"), "1", "b2"))] * 3
    with capture_logs() as logs:
        for epoch in epochs_of(Attribution("r", "c", "b"), *ways):
            await agreed.number(epoch)
    (warned,) = [line for line in logs if line["event"] == "version.contradicted"]
    assert (warned["side"], warned["declared"], warned["told"]) == ("candidate", "1 b2", "7")
