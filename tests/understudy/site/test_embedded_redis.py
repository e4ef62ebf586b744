"""The embedded Redis: started, persisting, refused twice, adopted after a kill. A real server each time."""

import asyncio
import os
import shutil
import signal
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from records.settings import RecordingSettings, RedisSettings
from records.store.store import Store
from tests.records.stages import CANDIDATE, ROUTE, assert_adds_up, mirror, owner
from tests.understudy.site.telling import told
from understudy.errors import EmbeddedRedisError
from understudy.reading.opening import opened
from understudy.settings.loading import SettingsError
from understudy.settings.model import Settings
from understudy.site import embedded_server
from understudy.site.datadir import DataDir
from understudy.site.embedded_redis import EmbeddedRedis

A_CENTURY_S = 3.2e9  # the file grows old; a day after it was written all of it would be too old
WRITTEN_BY_REDIS_6 = Path(__file__).parent / "written_by_redis_6_2.aof"


async def test_what_was_written_is_there_after_a_restart(redis: EmbeddedRedis, data: DataDir) -> None:
    """A stop and a start keep the recordings."""
    await told(redis, "SET kept yes")
    await redis.stop()
    assert not await redis.answers()
    await redis.start()
    assert await told(redis, "GET kept") == "yes"


async def test_it_never_evicts_and_listens_for_its_owner_alone(redis: EmbeddedRedis) -> None:
    """No TCP port, a socket for the owner, and no eviction of recordings."""
    assert redis.socket.stat().st_mode & 0o777 == 0o700
    info = {}
    reader, writer = await asyncio.open_unix_connection(str(redis.socket))
    writer.write(b"INFO\r\n")
    size = int((await reader.readline())[1:])
    for line in (await reader.readexactly(size)).decode().splitlines():
        key, _, value = line.partition(":")
        info[key] = value
    writer.close()
    assert (info["tcp_port"], info["maxmemory_policy"], info["aof_enabled"]) == ("0", "noeviction", "1")


async def test_a_second_one_in_the_same_directory_is_refused(redis: EmbeddedRedis, data: DataDir) -> None:
    """The error names the directory, the holder's pid and what to do; the first goes on."""
    with pytest.raises(SettingsError, match=rf"data_dir.*in use.*pid {os.getpid()}.*its own data_dir"):
        await EmbeddedRedis(data).start()
    assert await redis.answers()


async def test_a_server_left_running_is_ended_and_its_data_kept(redis: EmbeddedRedis, data: DataDir) -> None:
    """When a supervisor was killed, its Redis lives on; the next start ends it and goes on with its data."""
    await told(redis, "SET kept yes")
    left = redis.pid
    redis._lock.release()  # what the kernel does when the supervisor is killed
    redis._lock = None
    following = EmbeddedRedis(data)
    await following.start()
    try:
        assert await asyncio.wait_for(redis.ended(), 10) == 0
        assert following.pid != left
        assert await told(following, "GET kept") == "yes"
    finally:
        await following.stop()


async def test_it_can_be_started_again_after_it_was_killed(redis: EmbeddedRedis) -> None:
    """A killed server's end is seen, and a start brings it back."""
    assert redis.pid is not None
    os.kill(redis.pid, signal.SIGKILL)
    assert await asyncio.wait_for(redis.ended(), 10) == -signal.SIGKILL
    await redis.start()
    assert await redis.answers()


async def test_what_the_last_release_wrote_is_there(data: DataDir) -> None:
    """A directory that Redis 6.2 kept, until it was killed, is opened: counts, records and what was under way."""
    shutil.copy(WRITTEN_BY_REDIS_6, data.redis / "appendonly.aof")
    redis = EmbeddedRedis(data)
    await redis.start()
    store = Store.create(RedisSettings(url=redis.url), RecordingSettings(partitions=1, max_age_s=A_CENTURY_S))
    try:
        assert [record async for _, record in store.scan_exchanges(ROUTE)] == [b"exchange %d" % n for n in range(30)]
        coverage = await store.coverage(ROUTE, CANDIDATE)
        assert (coverage.requests, coverage.mirrored, coverage.compared, coverage.uncompared) == (30, 10, 5, 5)
        group = await owner(store, name="another")
        await mirror(group, await group.fetch(20))
        assert_adds_up(coverage := await store.coverage(ROUTE, CANDIDATE))
        assert (coverage.mirrored, coverage.waiting) == (30, 0)
    finally:
        await store.close()
        await redis.stop()


