"""A hole that a full disk left in the append-only file is closed, and nothing else is touched."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from structlog.testing import capture_logs

from tests.understudy.site.telling import told
from tests.until import until
from understudy.errors import EmbeddedRedisError
from understudy.site.append_only import NoCommands, close_holes, find_holes
from understudy.site.embedded_redis import EmbeddedRedis


def command(*words: bytes) -> bytes:
    return b"*%d\r\n" % len(words) + b"".join(b"$%d\r\n%b\r\n" % (len(word), word) for word in words)


COMMANDS = st.lists(st.lists(st.binary(max_size=30), min_size=1, max_size=4), min_size=1, max_size=6)


@given(COMMANDS, st.data())
def test_each_hole_between_commands_is_found_and_no_other_zero(
    commands: list[list[bytes]], data: st.DataObject
) -> None:
    """Zeros within a value are the value; those between two commands are a hole."""
    written, wanted = b"#TS:1\r\n", []
    for words in commands:
        if size := data.draw(st.integers(0, 40)):
            wanted.append((len(written), len(written) + size))
            written += bytes(size)
        written += command(*words)
    assert list(find_holes(written)) == wanted
    assert list(find_holes(written[: -data.draw(st.integers(1, len(commands[-1][-1]) + 2))])) == wanted


@pytest.mark.parametrize("written", [b"REDIS0011", b"*1\r\n+OK\r\n", b"*x\r\n", b"$3\r\nabc\r\n"])
def test_what_is_not_understood_is_left_alone(tmp_path: Path, written: bytes) -> None:
    """A snapshot, or a file that something else damaged, is the server's to speak of."""
    file = tmp_path / "a.aof"
    file.write_bytes(bytes(8) + written)
    with pytest.raises(NoCommands):
        list(find_holes(file.read_bytes()))
    assert close_holes(tmp_path) == 0
    assert file.read_bytes() == bytes(8) + written


async def rewritten(redis: EmbeddedRedis) -> Path:
    """The file that a rewrite began, once the rewrite is over."""
    directory = redis.socket.parent / "appendonlydir"
    await told(redis, "BGREWRITEAOF")
    await until((directory / "appendonly.aof.2.base.rdb").exists, "the rewrite")
    return directory / "appendonly.aof.2.incr.aof"


async def test_a_server_that_a_full_disk_left_a_hole_in_starts_with_all_it_had(redis: EmbeddedRedis) -> None:
    """What was written before the hole, and behind it, is there; the log says what was mended."""
    await told(redis, "SET before yes")
    file = await rewritten(redis)
    await told(redis, "SET first 1")
    await told(redis, "SET second 2")
    await redis.stop()
    written = file.read_bytes()
    at = written.index(command(b"SET", b"second", b"2"))
    file.write_bytes(written[:at] + bytes(1_779) + written[at:])
    with capture_logs() as lines:
        await redis.start()
    assert [await told(redis, f"GET {key}") for key in ("before", "first", "second")] == ["yes", "1", "2"]
    assert [line["bytes"] for line in lines if line["event"] == "redis.mended"] == [1_779]


async def test_a_file_that_is_damaged_otherwise_is_refused_and_kept(redis: EmbeddedRedis) -> None:
    """Nothing is thrown away that the server does not understand."""
    file = await rewritten(redis)
    await told(redis, "SET first 1")
    await redis.stop()
    damaged = file.read_bytes() + b"+nonsense\r\n" + command(b"SET", b"a", b"b")
    file.write_bytes(damaged)
    with pytest.raises(EmbeddedRedisError, match="Bad file format"):
        await redis.start()
    assert file.read_bytes() == damaged
