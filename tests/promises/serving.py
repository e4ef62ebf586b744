"""`understudy serve` as its user runs it: a process with a file of settings, and what it left in the store."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Self

import aiohttp

from records.coverage import Coverage
from records.settings import RecordingSettings, RedisSettings
from records.store.store import Store
from tests.places import ROOT
from tests.until import until

_ROLES: tuple[str, ...] = ("ops.proxy", "ops.mirror", "ops.compare", "admin")


class Serving:
    """Use as `async with`. `toml` is what stands behind the top-level keys: routes, recording and so on."""

    def __init__(
        self, directory: Path, redis_url: str, toml: str, *, top: str = "", lease_s: float = 2.0, **redis: Any
    ) -> None:
        """`redis`: settings of the store besides its address."""
        self.directory = directory
        self.log_file = directory / "log.jsonl"
        self.environment: dict[str, str] = {}
        self.wait_for = _ROLES
        self.store_url = redis_url
        self._redis = redis
        how = "".join(f"{name} = {json.dumps(value)}\n" for name, value in redis.items())
        self._config = directory / "understudy.toml"
        self._config.write_text(
            f'listen = "127.0.0.1:0"\nadmin = "127.0.0.1:0"\ndata_dir = "{directory / "data"}"\n{top}\n'
            f'[redis]\nurl = "{redis_url}"\nlease_s = {lease_s}\ntimeout_s = 1.0\n{how}'
            '[ops]\nproxy = "127.0.0.1:0"\nmirror = "127.0.0.1:0"\ncompare = "127.0.0.1:0"\n' + toml
        )

    async def __aenter__(self) -> Self:
        with self.log_file.open("wb") as log:
            self.process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "understudy", "serve", "--config", str(self._config),
                stdout=log, stderr=log, cwd=ROOT, env=os.environ | self.environment,
            )  # fmt: skip
        self.client = aiohttp.ClientSession(auto_decompress=False)
        try:
            await until(self._ready, "all roles to be ready")
        except BaseException:
            await self.__aexit__()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.client.close()
        if self.process.returncode is None:
            await self.stop()

    @property
    def addresses(self) -> dict[str, str]:
        try:
            found: dict[str, str] = json.loads((self.directory / "data" / "addresses.json").read_text())
        except FileNotFoundError:
            return {}
        return found

    @property
    def url(self) -> str:
        return f"http://{self.addresses['listen']}"

    @property
    def admin(self) -> str:
        return f"http://{self.addresses['admin']}"

    def log(self) -> str:
        return self.log_file.read_text()

    def events(self, name: str) -> list[dict[str, Any]]:
        """The log's lines of this event."""
        lines = [json.loads(line) for line in self.log().splitlines() if line.startswith("{")]
        return [line for line in lines if line.get("event") == name]

    async def stop(self, within_s: float = 40.0) -> int:
        """SIGTERM, as an orchestrator does; answers the exit code."""
        self.process.send_signal(signal.SIGTERM)
        try:
            return await asyncio.wait_for(self.process.wait(), within_s)
        except TimeoutError:
            self.process.kill()
            await self.process.wait()
            raise AssertionError(f"did not stop within {within_s:g} s:\n{self.log()[-4000:]}") from None

    def pid_of(self, role: str) -> int:
        """The newest process of a role."""
        return int(self._workers(role)[-1]["pid"])

    def signal(self, role: str, number: signal.Signals) -> int:
        pid = self.pid_of(role)
        os.kill(pid, number)
        return pid

    @asynccontextmanager
    async def second(self, role: str) -> AsyncIterator[None]:
        """Another worker of this role on the same store, as on another host."""
        other = self.directory / "other"
        other.mkdir()
        config = other / "understudy.toml"
        config.write_text(self._config.read_text().replace(str(self.directory / "data"), str(other / "data")))
        with (other / "log.jsonl").open("wb") as log:
            process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "understudy", "serve", "--role", role, "--config", str(config),
                stdout=log, stderr=log, cwd=ROOT,
            )  # fmt: skip
        try:

            async def started() -> bool:
                assert process.returncode is None, (other / "log.jsonl").read_text()
                return "serve.started" in (other / "log.jsonl").read_text()

            await until(started, f"a second {role}")
            yield
        finally:
            if process.returncode is None:
                process.send_signal(signal.SIGTERM)
            await process.wait()

    async def command(self, *arguments: str) -> str:
        """What another `understudy` command with the same settings prints."""
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "understudy", *arguments, "--config", str(self._config),
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE, cwd=ROOT, env=os.environ | self.environment,
        )  # fmt: skip
        out, err = await process.communicate()
        assert process.returncode == 0, err.decode()
        return out.decode()

    async def reconnect(self) -> None:
        """Forget kept-alive connections: those to a worker that was killed are dead."""
        await self.client.close()
        self.client = aiohttp.ClientSession(auto_decompress=False)

    async def replaced(self, role: str, old: int) -> None:
        """Until another process has this role, and is ready."""

        async def new() -> bool:
            return self.pid_of(role) != old and await self._ready()

        await until(new, f"another {role} worker")

    async def ask(self, path: str = "/v1/predict", *, body: bytes = b'{"x": 1}', **options: Any) -> tuple[int, bytes]:
        """POST, and read the whole answer."""
        async with self.client.post(self.url + path, data=body, **options) as answer:
            return answer.status, await answer.read()

    async def serves(self, count: int) -> None:
        """So many requests, one after the other; each is answered."""
        for _ in range(count):
            assert (await self.ask())[0] == 200

    async def coverage(self, candidate: str = "new", route: str = "root") -> Coverage:
        store = Store.create(RedisSettings(url=self.store_url, timeout_s=1.0, **self._redis), RecordingSettings())
        try:
            return await store.coverage(route, candidate)
        finally:
            await store.close()

    async def settled(self, sent: int, candidate: str = "new", route: str = "root") -> Coverage:
        """The coverage once nothing is under way, checked to the unit against what the test sent. Without a candidate:
        the route's own.

        `sent`: requests since the start, by the test's own count.
        """

        seen: list[Coverage] = []

        async def at_rest() -> Coverage | None:
            found = await self.coverage(candidate, route)
            seen[:] = [found]
            quiet = found.held == found.waiting == found.uncompared == 0
            return found if quiet and found.requests == sent else None

        try:
            found = await until(at_rest, f"coverage of {sent} requests to come to rest")
        except AssertionError as error:
            raise AssertionError(f"{error}: {seen}\n{self.log()[-4000:]}") from None
        assert sent == sum(found.not_sampled.values()) + sum(found.shed.values()) + found.recorded
        if not candidate:
            return found
        assert found.recorded == found.mirrored + sum(found.skipped.values())
        assert found.mirrored == found.compared + sum(found.incomparable.values())
        return found

    async def shadowing(self) -> None:
        """Until all roles are ready, for a test that did not wait for that at the start."""
        self.wait_for = _ROLES
        await until(self._ready, "all roles to be ready")

    async def report(self, candidate: str = "new") -> dict[str, Any]:
        async with self.client.get(f"{self.admin}/api/report?candidate={candidate}") as answer:
            assert answer.status == 200, await answer.text()
            found: dict[str, Any] = await answer.json()
            return found

    def _workers(self, role: str) -> list[dict[str, Any]]:
        return [event for event in self.events("worker.started") if event.get("worker_role") == role]

    async def _ready(self) -> bool:
        assert self.process.returncode is None, f"serve ended with {self.process.returncode}:\n{self.log()[-4000:]}"
        addresses = self.addresses
        for name in self.wait_for:
            if name not in addresses:
                return False
            try:
                async with self.client.get(f"http://{addresses[name]}/readyz") as answer:
                    if answer.status != 200:
                        return False
            except aiohttp.ClientError:
                return False
        return True


def route(production: str, candidate: str = "", *, settings: str = "", candidate_settings: str = "") -> str:
    """One route, /, with one candidate called new."""
    toml = f'[[routes]]\nprefix = "/"\nproduction = "{production}"\n{settings}\n'
    if candidate:
        toml += f'[[routes.candidates]]\nname = "new"\nurl = "{candidate}"\n{candidate_settings}\n'
    return toml
