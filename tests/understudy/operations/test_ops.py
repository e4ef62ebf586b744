"""/healthz, /readyz and /metrics, on a real socket."""

import asyncio
import logging
import socket
from collections.abc import AsyncIterator, Iterable, Sequence

import pytest
from aiohttp import ClientSession, web
from aiohttp.test_utils import TestServer
from prometheus_client.core import CounterMetricFamily, Metric
from prometheus_client.parser import text_string_to_metric_families
from structlog.testing import capture_logs

from understudy.operations import ops
from understudy.settings.model import Route


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


@pytest.mark.parametrize("header", [b"Authorization : Bearer hunter2", b"X-Key: hunter2\x00", b"hunter2"])
async def test_no_line_of_the_log_quotes_a_malformed_request(
    readiness: ops.Readiness, header: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    """A header that can't be read may be a credential: whoever sent it gets a 400, and the log its kind of error."""

    async def families() -> Iterable[Metric]:
        return ()

    application = web.Application()
    application.add_routes(ops.routes(readiness, families))
    listening = socket.create_server(("127.0.0.1", 0))
    address = listening.getsockname()
    with capture_logs() as lines, caplog.at_level(logging.DEBUG):
        async with ops.served(application, listening):
            reader, writer = await asyncio.open_connection(*address)
            writer.write(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n" + header + b"\r\n\r\n")
            answer = await reader.read()
            writer.close()
    assert answer.startswith((b"HTTP/1.0 400", b"HTTP/1.1 400"))
    assert [line["event"] for line in lines] == ["request.malformed"]
    assert "hunter2" not in f"{lines}{caplog.text}"
