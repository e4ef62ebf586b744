"""What a run stands on: production, a candidate, and `serve` between clients and them; every fault is a method here."""

import random
import resource
import signal
import socket
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import redis

from benchmarks.soak.endpoints import Endpoint
from benchmarks.soak.serving import Serving

IDLE_CONNECTIONS = 2_100  # more than two proxy workers have descriptors for

_PATIENCE_S, _AT_ONCE_S = 20, 0.2  # for an answer of the embedded store


class Site:
    """`serving` and the endpoints may be used directly; `close` ends everything, whatever its state."""

    def __init__(self, directory: Path, disk: Path, chance: random.Random) -> None:
        """`disk`: where the data directory goes; a fault fills it."""
        self._chance = chance
        self._disk = disk
        self._production = Endpoint(directory)
        self._candidate = Endpoint(directory)
        self.serving = Serving(
            directory, disk / "data", production=self._production.port, candidate=self._candidate.port
        )
        self._idle: list[socket.socket] = []

    def begin(self) -> None:
        """Raises StartError."""
        self._production.becomes("echo")
        self._candidate.becomes("echo")
        self.serving.begin()

    def close(self) -> None:
        self.let_connections_go()
        self.serving.close()
        self._production.end()
        self._candidate.end()

    # ---- faults

    def start(self) -> None:
        self.serving.start()

    def stop(self) -> None:
        self.serving.stop()

    def kill(self) -> None:
        self.serving.kill()

    def reload(self, text: Callable[[str], str]) -> None:
        self.serving.reload(text)

    def signal(self, role: str, number: signal.Signals) -> None:
        """To one process of the role; SIGCONT to all of them, so that it is the one that was stopped."""
        pids = sorted(pid for pid, name in self.serving.roles().items() if name == role)
        if number is not signal.SIGCONT and pids:
            pids = [self._chance.choice(pids)]
        self.serving.signal(pids, number)

    def candidate_becomes(self, condition: str) -> None:
        self._candidate.becomes(condition)

    def end_production(self) -> None:
        self._production.end()

    def start_production(self) -> None:
        self._production.becomes("echo")

    def fill_redis(self) -> None:
        self._redis(_PATIENCE_S).config_set("maxmemory", 1)

    def empty_redis(self) -> None:
        self._redis(_PATIENCE_S).config_set("maxmemory", 0)

    def store_holds(self) -> int | None:
        """Bytes; None while the embedded store does not answer at once."""
        try:
            return int(self._redis(_AT_ONCE_S).info("memory")["used_memory"])
        except redis.RedisError:
            return None

    def _redis(self, timeout_s: float) -> "redis.Redis":
        return redis.Redis(unix_socket_path=str(self.serving.data / "redis" / "redis.sock"), socket_timeout=timeout_s)

    def fill_disk(self) -> None:
        with (self._disk / "filler").open("wb", buffering=0) as filler, suppress(OSError):
            while True:
                filler.write(bytes(1 << 16))

    def empty_disk(self) -> None:
        (self._disk / "filler").unlink(missing_ok=True)

    def hold_connections(self) -> None:
        """More clients that say nothing than the proxies have descriptors for."""
        _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
        for _ in range(IDLE_CONNECTIONS):
            with suppress(OSError):
                self._idle.append(socket.create_connection(("127.0.0.1", self.serving.port), timeout=0.1))

    def let_connections_go(self) -> None:
        for connection in self._idle:
            connection.close()
        self._idle.clear()
