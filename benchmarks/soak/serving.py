"""`understudy serve` as its user runs it: one supervisor with all roles and the embedded server, on ports of 127.0.0.1.

Started, stopped, killed, asked, and looked at from outside: by its log, its addresses and /proc. Small bounds, so that
they are reached within a minute and memory must be flat from then on.
"""

import http.client
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

from benchmarks.processes import StartError
from benchmarks.soak.endpoints import lasting_port
from benchmarks.soak.journal import Journal

READY_S = 120.0  # machines may be slow; a fault of ours does not mend itself so late
STOP_S = 60.0  # more than the deadline that `serve` gives itself
DESCRIPTORS = 1_024  # of each process, at most; at first it has half of them
ROLES = ("proxy", "mirror", "compare", "admin")
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


class Serving:
    """`complaints` are in words what it should not have done."""

    def __init__(self, directory: Path, data: Path, *, production: int, candidate: int) -> None:
        self.complaints: list[str] = []
        self.data = data
        self._ports = {name: lasting_port() for name in ("listen", *ROLES)}
        self._file = directory / "understudy.toml"
        self._text = _SETTINGS.format(data=data, production=production, candidate=candidate, **self._ports)
        self._log = directory / "serve.log"
        self._journal = Journal(self._log)
        self._process: subprocess.Popen[bytes] | None = None
        self._ended_by_us: set[int] = set()

    @property
    def port(self) -> int:
        return self._ports["listen"]

    # ---- started and ended

    def begin(self) -> None:
        """The first start. Raises StartError where nothing comes of it."""
        self.start()
        if self.complaints or not self._lives():
            raise StartError(f"serve does not start: {self.complaints}\n{self._log.read_text()[-2000:]}")

    def start(self) -> None:
        """Until every role is ready; tried again while what was killed before still holds the directory."""
        self._file.write_text(self._text)
        deadline = time.monotonic() + READY_S
        while True:
            self._launch()
            if self.until_ready(deadline) or time.monotonic() > deadline:
                return
            time.sleep(0.5)

    def stop(self) -> None:
        """SIGTERM, as an orchestrator does. It must end with 0, and in time."""
        assert self._process is not None
        self._process.terminate()
        try:
            code = self._process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            self.complaints.append(f"serve had not stopped {STOP_S:.0f} s after SIGTERM")
            self.kill()
        else:
            if code:
                self.complaints.append(f"serve ended with {code} after SIGTERM")

    def kill(self) -> None:
        """The supervisor alone, by SIGKILL."""
        assert self._process is not None
        self._process.kill()
        self._process.wait()

    def close(self) -> None:
        """End everything, whatever its state."""
        if self._lives():
            self.stop()
        for pid in self.roles():
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    def reload(self, text: Callable[[str], str]) -> None:
        """SIGHUP, with the file as `text` makes it of the right one."""
        self._file.write_text(text(self._text))
        assert self._process is not None
        self._process.send_signal(signal.SIGHUP)

    def signal(self, pids: list[int], number: signal.Signals) -> None:
        """To these of ours. What is killed is gone on return: until then its connections take requests."""
        killed = number is signal.SIGKILL
        self._ended_by_us.update(pids if killed else ())
        for pid in pids:
            with suppress(ProcessLookupError):
                os.kill(pid, number)
        deadline = time.monotonic() + READY_S
        while killed and not all(map(_gone, pids)) and time.monotonic() < deadline:
            time.sleep(0.002)

    # ---- looked at

    def roles(self) -> dict[int, str]:
        """By pid, the role of each process that lives, the supervisor and the embedded server among them."""
        found = {pid: role for pid, role in self._journal.read().roles.items() if _is_ours(pid)}
        if self._process is not None and self._lives():
            found[self._process.pid] = "supervisor"
        return found

    def died_by_itself(self) -> list[str]:
        return [said for pid, said in self._journal.read().died.items() if pid not in self._ended_by_us]

    def errors_logged(self) -> dict[str, int]:
        return dict(self._journal.read().errors)

    def until_ready(self, deadline: float | None = None) -> bool:
        """Whether all roles are, within the time; said as a complaint where not, unless `serve` has ended."""
        until = deadline or time.monotonic() + READY_S
        while (why := self._unready()) is not None:
            if not self._lives():
                return False
            if time.monotonic() > until:
                self.complaints.append(f"not ready {READY_S:.0f} s after a fault: {why}")
                return False
            time.sleep(0.1)
        return True

    def coverage(self) -> dict[str, Any]:
        """Raises OSError where nobody answers."""
        found: dict[str, Any] = self._json("/api/coverage?candidate=candidate")["coverage"][0]
        return found

    def report(self) -> dict[str, Any]:
        return self._json("/api/report?candidate=candidate")

    # ---- inside

    def _launch(self) -> None:
        limited = f'ulimit -Sn {DESCRIPTORS // 2}; ulimit -Hn {DESCRIPTORS}; exec "$@"'
        command = [sys.executable, "-m", "understudy", "serve", "--config", str(self._file)]
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                ["sh", "-c", limited, "sh", *command],
                cwd=Path(__file__).parents[2],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                process_group=0,
            )

    def _lives(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def _unready(self) -> str | None:
        """Subtle: those that were left by a supervisor that was killed answer as well, for as long as they drain."""
        if self._process is None or self._journal.read().serving != self._process.pid:
            return "serve has not started"
        for role in ROLES:
            try:
                status, said = self._got(role, "/readyz")
            except OSError as error:
                return f"{role}: {error}"
            if status != 200:
                return f"{role}: {said.decode().strip()}"
        return None

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


def _is_ours(pid: int) -> bool:
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
