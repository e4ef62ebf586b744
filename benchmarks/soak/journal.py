"""What `serve` has logged, read on from where it was read last: who is who, who died, and which errors were named."""

import json
from collections import Counter
from pathlib import Path
from typing import Any, Self


class Journal:
    """Kept are pids and counts alone, not lines."""

    def __init__(self, log: Path) -> None:
        self.roles: dict[int, str] = {}  # of every process that was started, by pid
        self.died: dict[int, str] = {}  # in words, those that ended before they were told to
        self.errors: Counter[str] = Counter()  # by event
        self.serving: int | None = None  # the supervisor whose workers have all started
        self._log = log
        self._read_bytes = 0
        self._redis: int | None = None

    def read(self) -> Self:
        """Take in what came since."""
        if self._log.exists():
            with self._log.open("rb") as log:
                log.seek(self._read_bytes)
                for line in log:
                    if not line.endswith(b"\n"):
                        break
                    self._read_bytes += len(line)
                    if line.startswith(b"{"):
                        self._take(json.loads(line))
        return self

    def _take(self, line: dict[str, Any]) -> None:
        event = line.get("event", "")
        if event == "serve.started":
            self.serving = line["pid"]
        elif event == "worker.started":
            self.roles[line["pid"]] = line["worker_role"]
        elif event == "redis.started":
            self._redis = line["pid"]
            self.roles[self._redis] = "redis"
        elif event == "worker.died":
            self.died[line["pid"]] = f"{line['worker_role']}: {line['why']}"
        elif event == "redis.died" and self._redis is not None:
            self.died[self._redis] = f"redis: exit code {line['exit_code']}"
        if line.get("level") in ("error", "critical"):
            self.errors[event] += 1
