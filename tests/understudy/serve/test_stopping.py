"""`serve` stops: replies under way end, who comes is refused, and what hangs is not waited for."""

import asyncio
import os
import signal
from pathlib import Path

import aiohttp

from tests.endpoint import Behaviour, Endpoint, Seen, answer
from tests.redis_server import RedisServer
from tests.understudy.serving import Serving
from tests.until import until


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
    """A connection that is made just as the socket closes is reset."""
    host, _, port = serving.address("listen").rpartition(":")
    try:
        _, writer = await asyncio.open_connection(host, int(port))
    except (ConnectionRefusedError, ConnectionResetError):
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
