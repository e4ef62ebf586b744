"""`serve` whole: its processes, its embedded Redis, its signals. Real processes, sockets and servers."""

import asyncio
import contextlib
import json
import os
import signal
import socket
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest

from tests.endpoint import Behaviour, Endpoint, Seen, answer
from tests.redis_server import RedisServer
from tests.understudy.serving import OPS, Serving
from tests.until import until
from understudy.cli import main
from understudy.settings.model import OPS_DEFAULTS

QUESTION = {"inputs": [0.5]}


@pytest.fixture
def directory(short_dir: Path) -> Path:
    """Short enough for a Unix socket in a data directory."""
    return short_dir


@pytest.fixture
async def candidate() -> AsyncIterator[Endpoint]:
    async with Endpoint(answer(b'{"late": 0.75}', "200 OK", "Content-Type: application/json")) as endpoint:
        yield endpoint


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


async def test_a_hangup_takes_the_files_routes_and_refuses_a_bad_file(
    directory: Path, production: Endpoint, candidate: Endpoint, redis_server: RedisServer
) -> None:
    """SIGHUP changes routes without a restart, keeps the old ones for a bad file, and says what it can't change."""
    config = directory / "understudy.toml"
    base = (
        f'redis = "{redis_server.url}"\nsecret = "s"\nworkers = {{}}\n[[routes]]\nprefix = "/"\nproduction = "{{}}"\n'
    )
    config.write_text(base.format(1, production.url))
    async with Serving(directory, "--config", str(config), "--role", "proxy") as serving:
        assert await serving.ask("GET", "/") == (200, '{"late": 0.25}')

        config.write_text(base.format(1, "nonsense"))
        serving.signal(signal.SIGHUP)
        refused = await serving.event("settings.refused")
        assert 'routes[0].production = "nonsense"' in refused["error"]
        assert await serving.ask("GET", "/") == (200, '{"late": 0.25}')

        config.write_text(base.format(2, candidate.url))
        serving.signal(signal.SIGHUP)
        await serving.event("settings.reloaded")
        assert (await serving.event("settings.kept"))["settings"] == ["workers"]
        await serving.event("routes.applied", 2)
        assert await serving.ask("GET", "/") == (200, '{"late": 0.75}')


async def test_what_waits_for_a_restart_is_named_as_long_as_it_waits(
    directory: Path, production: Endpoint, redis_server: RedisServer
) -> None:
    """Each SIGHUP compares the file with what is in force, not with what the last SIGHUP found."""
    config = directory / "understudy.toml"
    routes = f'[[routes]]\nprefix = "/"\nproduction = "{production.url}"\n'
    base = f'redis = "{redis_server.url}"\nsecret = "s"\n'
    config.write_text(base + routes)
    async with Serving(directory, "--config", str(config), "--role", "proxy") as serving:
        named = []
        for count, added in enumerate(("workers = 3\n", "workers = 3\n", ""), 1):
            config.write_text(base + added + routes)
            serving.signal(signal.SIGHUP)
            await serving.event("settings.reloaded", count)
            named.append(len(serving.events("settings.kept", settings=["workers"])))
        assert named == [1, 2, 2]


NO_START = {
    "empty": b"",
    "a comment": b"# soon\n",
    "cut before its routes": b'secret = "s"\n[redis]\nurl = "{redis}"\n[recording]\n',
    "without its secret": b'redis = "{redis}"\n[[routes]]\nprefix = "/"\nproduction = "{production}"\n',
    "half a character": b'secret = "\xc3',
    "nested without end": b"x = " + b"[" * 100_000,
    "a key that is none": b'secret = "s"\nredis = "{redis}"\n[[routes]]\nprefix = "/"\n'
    b'production = { url = "https://h", tls_cert = "understudy.toml" }\n',
}


async def test_what_a_start_refuses_a_reload_refuses(
    directory: Path, production: Endpoint, redis_server: RedisServer
) -> None:
    """Whatever has become of the file, clients are served by the settings before, and the log says what is wrong."""
    config = directory / "understudy.toml"
    urls = {"{redis}": redis_server.url, "{production}": production.url}
    good = f'secret = "s"\nredis = "{redis_server.url}"\n[[routes]]\nprefix = "/"\nproduction = "{production.url}"\n'
    config.write_text(good)
    async with Serving(directory, "--config", str(config), "--role", "proxy") as serving:
        for count, (case, written) in enumerate(NO_START.items(), 1):
            for name, url in urls.items():
                written = written.replace(name.encode(), url.encode())
            config.write_bytes(written)
            code, _, err = await serving.command("serve", "--config", str(config), "--role", "proxy")
            assert code == 2, case
            serving.signal(signal.SIGHUP)
            refused = await serving.event("settings.refused", count)
            assert err == f"understudy: {refused['error']}\n", case
            assert await serving.ask("GET", "/") == (200, '{"late": 0.25}'), case
        config.unlink()
        serving.signal(signal.SIGHUP)
        await serving.event("settings.refused", len(NO_START) + 1)
        config.mkdir()
        serving.signal(signal.SIGHUP)
        await serving.event("settings.refused", len(NO_START) + 2)
        config.rmdir()
        config.write_text(good)
        serving.signal(signal.SIGHUP)
        await serving.event("settings.reloaded")
        assert await serving.ask("GET", "/") == (200, '{"late": 0.25}')
        assert len(serving.events("settings.reloaded")) == 1


