"""Who keeps the embedded Redis alive: what dies or hangs is replaced, what answers at all is not. Real servers."""

import asyncio
import os
import resource
import signal
from collections.abc import AsyncIterator

import pytest
from structlog.testing import capture_logs

from ground.tasks import Tasks
from tests.understudy.site.conftest import data, redis
from tests.understudy.site.telling import told
from tests.until import until
from understudy.errors import EmbeddedRedisError
from understudy.processes.redis_keeper import RedisKeeper
from understudy.reading.opening import opened
from understudy.settings.model import Settings
from understudy.site.datadir import DataDir
from understudy.site.embedded_redis import EmbeddedRedis

__all__ = ["data", "redis"]  # fixtures


@pytest.fixture
async def kept(redis: EmbeddedRedis) -> AsyncIterator[EmbeddedRedis]:
    keeper, tasks = RedisKeeper(redis, watchdog_s=2.0), Tasks()
    tasks.start("redis.keep", keeper.keep())
    tasks.start("redis.watch", keeper.watch())
    yield redis
    await tasks.stop()


@pytest.mark.parametrize(("number", "hung"), [(signal.SIGSTOP, 1), (signal.SIGKILL, 0)], ids=["hangs", "dies"])
async def test_a_server_that_hangs_or_dies_is_replaced_with_its_data(
    kept: EmbeddedRedis, number: signal.Signals, hung: int
) -> None:
    """One that says nothing for `watchdog_s` is named and ended; another goes on with the same file."""
    await told(kept, "SET kept yes")
    before = kept.pid
    assert before is not None

    async def replaced() -> bool:
        return kept.pid != before and await kept.answers()

    with capture_logs() as logs:
        os.kill(before, number)
        await until(replaced, "another server")
    assert [each["pid"] for each in logs if each["event"] == "redis.hung"] == [before] * hung
    assert [each["exit_code"] for each in logs if each["event"] == "redis.died"] == [-signal.SIGKILL]
    assert await told(kept, "GET kept") == "yes"


@pytest.mark.parametrize(
    ("line", "silent"),
    [
        (b"+PONG\r\n", False),
        (b"-LOADING Valkey is loading the dataset in memory\r\n", False),
        (b"-BUSY Valkey is busy running a script\r\n", False),
        (b"-" + b"x" * 100_000, False),
        (b"", True),
    ],
    ids=["well", "loading", "busy", "endless", "hung up"],
)
async def test_whoever_answers_does_not_hang(data: DataDir, line: bytes, silent: bool) -> None:
    """Whatever it answers: one that is loading its file, or busy, is left to it."""

    async def say(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readline()
        writer.write(line)
        writer.close()

    redis = EmbeddedRedis(data)
    async with await asyncio.start_unix_server(say, redis.socket):
        assert await redis.is_silent(30.0) is silent


async def test_a_supervisor_without_descriptors_takes_no_server_for_hung(redis: EmbeddedRedis) -> None:
    """That it can't ask says nothing about the server."""
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (3, limits[1]))
    try:
        assert not await redis.is_silent(30.0)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, limits)


async def test_a_command_beside_a_store_that_hangs_says_so(redis: EmbeddedRedis, data: DataDir) -> None:
    """It neither waits for good nor starts a second server over the same files."""
    assert redis.pid is not None
    os.kill(redis.pid, signal.SIGSTOP)
    try:
        async with asyncio.timeout(30):
            with pytest.raises(EmbeddedRedisError, match=r"the store .* does not answer: .*has said nothing for 5 s"):
                async with opened(Settings(data_dir=str(data.root))):
                    pass
    finally:
        os.kill(redis.pid, signal.SIGCONT)


@pytest.mark.slow
async def test_a_server_left_running_that_hangs_is_not_doubled(redis: EmbeddedRedis, data: DataDir) -> None:
    """Two servers over one file would spoil it: the start ends, and says what to do."""
    assert redis.pid is not None
    redis._lock.release()  # what the kernel does when the supervisor is killed
    redis._lock = None
    os.kill(redis.pid, signal.SIGSTOP)
    following = EmbeddedRedis(data)
    try:
        with pytest.raises(EmbeddedRedisError, match=r"left running on .* hangs: end it with SIGKILL"):
            await following.start()
    finally:
        os.kill(redis.pid, signal.SIGCONT)
        await following.stop()
