"""Redis in its other forms, for tests: behind TLS with a user of few rights, and as a cluster."""

import contextlib
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

from tests.certificates import Certificates
from tests.redis_server import LOCAL, NotStarted, RedisServer, free_cluster_port, free_port
from tests.relay import Relay

USER, PASSWORD = "understudy", "s3cret/word"

SLOTS = 16_384
FORMING_S = 60.0


@asynccontextmanager
async def behind_tls(
    certificates: Certificates, directory: Path, binary: str | None = None
) -> AsyncIterator[RedisServer]:
    """TLS with client certificates, and a user who may do what the store does and nothing else."""
    async with contextlib.AsyncExitStack() as ending:
        try:
            server = _speaking_tls(certificates, directory, binary)
        except NotStarted:  # it was built without
            server = RedisServer(directory, binary=binary).start()
            relay = await Relay(server.socket, tls=certificates.asking()).start()
            ending.push_async_callback(relay.stop)
            server.port = relay.port
        ending.callback(server.stop)
        rights = ("~us:*", "+@all", "-@admin", "-@dangerous", "+info")
        server.command("ACL", "SETUSER", USER, "on", f">{PASSWORD}", *rights)
        server.command("ACL", "SETUSER", "reader", "on", ">reader", "~us:*", "+@read", "+info")
        server.command("ACL", "SETUSER", "default", "off")
        yield server


def _speaking_tls(certificates: Certificates, directory: Path, binary: str | None) -> RedisServer:
    port = free_port()
    files = {"cert-file": certificates.server, "key-file": certificates.server, "ca-cert-file": certificates.ca}
    options = [word for name, value in (files | {"port": port}).items() for word in (f"--tls-{name}", str(value))]
    server = RedisServer(directory, *options, binary=binary).start()
    server.port = port
    return server


@contextmanager
def cluster_of_three(directory: Path, binary: str | None = None) -> Iterator[list[RedisServer]]:
    """Three nodes, all slots covered."""
    with contextlib.ExitStack() as stack:
        nodes = []
        for number in range(3):
            own = directory / f"node{number}"
            own.mkdir()
            node = RedisServer(own, "--cluster-enabled", "yes", binary=binary, port=free_cluster_port()).start()
            stack.callback(node.stop)
            nodes.append(node)
        _form(nodes)
        yield nodes


def _form(nodes: Sequence[RedisServer]) -> None:
    """As `redis-cli --cluster create`, which may not be there: slots are dealt out, the nodes made known."""
    share = -(-SLOTS // len(nodes))
    for number, node in enumerate(nodes):
        node.command("CLUSTER", "ADDSLOTS", *range(number * share, min(SLOTS, (number + 1) * share)))
        node.command("CLUSTER", "SET-CONFIG-EPOCH", number + 1)  # before they meet: two alike would be at odds
    for node in nodes[1:]:
        nodes[0].command("CLUSTER", "MEET", LOCAL, node.port)
    deadline = time.monotonic() + FORMING_S
    while not all(_is_whole(node) for node in nodes):
        assert time.monotonic() < deadline, nodes[0].command("CLUSTER", "INFO")
        time.sleep(0.02)  # each hears of the others by itself, and tells nobody


def _is_whole(node: RedisServer) -> bool:
    said = node.command("CLUSTER", "INFO").split()
    return b"cluster_state:ok" in said and b"cluster_known_nodes:3" in said
