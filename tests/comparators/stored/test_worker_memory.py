"""A compare worker's memory, with a real process: answers made to fill it are named, honest ones compared."""

import asyncio
import sys

from records.settings import RecordingSettings, RedisSettings
from records.store.store import Store
from tests.comparators.made import GZIPPED, answer, pair
from tests.comparators.staging import Mirrored, settled
from tests.places import ROOT
from tests.redis_server import RedisServer

ADDRESS_SPACE = 2 * 1024**3
GOOD = answer({"score": 1})
LISTS = answer(b"[" + b",".join([b"[]"] * 5_000_000) + b"]", headers=GZIPPED)  # 15 kB: 15 MB of text, 360 MB of lists
TEXT = answer(b'"' + b"a" * 30_000_000 + b'"', headers=GZIPPED)


async def test_bombs_are_set_aside_by_name_and_the_others_are_compared(redis_server: RedisServer) -> None:
    """Within half of the memory that they would take together."""
    store = Store.create(RedisSettings(url=redis_server.url, timeout_s=5.0), RecordingSettings(partitions=2))
    mirrored = Mirrored(store)
    honest = [pair(GOOD, GOOD, number=i) for i in range(40)]
    await mirrored.add(*honest[:20], *[pair(LISTS, GOOD) for _ in range(5)], *honest[20:])
    await mirrored.add(*[pair(GOOD, LISTS) for _ in range(2)], *[pair(TEXT, TEXT) for _ in range(20)], partition=1)
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.comparators.compare_process", redis_server.url, str(ADDRESS_SPACE),
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL, cwd=ROOT,
    )  # fmt: skip
    try:
        coverage = await settled(store, 67)
        process.terminate()
        said, _ = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
        await store.close()
    assert (coverage.compared, coverage.incomparable) == (62, {"production_too_large": 5})
    assert int(said.split()[-1]) < ADDRESS_SPACE // 2
