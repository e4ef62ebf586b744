"""`understudy serve` by its flags and with its embedded Redis: started in a directory, asked, signalled, ended."""

import json
import os
from collections.abc import Collection
from pathlib import Path
from typing import Any, Self

import aiohttp

from tests.process import Process, run
from tests.until import until

OPS = tuple(f"UNDERSTUDY_OPS__{role}" for role in ("PROXY", "MIRROR", "COMPARE"))
PORTS = dict.fromkeys(OPS, "127.0.0.1:0")
PORTS |= {"UNDERSTUDY_LISTEN": "127.0.0.1:0", "UNDERSTUDY_ADMIN": "127.0.0.1:0"}
GIVEN = PORTS | {"UNDERSTUDY_COMPARE__PLAN_WAIT_S": "0"}  # a few requests say something at once


class Serving(Process):
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
        own = {name: value for name, value in os.environ.items() if not name.startswith("UNDERSTUDY_")}
        given = {name: value for name, value in GIVEN.items() if name not in unset}
        super().__init__(
            "serve", *options,
            log=directory / "serve.log", cwd=directory, environment={**own, **given, **environment}, files=files,
        )  # fmt: skip

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    async def start(self) -> None:
        """Return when every role works."""
        await super().start()
        try:
            await self.event("serve.started")
        except BaseException:
            await self.__aexit__()
            raise

    async def command(self, *words: str) -> tuple[int, str, str]:
        """Another command in the same directory: exit code, stdout, stderr."""
        return await run(*words, cwd=self.directory, environment=self.environment)

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
