"""Recordings to replay are what an export would be, and come in bursts."""

from pathlib import Path

import numpy as np

from benchmarks.replay.recordings import BEGIN_NS, bursts_ns, write_recording
from benchmarks.traffic import ANSWER_BODY
from loadtest.sources.opening import opened_file
from records.nouns import Answer


def test_a_recording_is_read_as_an_export_is(tmp_path: Path) -> None:
    """Each request of its own, at its time, with what production answered."""
    path = tmp_path / "recording.jsonl"
    write_recording(path, [0, 5, 12])

    with path.open("rb") as file:
        found = list(opened_file(path, file))

    assert [each.at_ns for each in found] == [BEGIN_NS, BEGIN_NS + 5, BEGIN_NS + 12]
    assert len({each.request.body.data for each in found}) == len({each.id for each in found}) == 3
    answers = [each.production.outcome for each in found if each.production is not None]
    assert [each.body.data for each in answers if isinstance(each, Answer)] == [ANSWER_BODY] * 3


def test_bursts_are_of_their_rate_on_average_and_the_same_for_a_seed() -> None:
    """In order, within their time; and less even than requests by chance, whose pauses vary as much as they last."""
    found = bursts_ns(600.0, 100.0, seed=7)
    gaps = np.diff(found)

    assert 50_000 < len(found) < 70_000
    assert found[0] >= 0
    assert found[-1] < 600 * 10**9
    assert gaps.min() >= 0
    assert gaps.std() > 1.3 * gaps.mean()
    assert np.array_equal(found, bursts_ns(600.0, 100.0, seed=7))
    assert len(found) != len(bursts_ns(600.0, 100.0, seed=8))
