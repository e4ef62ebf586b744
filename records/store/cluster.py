"""A Redis Cluster as a client: finds the node of a key, follows redirections, and nothing else.

Of our own, since redis-py's cluster client repeats commands whose outcome it does not know. A redirection is no such
repetition: the node that redirects has not run the command.
"""

from collections.abc import Callable
from typing import Any

import redis.exceptions as theirs
from redis.asyncio.connection import AbstractConnection
from redis.crc import key_slot

from records.errors import StoreAway
from records.store.server import Argument, Server, translated

MAX_REDIRECTIONS = 5

Address = tuple[str, int]


class Cluster:
    """The masters of a cluster, each as a Server."""

    def __init__(self, connect: Callable[..., AbstractConnection], seed: Address, timeout_s: float) -> None:
        self._connect = connect
        self._seed = seed
        self._timeout_s = timeout_s
        self._servers: dict[Address, Server] = {}
        self._slots: list[tuple[int, int, Address]] = []  # empty: not known, or no longer believed

    async def call(self, key: str, *command: Argument, timeout_s: float | None = None) -> Any:
        address, asking = await self._owner(key), False
        for _ in range(MAX_REDIRECTIONS):
            try:
                return await self._server(address).send(*command, asking=asking, timeout_s=timeout_s)
            except theirs.AskError as error:
                # A MovedError is an AskError too. An empty host means: the one that answered.
                asking = not isinstance(error, theirs.MovedError)
                address = (error.host or address[0], error.port)
                if not asking:
                    self._slots = []
            except (theirs.ConnectionError, theirs.TimeoutError, theirs.ClusterDownError, OSError) as error:
                self._slots = []
                raise translated(error) from error
            except theirs.RedisError as error:
                raise translated(error) from error
        raise StoreAway(f"the cluster redirected {MAX_REDIRECTIONS} times; it is being rearranged")

    async def everywhere(self, *command: Argument) -> list[Any]:
        if not self._slots:
            await self._learn()
        masters = dict.fromkeys(address for _, _, address in self._slots)
        try:
            return [await self._server(address).call("", *command) for address in masters]
        except StoreAway:
            self._slots = []  # its slots may have another master by now
            raise

    async def close(self) -> None:
        for server in self._servers.values():
            await server.close()

    def _server(self, address: Address) -> Server:
        server = self._servers.get(address)
        if server is None:
            host, port = address
            server = Server(lambda: self._connect(host=host, port=port), self._timeout_s)
            self._servers[address] = server
        return server

    async def _owner(self, key: str) -> Address:
        if not self._slots:
            await self._learn()
        slot = key_slot(key.encode())
        for first, last, address in self._slots:
            if first <= slot <= last:
                return address
        raise StoreAway(f"no node of the cluster has slot {slot}")

    async def _learn(self) -> None:
        """Ask the seed, then every node heard of, who has which slots."""
        denied = None
        for address in (self._seed, *self._servers):
            try:
                reply = await self._server(address).call("", "CLUSTER", "SLOTS")
            except StoreAway as error:
                denied = error
                continue
            self._slots = [
                (first, last, (master[0].decode() if master[0] else address[0], master[1]))
                for first, last, master, *_ in reply
            ]
            return
        raise StoreAway(f"no node of the cluster answers: {denied}")
