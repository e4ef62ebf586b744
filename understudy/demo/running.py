"""A running serve, asked over HTTP: is it ready, what has it counted, what does it report. Knows no process."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import aiohttp

from understudy.demo.errors import DemoError, NotInTimeError

LOOK_EVERY_S = 0.1
READY_WITHIN_S = 60.0
SETTLED_WITHIN_S = 120.0
ROLES = ("ops.proxy", "ops.mirror", "ops.compare", "admin")


class RunningServe:
    """`addresses`: host:port by name, as serve tells them when it has started."""

    def __init__(
        self,
        session: aiohttp.ClientSession,
        addresses: Mapping[str, str],
        *,
        ready_within_s: float = READY_WITHIN_S,
        settled_within_s: float = SETTLED_WITHIN_S,
    ) -> None:
        self._session = session
        self._addresses = addresses
        self._ready_within_s = ready_within_s
        self._settled_within_s = settled_within_s

    @property
    def proxy(self) -> str:
        return f"http://{self._addresses['listen']}"

    @property
    def admin(self) -> str:
        return f"http://{self._addresses['admin']}"

    async def until_ready(self) -> None:
        """Every role says that it is."""
        await _until_nothing(self._unready, "not ready", self._ready_within_s)

    async def until_settled(self, requests: int) -> None:
        """All `requests` were counted, and for no candidate does any of them wait."""
        await _until_nothing(lambda: self._unsettled(requests), "not compared", self._settled_within_s)

    async def report(self, candidate: str, form: str = "text") -> str:
        return await self._asked(f"/api/report?candidate={candidate}&format={form}")

    async def _unready(self) -> str:
        for role in ROLES:
            status, text = await self._get(f"http://{self._addresses[role]}/readyz")
            if status != 200:
                return f"{role}: {text.strip()}"
        return ""

    async def _unsettled(self, requests: int) -> str:
        coverages = json.loads(await self._asked("/api/coverage"))["coverage"]
        return "; ".join(str(each) for each in coverages if not _is_settled(each, requests))

    async def _asked(self, path: str) -> str:
        status, text = await self._get(f"{self.admin}{path}")
        if status != 200:
            raise DemoError(f"{self.admin}{path} answered {status}: {text.strip()}")
        return text

    async def _get(self, url: str) -> tuple[int, str]:
        try:
            async with self._session.get(url) as answer:
                return answer.status, await answer.text()
        except aiohttp.ClientError as error:
            raise DemoError(f"{url}: {error or type(error).__name__}") from error


def _is_settled(coverage: Mapping[str, Any], requests: int) -> bool:
    counted = coverage["requests"], coverage["waiting"], coverage["uncompared"]
    return counted == (requests, 0, 0)


async def _until_nothing(hindrance: Callable[[], Awaitable[str]], what: str, within_s: float) -> None:
    """Look again and again, since another process has no event for us, until nothing hinders any more."""
    found = "nothing was answered"
    try:
        async with asyncio.timeout(within_s):
            while found := await hindrance():  # noqa: ASYNC110
                await asyncio.sleep(LOOK_EVERY_S)
    except TimeoutError:
        raise NotInTimeError(f"{what} after {within_s:.0f} s: {found}") from None
