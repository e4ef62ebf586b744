"""`understudy serve`: from settings to a running supervisor, and every error of a start in words.

Everything that can be wrong for good (a setting, a taken port, a directory in use) ends the start; a store, production
or candidate that is away does not.
"""

import asyncio
import contextlib
import signal
import sys
from collections.abc import Callable

import structlog
from msgspec.structs import replace

from http1 import descriptors
from records.errors import StoreError
from records.settings import RedisSettings
from records.store.store import Store
from understudy import logs
from understudy.control import overlays, subjects
from understudy.control.overlay import Overlay, laid_over, reconciled
from understudy.processes.supervisor import Supervisor
from understudy.serve import banner
from understudy.settings.model import ROLES, Role, Settings
from understudy.site.datadir import DataDir
from understudy.site.embedded_redis import EmbeddedRedis
from understudy.site.preflight import tight
from understudy.site.sockets import bind_all

log = structlog.get_logger()

STORE_PATIENCE_S = 2.0


async def serve(read: Callable[[], Settings], role: Role | None, *, reset_overlays: bool) -> signal.Signals:
    """Serve until a signal; returns which. `role` None: all of them. `read` refuses, now and on SIGHUP, what can't be
    served. Raises SettingsError, EmbeddedRedisError."""
    _end_when_terminated()
    roles = ROLES if role is None else (role,)
    limit = descriptors.raise_limit()
    file = read()
    logs.configure(file.log_level, file.log_format, shown=logs.AS_IT_IS, role="supervisor")
    if "proxy" in roles and (problem := tight(file, limit)):
        log.warning("descriptors.tight", problem=problem)
    data = DataDir(file.data_dir)
    data.create()
    async with contextlib.AsyncExitStack() as ending:
        for each in roles:
            ending.callback(data.hold(each).release)
        sockets = bind_all(file, roles)
        ending.callback(sockets.close)
        ending.callback(data.tell_addresses(sockets.addresses()))
        subjects.tell(data, file)
        embedded = EmbeddedRedis(data) if file.redis is None else None
        if embedded is not None:
            ending.push_async_callback(embedded.stop)
            await embedded.start()
        settings = _completed(file, data, embedded)
        store = Store.create(_redis(settings), settings.recording)
        ending.push_async_callback(store.close)
        overlay = await _prepared(store, settings, reset_overlays=reset_overlays)
        await _print_banner(settings, sockets.addresses(), store, embedded, overlay)
        return await Supervisor(file, settings, roles, data, sockets, embedded, store, read).run()


def _end_when_terminated() -> None:
    """SIGTERM before the supervisor listens: undo what was started, in order, instead of dying over it."""
    this = asyncio.current_task()
    assert this is not None  # noqa: S101 - we run in it

    def end() -> None:
        if not this.cancelling():  # said again, it would cut the undoing short
            this.cancel()

    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, end)


def _completed(file: Settings, data: DataDir, embedded: EmbeddedRedis | None) -> Settings:
    """The settings as the workers get them: with the store's address, the secret and an absolute data_dir."""
    url = embedded.url if embedded is not None else file.redis
    redis = RedisSettings(url=url) if isinstance(url, str) else url
    return replace(file, redis=redis, secret=file.secret or data.secret(), data_dir=str(data.root))


def _redis(settings: Settings) -> RedisSettings:
    assert isinstance(settings.redis, RedisSettings)  # noqa: S101 - _completed saw to it
    return settings.redis


async def _prepared(store: Store, settings: Settings, *, reset_overlays: bool) -> Overlay:
    """What was changed at run time, and its candidates joined, before the first request; if the store answers soon."""
    try:
        async with asyncio.timeout(STORE_PATIENCE_S):
            if reset_overlays:
                await overlays.reset(store)
            overlay, dropped = reconciled(settings, found := await overlays.read(store))
            for words in dropped:
                log.warning("overlay.dropped", what=words)
            in_force = ((route, each) for route in laid_over(settings.routes, overlay) for each in route.candidates)
            await overlays.join(store, in_force)
            return found
    except (StoreError, TimeoutError) as error:
        log.warning("overlay.unread", error=str(error), reset=reset_overlays)
        return Overlay()


async def _print_banner(
    settings: Settings, addresses: dict[str, str], store: Store, embedded: EmbeddedRedis | None, overlay: Overlay
) -> None:
    """To a person, on stderr; what is wrong with the store goes to the log as well."""
    health = await store.check(sum(len(route.candidates) for route in settings.routes))
    words = banner.store_words(_redis(settings), embedded.binary if embedded is not None else None)
    sys.stderr.write(banner.described(settings, addresses, words, health, overlay))
    sys.stderr.flush()
    for problem in health.problems:
        log.warning("store.unsound", problem=problem)
