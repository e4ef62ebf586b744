"""`understudy serve` from a request to its comparison, on a Redis behind TLS and on a cluster."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from tests.endpoint import Endpoint, answer
from tests.promises.serving import ONE_PLAN_S, Serving, route
from tests.redis_server import LOCAL
from tests.redis_ways import PASSWORD, USER, behind_tls, cluster_of_three

REQUESTS = 40
GOOD = answer(b'{"predictions": [0.25]}', "200 OK", "Content-Type: application/json")


@asynccontextmanager
async def serving(tmp_path: Path, url: str, **redis: object) -> AsyncIterator[Serving]:
    async with Endpoint(GOOD) as production, Endpoint(GOOD) as candidate:
        toml = route(production.url, candidate.url)
        async with Serving(tmp_path, url, toml, plan_wait_s=ONE_PLAN_S, **redis) as running:
            yield running


async def serves_and_compares(running: Serving) -> None:
    assert [await running.ask() for _ in range(REQUESTS)] == [(200, b'{"predictions": [0.25]}')] * REQUESTS
    coverage = await running.settled(sent=REQUESTS)
    assert coverage.compared == REQUESTS
    assert (await running.report())["metrics"]["disagreement.rate"]["n"] == REQUESTS


async def test_behind_tls_with_a_user_of_few_rights(tmp_path, short_dir, certificates):
    """All roles use the certificates; neither logs nor pages show the password."""
    files = {"tls_ca": str(certificates.ca), "tls_cert": str(certificates.client), "tls_key": str(certificates.client)}
    async with behind_tls(certificates, short_dir) as server:
        url = f"rediss://{USER}:{PASSWORD.replace('/', '%2F')}@{LOCAL}:{server.port}/0"
        async with serving(tmp_path, url, **files) as running:
            await serves_and_compares(running)
            assert "s3cret" not in running.log


async def test_on_a_cluster(tmp_path, short_dir):
    """Partitions lie on several nodes; counts add up over all of them."""
    with cluster_of_three(short_dir) as nodes:
        async with serving(tmp_path, f"redis://{LOCAL}:{nodes[0].port}", cluster=True) as running:
            await serves_and_compares(running)
            holding = [node for node in nodes if node.command("KEYS", "us:{root.*}:*")]
            assert len(holding) > 1
