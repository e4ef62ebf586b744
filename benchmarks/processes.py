"""Programs that are measured or help: started on a core, ended by their own pids, bounded in time.

Knows nothing of HTTP or of what the programs do. Used by the endpoints, subjects and load generators.
"""

import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from benchmarks.machine import on_core, tree

START_S = 60.0  # on a machine that is busy with something else, too
STOP_S = 5.0
_ENVIRONMENT = os.environ | {"PYTHONPATH": str(Path(__file__).parents[1])}  # for programs of this package


class StartError(Exception):
    """A program did not come up; the message carries the end of what it wrote."""


_given: set[int] = set()


def end_in_order() -> None:
    """From now on SIGTERM ends this program as an error does, so that what it has started is ended too."""
    signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))


def free_port() -> int:
    """Another one at each call: what was given may be used a moment later."""
    while True:
        with socket.create_server(("127.0.0.1", 0)) as listener:
            port: int = listener.getsockname()[1]
        if port not in _given:
            _given.add(port)
            return port


class Process:
    """One program and its children, in a process group of its own.

    Not a session: Linux shares a core out by session first (sched_autogroup), priorities count only within one.
    """

    def __init__(self, command: Sequence[str], *, core: int | None, directory: Path) -> None:
        self._log = directory / f"{Path(command[0]).name}-{time.monotonic_ns()}.log"
        with on_core(core), self._log.open("wb") as log:
            self._popen = subprocess.Popen(
                command,
                cwd=directory,
                env=_ENVIRONMENT,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                process_group=0,
            )
        self._command = command

    def pids(self) -> list[int]:
        return tree(self._popen.pid)

    def listening(self, port: int) -> None:
        """Return when the port accepts a connection; raise StartError when the program ends, or time is up, first."""
        deadline = time.monotonic() + START_S
        while time.monotonic() < deadline and self._popen.poll() is None:
            with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
                return
            time.sleep(0.02)
        raise StartError(f"{' '.join(self._command)} does not listen on port {port}:\n{self._end_of_log()}")

    def answering(self, port: int, path: str, body: bytes) -> None:
        """Return when a POST there is answered with 200: who listens may not be ready yet. Else raise StartError."""
        self.listening(port)
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=START_S)
        try:
            connection.request("POST", path, body, {"Content-Type": "application/json"})
            status: object = connection.getresponse().status
        except (OSError, http.client.HTTPException) as error:
            status = repr(error)
        finally:
            connection.close()
        if status != 200:
            raise StartError(f"{' '.join(self._command)} answers {status} on port {port}:\n{self._end_of_log()}")

    def must_live(self) -> None:
        """Raise StartError when the program has ended by itself: what was measured meanwhile is not what it says."""
        if self._popen.poll() is not None:
            raise StartError(f"{' '.join(self._command)} ended by itself:\n{self._end_of_log()}")

    def freeze(self) -> None:
        for pid in self.pids():
            os.kill(pid, signal.SIGSTOP)

    def thaw(self) -> None:
        for pid in self.pids():
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGCONT)

    def stop(self) -> None:
        """SIGTERM to the program, SIGKILL to its group if that is not enough."""
        self.thaw()
        self._popen.terminate()
        with suppress(subprocess.TimeoutExpired):
            self._popen.wait(STOP_S)
        with suppress(ProcessLookupError):
            os.killpg(self._popen.pid, signal.SIGKILL)
        self._popen.wait(STOP_S)

    def _end_of_log(self) -> str:
        return self._log.read_text(errors="replace")[-2000:]


@contextmanager
def running(command: Sequence[str], *, core: int | None, directory: Path, port: int | None = None) -> Iterator[Process]:
    """The program while the block lasts; with a port, from the moment it listens."""
    process = Process(command, core=core, directory=directory)
    try:
        if port is not None:
            process.listening(port)
        yield process
        process.must_live()
    finally:
        process.stop()
