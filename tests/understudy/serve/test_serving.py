"""`serve` whole: its processes, its embedded Redis, its start. Real processes, sockets and servers."""

import asyncio
import contextlib
import json
import os
import signal
import socket
from pathlib import Path

import pytest

from tests.endpoint import Endpoint
from tests.redis_server import RedisServer
from tests.understudy.serving import OPS, Serving
from understudy.cli import main
from understudy.settings.model import OPS_DEFAULTS

QUESTION = {"inputs": [0.5]}


async def test_from_two_flags_to_a_report_that_outlives_it(
    directory: Path, production: Endpoint, candidate: Endpoint
) -> None:
    """Everything in one command: served, shadowed, compared, reported; and all of it still there after a restart."""
    serving = Serving(directory, "--production", production.url, "--candidate", f"new={candidate.url}")
    async with serving:
        for _ in range(3):
            assert await serving.ask("POST", "/predict", QUESTION) == (200, '{"late": 0.25}')
        await serving.coverage("new", requests=3, compared=3, waiting=0)

        worker = serving.events("worker.started", worker_role="proxy")[0]
        os.kill(worker["pid"], signal.SIGKILL)
        await serving.event("worker.started", 2, worker_role="proxy")
        assert (await serving.ask("POST", "/predict", QUESTION))[0] == 200
        await serving.coverage("new", requests=4, compared=4)

        code, out, _ = await serving.command("candidates", "pause", "new")
        assert (code, "paused" in out) == (0, True)
        serving.signal(signal.SIGTERM)
        assert await serving.ended() == 0
        drained = [name for name in ("proxy", "mirror", "compare") if serving.events(f"{name}.drained")]
        assert drained == ["proxy", "mirror", "compare"]

        code, out, _ = await serving.command("report", "--json")  # starts the Redis that has stopped
        assert code == 0
        report = json.loads(out)
        assert report["coverage"]["compared"] == 4
        assert report["metrics"]["disagreement.rate"]["value"] == 1.0
        assert [found["path"] for found in report["plans"][0]["differences"]] == ["/late"]

        await serving.start()
        assert "paused of candidate new" in serving.log
        assert (await serving.coverage("new"))["compared"] == 4
        code, _, err = await serving.command("serve", "--production", production.url)
        assert (code, "in use by another understudy" in err) == (2, True)


async def test_the_live_path_goes_first(directory: Path, production: Endpoint) -> None:
    """Where everything shares a machine, the shadow roles take what the proxy leaves."""
    async with Serving(directory, "--production", production.url) as serving:
        own = os.getpriority(os.PRIO_PROCESS, serving.pid)
        behind = {
            each["worker_role"]: (
                os.getpriority(os.PRIO_PROCESS, each["pid"]),
                os.sched_getscheduler(each["pid"]) == os.SCHED_IDLE,
            )
            for each in serving.events("worker.started")
        }
        low = min(own + 10, 19)  # the lowest there is
        assert behind == {"proxy": (own, False), "mirror": (low, True), "compare": (low, True), "admin": (low, False)}


async def test_workers_that_hang_are_replaced(directory: Path, production: Endpoint, redis_server: RedisServer) -> None:
    """All processes of a role stand still: each is named, and others serve in their place."""
    options = ("--redis", redis_server.url, "--role", "proxy", "--production", production.url, "--workers", "2")
    async with Serving(directory, *options, UNDERSTUDY_SECRET="s", UNDERSTUDY_WATCHDOG_S="3") as serving:
        workers = {each["pid"] for each in serving.events("worker.started")}
        for pid in workers:
            os.kill(pid, signal.SIGSTOP)
        await serving.event("worker.hung", 2)
        assert {each["pid"] for each in serving.events("worker.hung")} >= workers
        assert await serving.ask("GET", "/") == (200, '{"late": 0.25}')


async def test_a_store_that_hangs_is_replaced(directory: Path, production: Endpoint, candidate: Endpoint) -> None:
    """The embedded one: clients are served meanwhile, and then the shadow goes on."""
    options = ("--production", production.url, "--candidate", f"new={candidate.url}")
    async with Serving(directory, *options, UNDERSTUDY_WATCHDOG_S="3") as serving:
        before = serving.events("redis.started")[0]["pid"]
        os.kill(before, signal.SIGSTOP)
        assert (await serving.ask("POST", "/predict", QUESTION))[0] == 200
        assert (await serving.event("redis.hung"))["pid"] == before
        await serving.event("redis.started", 2)
        await serving.coverage("new", requests=1, compared=1)


