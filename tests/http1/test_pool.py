"""An endpoint's connections: kept, capped, waited for within a bound, verified, and following its name."""

import asyncio
import socket
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from http1.client import ClientConnection
from http1.listen import server_tls
from http1.names import HostPort
from http1.pool import Pool, missing_files
from http1.settings import ClientSettings
from tests.certificates import Certificates
from tests.endpoint import Endpoint, Seen, answer, hang, raw
from tests.http1.calls import Call
from tests.until import until


class Gate:
    """An endpoint's answers wait behind it."""

    def __init__(self) -> None:
        self._opened = asyncio.Semaphore(0)

    async def behave(self, seen: Seen, writer: asyncio.StreamWriter) -> None:
        await self._opened.acquire()
        await answer(seen.line.encode())(seen, writer)

    def let_through(self, count: int) -> None:
        for _ in range(count):
            self._opened.release()


async def test_calls_one_after_the_other_share_a_connection(endpoint: Endpoint, open_pool: Callable[..., Pool]) -> None:
    """The last one used is the first to be used again."""
    pool = open_pool()
    assert [(await Call(pool).answered()).reused for _ in range(3)] == [False, True, True]
    assert endpoint.connections == 1


async def test_calls_at_once_have_connections_of_their_own(endpoint: Endpoint, open_pool: Callable[..., Pool]) -> None:
    """HTTP/1.1 carries one at a time."""
    gate, pool = Gate(), open_pool()
    endpoint.behaviour = gate.behave
    calls = [Call(pool) for _ in range(5)]
    await endpoint.wait_for(5)
    assert (pool.in_flight, endpoint.connections) == (5, 5)
    gate.let_through(5)
    for call in calls:
        await call.answered()
    assert (pool.in_flight, pool.open) == (0, 5)


class InLine(Call):
    """Notes when its turn comes. (At the endpoint, two that begin together may be read in either order.)"""

    def __init__(self, pool: Pool, number: int, begun: list[int]) -> None:
        self._number = number
        self._begun = begun
        super().__init__(pool, b"GET /%d HTTP/1.1\r\nHost: a\r\n\r\n" % number)

    def connected(self, connection: ClientConnection, *, reused: bool) -> None:
        self._begun.append(self._number)
        super().connected(connection, reused=reused)


async def test_the_cap_is_kept_and_those_behind_it_wait_in_order(
    endpoint: Endpoint, open_pool: Callable[..., Pool]
) -> None:
    """Two connections, six calls: each gets its answer, in the order they came."""
    gate, pool = Gate(), open_pool(max_connections=2)
    endpoint.behaviour = gate.behave
    begun: list[int] = []
    calls = [InLine(pool, number, begun) for number in range(6)]
    assert pool.waiting == 4
    gate.let_through(6)
    for number, call in enumerate(calls):
        assert (await call.answered()).body == b"GET /%d HTTP/1.1" % number
    assert endpoint.connections == 2
    in_line = [number for number in begun if number >= 2]  # a connection may take longer to open than a call takes
    assert in_line == [2, 3, 4, 5]


async def test_waiting_for_a_connection_is_bounded(endpoint: Endpoint, open_pool: Callable[..., Pool]) -> None:
    """A call that no connection became free for fails in time, and the next one is not harmed."""
    gate, pool = Gate(), open_pool(max_connections=1, acquire_timeout_s=0.1)
    endpoint.behaviour = gate.behave
    first, second = Call(pool), Call(pool)
    assert await second.failed() == "pool_timeout"
    gate.let_through(2)
    await first.answered()
    assert (await Call(pool).answered()).reused


async def test_one_that_is_forgotten_is_not_called(endpoint: Endpoint, open_pool: Callable[..., Pool]) -> None:
    """A client that left while it waited takes nobody's turn."""
    gate, pool = Gate(), open_pool(max_connections=1)
    endpoint.behaviour = gate.behave
    first, gone, third = Call(pool), Call(pool), Call(pool)
    pool.forget(gone)
    gate.let_through(2)
    await first.answered()
    await third.answered()
    assert not gone.begun.is_set()


