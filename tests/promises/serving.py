"""`understudy serve` as its user runs it: a process with a file of settings, and what it left in the store."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Self

import aiohttp

from records.coverage import Coverage
from records.settings import RecordingSettings, RedisSettings
from records.store.store import Store
from tests.process import Process, run
from tests.until import until

_ROLES: tuple[str, ...] = ("ops.proxy", "ops.mirror", "ops.compare", "admin")

ONE_PLAN_S = 30.0  # as `plan_wait_s`: longer than the answers take that decide a plan


class Serving(Process):
    """Use as `async with`. `toml` is what stands behind the top-level keys: routes, recording and so on."""

    def __init__(
        self,
        directory: Path,
        redis_url: str,
        toml: str,
        *,
        top: str = "",
        lease_s: float = 2.0,
        plan_wait_s: float = 0.0,
        **redis: Any,
    ) -> None:
        """`plan_wait_s`: at 0 a few requests say something at once, by a provisional plan; a test that counts what is
        in the report, with more requests than decide a plan, waits for it. `redis`: settings of the store besides its
        address.
        """
        self.directory = directory
        self.wait_for = _ROLES
        self.store_url = redis_url
        self._redis = redis
        how = "".join(f"{name} = {json.dumps(value)}\n" for name, value in redis.items())
        self._config = directory / "understudy.toml"
        environment = {**os.environ, "UNDERSTUDY_COMPARE__PLAN_WAIT_S": str(plan_wait_s)}
        super().__init__("serve", "--config", str(self._config), log=directory / "log.jsonl", environment=environment)
        self._config.write_text(
            f'listen = "127.0.0.1:0"\nadmin = "127.0.0.1:0"\ndata_dir = "{directory / "data"}"\n{top}\n'
            f'[redis]\nurl = "{redis_url}"\nlease_s = {lease_s}\ntimeout_s = 1.0\n{how}'
            '[ops]\nproxy = "127.0.0.1:0"\nmirror = "127.0.0.1:0"\ncompare = "127.0.0.1:0"\n' + toml
        )

    async def __aenter__(self) -> Self:
        await self.start()
        self.client = aiohttp.ClientSession(auto_decompress=False)
        try:
            await until(self._ready, "all roles to be ready")
        except BaseException:
            await self.__aexit__()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.client.close()
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

    def pid_of(self, role: str) -> int:
        """The newest process of a role."""
        return int(self._workers(role)[-1]["pid"])

    def signal_role(self, role: str, number: signal.Signals) -> int:
        """Its newest process; answers which that is."""
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
        words = ("serve", "--role", role, "--config", str(config))
        process = Process(*words, log=other / "log.jsonl", environment=self.environment)
        await process.start()
        try:
            await process.event("serve.started")
            yield
        finally:
            await process.stop()

    async def command(self, *arguments: str) -> str:
        """What another `understudy` command with the same settings prints."""
        code, out, err = await run(*arguments, "--config", str(self._config), environment=self.environment)
        assert code == 0, err
        return out

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
            raise AssertionError(f"{error}: {seen}\n{self.log[-4000:]}") from None
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

    async def exemplified(self, plans: int, candidate: str = "new") -> dict[str, Any]:
        """The report once it has examples of so many kinds of request: they follow behind the commit that counts."""

        async def shown() -> dict[str, Any] | None:
            found = await self.report(candidate)
            return found if len({each["plan"] for each in found["examples"]}) == plans else None

        return await until(shown, f"examples of {plans} kinds of request")

    async def report(self, candidate: str = "new") -> dict[str, Any]:
        async with self.client.get(f"{self.admin}/api/report?candidate={candidate}") as answer:
            assert answer.status == 200, await answer.text()
            found: dict[str, Any] = await answer.json()
            return found

    def _workers(self, role: str) -> list[dict[str, Any]]:
        return self.events("worker.started", worker_role=role)

    async def _ready(self) -> bool:
        self.assert_runs()
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
