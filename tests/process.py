"""One `understudy` command as a process of its own, and the log that it writes."""

from __future__ import annotations

import asyncio
import json
import resource
import signal
import sys
from asyncio.subprocess import PIPE
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

from tests.places import ROOT
from tests.until import until

_LAST = 4_000  # of a log: what a failed test shows


class Process:
    """Its output and its log go to one file."""

    def __init__(
        self,
        *words: str,
        log: Path,
        cwd: Path = ROOT,
        environment: Mapping[str, str] | None = None,
        files: tuple[int, int] | None = None,
    ) -> None:
        """`environment`: all of it; None for this process's. `files`: its soft and hard limit of open files."""
        self._words = words
        self._log = log
        self._cwd = cwd
        self.environment = environment  # before it starts: may be changed
        self._files = files or resource.getrlimit(resource.RLIMIT_NOFILE)

    async def start(self) -> None:
        with self._log.open("wb") as log:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "understudy", *self._words,
                stdout=log, stderr=log, cwd=self._cwd, env=self.environment,
                preexec_fn=partial(resource.setrlimit, resource.RLIMIT_NOFILE, self._files),
            )  # fmt: skip

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def returncode(self) -> int | None:
        return self._process.returncode

    @property
    def log(self) -> str:
        return self._log.read_text("utf-8")

    def events(self, name: str, **fields: Any) -> list[dict[str, Any]]:
        """The log's lines of this event, with these fields."""
        found = [json.loads(line) for line in self.log.splitlines() if line.startswith("{") and line.endswith("}")]
        return [each for each in found if {**each, "event": name, **fields} == each]

    async def event(self, name: str, count: int = 1, **fields: Any) -> dict[str, Any]:
        """The last of so many, once they are there; the process must be, too."""

        def look() -> list[dict[str, Any]]:
            found = self.events(name, **fields)
            assert len(found) >= count or self.returncode is None, self.log
            return found if len(found) >= count else []

        return (await until(look, f"{count} {name} {fields}"))[count - 1]

    def assert_runs(self) -> None:
        assert self.returncode is None, f"it ended with {self.returncode}:\n{self.log[-_LAST:]}"

    def signal(self, number: signal.Signals) -> None:
        self._process.send_signal(number)

    async def ended(self, within_s: float = 60.0) -> int:
        """Its exit code, when it has one. One that stays is killed, and fails the test."""
        try:
            return await asyncio.wait_for(self._process.wait(), within_s)
        except TimeoutError:
            self._process.kill()
            await self._process.wait()
            raise AssertionError(f"did not end within {within_s:g} s:\n{self.log[-_LAST:]}") from None

    async def stop(self, within_s: float = 60.0) -> int:
        """SIGTERM, as an orchestrator does, where it still runs; answers the exit code."""
        if self.returncode is None:
            self.signal(signal.SIGTERM)
        return await self.ended(within_s)


async def run(*words: str, cwd: Path = ROOT, environment: Mapping[str, str] | None = None) -> tuple[int, str, str]:
    """Another command, to its end: exit code, stdout, stderr."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "understudy", *words, cwd=cwd, env=environment, stdout=PIPE, stderr=PIPE
    )
    out, err = await process.communicate()
    return process.returncode or 0, out.decode(), err.decode()
