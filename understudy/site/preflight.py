"""What can't be started, in one place: `serve` asks it at its start and on SIGHUP, `check` asks it alone.

Beside what loading.py and checks.py refuse in any command's settings stands here what serving needs of them.
"""

from msgspec.structs import replace

from http1 import descriptors
from proxy.live.worker import clients_admitted
from records.privacy.withheld_headers import in_words, withheld_headers
from records.settings import RedisSettings
from records.store.store import Store
from understudy.settings.checks import kept
from understudy.settings.loading import SettingsError
from understudy.settings.model import RELOADED, ROLES, Role, Settings
from understudy.site.datadir import DataDir
from understudy.site.embedded_redis import EmbeddedRedis
from understudy.site.embedded_server import find_server
from understudy.site.sockets import try_all


def refuse_incomplete(settings: Settings, role: Role | None) -> None:
    """`role` None: all of them. Raises SettingsError for what a command may leave out and `serve` may not."""
    if not settings.routes:
        right = "there is none; write [[routes]] into the file, or give --production URL --candidate NAME=URL"
        raise SettingsError("routes", right)
    if role is not None and settings.redis is None:
        raise SettingsError("redis", f"--role {role} needs the address of the Redis that the other roles use")
    if role is not None and not settings.secret:
        raise SettingsError("secret", f"--role {role} needs the secret that the other roles have (UNDERSTUDY_SECRET)")


def refuse_place(settings: Settings, role: Role | None) -> None:
    """Raises SettingsError where this host has not what a start needs: addresses, a data directory, a Redis."""
    DataDir(settings.data_dir).refuse_unusable()
    try_all(settings, ROLES if role is None else (role,))
    if settings.redis is None:
        EmbeddedRedis(DataDir(settings.data_dir))
        find_server()


async def warnings(settings: Settings, role: Role | None) -> list[str]:
    """What a start would go on with, and say."""
    found = [tight(settings, descriptors.raise_limit())] if role in (None, "proxy") else []
    found += withheld(settings)
    if settings.redis is not None:
        found += await _of_the_store(settings, settings.redis)
    return [warning for warning in found if warning]


def withheld(settings: Settings) -> list[str]:
    """In words, of each route with candidates, which headers that its settings rest on these don't get."""
    told = (
        (route.key_name(), in_words(withheld_headers(settings.kept, route.headers_rested_on())))
        for route in settings.routes
        if route.candidates
    )
    return [f"route {name}: withheld from its candidates: {words}" for name, words in told if words]


async def _of_the_store(settings: Settings, redis: RedisSettings | str) -> tuple[str, ...]:
    store = Store.create(RedisSettings(url=redis) if isinstance(redis, str) else redis, settings.recording)
    try:
        health = await store.check(sum(len(route.candidates) for route in settings.routes))
    finally:
        await store.close()
    return health.problems if health.reachable else ("the store does not answer: until it does, nothing is recorded",)


def tight(settings: Settings, limit: int) -> str | None:
    """In words, where not as many clients fit under the `limit` of open files as the settings allow."""
    wanted = settings.limits.max_connections
    admitted = clients_admitted(settings.limits, settings.routes, limit)
    if admitted >= wanted:
        return None
    return (
        f"each proxy worker takes {admitted} clients at once and not limits.max_connections = {wanted}, since a "
        f"process may open {limit} files here; raise that (ulimit -Hn, systemd's LimitNOFILE=, Docker's --ulimit "
        "nofile=) or lower the setting"
    )


def reloaded(before: Settings, file: Settings) -> Settings:
    """The settings `before` with what a reload may take from `file`. Raises SettingsError where they don't fit."""
    new = replace(before, **{name: getattr(file, name) for name in RELOADED})
    kept(new)  # the one rule between a setting that is reloaded and one that is not
    return new