async def test_a_stop_finishes_replies_and_a_second_signal_does_not(
    directory: Path, production: Endpoint, redis_server: RedisServer
) -> None:
    """SIGTERM lets a reply under way come to its end; a second one ends everything at once."""
    production.behaviour, asked, free = held()
    options = ("--redis", redis_server.url, "--role", "proxy", "--production", production.url)
    async with Serving(directory, *options, UNDERSTUDY_SECRET="s") as serving, asyncio.TaskGroup() as tasks:
        reply = tasks.create_task(serving.ask("GET", "/"))
        await asked.wait()
        serving.signal(signal.SIGTERM)
        await serving.event("serve.stopping")
        free.set()
        assert await reply == (200, "done")
        assert await serving.ended() == 0

        free.clear()
        asked.clear()
        await serving.start()
        cut = tasks.create_task(cut_off(serving))
        await asked.wait()
        serving.signal(signal.SIGINT)
        await serving.event("serve.stopping")
        await hurried(serving)
        assert await serving.ended() == 130
        assert await cut


async def test_a_stop_asked_for_twice_at_once_is_one_stop(
    directory: Path, production: Endpoint, redis_server: RedisServer
) -> None:
    """As `timeout`, terminals and wrappers ask: the reply under way still comes to its end."""
    production.behaviour, asked, free = held()
    options = ("--redis", redis_server.url, "--role", "proxy", "--production", production.url)
    async with Serving(directory, *options, UNDERSTUDY_SECRET="s") as serving, asyncio.TaskGroup() as tasks:
        reply = tasks.create_task(serving.ask("GET", "/"))
        await asked.wait()
        serving.signal(signal.SIGTERM)
        serving.signal(signal.SIGINT)  # another one, since the kernel makes one of two that are the same
        await until(lambda: refused(serving), "the stop to be under way")
        free.set()
        assert await reply == (200, "done")
        assert await serving.ended() in (0, 130)
        assert not serving.events("serve.hurried")


async def test_a_stop_refuses_new_clients_while_a_reply_is_under_way(
    directory: Path, production: Endpoint, redis_server: RedisServer
) -> None:
    """Until `drain_delay_s` is over they are served; then the port is closed, though replies are still finished."""
    production.behaviour, asked, free = held()
    options = ("--redis", redis_server.url, "--role", "proxy", "--production", production.url, "--workers", "2")
    async with Serving(directory, *options, UNDERSTUDY_SECRET="s") as serving, asyncio.TaskGroup() as tasks:
        reply = tasks.create_task(serving.ask("GET", "/"))
        await asked.wait()
        serving.signal(signal.SIGTERM)
        await until(lambda: refused(serving), "a client to be refused")
        assert not reply.done()
        free.set()
        assert await reply == (200, "done")
        assert await serving.ended() == 0


async def test_a_stop_with_a_worker_that_hangs_leaves_no_client_waiting(
    directory: Path, production: Endpoint, redis_server: RedisServer
) -> None:
    """Nobody will answer who waits in the queue: they are reset at once, not when the deadline has passed."""
    options = ("--redis", redis_server.url, "--role", "proxy", "--production", production.url)
    async with Serving(directory, *options, UNDERSTUDY_SECRET="s") as serving, asyncio.TaskGroup() as tasks:
        os.kill(serving.events("worker.started")[0]["pid"], signal.SIGSTOP)
        waiting = tasks.create_task(cut_off(serving))
        serving.signal(signal.SIGTERM)
        assert await waiting
        assert await refused(serving)
        assert serving.returncode is None
        await hurried(serving)


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


async def test_clients_are_served_while_a_stop_waits_for_load_balancers(
    directory: Path, production: Endpoint, redis_server: RedisServer
) -> None:
    """For `drain_delay_s` the proxy says that it is not ready, and serves whoever still comes."""
    options = ("--redis", redis_server.url, "--role", "proxy", "--production", production.url)
    async with Serving(directory, *options, UNDERSTUDY_SECRET="s", UNDERSTUDY_DRAIN_DELAY_S="60") as serving:

        async def unready() -> bool:
            return await serving.ask("GET", "/readyz", at="ops.proxy") == (503, "draining\n")

        pid = serving.events("worker.started")[0]["pid"]
        os.kill(pid, signal.SIGTERM)  # as systemd signals all of a unit's processes
        serving.signal(signal.SIGTERM)
        await until(unready, "the proxy to be unready")
        assert (await serving.ask("GET", "/"))[0] == 200
        await hurried(serving)
        await serving.ended()


def held() -> tuple[Behaviour, asyncio.Event, asyncio.Event]:
    """An answer that comes when it is let free; and the event of being asked."""
    asked, free = asyncio.Event(), asyncio.Event()

    async def slow(seen: Seen, writer: asyncio.StreamWriter) -> None:
        asked.set()
        await free.wait()
        await answer(b"done")(seen, writer)

    return slow, asked, free


async def refused(serving: Serving) -> bool:
    host, _, port = serving.address("listen").rpartition(":")
    try:
        _, writer = await asyncio.open_connection(host, int(port))
    except ConnectionRefusedError:
        return True
    writer.close()
    return False


async def hurried(serving: Serving) -> None:
    """Asked to stop until that is a second stop, and no longer the first one said again."""

    async def again() -> bool:
        if not serving.events("serve.hurried"):
            serving.signal(signal.SIGINT)
        return bool(serving.events("serve.hurried"))

    await until(again, "the stop to be hurried")


async def cut_off(serving: Serving) -> bool:
    try:
        await serving.ask("GET", "/")
    except aiohttp.ClientError:
        return True
    return False


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
