"""`understudy serve` by its flags and with its embedded Redis: started in a directory, asked, signalled, ended."""

import asyncio
import json
import os
import resource
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import Collection
from functools import partial
from pathlib import Path
from typing import Any, Self

import aiohttp

from tests.until import until

OPS = tuple(f"UNDERSTUDY_OPS__{role}" for role in ("PROXY", "MIRROR", "COMPARE"))
PORTS = dict.fromkeys(OPS, "127.0.0.1:0")
PORTS |= {"UNDERSTUDY_LISTEN": "127.0.0.1:0", "UNDERSTUDY_ADMIN": "127.0.0.1:0"}


class Serving:
    """Use as `async with`; what runs at its end is stopped."""

    def __init__(
        self,
        directory: Path,
        *options: str,
        files: tuple[int, int] | None = None,
        unset: Collection[str] = (),
        **environment: str,
    ) -> None:
        """`files`: the soft and the hard limit of open files that it is started with; `unset`: variables it has not."""
        self.directory = directory
        self._files = files or resource.getrlimit(resource.RLIMIT_NOFILE)
        self._log = directory / "serve.log"
        self._options = options
        own = {name: value for name, value in os.environ.items() if not name.startswith("UNDERSTUDY_")}
        given = {name: value for name, value in PORTS.items() if name not in unset}
        self._environment = {**own, **given, **environment}
        self.process: Process | None = None

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        if self.process is not None and self.process.returncode is None:
            self.signal(signal.SIGTERM)
            await self.process.wait()

    async def start(self) -> None:
        """Return when every role works."""
        with self._log.open("wb") as log:
            self.process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "understudy", "serve", *self._options,
                cwd=self.directory, env=self._environment, stderr=log,
                preexec_fn=partial(resource.setrlimit, resource.RLIMIT_NOFILE, self._files),
            )  # fmt: skip
        try:
            await self.event("serve.started")
        except BaseException:
            await self.__aexit__()
            raise

    def signal(self, number: signal.Signals) -> None:
        assert self.process is not None
        self.process.send_signal(number)

    async def ended(self) -> int:
        """Its exit code, when it has one."""
        assert self.process is not None
        async with asyncio.timeout(60):
            return await self.process.wait()

    async def command(self, *words: str) -> tuple[int, str, str]:
        """Another command in the same directory: exit code, stdout, stderr."""
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "understudy", *words,
            cwd=self.directory, env=self._environment, stdout=PIPE, stderr=PIPE,
        )  # fmt: skip
        out, err = await process.communicate()
        return process.returncode or 0, out.decode(), err.decode()

    @property
    def log(self) -> str:
        return self._log.read_text("utf-8")

    def events(self, name: str, **fields: Any) -> list[dict[str, Any]]:
        found = [json.loads(line) for line in self.log.splitlines() if line.startswith("{") and line.endswith("}")]
        return [each for each in found if {**each, "event": name, **fields} == each]

    async def event(self, name: str, count: int = 1, **fields: Any) -> dict[str, Any]:
        """The log's event of this name and with these fields, once there are so many."""

        async def look() -> list[dict[str, Any]]:
            assert self.process is not None
            found = self.events(name, **fields)
            assert len(found) >= count or self.process.returncode is None, self.log
            return found if len(found) >= count else []

        return (await until(look, f"{count} {name} {fields}"))[count - 1]

    def address(self, name: str) -> str:
        return str(self.events("serve.started")[-1][name])

    async def ask(
        self, method: str, path: str, document: Any = None, *, at: str = "listen", token: str = ""
    ) -> tuple[int, str]:
        """One request on a connection of its own; status and body."""
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        async with (
            aiohttp.ClientSession(headers=headers) as client,
            client.request(method, f"http://{self.address(at)}{path}", json=document) as answer,
        ):
            return answer.status, await answer.text()

    async def coverage(self, candidate: str, **wanted: int) -> dict[str, Any]:
        """Once it is as wanted."""

        async def look() -> dict[str, Any] | None:
            status, body = await self.ask("GET", f"/api/coverage?candidate={candidate}", at="admin")
            found: dict[str, Any] = json.loads(body)["coverage"][0] if status == 200 else {}
            return found if found.items() >= wanted.items() else None

        return await until(look, f"a coverage of {wanted}")
