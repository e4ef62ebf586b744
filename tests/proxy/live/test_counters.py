"""What a worker counted outlives it, whoever reads it and however it ended."""

import os
import signal
import struct
import subprocess
import sys
from pathlib import Path

import orjson
import pytest

from proxy.live import counters as counters_module
from proxy.live.counters import (
    INDEX,
    MAX_NAMES_BYTES,
    MAX_ROUTES_SET,
    NAMES,
    RETIRED,
    CountersFile,
    read_counters,
    retire,
)
from proxy.live.metrics import families
from tests.places import ROOT


def test_counts_are_read_from_the_file(tmp_path: Path) -> None:
    """By route and by name, while the worker lives."""
    counters = CountersFile(tmp_path / "run" / "w.mm", "w-1")
    counters.route("").add(INDEX["unrouted"], 3)
    counters.route("a").add(INDEX["requests"])
    counters.route("a").add(INDEX["requests"], 4)
    counters.route("b").add(INDEX["shed.memory"])
    writer, routes = read_counters(tmp_path / "run" / "w.mm")
    assert (writer, list(routes)) == ("w-1", ["", "a", "b"])
    assert {name: count for name, count in routes["a"].items() if count} == {"requests": 5}
    assert (routes[""]["unrouted"], routes["b"]["shed.memory"]) == (3, 1)
    counters.close()


def test_a_route_that_comes_back_goes_on_counting(tmp_path: Path) -> None:
    """The same name is the same row."""
    counters = CountersFile(tmp_path / "w.mm", "w-1")
    counters.route("a").add(INDEX["requests"])
    assert counters.route("a").read()["requests"] == 1
    counters.close()


def test_only_its_owner_reads_it(tmp_path: Path) -> None:
    """Names of routes are nobody else's business."""
    CountersFile(tmp_path / "w.mm", "w-1").close()
    assert (tmp_path / "w.mm").stat().st_mode & 0o077 == 0


def test_a_new_worker_begins_at_nothing(tmp_path: Path) -> None:
    """A file that is in the way is not gone on with."""
    for _ in range(2):
        counters = CountersFile(tmp_path / "w.mm", "w-1")
        counters.route("a").add(INDEX["requests"])
        assert counters.route("a").read()["requests"] == 1
        counters.close()


def test_counts_survive_a_kill(tmp_path: Path) -> None:
    """A SIGKILL in the middle of work loses none that was counted."""
    program = (
        "import sys, time; from pathlib import Path; from proxy.live.counters import *\n"
        "c = CountersFile(Path(sys.argv[1]), 'w-1'); c.route('a').add(INDEX['requests'], 7)\n"
        "print('counted', flush=True); time.sleep(60)"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", program, str(tmp_path / "w.mm")], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    with process:
        assert process.stdout is not None
        assert process.stdout.readline() == "counted\n"
        os.kill(process.pid, signal.SIGKILL)
    assert read_counters(tmp_path / "w.mm")[1]["a"]["requests"] == 7


@pytest.mark.parametrize("content", [b"", b"something else", b"understudy-counters/0\n{}\n"])
def test_a_foreign_file_is_refused(tmp_path: Path, content: bytes) -> None:
    """By name, rather than read as numbers."""
    path = tmp_path / "w.mm"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=r"w\.mm"):
        read_counters(path)


def test_its_room_is_taken_at_once(tmp_path: Path) -> None:
    """A disk that becomes full does not end a worker that counts its first request of another route."""
    path = tmp_path / "w.mm"
    CountersFile(path, "w-1").close()
    about = path.stat()
    assert about.st_blocks * 512 >= about.st_size
    assert [file.name for file in tmp_path.iterdir()] == ["w.mm"]


def test_without_a_file_it_counts_in_memory() -> None:
    """For a worker whose disk has no room."""
    counters = CountersFile(None, "w-1")
    row = counters.route("a")
    row.add(INDEX["requests"], 7)
    assert row.read()["requests"] == 7


def test_routes_are_bounded(tmp_path: Path) -> None:
    """The file's size is fixed at birth."""
    counters = CountersFile(tmp_path / "w.mm", "w-1")
    for number in range(1_023):
        counters.route(f"r{number}")
    with pytest.raises(ValueError, match="at most 1023 routes"):
        counters.route("one too many")
    counters.close()


def dead_worker(path: Path, writer: str, **counts: int) -> None:
    counters = CountersFile(path, writer)
    counters.route("").add(INDEX["refused"], 2)
    counters.route("").add(INDEX["connections"], 9)
    for name, count in counts.items():
        counters.route("a").add(INDEX[name.replace("__", ".")], count)
    counters.close()


