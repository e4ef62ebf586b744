"""Listening sockets: bound once, not stolen from the living, and able to stop accepting for a while."""

import asyncio
import contextlib
import resource
import socket
import ssl
import stat
from pathlib import Path
from typing import cast

import pytest
from structlog.testing import capture_logs

from http1.address import Address
from http1.listen import Acceptor, bind, server_tls
from tests.certificates import Certificates
from tests.until import until


class Greeter(asyncio.Protocol):
    """Says hello, so that a client knows it was accepted."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        transport = cast("asyncio.Transport", transport)
        transport.write(b"hello")
        transport.close()


async def greeting(listening: socket.socket, tls: ssl.SSLContext | None = None) -> bytes:
    reader, writer = await asyncio.open_connection(*listening.getsockname()[:2], ssl=tls)
    async with asyncio.timeout(10):
        said = await reader.read()
    writer.close()
    return said


def test_a_taken_port_is_an_error() -> None:
    """The start ends there; another process's port is not shared."""
    with bind(Address(host="127.0.0.1", port=0)) as listening, pytest.raises(OSError, match="in use"):
        bind(Address(host="127.0.0.1", port=listening.getsockname()[1]))


def test_a_dead_unix_socket_is_replaced(short_dir: Path) -> None:
    """A killed process leaves its socket's file behind; the next one takes its place."""
    path = short_dir / "dead.sock"
    bind(Address(path=str(path))).close()
    assert stat.S_ISSOCK(path.stat().st_mode)
    with bind(Address(path=str(path))), socket.socket(socket.AF_UNIX) as client:
        client.connect(str(path))


def test_a_living_unix_socket_is_not_taken(short_dir: Path) -> None:
    """Somebody listens there."""
    path = short_dir / "living.sock"
    with bind(Address(path=str(path))), socket.socket(socket.AF_UNIX) as client:
        with pytest.raises(OSError, match="in use"):
            bind(Address(path=str(path)))
        client.connect(str(path))


def test_a_file_is_not_taken_for_a_socket(short_dir: Path) -> None:
    """Whatever else has that name is not ours to remove."""
    path = short_dir / "a-file"
    path.write_text("somebody's")
    with pytest.raises(OSError, match="in use"):
        bind(Address(path=str(path)))
    assert path.read_text() == "somebody's"


async def test_a_pause_leaves_clients_in_the_kernels_queue() -> None:
    """Paused, a connection waits; resumed, it is served."""
    with bind(Address(host="127.0.0.1", port=0)) as listening:
        acceptor = Acceptor(listening, Greeter)
        acceptor.resume()
        assert await greeting(listening) == b"hello"
        acceptor.pause()
        waiting = asyncio.get_running_loop().create_task(greeting(listening))
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(asyncio.shield(waiting), 0.2)
        acceptor.resume()
        assert await waiting == b"hello"
        await acceptor.stop()


@pytest.mark.parametrize("unix", [False, True])
async def test_a_stop_serves_who_waits_and_refuses_who_comes(short_dir: Path, *, unix: bool) -> None:
    """Clients in the kernel's queue are answered; one that comes later is refused, though another holds the socket."""
    address = Address(path=str(short_dir / "s")) if unix else Address(host="127.0.0.1", port=0)
    with bind(address) as listening, listening.dup() as _held, contextlib.ExitStack() as clients:
        acceptor = Acceptor(listening, Greeter)
        acceptor.resume()
        where = listening.getsockname()
        waiting = [clients.enter_context(socket.socket(listening.family)) for _ in range(100)]
        for client in waiting:
            client.connect(where)
        await acceptor.stop()
        for client in waiting:
            client.settimeout(10)
            assert await asyncio.to_thread(client.recv, 10) == b"hello"
        late = clients.enter_context(socket.socket(listening.family))
        with pytest.raises(ConnectionRefusedError):
            late.connect(where)


async def test_a_lack_of_descriptors_is_said_once_and_overcome() -> None:
    """A client waits in the kernel's queue meanwhile; the log has one line, not one a try."""
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    with bind(Address(host="127.0.0.1", port=0)) as listening, socket.socket() as client, capture_logs() as logged:
        acceptor = Acceptor(listening, Greeter)
        client.connect(listening.getsockname())
        client.settimeout(10)
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, (client.fileno(), limits[1]))
            acceptor.resume()
            await until(lambda: acceptor._failures >= 3, "three tries")
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, limits)
        assert await asyncio.to_thread(client.recv, 10) == b"hello"
        assert [(line["event"], line["error"]) for line in logged] == [("accepting.failed", "Too many open files")]
        await acceptor.stop()


async def test_another_holder_of_a_shut_socket_is_at_rest() -> None:
    """A worker that hears of the stop a little later than the one that shut the socket neither logs nor spins."""
    with bind(Address(host="127.0.0.1", port=0)) as listening, listening.dup() as held, capture_logs() as logged:
        first, second = Acceptor(listening, Greeter), Acceptor(held, Greeter)
        first.resume()
        second.resume()
        await first.stop()
        second._accept()
        assert not second._accepting
        await second.stop()
        assert logged == []


async def test_handshakes_that_never_end_are_bounded(certificates: Certificates) -> None:
    """Clients that connect and say nothing do not fill the process with sockets; when they leave, others are served."""
    trusted = ssl.create_default_context(cafile=certificates.ca)
    with bind(Address(host="127.0.0.1", port=0)) as listening, contextlib.ExitStack() as silent:
        acceptor = Acceptor(listening, Greeter, server_tls(str(certificates.server), None))
        acceptor.resume()
        for _ in range(260):
            silent.enter_context(socket.create_connection(listening.getsockname()))
        served = asyncio.get_running_loop().create_task(greeting(listening, trusted))
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(asyncio.shield(served), 0.5)
        silent.close()
        assert await served == b"hello"
        await acceptor.stop()
