"""The Redis that `serve` starts when no address is given: started on a Unix socket, ended, nothing else.

Its data live in the data directory and survive a restart (append-only file, synced each second: a power cut loses
that much). Bounds in bytes are the store's own, so there is no maxmemory here, and never eviction. The supervisor
holds one and starts it again when it dies; a command that reads starts it for as long as it reads.
"""

import asyncio
import contextlib
import errno
import signal
from asyncio.subprocess import DEVNULL, Process
from pathlib import Path

import structlog

from understudy.errors import EmbeddedRedisError
from understudy.settings.loading import SettingsError
from understudy.site.append_only import close_holes
from understudy.site.datadir import DataDir, Lock
from understudy.site.embedded_server import find_server, refuse_unreadable, starting

log = structlog.get_logger()

LOADING_DEADLINE_S = 600.0  # a full append-only file is read in at some 100 MB/s
STOP_DEADLINE_S = 10.0
ANSWER_DEADLINE_S = 5.0  # as long as any command may take (redis.timeout_s); one that is loading answers as well
MAX_LOG_BYTES = 1_048_576
_TAKES_NOTHING = "-MISCONF"  # its disk is full, or fails: it can be read as ever
_OUR_OWN_LACK = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.ENOBUFS})  # says nothing about the server
MAX_SOCKET_PATH_BYTES = 107  # sun_path of sockaddr_un, less its NUL

CONFIGURATION = """\
port 0
unixsocket {socket}
unixsocketperm 700
dir {directory}
logfile {logfile}
daemonize no
databases 1
appendonly yes
appendfsync everysec
save ""
maxmemory 0
maxmemory-policy noeviction
"""


