"""The admin role's worker: it holds the routes in force, as every role is told them. Its work is the API."""

from collections.abc import Iterable, Sequence

from prometheus_client.core import Metric

from understudy.settings.model import Route


class AdminWorker:
    def __init__(self) -> None:
        self.routes: tuple[Route, ...] | None = None
        self.revision = 0

    async def start(self) -> None:
        pass

    async def apply(self, routes: Sequence[Route], revision: int) -> None:
        self.routes, self.revision = tuple(routes), revision

    async def drain(self, deadline_s: float) -> None:
        pass

    def not_ready(self) -> str | None:
        return "the store has not answered yet" if self.routes is None else None

    def collect(self) -> Iterable[Metric]:
        return ()
