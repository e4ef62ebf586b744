"""A proxy under a small limit of open files, with more clients than fit. Real processes and sockets."""

from contextlib import AsyncExitStack
from pathlib import Path

from tests.endpoint import Endpoint, answer
from tests.redis_server import RedisServer
from tests.understudy.serving import Serving
from tests.wire import Wire

ASKED = b"GET / HTTP/1.1\r\nHost: h\r\n\r\n"
FITTING = 95  # of 256 descriptors 66 are the process's own, and production gets half of the rest


async def test_clients_that_do_not_fit_wait_and_those_that_do_are_served(
    short_dir: Path, redis_server: RedisServer
) -> None:
    """The soft limit is lifted to the hard one, production is always reached, who waits is served when others leave."""
    async with Endpoint(answer(b"here")) as production:
        options = ("--redis", redis_server.url, "--role", "proxy", "--production", production.url)
        patient = {"UNDERSTUDY_SECRET": "s", "UNDERSTUDY_LIMITS__HEAD_TIMEOUT_S": "600"}
        async with Serving(short_dir, *options, files=(64, 256), **patient) as serving, AsyncExitStack() as clients:
            port = int(serving.address("listen").rpartition(":")[2])
            idle = [await clients.enter_async_context(Wire(port)) for _ in range(300)]
            first, last = idle[0], idle[-1]
            await last.send(ASKED)
            for _ in range(3):
                await first.send(ASKED)
                assert (await first.answer()).body == b"here"
            assert len(production.seen) == 3  # the last one waits
            for wire in idle[1:-1]:
                wire.writer.close()
            assert (await last.answer()).body == b"here"
            assert (
                f"each proxy worker takes {FITTING} clients at once"
                in serving.events("descriptors.tight")[0]["problem"]
            )
            assert serving.events("accepting.failed") == []