async def test_a_failed_call_makes_room_for_one_that_waits(endpoint: Endpoint, open_pool: Callable[..., Pool]) -> None:
    """A connection that was lost is opened anew for whoever is next."""
    endpoint.behaviour = hang
    pool = open_pool(max_connections=1, first_byte_timeout_s=0.2)
    first, second = Call(pool), Call(pool)
    await endpoint.wait_for(1)
    endpoint.behaviour = answer(b"hello")
    assert await first.failed() == "first_byte_timeout"
    assert (await second.answered()).reused is False


async def test_nobody_listens(endpoint: Endpoint, open_pool: Callable[..., Pool]) -> None:
    """Refused at once, for each call anew, and well again when the endpoint is."""
    pool = open_pool(max_connections=1)
    await endpoint.stop()
    calls = [Call(pool) for _ in range(3)]
    assert [await call.failed() for call in calls] == ["connect"] * 3
    assert pool.open == 0
    async with Endpoint(answer(b"back"), port=endpoint.port):
        assert (await Call(pool).answered()).body == b"back"


async def test_opening_a_connection_has_its_time(open_pool: Callable[..., Pool]) -> None:
    """A host that does not answer, as behind a firewall that drops: its queue of connections is full."""
    with socket.socket() as full, socket.socket() as one, socket.socket() as two:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        for client in (one, two):
            client.setblocking(False)
            client.connect_ex(full.getsockname())
        pool = open_pool(url=f"http://127.0.0.1:{full.getsockname()[1]}", connect_timeout_s=0.2)
        assert await Call(pool).failed() == "connect_timeout"
        assert pool.open == 0