def test_a_dead_worker_is_added_to_the_dead(tmp_path: Path) -> None:
    """What it neither recorded nor shed died with it; gauges are of the living; its file is gone."""
    dead_worker(
        tmp_path / "1.mm", "w-1", requests=100, not_sampled__ratio=10, shed__memory=5, recorded=60, held=25, failed=1
    )
    dead_worker(tmp_path / "2.mm", "w-2", requests=10, recorded=4, held=6)
    retire(tmp_path / "1.mm", {"a": 70})
    retire(tmp_path / "2.mm", {})
    assert [path.name for path in tmp_path.iterdir()] == [RETIRED]
    _, routes = read_counters(tmp_path / RETIRED)
    assert {name: count for name, count in routes["a"].items() if count} == {
        "requests": 110,
        "not_sampled.ratio": 10,
        "shed.memory": 5,
        "recorded": 74,
        "shed.worker_died": 15 + 6,
        "failed": 1,
    }
    assert {name: count for name, count in routes[""].items() if count} == {"refused": 4}


def test_names_are_in_their_fixed_order() -> None:
    """A file is read by another process of the same version: a name stands for one column, once."""
    assert len(set(NAMES)) == len(NAMES)
    assert [INDEX[name] for name in NAMES] == list(range(len(NAMES)))


def test_as_many_routes_as_the_settings_may_have_find_room(tmp_path: Path) -> None:
    """With names as long as they may be together, and after a reload that exchanged them all but one."""
    counters = CountersFile(tmp_path / "w-1.mm", "w-1")
    letters = MAX_NAMES_BYTES // MAX_ROUTES_SET
    for number in range(2 * MAX_ROUTES_SET - 1):
        counters.route(f"{number:0{letters}}").add(INDEX["requests"])
    routes = read_counters(tmp_path / "w-1.mm")[1]
    assert sum(counts["requests"] for counts in routes.values()) == 2 * MAX_ROUTES_SET - 1
    counters.close()


def test_names_that_find_no_room_are_refused(tmp_path: Path) -> None:
    """Instead of writing over the counts."""
    counters = CountersFile(tmp_path / "w-1.mm", "w-1")
    with pytest.raises(ValueError, match="too long"):
        counters.route("x" * 70_000)
    counters.close()


def of_another_build(path: Path, names: tuple[str, ...], **counts: int) -> None:
    """A file with these counters, which another build has in this order."""
    header = {"writer": "old", "pid": 1, "names": names, "routes": ["", "a"]}
    data = bytearray(counters_module._HEADER_BYTES)
    written = counters_module._MAGIC + orjson.dumps(header) + b"\n"
    data[: len(written)] = written
    rows = [0] * len(names) + [counts.get(name.replace(".", "__"), 0) for name in names]
    path.write_bytes(bytes(data) + struct.pack(f"{len(rows)}Q", *rows))


def test_counters_of_another_build_are_read_by_their_names(tmp_path: Path) -> None:
    """After an upgrade that counts a new reason, what the old workers counted is what it was, the dead among them."""
    names = ("held", "requests", "shed.memory", "shed.of_old", "recorded")
    of_another_build(tmp_path / RETIRED, names, requests=9, shed__memory=2, recorded=7)
    of_another_build(tmp_path / "old.mm", names, requests=100, shed__memory=5, recorded=60)
    assert read_counters(tmp_path / "old.mm")[1]["a"]["shed.memory"] == 5
    assert read_counters(tmp_path / "old.mm")[1]["a"]["shed.buffer"] == 0
    retire(tmp_path / "old.mm", {})
    total = read_counters(tmp_path / RETIRED)[1]["a"]
    wanted = {"requests": 109, "shed.memory": 7, "recorded": 67, "shed.worker_died": 35}
    assert {name: count for name, count in total.items() if count} == wanted


def test_a_sum_of_the_dead_that_cannot_be_read_is_kept_aside(tmp_path: Path) -> None:
    """The next death is counted all the same, and a scrape reads what can be read."""
    (tmp_path / RETIRED).write_bytes(b"understudy-counters/1\n{}\n")
    dead_worker(tmp_path / "1.mm", "w-1", requests=10, recorded=4)
    assert {family.name for family in families(tmp_path)} >= {"understudy_requests"}
    retire(tmp_path / "1.mm", {})
    assert sorted(path.name for path in tmp_path.iterdir()) == [RETIRED, "retired.unreadable"]
    assert read_counters(tmp_path / RETIRED)[1]["a"]["requests"] == 10
