"""What a run stands on: production, a candidate and `understudy serve`, as its user runs it, on ports of 127.0.0.1.

One supervisor with all roles and the embedded Redis. Small bounds, so that they are reached within a minute and memory
must be flat from then on. Every fault of faults.py is made by one method here. Ends what it started by its own pids.
"""

import http.client
import json
import os
import random
import resource
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import redis

from benchmarks.processes import StartError
from benchmarks.soak.endpoints import Endpoint, lasting_port
from benchmarks.soak.journal import Journal

READY_S = 60.0
STOP_S = 60.0  # more than the deadline that `serve` gives itself
DESCRIPTORS = 1_024  # of each process of `serve`, at most; at first it has half of them
IDLE_CONNECTIONS = 2_100  # more than two proxy workers can have
ROLES = ("proxy", "mirror", "compare", "admin", "redis", "supervisor")
_SETTINGS = """
listen = "127.0.0.1:{listen}"
admin = "127.0.0.1:{admin}"
data_dir = "{data}"
workers = 2

[ops]
proxy = "127.0.0.1:{proxy}"
mirror = "127.0.0.1:{mirror}"
compare = "127.0.0.1:{compare}"

[recording]
max_bytes = 33_554_432
max_pairs_bytes = 33_554_432
control_max_bytes = 2_097_152
disagreements_max_bytes = 2_097_152
buffer_max_bytes = 8_388_608

[[routes]]
prefix = "/"
production = "http://127.0.0.1:{production}"

[[routes.candidates]]
name = "candidate"
url = "http://127.0.0.1:{candidate}"
timeout_s = 2.0
max_in_flight = 32
breaker = {{ pause_s = 1.0 }}
"""


