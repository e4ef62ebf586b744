"""The store, opened by a command that reads or writes recordings without a running `serve`, or beside one."""

import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from records.settings import RedisSettings
from records.store.store import Store
from understudy.errors import EmbeddedRedisError
from understudy.settings.loading import SettingsError
from understudy.settings.model import Settings
from understudy.site.datadir import DataDir, InUse
from understudy.site.embedded_redis import ANSWER_DEADLINE_S, EmbeddedRedis, can_be_read


@asynccontextmanager
async def opened(settings: Settings, *, create: bool = False) -> AsyncIterator[Store]:
    """The configured store; without one, the embedded Redis of the data directory, started for as long as needed.

    `create`: begin a recording where there is none.
    """
    data = DataDir(settings.data_dir)
    embedded = EmbeddedRedis(data) if settings.redis is None else None
    if embedded is not None and not await _answers(embedded):
        if not create and not embedded.began:
            right = "nothing was recorded here; name the data_dir of the `serve` that records, or its --redis"
            raise SettingsError("data_dir", right, str(data.root))
        data.create()
        await _started(embedded)
    url = settings.redis if embedded is None else embedded.url
    store = Store.create(url if isinstance(url, RedisSettings) else RedisSettings(url=str(url)), settings.recording)
    try:
        yield store
    finally:
        await store.close()
        if embedded is not None:
            await embedded.stop()


async def _answers(embedded: EmbeddedRedis) -> bool:
    """Raises EmbeddedRedisError for a server that hangs: that is not a command's to end."""
    if (said := await embedded.said()) is None:
        words = (
            f"the store of the understudy that records here does not answer: its Redis takes connections on "
            f"{embedded.socket}, and has said nothing for {ANSWER_DEADLINE_S:g} s; a running `serve` replaces it after "
            "watchdog_s (redis.hung in its log), else end that server"
        )
        raise EmbeddedRedisError(words)
    return can_be_read(said)


async def _started(embedded: EmbeddedRedis) -> None:
    """A `serve` that holds the directory is not in the way: it is its Redis that can't be read yet, or any more."""
    try:
        await embedded.start()
    except InUse as error:
        said = (await embedded.said() or "").lstrip("-") or "nothing"
        words = (
            f"the understudy that records here (pid {error.holder}) runs, but its Redis answers {said!r} on "
            f"{embedded.socket}; it is starting, or was lost: see the redis.… events in the log of that understudy"
        )
        raise EmbeddedRedisError(words) from None


def secret_of(settings: Settings) -> str:
    """The installation's secret, by which pseudonyms are the same everywhere.

    Where there is none, one for this run alone: a command that reads leaves nothing behind.
    """
    return settings.secret or DataDir(settings.data_dir).told_secret() or secrets.token_urlsafe(32)