async def test_an_endpoint_that_hangs_up_at_once(open_pool: Callable[..., Pool]) -> None:
    """As a load balancer without servers does: a failure, not a hang."""

    async def hang_up(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.transport.abort()

    server = await asyncio.start_server(hang_up, "127.0.0.1", 0)
    async with server:
        pool = open_pool(url=f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}")
        for _ in range(20):
            assert await Call(pool).failed() == "closed_before_answer"
        await until(lambda: pool.open == 0)


async def test_an_idle_connection_is_closed_in_time(endpoint: Endpoint, open_pool: Callable[..., Pool]) -> None:
    """Before the endpoint would close it under a request."""
    pool = open_pool(keep_alive_s=0.1)
    await Call(pool).answered()
    await until(lambda: pool.open == 0)
    assert (await Call(pool).answered()).reused is False


async def test_a_connection_that_the_endpoint_closed_is_not_handed_out(
    endpoint: Endpoint, open_pool: Callable[..., Pool]
) -> None:
    """Not even in the turn of the loop in which it is closing."""
    pool = open_pool()
    call = await Call(pool).answered()
    assert call.connection is not None
    call.connection.transport.close()  # as the loop does when the endpoint's end of stream is read
    assert (await Call(pool).answered()).reused is False


async def test_a_close_is_seen_before_the_loop_has_read_it(open_pool: Callable[..., Pool]) -> None:
    """The kernel is asked before an idle connection is used again: in the turn of the loop in which the endpoint closes
    it, a request would be lost on it."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        pool = open_pool(url=f"http://127.0.0.1:{server.getsockname()[1]}")
        call = Call(pool)
        await call.begun.wait()
        accepted, _ = server.accept()
        accepted.sendall(b"HTTP/1.1 204 No Content\r\n\r\n")
        await call.answered()
        age(call, 5)
        accepted.close()
        second = Call(pool)
        await second.begun.wait()
        assert second.reused is False


def age(call: Call, seconds: float) -> None:
    """As if its connection had been idle for so long."""
    assert call.connection is not None
    call.connection.idle_since -= seconds


@pytest.mark.parametrize(("idle_s", "reused"), [(3.9, True), (4.1, False)])
async def test_an_announced_time_is_kept_to(
    endpoint: Endpoint, open_pool: Callable[..., Pool], idle_s: float, reused: bool
) -> None:
    """After `Keep-Alive: timeout=5` a request 4.1 s later has another connection, however late the loop runs."""
    endpoint.behaviour = answer(b"hello", "200 OK", "Keep-Alive: timeout=5, max=100")
    pool = open_pool()
    age(await Call(pool).answered(), idle_s)
    assert (await Call(pool).answered()).reused is reused


async def test_a_connection_goes_when_its_announced_time_is_up(
    endpoint: Endpoint, open_pool: Callable[..., Pool]
) -> None:
    """It need not wait for ours, which is longer."""
    endpoint.behaviour = answer(b"hello", "200 OK", "Keep-Alive: timeout=0")
    pool = open_pool()
    await Call(pool).answered()
    await until(lambda: pool.open == 0)


async def test_a_time_is_learned_from_an_idle_connection_that_was_closed(
    endpoint: Endpoint, open_pool: Callable[..., Pool]
) -> None:
    """What the endpoint closes after 5 s is not asked again after 4.1 s; but still after 3.9 s."""
    hang_up = asyncio.Event()

    async def answer_and_close(seen: Seen, writer: asyncio.StreamWriter) -> None:
        await answer(b"hello")(seen, writer)
        await hang_up.wait()
        writer.close()

    endpoint.behaviour = answer_and_close
    pool = open_pool()
    age(await Call(pool).answered(), 5)
    hang_up.set()
    await until(lambda: pool.open == 0)
    endpoint.behaviour = answer(b"hello")
    last = await Call(pool).answered()
    for idle_s, reused in ((3.9, True), (4.1, False)):
        age(last, idle_s)
        last = await Call(pool).answered()
        assert last.reused is reused


async def test_a_time_is_learned_from_a_request_that_was_lost(
    endpoint: Endpoint, open_pool: Callable[..., Pool]
) -> None:
    """The next one is not lost in the same way."""
    pool = open_pool()
    age(await Call(pool).answered(), 5)

    async def close(_: Seen, writer: asyncio.StreamWriter) -> None:
        writer.close()

    endpoint.behaviour = close
    assert await Call(pool).failed() == "closed_before_answer"
    endpoint.behaviour = answer(b"hello")
    age(await Call(pool).answered(), 4.1)
    assert (await Call(pool).answered()).reused is False


async def test_one_too_old_to_be_asked_makes_room_at_the_cap(
    endpoint: Endpoint, open_pool: Callable[..., Pool]
) -> None:
    """It stays to show how long the endpoint keeps it, but in nobody's way."""
    pool = open_pool(max_connections=1)
    pool._idle_time.closed(5)
    age(await Call(pool).answered(), 4.5)
    assert (await Call(pool).answered()).reused is False


async def test_a_fresh_connection_is_one_that_was_not_used(endpoint: Endpoint, open_pool: Callable[..., Pool]) -> None:
    """At the cap an idle one makes room."""
    pool = open_pool(max_connections=1)
    await Call(pool).answered()
    assert (await Call(pool, fresh=True).answered()).reused is False
    await until(lambda: pool.open == 1)


async def test_closing_refuses_what_waits(endpoint: Endpoint, open_pool: Callable[..., Pool]) -> None:
    """What is under way ends on its connection, which is not kept."""
    gate, pool = Gate(), open_pool(max_connections=1)
    endpoint.behaviour = gate.behave
    under_way, waiting = Call(pool), Call(pool)
    await endpoint.wait_for(1)
    await pool.close()
    assert await waiting.failed() == "cancelled"
    gate.let_through(1)
    await under_way.answered()
    await until(lambda: pool.open == 0)


async def test_retiring_serves_what_was_asked_for(endpoint: Endpoint, open_pool: Callable[..., Pool]) -> None:
    """A route that gets another endpoint fails no request: those being connected, waiting or begun are served."""
    gate, pool = Gate(), open_pool(max_connections=2, acquire_timeout_s=5)
    endpoint.behaviour = gate.behave
    calls = [Call(pool) for _ in range(4)]
    await pool.retire()
    calls.append(Call(pool))
    gate.let_through(5)
    for call in calls:
        await call.answered()
    await until(lambda: pool.open == 0)


async def test_waiting_is_bounded_after_retiring_too(endpoint: Endpoint, open_pool: Callable[..., Pool]) -> None:
    """A retired pool still keeps its promise to whoever came late."""
    gate, pool = Gate(), open_pool(max_connections=1, acquire_timeout_s=0.1)
    await Call(pool).answered()
    await pool.retire()
    await until(lambda: pool.open == 0)
    endpoint.behaviour = gate.behave
    first, second = Call(pool), Call(pool)
    assert await second.failed() == "pool_timeout"
    gate.let_through(1)
    await first.answered()


# ---- addresses


async def test_a_unix_socket(open_pool: Callable[..., Pool], short_dir: Path) -> None:
    """Named by its path; kept like any other."""
    async with Endpoint(answer(b"local"), path=str(short_dir / "model.sock")) as endpoint:
        pool = open_pool(url=endpoint.url)
        assert [(await Call(pool).answered()).reused for _ in range(2)] == [False, True]
    assert await Call(open_pool(url="unix:/nowhere/at.all")).failed() == "connect"


class Directory:
    """A name server: `addresses` is what it says now; None: it is away."""

    def __init__(self, *addresses: HostPort) -> None:
        self.addresses: list[HostPort] | None = list(addresses)
        self.asked = 0

    async def look_up(self, host: str, port: int) -> list[HostPort]:
        self.asked += 1
        if self.addresses is None:
            raise OSError("Temporary failure in name resolution")
        return list(self.addresses)


async def test_steady_traffic_follows_a_name(endpoint: Endpoint, open_pool: Callable[..., Pool]) -> None:
    """The old address still answers, and no new connection is ever needed: all the same the new one is found."""
    directory = Directory(("127.0.0.1", endpoint.port))
    async with Endpoint(answer(b"moved")) as other:
        pool = open_pool(url="http://model.test", dns_refresh_s=0.1, look_up=directory.look_up)
        assert (await Call(pool).answered()).body == b"hello"
        assert (await Call(pool).answered()).reused
        directory.addresses = [("127.0.0.1", other.port)]
        await until(lambda: pool.open == 0)
        assert (await Call(pool).answered()).body == b"moved"


async def test_a_call_under_way_ends_where_it_began(endpoint: Endpoint, open_pool: Callable[..., Pool]) -> None:
    """And its connection is not used again after the name has moved."""
    gate, directory = Gate(), Directory(("127.0.0.1", endpoint.port))
    endpoint.behaviour = gate.behave
    async with Endpoint(answer(b"moved")) as other:
        pool = open_pool(url="http://model.test", dns_refresh_s=0.1, look_up=directory.look_up)
        call = Call(pool)
        await endpoint.wait_for(1)
        directory.addresses, asked = [("127.0.0.1", other.port)], directory.asked
        await until(lambda: directory.asked > asked)
        gate.let_through(1)
        await call.answered()
        assert (await Call(pool).answered()).body == b"moved"


async def test_a_name_server_that_is_away_takes_nothing_with_it(
    endpoint: Endpoint, open_pool: Callable[..., Pool]
) -> None:
    """The last known addresses stay in use."""
    directory = Directory(("127.0.0.1", endpoint.port))
    pool = open_pool(url="http://model.test", dns_refresh_s=0.1, keep_alive_s=0.05, look_up=directory.look_up)
    await Call(pool).answered()
    directory.addresses, asked = None, directory.asked
    await until(lambda: directory.asked > asked + 1 and pool.open == 0)
    assert (await Call(pool).answered()).body == b"hello"


async def test_a_name_that_cannot_be_found(open_pool: Callable[..., Pool]) -> None:
    """A failure to connect, which says why."""
    directory = Directory()
    directory.addresses = None
    call = Call(open_pool(url="http://model.test", look_up=directory.look_up))
    assert await call.failed() == "connect"
    assert call.failure is not None
    assert "name resolution" in call.failure[1]


async def test_all_addresses_are_tried(endpoint: Endpoint, open_pool: Callable[..., Pool]) -> None:
    """One that refuses is passed over; each call begins with another one."""
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        directory = Directory(("127.0.0.1", nobody.getsockname()[1]), ("127.0.0.1", endpoint.port))
        pool = open_pool(url="http://model.test", look_up=directory.look_up)
        for _ in range(3):
            assert (await Call(pool, fresh=True).answered()).body == b"hello"


# ---- TLS


@pytest.fixture
async def tls_endpoint(certificates: Certificates) -> AsyncIterator[Endpoint]:
    async with Endpoint(answer(b"secret"), tls=server_tls(str(certificates.server), None)) as endpoint:
        yield endpoint


async def test_an_authority_of_our_own(
    tls_endpoint: Endpoint, open_pool: Callable[..., Pool], certificates: Certificates
) -> None:
    """Trusted instead of the system's; connections are kept."""
    pool = open_pool(url=tls_endpoint.url, tls_ca=str(certificates.ca))
    assert [(await Call(pool).answered()).reused for _ in range(2)] == [False, True]


async def test_an_answer_until_close_over_tls(
    tls_endpoint: Endpoint, open_pool: Callable[..., Pool], certificates: Certificates
) -> None:
    """Its end is the connection's, as without TLS."""
    tls_endpoint.behaviour = raw(b"HTTP/1.1 200 OK\r\n\r\nuntil it closes")
    call = await Call(open_pool(url=tls_endpoint.url, tls_ca=str(certificates.ca))).answered()
    assert call.body == b"until it closes"


async def test_a_stranger_is_refused(
    tls_endpoint: Endpoint, open_pool: Callable[..., Pool], certificates: Certificates
) -> None:
    """A certificate of another authority is no endpoint of ours, and nothing is sent to it."""
    for settings in ({"tls_ca": str(certificates.stranger_ca)}, {}):
        call = Call(open_pool(url=tls_endpoint.url, **settings))
        assert await call.failed() == "connect"
        assert call.failure is not None
        assert "TLS" in call.failure[1]
    assert tls_endpoint.seen == []


async def test_the_name_must_be_the_certificates(
    tls_endpoint: Endpoint, open_pool: Callable[..., Pool], certificates: Certificates
) -> None:
    """A certificate for another host is refused, whatever the address."""
    directory = Directory(("127.0.0.1", tls_endpoint.port))
    for name, kind in (("model.test", None), ("other.test", "connect")):
        call = Call(open_pool(url=f"https://{name}", tls_ca=str(certificates.ca), look_up=directory.look_up))
        await call.ended()
        assert (call.failure[0] if call.failure else None) == kind


async def test_a_client_certificate(open_pool: Callable[..., Pool], certificates: Certificates) -> None:
    """Shown where the endpoint asks for one."""
    tls = server_tls(str(certificates.server), None, str(certificates.ca))
    async with Endpoint(answer(b"secret"), tls=tls) as endpoint:
        ours = {"url": endpoint.url, "tls_ca": str(certificates.ca)}
        assert (await Call(open_pool(**ours, tls_cert=str(certificates.client))).answered()).body == b"secret"
        assert await Call(open_pool(**ours)).failed() in ("connect", "closed_before_answer")
        assert len(endpoint.seen) == 1


async def test_an_endpoint_that_speaks_no_tls(
    endpoint: Endpoint, open_pool: Callable[..., Pool], certificates: Certificates
) -> None:
    """A handshake that is not answered ends with the time to connect, or before."""
    pool = open_pool(url=endpoint.url.replace("http:", "https:"), tls_ca=str(certificates.ca), connect_timeout_s=0.2)
    assert await Call(pool).failed() in ("connect", "connect_timeout")


def test_missing_files_are_named(certificates: Certificates) -> None:
    """So that the start can end before the first request."""
    settings = ClientSettings(url="https://m", tls_ca=str(certificates.ca), tls_cert="/nowhere.pem")
    assert missing_files(settings) == ["/nowhere.pem"]
