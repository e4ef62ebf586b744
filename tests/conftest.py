"""Fixtures that several packages' tests use."""

import asyncio
import signal
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from http1.sweep import Sweep
from records.store.store import Store
from tests.certificates import Certificates
from tests.moved_clock import MovedClock
from tests.places import short_directory
from tests.redis_server import RedisServer, running
from tests.stores import LEASE_S, opened

# A busy machine is no failure: how long one example takes is nobody's promise.
settings.register_profile("understudy", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("understudy")


@pytest.fixture(scope="session", autouse=True)
def interruptible() -> None:
    """A shell that runs us in the background has us ignore Ctrl-C, and so would all that a test starts to interrupt."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture
def short_dir() -> Iterator[Path]:
    with short_directory() as directory:
        yield directory


@pytest.fixture
async def clock() -> MovedClock:
    """The sweep's."""
    return MovedClock(asyncio.get_running_loop())


@pytest.fixture
async def sweep(clock: MovedClock) -> AsyncIterator[Sweep]:
    sweep = Sweep(clock)  # type: ignore[arg-type]  # the part of a loop that it asks
    yield sweep
    sweep.stop()


@pytest.fixture(scope="session")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return Certificates.make(tmp_path_factory.mktemp("tls"))


@pytest.fixture(scope="session")
def shared_redis() -> Iterator[RedisServer]:
    with running() as server:
        yield server


@pytest.fixture
def redis_server(shared_redis: RedisServer) -> RedisServer:
    """An empty Redis. Other tests use it too: don't stop it."""
    shared_redis.command("FLUSHALL")
    return shared_redis


@pytest.fixture
async def store(redis_server: RedisServer) -> AsyncIterator[Store]:
    """A store of two partitions a route."""
    async with opened(redis_server) as store:
        yield store


@pytest.fixture
async def brisk_store(redis_server: RedisServer) -> AsyncIterator[Store]:
    """The same with leases of a second, so that a test can wait for one to run out."""
    async with opened(redis_server, lease_s=LEASE_S, timeout_s=2.0) as store:
        yield store


@pytest.fixture
def own_redis() -> Iterator[RedisServer]:
    """A server for one test, to be killed, stopped and restarted. It keeps what it answered for."""
    with running("--appendonly", "yes", "--appendfsync", "always") as server:
        yield server


@pytest.fixture
def forgetful_redis() -> Iterator[RedisServer]:
    """The same, but it comes back with what it was last told to SAVE, or with nothing."""
    with running() as server:
        yield server