async def test_a_server_that_ends_at_start_tells_its_last_words(data: DataDir) -> None:
    """A broken append-only file ends the start with what the server's log says."""
    redis = EmbeddedRedis(data)
    await redis.start()
    await told(redis, "SET a b")
    await redis.stop()
    for file in data.redis.rglob("appendonly*.aof"):
        file.write_text("nonsense\n")
    with pytest.raises(EmbeddedRedisError, match=r"ended with 1.*Bad file format"):
        await redis.start()
    await redis.stop()


@pytest.mark.parametrize("kept", [False, True], ids=["at the first start", "over recordings"])
async def test_a_server_that_can_not_be_run_here_is_named(
    data: DataDir, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kept: bool
) -> None:
    """Built for another machine, say: the error says which program, and what the system said."""
    program = tmp_path / "valkey-server"
    program.write_bytes(b"\x7fELF of another machine")
    program.chmod(0o700)
    monkeypatch.setattr(embedded_server.importlib.util, "find_spec", lambda name: None)
    monkeypatch.setenv("PATH", str(tmp_path))
    if kept:
        (data.redis / "appendonlydir").mkdir()
    redis = EmbeddedRedis(data)
    with pytest.raises(EmbeddedRedisError, match=rf"{program} can't be started: Exec format error"):
        await redis.start()
    await redis.stop()


async def test_recordings_that_can_not_be_looked_into_are_named(data: DataDir) -> None:
    """The error names the directory, what the system said, and a way out."""
    (data.redis / "appendonlydir" / "no file").mkdir(parents=True)
    redis = EmbeddedRedis(data)
    with pytest.raises(SettingsError, match=rf"can't be used: {data.redis}: Is a directory; name another data_dir"):
        await redis.start()
    await redis.stop()


@pytest.mark.slow
async def test_a_server_that_does_not_end_is_ended(redis: EmbeddedRedis, data: DataDir) -> None:
    """By force, after a while; the directory is free for the next one."""
    assert redis.pid is not None
    os.kill(redis.pid, signal.SIGSTOP)
    with capture_logs() as logs:
        await redis.stop()
    assert [(each["event"], each["exit_code"]) for each in logs] == [("redis.stopped", -signal.SIGKILL)]
    await redis.start()
    assert await redis.answers()


async def test_a_configuration_that_can_not_be_written_is_named(data: DataDir) -> None:
    """The error says which file, and what the system said."""
    (data.redis / "redis.conf").mkdir()
    redis = EmbeddedRedis(data)
    with pytest.raises(SettingsError, match=r"data_dir.*redis\.conf: Is a directory; name another data_dir"):
        await redis.start()
    await redis.stop()


async def test_a_server_whose_disk_is_full_answers(data: DataDir) -> None:
    """It refuses writes, PING among them, and can be read: nobody needs to start another."""

    async def refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readline()
        writer.write(b"-MISCONF Errors writing to the AOF file: No space left on device\r\n")
        writer.close()

    redis = EmbeddedRedis(data)
    async with await asyncio.start_unix_server(refuse, redis.socket):
        assert await redis.answers()
    assert not await redis.answers()


async def test_a_serve_without_its_redis_is_not_in_the_way(data: DataDir) -> None:
    """A command beside a `serve` whose Redis is starting, or lost, says so; nothing is to be stopped."""
    lock = data.hold("redis")
    (data.redis / "redis.conf").touch()
    words = rf"that records here \(pid {os.getpid()}\) runs, but its Redis answers 'nothing'"
    with pytest.raises(EmbeddedRedisError, match=words):
        async with opened(Settings(data_dir=str(data.root))):
            pass
    lock.release()


def test_a_directory_too_deep_for_a_socket_is_refused() -> None:
    """A Unix socket's path is short by nature; the error says so instead of the kernel."""
    with pytest.raises(SettingsError, match="too long a path"):
        EmbeddedRedis(DataDir("/" + "d" * 100))


def test_secrets_are_made_once_and_for_the_owner_alone(data: DataDir) -> None:
    """The token and the secret stay what they are, and nobody else may read them."""
    assert data.admin_token() == data.admin_token() != data.secret()
    assert data.gate_token() == data.gate_token() != data.admin_token()
    for name in ("admin.token", "gate.token", "secret"):
        assert Path(data.root / name).stat().st_mode & 0o777 == 0o600
