"""/healthz, /readyz and /metrics, on a real socket."""

from collections.abc import AsyncIterator, Iterable, Sequence

import pytest
from aiohttp import ClientSession, web
from aiohttp.test_utils import TestServer
from prometheus_client.core import CounterMetricFamily, Metric
from prometheus_client.parser import text_string_to_metric_families

from understudy import ops
from understudy.settings import Route


class ToldWorker:
    """A role's worker that is as ready as a test says."""

    def __init__(self) -> None:
        self.reason: str | None = None

    async def start(self) -> None: ...

    async def apply(self, routes: Sequence[Route], revision: int) -> None: ...

    async def drain(self, deadline_s: float) -> None: ...

    def not_ready(self) -> str | None:
        return self.reason

    def collect(self) -> Iterable[Metric]:
        return [CounterMetricFamily("understudy_mirrored", "Sent.", value=3)]


@pytest.fixture
def worker() -> ToldWorker:
    return ToldWorker()


@pytest.fixture
def readiness(worker: ToldWorker) -> ops.Readiness:
    return ops.Readiness(worker)


@pytest.fixture
async def url(worker: ToldWorker, readiness: ops.Readiness) -> AsyncIterator[str]:
    async def families() -> Iterable[Metric]:
        return worker.collect()

    app = web.Application()
    app.add_routes(ops.routes(readiness, families))
    async with TestServer(app) as server:
        yield f"http://127.0.0.1:{server.port}"


async def asked(url: str, path: str) -> tuple[int, str]:
    async with ClientSession() as client, client.get(url + path) as answer:
        return answer.status, await answer.text()


async def test_ready_when_started_and_the_worker_is(url: str, worker: ToldWorker, readiness: ops.Readiness) -> None:
    """Each reason not to be ready is given in words, and healthy it is all the while."""
    assert await asked(url, "/readyz") == (503, "starting\n")
    readiness.started = True
    assert await asked(url, "/readyz") == (200, "ready\n")
    worker.reason = "the candidate's breaker is open"
    assert await asked(url, "/readyz") == (503, "the candidate's breaker is open\n")
    readiness.stopping = True
    assert await asked(url, "/readyz") == (503, "draining\n")
    assert await asked(url, "/healthz") == (200, "ok\n")


async def test_metrics_are_the_workers_and_whether_it_is_ready(url: str, readiness: ops.Readiness) -> None:
    """In Prometheus's own words, as its own parser reads them."""
    readiness.started = True
    status, text = await asked(url, "/metrics")
    samples = {each.name: each.value for family in text_string_to_metric_families(text) for each in family.samples}
    assert (status, samples) == (200, {"understudy_mirrored_total": 3.0, "understudy_ready": 1.0})
