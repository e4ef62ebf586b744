"""A worker process: started, told, started again, drained, ended by force. Real processes that speak the channel."""

import asyncio
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from records.settings import RedisSettings
from tests.places import ROOT
from understudy.processes.backoff import FIRST_S, GOOD_WHILE_S, LONGEST_S, Backoff
from understudy.processes.channel import BEATS, Start, Unready
from understudy.processes.watchdog import Watchdog
from understudy.processes.workers import WorkerProcess
from understudy.settings.model import Settings

SCRIPT = str(Path(__file__).with_name("scripted_worker.py"))


class Crew:
    """Makes workers, and remembers which ended."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.ended: asyncio.Queue[str] = asyncio.Queue()
        self.workers: list[WorkerProcess] = []
        self._ops = socket.create_server(("127.0.0.1", 0))
        self._starts = 0
        self.watchdog_s = 30.0

    def start(self, behaviour: str) -> WorkerProcess:
        command = (sys.executable, SCRIPT, behaviour)
        worker = WorkerProcess("mirror", self._describe, self.ended.put_nowait, command)
        self.workers.append(worker)
        worker.start()
        return worker

    def _describe(self) -> Start:
        self._starts += 1
        settings = Settings(
            data_dir=str(self.directory), redis=RedisSettings(url="redis://127.0.0.1:1/0"), watchdog_s=self.watchdog_s
        )
        name = f"start-{self._starts}"
        return Start(role="mirror", name=name, settings=settings, listening=None, ops=self._ops.fileno())

    async def end(self) -> None:
        for worker in self.workers:
            worker.kill()
            await worker.drain(1.0)
        self._ops.close()


@pytest.fixture
async def crew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Crew]:
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    crew = Crew(tmp_path)
    yield crew
    await crew.end()


async def test_a_worker_is_told_and_drained(crew: Crew) -> None:
    """It hears what it is told, in order, and ends when it has drained."""
    worker = crew.start("good")
    await worker.started.wait()
    worker.tell(Unready())
    await worker.drain(30.0)
    assert (crew.directory / "said").read_text().split() == ["Unready", "Drain"]
    assert await crew.ended.get() == "start-1"


async def test_a_worker_that_was_killed_is_started_again_under_another_name(crew: Crew) -> None:
    """A new process works in its place; whoever settles the dead one hears its name."""
    worker = crew.start("good")
    await worker.started.wait()
    before = worker.pid
    assert before is not None
    os.kill(before, signal.SIGKILL)
    assert await crew.ended.get() == "start-1"
    await worker.started.wait()
    assert worker.pid != before


async def test_a_worker_that_keeps_dying_is_started_again_and_again(crew: Crew) -> None:
    """Each time under another name, until it is ended."""
    crew.start("dying")
    assert [await crew.ended.get() for _ in range(3)] == ["start-1", "start-2", "start-3"]


async def test_a_worker_that_does_not_drain_is_ended_by_force(crew: Crew) -> None:
    """The deadline holds whatever the worker does; a stopped one is ended as well."""
    worker = crew.start("deaf")
    await worker.started.wait()
    assert worker.pid is not None
    os.kill(worker.pid, signal.SIGSTOP)
    await worker.drain(0.1)
    assert await crew.ended.get() == "start-1"


async def test_a_worker_that_falls_silent_is_replaced(crew: Crew) -> None:
    """One that is stopped, or whose loop no longer turns, is ended by force and named; another works in its place."""
    crew.watchdog_s = 2.0
    for worker, hang in (
        (crew.start("good"), lambda worker: os.kill(worker.pid, signal.SIGSTOP)),
        (crew.start("good"), lambda worker: worker.tell(Unready())),
    ):
        await worker.started.wait()
        before = worker.pid
        with capture_logs() as logged:
            hang(worker)
            await crew.ended.get()
        await worker.started.wait()
        assert worker.pid != before
        hung = [(line["worker_role"], line["pid"]) for line in logged if line["event"] == "worker.hung"]
        assert hung == [("mirror", before)]


def test_a_watcher_that_slept_takes_nobody_for_hung() -> None:
    """However long it was, it is one tick; and who beats once in the time is never hung, loading code excepted."""
    watchdog = Watchdog()
    assert not any(watchdog.tick() for _ in range(10 * BEATS))
    for _ in range(100):
        watchdog.heard()
        assert not any(watchdog.tick() for _ in range(BEATS))
    assert watchdog.tick()


async def test_a_worker_ends_with_its_channel(crew: Crew) -> None:
    """When the supervisor's end is gone, the worker hears it."""
    worker = crew.start("good")
    await worker.started.wait()
    assert worker._channel is not None
    worker._channel.close()
    assert await crew.ended.get() == "start-1"


def test_the_pause_doubles_to_its_longest_and_begins_anew_after_a_good_while() -> None:
    """A crash loop costs little; a single crash after an hour costs a moment."""
    backoff = Backoff()
    pauses = [backoff.after(0.0) for _ in range(20)]
    assert pauses[:3] == [FIRST_S, 2 * FIRST_S, 4 * FIRST_S]
    assert pauses[-1] == LONGEST_S
    assert backoff.after(GOOD_WHILE_S) == FIRST_S
