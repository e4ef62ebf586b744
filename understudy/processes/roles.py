"""What a role's worker is to the process that runs it, and how each is made from the settings.

A role's code is imported only where it runs: a proxy process never loads a comparator, nor a mirror the admin API.
"""

import socket
from collections.abc import Callable, Iterable, Sequence
from typing import Protocol

from prometheus_client.core import Metric

from http1.listen import server_tls
from records.store.store import Store
from understudy.processes.channel import Start
from understudy.settings.model import Role, Route
from understudy.site.datadir import DataDir, key_of


class Worker(Protocol):
    async def start(self) -> None:
        """Return when it works. The store, production or a candidate being away is no error."""

    async def apply(self, routes: Sequence[Route], revision: int) -> None:
        """Work by these routes and candidates from now on."""

    async def drain(self, deadline_s: float) -> None:
        """Stop accepting, finish, flush; say in one line of the log what was left."""

    def not_ready(self) -> str | None:
        """None when ready, else why not."""

    def collect(self) -> Iterable[Metric]:
        """The families of /metrics."""


def build(start: Start, store: Store) -> Worker:
    return _BUILDERS[start.role](start, store)


def _proxy(start: Start, store: Store) -> Worker:
    from proxy.live.worker import LiveWorker

    settings, tls = start.settings, start.settings.tls
    return LiveWorker(
        limits=settings.limits,
        recording=settings.recording,
        kept=settings.kept,
        secret=key_of(settings.secret),
        store=store,
        sockets=[socket.socket(fileno=start.listening)],
        tls=server_tls(tls.cert, tls.key, tls.client_ca) if tls is not None else None,
        counters_path=DataDir(settings.data_dir).counters / f"{start.name}.mm",
        writer=start.name,
    )


def _mirror(start: Start, store: Store) -> Worker:
    from proxy.mirror.worker import MirrorWorker

    settings = start.settings
    return MirrorWorker(
        recording=settings.recording, kept=settings.kept, secret=key_of(settings.secret), store=store, owner=start.name
    )


def _compare(start: Start, store: Store) -> Worker:
    from comparators.stored.worker import CompareWorker

    return CompareWorker(kept=start.settings.kept, secret=key_of(start.settings.secret), store=store, owner=start.name)


def _admin(start: Start, store: Store) -> Worker:  # noqa: ARG001 - its API reads the store, the worker does not
    from understudy.admin.worker import AdminWorker

    return AdminWorker()


_BUILDERS: dict[Role, Callable[[Start, Store], Worker]] = {
    "proxy": _proxy,
    "mirror": _mirror,
    "compare": _compare,
    "admin": _admin,
}
