"""The one factory of Redis clients. redis-py's retries are off: its default repeats a write whose answer timed out."""

from collections.abc import Callable
from typing import Any

from redis.asyncio.connection import AbstractConnection, Connection, SSLConnection, parse_url
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from records.settings import RedisSettings
from records.store.cluster import Cluster
from records.store.server import Client, Server


def create_client(settings: RedisSettings) -> Client:
    """No I/O: it connects when first used. Raises ValueError on an address that can't be one."""
    options: dict[str, Any] = dict(parse_url(settings.url))
    if settings.cluster:
        seed = (options.pop("host", "localhost"), options.pop("port", 6379))
        return Cluster(_connector(settings, options), seed, settings.timeout_s)
    return Server(_connector(settings, options), settings.timeout_s)


def _connector(settings: RedisSettings, options: dict[str, Any]) -> Callable[..., AbstractConnection]:
    """What makes connections; keyword arguments (host, port) say where, if not the address itself."""
    kind = options.pop("connection_class", Connection)
    if kind is SSLConnection:
        options |= {"ssl_ca_certs": settings.tls_ca, "ssl_certfile": settings.tls_cert, "ssl_keyfile": settings.tls_key}
    options |= {
        "protocol": 2,
        "retry": Retry(NoBackoff(), 0),
        "driver_info": None,
        # One deadline covers connecting, sending and reading (Server.send); redis-py's would start a task for each.
        "socket_timeout": None,
        "socket_connect_timeout": settings.timeout_s,
    }

    def connect(**where: Any) -> AbstractConnection:
        connection: AbstractConnection = kind(**(options | where))
        return connection

    return connect
