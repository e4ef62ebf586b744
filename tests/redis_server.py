"""A real Redis server for tests: started on a Unix socket or a free port, killed, stopped, continued, restarted."""

import contextlib
import shutil
import signal
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import redis

from tests.places import short_directory
from understudy.site.embedded_server import embedded_server

LOCAL = "127.0.0.1"


def binaries() -> dict[str, str]:
    """The servers at hand by name: first the embedded one, which all tests run on, then those of the PATH."""
    found = {"embedded": embedded_server(), **{name: shutil.which(name) for name in ("redis-server", "valkey-server")}}
    return {name: path for name, path in found.items() if path is not None}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind((LOCAL, 0))
        port: int = probe.getsockname()[1]
        return port


def free_cluster_port() -> int:
    """One whose node's bus port, 10,000 higher, is one and free as well."""
    while True:
        port = free_port()
        with socket.socket() as probe, contextlib.suppress(OSError, OverflowError):
            probe.bind((LOCAL, port + 10_000))
            return port


class NotStarted(Exception):
    """The server ended instead; says what it said."""


class RedisServer:
    """One server process in a directory of its own. `options` are those of its command line."""

    def __init__(self, directory: Path, *options: str, binary: str | None = None, port: int = 0) -> None:
        self.directory = directory
        self.port = port
        self.socket = directory / "redis.sock"
        self.password: str | None = None  # for command()
        self._binary = binary or next(iter(binaries().values()))
        self._options = options
        self._process: subprocess.Popen[str] | None = None

    @property
    def url(self) -> str:
        return f"redis://{LOCAL}:{self.port}/0" if self.port else f"unix://{self.socket}"

    def start(self) -> "RedisServer":
        """Return when it accepts connections, which it says in its log. Raises NotStarted."""
        where = ["--port", str(self.port), "--bind", LOCAL, "--unixsocket", str(self.socket)]
        keeping = ["--dir", str(self.directory), "--save", "", "--logfile", ""]
        command = [self._binary, *where, *keeping, *self._options]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        assert self._process.stdout is not None
        said = []
        for line in self._process.stdout:
            said.append(line)
            if "eady to accept connections" in line:
                return self
        self._ended()
        raise NotStarted("".join(said))

    def command(self, *command: str | int | bytes) -> Any:
        with redis.Redis(unix_socket_path=str(self.socket), password=self.password) as client:
            return client.execute_command(*command)

    def now_ms(self) -> int:
        seconds, micros = self.command("TIME")
        return int(seconds) * 1000 + int(micros) // 1000

    def node_id(self) -> str:
        """Of a cluster's node."""
        return str(self.command("CLUSTER", "MYID"), "ascii")

    def command_as(self, password: str, *command: str | int) -> object:
        with redis.Redis(unix_socket_path=str(self.socket), password=password) as client:
            return client.execute_command(*command)

    def kill(self) -> None:
        self._signal(signal.SIGKILL)
        self._ended()

    def stop(self) -> None:
        if self._process is not None:
            self._signal(signal.SIGCONT)
            self._signal(signal.SIGTERM)
            self._ended()

    def pause(self) -> None:
        self._signal(signal.SIGSTOP)

    def resume(self) -> None:
        self._signal(signal.SIGCONT)

    def _signal(self, number: signal.Signals) -> None:
        assert self._process is not None
        self._process.send_signal(number)

    def _ended(self) -> None:
        assert self._process is not None
        assert self._process.stdout is not None
        self._process.wait(timeout=20)
        self._process.stdout.close()
        self._process = None


@contextlib.contextmanager
def running(*options: str, binary: str | None = None, port: int = 0) -> Iterator[RedisServer]:
    """One in a new directory; stopped at the end."""
    with short_directory() as directory:
        server = RedisServer(directory, *options, binary=binary, port=port).start()
        try:
            yield server
        finally:
            server.stop()