async def test_a_second_serve_takes_free_ports_for_what_nobody_asked_for(directory: Path, production: Endpoint) -> None:
    """The operations ports were not set and are taken: free ones are used, printed, and told in the data directory."""
    with contextlib.ExitStack() as taken:
        for port in (8082, 8083, 8084):
            with contextlib.suppress(OSError):  # by another serve on this machine, which does as well
                taken.enter_context(socket.create_server(("127.0.0.1", port)))
        async with Serving(directory, "--production", production.url, unset=OPS) as serving:
            told = json.loads((directory / ".understudy" / "addresses.json").read_text())
            assert told.keys() == {"listen", "admin", "ops.proxy", "ops.mirror", "ops.compare"}
            for name in ("ops.proxy", "ops.mirror", "ops.compare"):
                assert told[name] == serving.address(name) != OPS_DEFAULTS[name.removeprefix("ops.")]
                assert any(told[name] in line for line in serving.log.splitlines() if not line.startswith("{"))
                assert (await serving.ask("GET", "/healthz", at=name))[0] == 200
            serving.signal(signal.SIGTERM)
            assert await serving.ended() == 0
            assert not (directory / ".understudy" / "addresses.json").exists()


async def test_a_worker_whose_supervisor_was_killed_ends(
    directory: Path, production: Endpoint, redis_server: RedisServer
) -> None:
    """No orphan serves on: the end of the channel is the end of the worker, after it has drained."""
    options = ("--redis", redis_server.url, "--role", "proxy", "--production", production.url)
    async with Serving(directory, *options, UNDERSTUDY_SECRET="s") as serving:
        pid = serving.events("worker.started")[0]["pid"]
        worker = os.pidfd_open(pid)
        serving.signal(signal.SIGKILL)
        ended = asyncio.get_running_loop().create_future()
        asyncio.get_running_loop().add_reader(worker, ended.set_result, None)
        async with asyncio.timeout(60):
            await ended
        asyncio.get_running_loop().remove_reader(worker)
        os.close(worker)
        assert len(serving.events("proxy.drained")) == 1


REFUSED = {
    "no route": ([], "routes: there is none; write [[routes]] into the file, or give --production URL"),
    "candidate without production": (["--candidate", "a=http://h"], "--candidate: goes with --production URL"),
    "candidate without a name": (
        ["--production", "http://h", "--candidate", "http://i"],
        '--candidate = "http://i": expected NAME=URL',
    ),
    "candidate twice": (
        ["--production", "http://h", "--candidate", "a=http://i", "--candidate", "a=http://j"],
        'routes[0].candidates[1].name = "a": routes[0].candidates[0] has this name already',
    ),
    "no store": (["--production", "http://h", "--role", "mirror"], "redis: --role mirror needs the address"),
    "no secret": (
        ["--production", "http://h", "--role", "mirror", "--redis", "redis://h"],
        "secret: --role mirror needs the secret",
    ),
    "no file": (["--config", "absent.toml"], '--config = "absent.toml": can\'t be read: No such file or directory'),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_start_that_cannot_be_ends_with_2(
    case: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Usage and settings: exit 2, and one line that says what would be right."""
    options, message = REFUSED[case]
    monkeypatch.chdir(tmp_path)
    assert main(["serve", *options]) == 2
    assert f"understudy: {message}" in capsys.readouterr().err


async def test_a_taken_port_ends_with_2(directory: Path, production: Endpoint) -> None:
    """The error names the setting, the address, and what to do; nothing is left running."""
    serving = Serving(directory, UNDERSTUDY_LISTEN=f"127.0.0.1:{production.port}")
    code, _, err = await serving.command("serve", "--production", production.url)
    assert code == 2
    assert f'listen = "127.0.0.1:{production.port}": another program listens there' in err
    assert not (directory / ".understudy" / "redis" / "redis.sock").exists()
