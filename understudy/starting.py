"""What can't be started, in one place: `serve` asks it at its start and on SIGHUP, `check` asks it alone.

Beside what loading.py and checks.py refuse in any command's settings stands here what serving needs of them.
"""

from msgspec.structs import replace

from proxy.live.worker import clients_admitted
from understudy.checks import kept
from understudy.loading import SettingsError
from understudy.settings import RELOADED, Role, Settings


def refuse_incomplete(settings: Settings, role: Role | None) -> None:
    """`role` None: all of them. Raises SettingsError for what a command may leave out and `serve` may not."""
    if not settings.routes:
        right = "there is none; write [[routes]] into the file, or give --production URL --candidate NAME=URL"
        raise SettingsError("routes", right)
    if role is not None and settings.redis is None:
        raise SettingsError("redis", f"--role {role} needs the address of the Redis that the other roles use")
    if role is not None and not settings.secret:
        raise SettingsError("secret", f"--role {role} needs the secret that the other roles have (UNDERSTUDY_SECRET)")


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
