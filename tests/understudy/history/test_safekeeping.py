"""The copy in the data directory: kept, and put back."""

import asyncio
import signal
import sys
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from records.store.store import Store
from tests.places import ROOT
from tests.redis_server import RedisServer
from tests.understudy.history.judgements import chain_of, entry
from understudy.history import chain as chains
from understudy.history.chain import breaks
from understudy.history.file import DamagedHistory, HistoryFile
from understudy.history.safekeeping import Safekeeping
from understudy.history.writer import HistoryWriter

KILLED = """
import asyncio, os, signal, sys
from records.settings import RecordingSettings, RedisSettings
from records.store.store import Store
from tests.understudy.history.judgements import entry
from understudy.history.writer import HistoryWriter

async def main(url):
    store = Store.create(RedisSettings(url=url), RecordingSettings())
    await HistoryWriter(store).append("root", lambda chain: entry("fail"))
    os.kill(os.getpid(), signal.SIGKILL)

asyncio.run(main(sys.argv[1]))
"""


@pytest.fixture
def file(tmp_path: Path) -> HistoryFile:
    return HistoryFile(tmp_path / "history.jsonl")


async def _recorded(store: Store, *verdicts, route: str = "root") -> None:
    for verdict in verdicts:
        await HistoryWriter(store).append(route, lambda _, verdict=verdict: entry(verdict, route=route))


async def test_entries_are_copied_as_they_come(store: Store, file: HistoryFile) -> None:
    """Each line is what the store holds."""
    keeping = Safekeeping(store, file)
    for verdict in ("pass", "fail"):
        await _recorded(store, verdict)
        await keeping.keep(["root"])
    assert file.path.read_bytes().splitlines() == await store.history.links("root")


async def test_a_store_that_was_emptied_gets_its_history_back(
    store: Store, redis_server: RedisServer, file: HistoryFile
) -> None:
    """Of every route, also of one whose candidates are gone; and the log says so."""
    keeping = Safekeeping(store, file)
    await _recorded(store, "pass", "fail")
    await keeping.keep(["root"])
    before = await store.history.links("root")
    redis_server.command("FLUSHALL")
    with capture_logs() as logs:
        await Safekeeping(store, file).keep([])
    assert await store.history.links("root") == before
    assert [(each["event"], each["entries"]) for each in logs] == [("history.restored", 2)]
    redis_server.command("FLUSHALL")
    await keeping.keep([])
    assert await store.history.links("root") == before


async def test_a_store_that_lost_its_last_entries_gets_them_back(store: Store, file: HistoryFile) -> None:
    """As after a failover to a replica that was behind."""
    await _recorded(store, "pass", "fail", "pass")
    await Safekeeping(store, file).keep(["root"])
    whole = await store.history.links("root")
    await store.history.replace("root", whole, whole[:1])
    await Safekeeping(store, file).keep(["root"])
    assert await store.history.links("root") == whole


async def test_what_a_killed_process_had_appended_is_copied_by_the_next(
    store: Store, redis_server: RedisServer, file: HistoryFile
) -> None:
    """Between the store and the file nothing is lost, and nothing told twice."""
    await _recorded(store, "pass")
    await Safekeeping(store, file).keep(["root"])
    killed = await asyncio.create_subprocess_exec(sys.executable, "-c", KILLED, redis_server.url, cwd=ROOT)
    assert await killed.wait() == -signal.SIGKILL
    assert len(file.read()["root"]) == 1
    await Safekeeping(store, file).keep(["root"])
    assert file.path.read_bytes().splitlines() == await store.history.links("root")
    assert len(file.read()["root"]) == 2


async def test_what_was_appended_before_a_crash_is_copied_after_it(store: Store, file: HistoryFile) -> None:
    """Also where the crash left half a line."""
    await _recorded(store, "pass")
    await Safekeeping(store, file).keep(["root"])
    await _recorded(store, "fail")
    with file.path.open("ab") as half:
        half.write((await store.history.last("root"))[:50])
    await Safekeeping(store, file).keep(["root"])
    assert file.path.read_bytes().splitlines() == await store.history.links("root")


async def test_histories_that_differ_are_left_to_a_person(
    store: Store, redis_server: RedisServer, file: HistoryFile
) -> None:
    """Neither is written over; the log says so, once."""
    await _recorded(store, "pass", "fail")
    await Safekeeping(store, file).keep(["root"])
    copy = file.path.read_bytes()
    redis_server.command("FLUSHALL")
    await _recorded(store, "error")
    keeping = Safekeeping(store, file)
    with capture_logs() as logs:
        for _ in range(3):
            await keeping.keep(["root"])
    assert [each["event"] for each in logs] == ["history.apart"]
    assert file.path.read_bytes() == copy
    assert len(await store.history.links("root")) == 1


async def test_a_damaged_file_is_said_and_not_written_over(store: Store, file: HistoryFile) -> None:
    """The line is named."""
    await _recorded(store, "pass")
    file.path.write_bytes(b"{}\n")
    with capture_logs() as logs:
        for _ in range(2):
            await Safekeeping(store, file).keep(["root"])
    assert "line 1 of" in logs[0]["error"]
    assert logs[0]["event"] == "history.unkept"
    assert file.path.read_bytes() == b"{}\n"
    with pytest.raises(DamagedHistory):
        file.read()


async def test_the_file_is_bounded_as_the_store_is(store: Store, file: HistoryFile) -> None:
    """And so are the files of several routes together."""
    full = chain_of(*(entry(candidate=f"c{each}") for each in range(chains.MAX_LINKS)))
    await store.history.replace("root", [], [each.data for each in full])
    await _recorded(store, "pass", route="other")
    await Safekeeping(store, file).keep(["root", "other"])
    await _recorded(store, "fail", "pass")
    await Safekeeping(store, file).keep(["root", "other"])
    copies = file.read()
    assert len(copies["other"]) == 1
    assert len(copies["root"]) <= chains.MAX_LINKS
    assert list(breaks(copies["root"])) == []
    assert copies["root"][-1].data == await store.history.last("root")
