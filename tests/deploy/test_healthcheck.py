"""The health checks, run as Docker would: the image's against any role, compose.yaml's against a model server."""

import asyncio
import contextlib
import json
import socket
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import web

from tests.deploy.composed import services
from tests.deploy.conftest import Installation
from tests.deploy.dockerfile import Stage
from tests.deploy.test_compose import SECRETS
from tests.places import ROOT

HEALTHY, UNHEALTHY = 0, 1


def health(image: Stage, installed: Installation, data_dir: Path) -> tuple[int, str]:
    """How the image's health check ends, and what it says."""
    command = image.last("HEALTHCHECK").command()
    (source,) = (each.copied()[1] for each in image.instructions("COPY") if "healthcheck" in each.rest)
    assert Path(command[1]).name == Path(source[0]).name
    with installed.start([command[0], str(ROOT / source[0])], data_dir) as process:
        words, errors = process.communicate(timeout=30)
    assert errors == ""
    return process.returncode, words


def _listening(data_dir: Path, **addresses: str) -> None:
    """What a `serve` leaves in its data directory."""
    (data_dir / "addresses.json").write_text(json.dumps(addresses), "utf-8")


@contextlib.asynccontextmanager
async def answering(path: str, status: int) -> AsyncIterator[int]:
    """A server that answers so, on the port that is given back."""

    async def answer(_: web.Request) -> web.Response:
        return web.Response(status=status)

    application = web.Application()
    application.router.add_get(path, answer)
    runner = web.AppRunner(application)
    await runner.setup()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        await web.SockSite(runner, listener).start()
        try:
            yield listener.getsockname()[1]
        finally:
            await runner.cleanup()


async def test_it_asks_every_role_and_not_production(
    stages: dict[str, Stage], installed: Installation, tmp_path: Path
) -> None:
    """Healthy where each role answers 200, at whichever address; who answers behind `listen` is not asked."""
    async with answering("/healthz", 200) as port, answering("/healthz", 200) as other:
        _listening(tmp_path, listen="127.0.0.1:1", admin=f"127.0.0.1:{other}", **{"ops.mirror": f"0.0.0.0:{port}"})
        ended = await asyncio.to_thread(health, stages["understudy"], installed, tmp_path)
    assert ended == (HEALTHY, "healthy\n")


async def test_one_role_that_is_not_healthy_is_enough(
    stages: dict[str, Stage], installed: Installation, tmp_path: Path
) -> None:
    """It names the role, where it was asked, and what it answered."""
    async with answering("/healthz", 200) as port, answering("/healthz", 500) as other:
        _listening(tmp_path, **{"ops.proxy": f"127.0.0.1:{port}", "ops.mirror": f"127.0.0.1:{other}"})
        ended = await asyncio.to_thread(health, stages["understudy"], installed, tmp_path)
    assert ended == (UNHEALTHY, f"ops.mirror at 127.0.0.1:{other}: answered 500\n")


def test_a_role_that_is_gone_is_not_healthy(stages: dict[str, Stage], installed: Installation, tmp_path: Path) -> None:
    """A port where nobody listens any more."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))  # and never listens
        _listening(tmp_path, **{"ops.proxy": f"127.0.0.1:{bound.getsockname()[1]}"})
        code, words = health(stages["understudy"], installed, tmp_path)
    assert code == UNHEALTHY
    assert "ConnectionRefusedError" in words


def test_where_nothing_serves_nothing_is_healthy(
    stages: dict[str, Stage], installed: Installation, tmp_path: Path
) -> None:
    """Before `serve` has bound its addresses, and after it has ended."""
    code, words = health(stages["understudy"], installed, tmp_path)
    assert code == UNHEALTHY
    assert str(tmp_path / "addresses.json") in words


@pytest.mark.parametrize(("status", "healthy"), [(200, True), (503, False)])
async def test_a_model_is_healthy_where_it_is_ready(status: int, healthy: bool) -> None:
    """The models' health check asks what the Open Inference Protocol answers when a server is ready."""
    kind, program, *arguments = services(ROOT / "compose.yaml", SECRETS)["production"]["healthcheck"]["test"]
    assert (kind, program) == ("CMD", "python")
    async with answering("/v2/health/ready", status) as port:
        arguments = [word.replace(":9001/", f":{port}/") for word in arguments]
        process = await asyncio.create_subprocess_exec(sys.executable, *arguments, stderr=subprocess.DEVNULL)
        assert (await process.wait() == 0) is healthy