class EmbeddedRedis:
    """One server process in one data directory."""

    def __init__(self, data: DataDir) -> None:
        self._directory = data.redis
        self._data = data
        self._lock: Lock | None = None
        self._process: Process | None = None
        self.binary = ""  # the server program, once it was started
        self.socket = data.redis / "redis.sock"
        if len(bytes(self.socket)) > MAX_SOCKET_PATH_BYTES:
            right = f"is too long a path for a Unix socket in it (at most {MAX_SOCKET_PATH_BYTES - 17} bytes)"
            raise SettingsError("data_dir", right, str(data.root))

    @property
    def url(self) -> str:
        return f"unix://{self.socket}"

    @property
    def began(self) -> bool:
        """Whether one was ever started here."""
        return (self._directory / "redis.conf").exists()

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process is not None else None

    async def answers(self) -> bool:
        """Whether a server is there and has its data in memory, if only to be read."""
        return can_be_read(await self.said())

    async def said(self) -> str | None:
        """What it answers when it is asked whether it is there; empty where nobody is, None from one that hangs."""
        try:
            async with asyncio.timeout(ANSWER_DEADLINE_S):
                return (await self._told(b"PING")).decode("utf-8", "replace").strip()
        except TimeoutError:
            return None
        except (OSError, ValueError):
            return ""

    async def is_silent(self, within_s: float) -> bool:
        """Whether it says nothing at all within this time. A refusal is an answer, that it is loading for one."""
        try:
            async with asyncio.timeout(within_s):
                return not await self._told(b"PING")
        except OSError as error:  # TimeoutError is one
            return error.errno not in _OUR_OWN_LACK
        except ValueError:  # a line without end
            return False

    async def start(self) -> None:
        """Start, and return when it answers. Raises SettingsError (InUse, none installed) or EmbeddedRedisError."""
        self.binary = find_server()
        if self._lock is None:
            self._lock = self._data.hold("redis")
        await self._end_leftover()
        with self._data.using(self._directory):
            await refuse_unreadable(self.binary, self._directory)
        configuration = self._configured()
        process = await self._launched(configuration)
        try:
            await self._until_it_answers(process)
        except EmbeddedRedisError:
            if not await self._mended():
                raise
            process = await self._launched(configuration)
            await self._until_it_answers(process)
        log.info("redis.started", binary=self.binary, pid=process.pid, socket=str(self.socket))

    async def _launched(self, configuration: Path) -> Process:
        with starting(self.binary):
            self._process = await asyncio.create_subprocess_exec(
                self.binary, str(configuration), stdin=DEVNULL, stdout=DEVNULL, stderr=DEVNULL,
                start_new_session=True,  # Ctrl-C in a terminal is for the supervisor, which ends it last
            )  # fmt: skip
        return self._process

    async def _mended(self) -> bool:
        """Whether what kept it from starting was a hole that a full disk had left, which is closed now."""
        with self._data.using(self._directory):
            closed = await asyncio.to_thread(close_holes, self._directory / "appendonlydir")
        if closed:
            log.warning("redis.mended", bytes=closed, hint="the disk was full while it recorded; nothing is missing")
        return closed > 0

    async def ended(self) -> int:
        """Return, with its exit code, when the process has ended."""
        assert self._process is not None  # noqa: S101 - started before it is watched
        return await self._process.wait()

    def kill(self) -> None:
        """End it at once, as where it hangs; what the system had taken from it is on its disk."""
        if self._process is not None and self._process.returncode is None:
            self._process.kill()

    async def stop(self) -> None:
        """End it, data synced; by force when it takes too long. The lock goes last."""
        process, self._process = self._process, None
        if process is not None and process.returncode is None:
            process.send_signal(signal.SIGTERM)
            try:
                async with asyncio.timeout(STOP_DEADLINE_S):
                    await process.wait()
            except TimeoutError:
                process.kill()
                await process.wait()
            log.info("redis.stopped", exit_code=process.returncode)
        if self._lock is not None:
            self._lock.release()
            self._lock = None

    def _configured(self) -> Path:
        logfile = self._directory / "redis.log"
        file = self._directory / "redis.conf"
        text = CONFIGURATION.format(
            socket=_quoted(self.socket), directory=_quoted(self._directory), logfile=_quoted(logfile)
        )
        with self._data.using(file):
            if logfile.exists() and logfile.stat().st_size > MAX_LOG_BYTES:
                logfile.unlink()
            if not file.exists() or file.read_text("utf-8") != text:
                file.write_text(text, "utf-8")
        return file

    async def _end_leftover(self) -> None:
        """A server whose supervisor was killed still has our files open: it is ours, since we hold the lock."""
        with contextlib.suppress(OSError):
            async with asyncio.timeout(STOP_DEADLINE_S):
                await self._told(b"SHUTDOWN")
        if (said := await self.said()) != "":
            how = "hangs: end it with SIGKILL" if said is None else f"refuses to end: it answers {said!r}"
            raise EmbeddedRedisError(f"a server that was left running on {self.socket} {how}")
        self.socket.unlink(missing_ok=True)

    async def _until_it_answers(self, process: Process) -> None:
        loop = asyncio.get_running_loop()
        deadline = loop.time() + LOADING_DEADLINE_S
        while not await self.answers():
            if process.returncode is not None:
                raise EmbeddedRedisError(f"{self.binary} ended with {process.returncode}: {self._last_words()}")
            if loop.time() > deadline:
                process.kill()
                raise EmbeddedRedisError(f"{self.binary} has not answered for {LOADING_DEADLINE_S:.0f} s")
            await asyncio.sleep(0.01)  # it has no event to wait for

    async def _told(self, command: bytes) -> bytes:
        reader, writer = await asyncio.open_unix_connection(str(self.socket))
        try:
            writer.write(command + b"\r\n")
            return await reader.readline()
        finally:
            writer.close()

    def _last_words(self) -> str:
        with contextlib.suppress(OSError):
            lines = (self._directory / "redis.log").read_text("utf-8", "replace").splitlines()
            return " / ".join(line.strip() for line in lines[-5:])
        return "it left no log"


def can_be_read(said: str | None) -> bool:
    """By what a server `said`."""
    return said is not None and said.startswith(("+PONG", _TAKES_NOTHING))


def _quoted(path: Path) -> str:
    text = str(path).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{text}"'
