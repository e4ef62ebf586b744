"""Calls a hook: a command, or a webhook. What it gets are the bytes of the promotion's entry, whose hash is its key.

The outcome is one line without any word of the hook's: it may hold secrets, and goes into the history.
"""

import asyncio
import contextlib
import os
import signal
from typing import NamedTuple

import aiohttp

from understudy.settings.promotion import HookSettings

OK = "ok"
KEY_VARIABLE = "UNDERSTUDY_RECORD"


class PromotionCall(NamedTuple):
    """`key` is the same whenever this promotion's hook is called again."""

    hook: HookSettings
    entry: bytes
    key: str

    async def outcome(self) -> str:
        """OK, or what went wrong."""
        called = self._command() if self.hook.command else self._webhook()
        try:
            return await called
        except TimeoutError:
            return f"not done after {self.hook.timeout_s:g} s"

    async def _command(self) -> str:
        """What it prints is seen on our stderr."""
        try:
            process = await asyncio.create_subprocess_exec(
                *self.hook.command,
                stdin=asyncio.subprocess.PIPE,
                stdout=2,
                start_new_session=True,
                env={**os.environ, KEY_VARIABLE: self.key},
            )
        except OSError as error:
            return f"can't be started: {error.strerror}"
        try:
            async with asyncio.timeout(self.hook.timeout_s):
                await process.communicate(self.entry)
        except BaseException:
            await _ended(process)
            raise
        return _in_words(process.returncode or 0)

    async def _webhook(self) -> str:
        headers = {"Content-Type": "application/json", **self.hook.headers, "Idempotency-Key": self.key}
        try:
            async with (
                asyncio.timeout(self.hook.timeout_s),
                aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=None)) as client,
                client.post(self.hook.url, data=self.entry, headers=headers, allow_redirects=False) as answer,
            ):
                return OK if 200 <= answer.status < 300 else f"answered {answer.status}"
        except (aiohttp.ClientError, ValueError) as error:
            return f"no answer: {type(error).__name__}"


async def _ended(process: asyncio.subprocess.Process) -> None:
    """With all that it began in its group, which would go on without it."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    await process.wait()


def _in_words(code: int) -> str:
    if code == 0:
        return OK
    return f"ended with exit code {code}" if code > 0 else f"ended by signal {-code}"
