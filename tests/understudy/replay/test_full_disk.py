"""A replay on a full disk: it ends in words that say where there is no room, with what there is, and leaves nothing."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from time import monotonic

import pytest

from loadtest.engine.ended_call import EndedCall
from loadtest.engine.spill import SpillReader, SpillWriter
from records.nouns import Answer, Body, Observation, Timings
from tests.loadtest.staging import JSON, MS, Model, every
from tests.places import ROOT
from tests.understudy.replay.test_replay_command import recording

SIZE = 1_048_576


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of one MiB of its own."""
    place = tmp_path / "disk"
    place.mkdir()
    mounting = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={SIZE}", "tmpfs", str(place)], check=False, capture_output=True
    )
    if mounting.returncode:
        pytest.skip("a file system can't be mounted here")
    yield place
    subprocess.run(["umount", "--lazy", str(place)], check=True)


class Ended:
    """A replay as a process of its own, which has ended, with all that it started."""

    def __init__(self, tmp_path: Path, scratch: Path, *words: str, most_bytes: int | None = None) -> None:
        limit = (most_bytes, most_bytes)
        process = subprocess.Popen(
            [sys.executable, "-m", "understudy", "replay", *words, "--data-dir", str(tmp_path / "data")],
            cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True,
            env={**os.environ, "TMPDIR": str(scratch)},
            preexec_fn=(lambda: resource.setrlimit(resource.RLIMIT_FSIZE, limit)) if most_bytes else None,
        )  # fmt: skip
        self.out, self.err = process.communicate(timeout=120)
        self.code = process.returncode
        _await_end_of_all(process.pid)
        assert "Traceback" not in self.err


def _await_end_of_all(group: int) -> None:
    """multiprocessing's own tracker ends when it sees that its parent has."""
    until = monotonic() + 20
    with suppress(ProcessLookupError):
        while monotonic() < until:
            os.killpg(group, 0)
        pytest.fail("a process was left behind")


def test_a_source_that_finds_no_room_is_not_sent(tmp_path: Path, disk: Path) -> None:
    """Exit 4: what was being written, where, how much is free there, what to do; and nothing stays there."""
    traffic = recording(tmp_path / "traffic.jsonl", every(MS, 3_000))
    with Model().running() as model:
        ended = Ended(tmp_path, disk, str(traffic), "--candidate", f"new={model.url}")
    assert (ended.code, ended.out, model.seen) == (4, "", [])
    assert f"the requests of the source can't be written in {disk}/understudy-replay-" in ended.err
    assert "no space left on device (0.0 MB of 1.0 MB are free); set TMPDIR to a directory with more room" in ended.err
    assert list(disk.iterdir()) == []


def test_a_run_whose_answers_find_no_room_ends_and_says_what_there_is(tmp_path: Path, disk: Path) -> None:
    """Exit 4, a report that is marked as no evidence, and no request is lost in it."""
    traffic, kept = recording(tmp_path / "traffic.jsonl", every(MS, 400)), tmp_path / "run.jsonl"
    words = (str(traffic), "--rate", "500/s", "--duration", "20s", "-o", str(kept))
    with Model().running() as model:
        ended = Ended(tmp_path, disk, *words, "--candidate", f"new={model.url}")
    assert ended.code == 4, ended.err
    assert "not valid evidence: what came back can't be written in" in " ".join(ended.out.split())
    assert f"what came back can't be written in {disk}/understudy-replay-" in ended.err
    assert "set TMPDIR to a directory with more room, or send for less long (--duration)" in ended.err
    *rows, end = kept.read_text().splitlines()[1:]
    load = json.loads(end)["report"]["load"]
    assert 0 < load["scored"] == len(rows) < load["sent"] < 10_000
    assert load["sent"] == load["scored"] + load["given_up"]
    assert load["sent"] + sum(load["not_sent"].values()) == load["requests"] == 10_000
    assert list(disk.iterdir()) == []


def test_a_plan_larger_than_a_file_may_be_is_told_in_words(tmp_path: Path) -> None:
    """A limit of the shell (`ulimit -f`) is no full disk: no free space is told, which there may be."""
    traffic = recording(tmp_path / "traffic.jsonl", every(MS, 100))
    words = (str(traffic), "--rate", "9000/s", "--duration", "60s")
    with Model().running() as model:
        ended = Ended(tmp_path, tmp_path, *words, "--candidate", f"new={model.url}", most_bytes=SIZE)
    assert (ended.code, ended.out, model.seen) == (4, "", [])
    assert ": file too large; set TMPDIR" in ended.err
    assert "the plan can't be written" in ended.err


def test_a_run_is_told_though_its_file_finds_no_room(tmp_path: Path, disk: Path) -> None:
    """The report is printed with all numbers, the file is named, and the exit code says that something broke."""
    traffic, kept = recording(tmp_path / "traffic.jsonl", every(2 * MS, 300)), disk / "run.jsonl"
    (disk / "others").write_bytes(bytes(SIZE - 20_480))
    words = (str(traffic), "-o", str(kept), "--threshold", "failures.rate <= 50%")
    with Model(lambda _: 0.3).running() as model:
        ended = Ended(tmp_path, tmp_path, *words, "--candidate", f"new={model.url}")
    assert ended.code == 4
    assert "failures.rate" in ended.out
    assert "300 of 300 requests sent" in " ".join(ended.out.split())
    assert f"understudy: -o {kept} can't be written in {disk}: no space left on device" in ended.err
    assert "replay report" not in ended.err
    assert len(model.seen) == 300


def test_a_report_that_finds_no_room_says_where(tmp_path: Path, disk: Path) -> None:
    """Whatever form of a kept run is written."""
    traffic, kept = recording(tmp_path / "traffic.jsonl", every(2 * MS, 100)), tmp_path / "run.jsonl"
    with Model().running() as model:
        Ended(tmp_path, tmp_path, str(traffic), "--candidate", f"new={model.url}", "-o", str(kept))
    (disk / "others").write_bytes(bytes(SIZE - 8_192))
    page = disk / "run.html"
    ended = subprocess.run(
        [sys.executable, "-m", "understudy", "replay", "report", str(kept), "--format", "html", "-o", str(page)],
        cwd=ROOT, check=False, capture_output=True, text=True,
    )  # fmt: skip
    assert ended.returncode == 4
    assert ended.stderr.startswith(f"understudy: -o {page} can't be written in {disk}: no space left on device")


def test_no_record_is_cut_where_room_ends_in_its_midst(disk: Path) -> None:
    """A disk that is nearly full takes a part of what it is given: what is read is whole, and the writer says why it
    takes no more.
    """
    (disk / "others").write_bytes(bytes(SIZE - 40_960))
    writer = SpillWriter(disk / "spill")
    for number in range(100):
        body = Body(bytes(1_000), 1_000)
        observation = Observation(
            wall_ns=0, timings=Timings(0, 0, 0, 0, number), outcome=Answer(200, JSON, body), in_flight=1,
            loop_lag_ns=0, reader_paused=False,
        )  # fmt: skip
        writer.add(EndedCall(number, 0, 0, 0, 0, observation))
        writer.flush()
    writer.close()
    reader = SpillReader(disk / "spill")
    found = [each.row for each in reader.read()]
    reader.close()
    assert found == list(range(len(found)))
    assert 30 < len(found) < 40
    assert "no space left on device" in writer.failure
