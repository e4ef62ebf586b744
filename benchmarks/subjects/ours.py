"""Understudy, recording every exchange into a Redis of its own.

Each role is started as a process of its own, so that the proxy alone has the measured core and every role's CPU
time is known. Without a candidate it serves and records; with one, mirror and compare work too, on the shared core.
"""

import importlib.metadata
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from importlib.util import find_spec
from pathlib import Path

import redis

from benchmarks import machine
from benchmarks.processes import Process, free_port, running
from benchmarks.subjects.subject import Running
from benchmarks.traffic import PATH, REQUEST_BODY
from understudy.settings.loading import SettingsError
from understudy.site.embedded_server import find_server

_SHADOW_ROLES = ("mirror", "compare")
_CONFIG = """
listen = "127.0.0.1:{listen}"
admin = "127.0.0.1:{admin}"
redis = "redis://127.0.0.1:{redis}/0"
workers = 1
secret = "known to all roles"

[ops]
proxy = "127.0.0.1:{proxy}"
mirror = "127.0.0.1:{mirror}"
compare = "127.0.0.1:{compare}"

[[routes]]
prefix = "/"
production = "http://127.0.0.1:{production}"
"""
CANDIDATE = """
[[routes.candidates]]
name = "candidate"
url = "http://127.0.0.1:{candidate}"
"""


def command() -> str:
    """The `understudy` of this environment."""
    return str(Path(sys.executable).with_name("understudy"))


class Ours:
    records = "request and answer"
    store = "Redis"

    def __init__(self, *, candidate: bool) -> None:
        self.name = "Understudy, candidate shadowed" if candidate else "Understudy, recording"
        self.shadows = candidate

    def missing(self) -> str | None:
        if not Path(command()).exists() or find_spec("understudy.cli") is None:
            return "the `understudy` command in this environment"
        try:
            find_server()
        except SettingsError as error:
            return f"a server for its recordings: {error}"
        return None

    def version(self) -> str:
        return f"Understudy {importlib.metadata.version('understudy')}"

    @contextmanager
    def running(self, directory: Path, production: int, candidate: int | None) -> Iterator[Running]:
        ports = {name: free_port() for name in ("listen", "admin", "redis", "proxy", *_SHADOW_ROLES)}
        home = Path(tempfile.mkdtemp(prefix="understudy-", dir=directory))
        config = home / "understudy.toml"
        config.write_text(
            _CONFIG.format(production=production, **ports)
            + ("" if candidate is None else CANDIDATE.format(candidate=candidate))
        )
        with ExitStack() as stack:
            others = {"Redis": stack.enter_context(server(ports["redis"], home))}
            for role in _SHADOW_ROLES if candidate is not None else ():
                others[role] = stack.enter_context(
                    running(self._serve(role, config), core=machine.OTHER_CORE, directory=home)
                )
            proxy = stack.enter_context(running(self._serve("proxy", config), core=machine.PROXY_CORE, directory=home))
            for role in others.keys() & set(_SHADOW_ROLES):  # all have been started: they come up side by side
                others[role].listening(ports[role])
            proxy.answering(ports["listen"], PATH, REQUEST_BODY)
            recorded = partial(_recorded, ports["redis"])
            yield Running(port=ports["listen"], proxy=proxy, others=others, recorded=recorded)

    def _serve(self, role: str, config: Path) -> list[str]:
        return [command(), "serve", "--role", role, "--config", str(config)]


@contextmanager
def server(port: int, directory: Path) -> Iterator[Process]:
    """The one that `serve` would start, with nothing on disk."""
    command = [find_server(), "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
    with running(command, core=machine.OTHER_CORE, directory=directory, port=port) as process:
        yield process


def _recorded(port: int) -> int:
    """The writers' own sums, over all partitions."""
    with redis.Redis(port=port, decode_responses=True) as client:
        return sum(int(client.hget(key, "recorded") or 0) for key in client.keys("us:{*}:sums"))
