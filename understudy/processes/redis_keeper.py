"""Keeps the embedded Redis of a `serve` alive: what has died is started again, what hangs is ended and started again.

A server that hangs is worse than none: it takes connections, and whoever asks waits for nothing. As with the workers,
time is counted in the supervisor's own ticks (watchdog.py).
"""

import asyncio
import time

import structlog

from understudy.errors import EmbeddedRedisError
from understudy.processes.backoff import Backoff
from understudy.processes.channel import BEATS
from understudy.processes.watchdog import Watchdog
from understudy.settings.loading import SettingsError
from understudy.site.embedded_redis import EmbeddedRedis

log = structlog.get_logger()


class RedisKeeper:
    """Of a server that was started. `keep` and `watch` run side by side, until they are cancelled."""

    def __init__(self, redis: EmbeddedRedis, watchdog_s: float) -> None:
        self._redis = redis
        self._watchdog_s = watchdog_s
        self._loaded = asyncio.Event()  # it has answered since its start: while it reads its file in, nobody watches
        self._loaded.set()

    async def keep(self) -> None:
        backoff = Backoff()
        while True:
            began = time.monotonic()
            code = await self._redis.ended()
            self._loaded.clear()
            pause_s = backoff.after(time.monotonic() - began)
            log.error("redis.died", exit_code=code, again_after_s=pause_s)
            await asyncio.sleep(pause_s)
            try:
                await self._redis.start()
            except (EmbeddedRedisError, SettingsError) as error:
                log.error("redis.unstarted", error=str(error))
            else:
                self._loaded.set()

    async def watch(self) -> None:
        if self._watchdog_s == 0:
            return
        while True:
            await self._loaded.wait()
            await self._until_it_hangs()
            log.error("redis.hung", pid=self._redis.pid, silent_s=self._watchdog_s)
            self._loaded.clear()
            self._redis.kill()

    async def _until_it_hangs(self) -> None:
        beat_s = self._watchdog_s / BEATS
        watchdog = Watchdog()
        watchdog.heard()  # it answered before it was watched
        while True:
            _, silent = await asyncio.gather(asyncio.sleep(beat_s), self._redis.is_silent(beat_s))
            if not silent or not self._loaded.is_set():
                watchdog.heard()
            elif watchdog.tick():
                return
