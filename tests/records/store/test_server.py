"""One server's connections: what the event loop raises is told as the store being away, and not as a fault of ours."""

import pytest
from redis.asyncio.connection import UnixDomainSocketConnection

from records.errors import StoreAway
from records.store.server import Server
from tests.redis_server import RedisServer


class ClosesOnce(UnixDomainSocketConnection):
    """As under uvloop, where a transport that closed a moment ago raises what no OSError is."""

    closed = False

    async def send_packed_command(self, *arguments: object, **options: object) -> None:
        if not self.closed:
            self.closed = True
            await self.disconnect(nowait=True)
            raise RuntimeError("unable to perform operation on <UnixTransport closed=True>; the handler is closed")
        await super().send_packed_command(*arguments, **options)


async def test_a_connection_that_closed_under_a_command_is_the_store_being_away(redis_server: RedisServer) -> None:
    """Whoever asked asks again; a background task that dies of it would record nothing any more."""
    server = Server(lambda: ClosesOnce(path=str(redis_server.socket)), timeout_s=5.0)
    with pytest.raises(StoreAway, match="closed"):
        await server.call("", "PING")
    assert await server.call("", "PING") == b"PONG"
    await server.close()
