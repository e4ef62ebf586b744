"""Appending to the history in the store, by several at once."""

import asyncio
import sys

import pytest

from records.store.store import Store
from tests.places import ROOT
from tests.redis_server import RedisServer
from tests.understudy.history.judgements import chain_of, entry
from understudy.history import chain as chains
from understudy.history.chain import breaks, entries
from understudy.history.writer import HistoryWriter, UnreadableHistory

EACH = 40
APPENDER = """
import asyncio, sys
from records.settings import RecordingSettings, RedisSettings
from records.store.store import Store
from tests.understudy.history.judgements import entry
from understudy.history.writer import HistoryWriter

async def main(url, name, many):
    store = Store.create(RedisSettings(url=url), RecordingSettings())
    writer = HistoryWriter(store)
    for _ in range(many):
        await writer.append("root", lambda chain: entry(candidate=name))
    await store.close()

asyncio.run(main(sys.argv[1], sys.argv[2], int(sys.argv[3])))
"""


async def test_two_processes_append_to_one_chain_and_lose_none(store: Store, redis_server: RedisServer) -> None:
    """Each entry follows the one before, whoever wrote that."""
    command = (sys.executable, "-c", APPENDER, redis_server.url)
    running = [await asyncio.create_subprocess_exec(*command, name, str(EACH), cwd=ROOT) for name in ("one", "two")]
    assert [await each.wait() for each in running] == [0, 0]
    chain = await HistoryWriter(store).chain("root")
    assert list(breaks(chain)) == []
    told = [each.candidate for _, each in entries(chain)]
    assert (told.count("one"), told.count("two")) == (EACH, EACH)


async def test_of_those_who_find_the_same_change_one_records_it(store: Store) -> None:
    """The others look again, and find that it is told."""

    def once(chain: chains.Chain):
        return None if any(each.verdict == "fail" for _, each in entries(chain)) else entry("fail")

    found = await asyncio.gather(*(HistoryWriter(store).append("root", once) for _ in range(5)))
    assert sum(each is not None for each in found) == 1
    assert len(await HistoryWriter(store).chain("root")) == 1


async def test_a_history_is_bounded(store: Store) -> None:
    """Beyond its bound it is folded, and goes on."""
    full = chain_of(*(entry(candidate=f"c{each}") for each in range(chains.MAX_LINKS)))
    await store.history.replace("root", [], [each.data for each in full])
    writer = HistoryWriter(store)
    for name in ("one", "two"):
        await writer.append("root", lambda _, name=name: entry(candidate=name))
    chain = await writer.chain("root")
    assert len(chain) == chains.FOLDED_TO + 1
    assert chain[-1].last == chains.MAX_LINKS + 2
    assert list(breaks(chain)) == []


async def test_what_was_changed_meanwhile_is_not_replaced(store: Store) -> None:
    """Neither a longer chain, nor one that ends otherwise."""
    one, two = (each.data for each in chain_of(entry(), entry("fail")))
    assert await store.history.append("root", b"", one)
    assert not await store.history.append("root", b"", two)
    assert not await store.history.replace("root", [], [two])
    assert not await store.history.replace("root", [two, one], [two])
    assert await store.history.links("root") == [one]


async def test_what_is_no_history_is_said(store: Store) -> None:
    """It is no crash, and nothing is appended to it."""
    await store.history.append("root", b"", b"whatever")
    with pytest.raises(UnreadableHistory, match="the history of root can't be read"):
        await HistoryWriter(store).append("root", lambda _: entry())
