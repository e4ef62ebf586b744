"""Production and candidate of a run: one program each, on a port that stays the same while its condition changes."""

import socket
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

from benchmarks.processes import StartError

START_S = 10.0
_ROOT = Path(__file__).parents[2]
_given: set[int] = set()


def lasting_port() -> int:
    """A free one below those that the kernel gives to whoever connects: who connects to a dead endpoint, again and
    again, would else be given its port one day, and be connected to itself.
    """
    first = int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
    for port in range(first - 1, 1024, -1):
        with suppress(OSError), socket.create_server(("127.0.0.1", port)):
            if port not in _given:
                _given.add(port)
                return port
    raise StartError("no port of 127.0.0.1 is free below those for connections")


class Endpoint:
    """`echo` when it is well, or another condition of benchmarks/candidate.py, or `dead`."""

    def __init__(self, directory: Path) -> None:
        self.port = lasting_port()
        self._log = directory / f"endpoint-{self.port}.log"
        self._condition = "dead"
        self._process: subprocess.Popen[bytes] | None = None

    def becomes(self, condition: str) -> None:
        """Until it listens in that condition."""
        if condition == self._condition:
            return
        self.end()
        self._condition = condition
        if condition == "dead":
            return
        command = [sys.executable, "-m", "benchmarks.candidate", condition, str(self.port)]
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(command, cwd=_ROOT, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        self._listening()

    def end(self) -> None:
        self._condition = "dead"
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def _listening(self) -> None:
        deadline = time.monotonic() + START_S
        while time.monotonic() < deadline:
            with suppress(OSError), socket.create_connection(("127.0.0.1", self.port), timeout=1):
                return
            time.sleep(0.02)
        raise StartError(f"an endpoint does not listen on port {self.port}: {self._log.read_text()[-1000:]}")