class Site:
    """`start` and `stop` are the user's; `close` ends everything whatever its state."""

    def __init__(self, directory: Path, data: Path, chance: random.Random) -> None:
        """`data`: where the data directory goes; its disk is filled by a fault."""
        self.complaints: list[str] = []
        self._chance = chance
        self._disk = data
        self._file = directory / "understudy.toml"
        self._ports = {name: lasting_port() for name in ("listen", "admin", "proxy", "mirror", "compare")}
        self._production = Endpoint(directory)
        self._candidate = Endpoint(directory)
        self._text = _SETTINGS.format(
            data=data / "data", production=self._production.port, candidate=self._candidate.port, **self._ports
        )
        self._file.write_text(self._text)
        self._log = directory / "serve.log"
        self._journal = Journal(self._log)
        self._idle: list[socket.socket] = []
        self._serve: subprocess.Popen[bytes] | None = None
        self._ended_by_us: set[int] = set()

    @property
    def port(self) -> int:
        return self._ports["listen"]

    # ---- the whole

    def begin(self) -> None:
        """The first start. Raises StartError where nothing comes of it."""
        self.start()
        if self.complaints or self._serve is None or self._serve.poll() is not None:
            raise StartError(f"serve does not start: {self.complaints}\n{self._log.read_text()[-2000:]}")

    def start(self) -> None:
        """Until every role is ready; tried again while what was killed before still holds the directory."""
        self._production.becomes("echo")
        self._candidate.becomes("echo")
        deadline = time.monotonic() + READY_S
        while True:
            self._launch()
            if self.until_ready(deadline) or time.monotonic() > deadline:
                return
            time.sleep(0.5)

    def _launch(self) -> None:
        limited = f'ulimit -Sn {DESCRIPTORS // 2}; ulimit -Hn {DESCRIPTORS}; exec "$@"'
        command = [sys.executable, "-m", "understudy", "serve", "--config", str(self._file)]
        with self._log.open("ab") as log:
            self._serve = subprocess.Popen(
                ["sh", "-c", limited, "sh", *command],
                cwd=Path(__file__).parents[2],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                process_group=0,
            )

    def stop(self) -> None:
        """SIGTERM, as an orchestrator does. It must end with 0, and in time."""
        assert self._serve is not None
        self._serve.terminate()
        try:
            code = self._serve.wait(STOP_S)
        except subprocess.TimeoutExpired:
            self.complaints.append(f"serve had not stopped {STOP_S:.0f} s after SIGTERM")
            self.kill()
        else:
            if code:
                self.complaints.append(f"serve ended with {code} after SIGTERM")

    def kill(self) -> None:
        """The supervisor alone, by SIGKILL."""
        assert self._serve is not None
        self._serve.kill()
        self._serve.wait()

    def close(self) -> None:
        self.let_connections_go()
        if self._serve is not None and self._serve.poll() is None:
            self.stop()
        for pid in self.roles():
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self._production.end()
        self._candidate.end()

    # ---- what can be asked

    def roles(self) -> dict[int, str]:
        """By pid, the role of each process that lives, the supervisor and the embedded Redis among them."""
        found = {pid: role for pid, role in self._journal.read().roles.items() if _lives(pid)}
        if self._serve is not None and self._serve.poll() is None:
            found[self._serve.pid] = "supervisor"
        return found

    def died_by_itself(self) -> list[str]:
        return [said for pid, said in self._journal.read().died.items() if pid not in self._ended_by_us]

    def errors_logged(self) -> dict[str, int]:
        return dict(self._journal.read().errors)

    def until_ready(self, deadline: float | None = None) -> bool:
        """Whether all roles are, within the time; said as a complaint where not, unless `serve` has ended."""
        until = deadline or time.monotonic() + READY_S
        while (why := self._unready()) is not None:
            if self._serve is None or self._serve.poll() is not None:
                return False
            if time.monotonic() > until:
                self.complaints.append(f"not ready {READY_S:.0f} s after a fault: {why}")
                return False
            time.sleep(0.1)
        return True

    def _unready(self) -> str | None:
        """Subtle: those that were left by a supervisor that was killed answer as well, for as long as they drain."""
        if self._serve is None or self._journal.read().serving != self._serve.pid:
            return "serve has not started"
        for role in ("proxy", "mirror", "compare", "admin"):
            try:
                status, said = self._got(role, "/readyz")
            except OSError as error:
                return f"{role}: {error}"
            if status != 200:
                return f"{role}: {said.decode().strip()}"
        return None

    def coverage(self) -> dict[str, Any]:
        found: dict[str, Any] = self._json("/api/coverage?candidate=candidate")["coverage"][0]
        return found

    def report(self) -> dict[str, Any]:
        return self._json("/api/report?candidate=candidate")

    def _json(self, path: str) -> dict[str, Any]:
        status, said = self._got("admin", path)
        if status != 200:
            raise OSError(f"{path} answers {status}: {said[:500].decode(errors='replace')}")
        found: dict[str, Any] = json.loads(said)
        return found

    def _got(self, role: str, path: str) -> tuple[int, bytes]:
        with closing(http.client.HTTPConnection("127.0.0.1", self._ports[role], timeout=20)) as connection:
            connection.request("GET", path)
            answer = connection.getresponse()
            return answer.status, answer.read()

    # ---- faults

    def signal(self, role: str, number: signal.Signals) -> None:
        """To a process of the role; SIGCONT to all of them, so that it is the one that was stopped. What is killed is
        gone on return: until then its connections take requests.
        """
        pids = sorted(pid for pid, name in self.roles().items() if name == role)
        if number is not signal.SIGCONT and pids:
            pids = [self._chance.choice(pids)]
        if number is signal.SIGKILL:
            self._ended_by_us.update(pids)
        for pid in pids:
            with suppress(ProcessLookupError):
                os.kill(pid, number)
        deadline = time.monotonic() + READY_S
        while number is signal.SIGKILL and not all(map(_gone, pids)) and time.monotonic() < deadline:
            time.sleep(0.002)

    def candidate_becomes(self, condition: str) -> None:
        self._candidate.becomes(condition)

    def end_production(self) -> None:
        self._production.end()

    def start_production(self) -> None:
        self._production.becomes("echo")

    def reload(self, text: Callable[[str], str]) -> None:
        """SIGHUP, with the file as `text` makes it of the right one."""
        self._file.write_text(text(self._text))
        assert self._serve is not None
        self._serve.send_signal(signal.SIGHUP)

    def fill_redis(self) -> None:
        self._redis().config_set("maxmemory", 1)

    def empty_redis(self) -> None:
        self._redis().config_set("maxmemory", 0)

    def _redis(self) -> "redis.Redis":
        return redis.Redis(unix_socket_path=str(self._disk / "data" / "redis" / "redis.sock"), socket_timeout=20)

    def fill_disk(self) -> None:
        with (self._disk / "filler").open("wb", buffering=0) as filler, suppress(OSError):
            while True:
                filler.write(bytes(1 << 16))

    def empty_disk(self) -> None:
        (self._disk / "filler").unlink(missing_ok=True)

    def hold_connections(self) -> None:
        """More clients that say nothing than the proxies have descriptors for."""
        _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
        for _ in range(IDLE_CONNECTIONS):
            with suppress(OSError):
                self._idle.append(socket.create_connection(("127.0.0.1", self.port), timeout=0.1))

    def let_connections_go(self) -> None:
        for connection in self._idle:
            connection.close()
        self._idle.clear()


def _lives(pid: int) -> bool:
    """Whether the process is there, and is still the one that we know by this number."""
    with suppress(OSError):
        said = Path(f"/proc/{pid}/cmdline").read_bytes()
        return b"understudy" in said or b"redis" in said or b"valkey" in said
    return False


def _gone(pid: int) -> bool:
    """Whether it has ended; somebody may still have to be told (proc(5): Z)."""
    with suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] in "ZX"
    return True
