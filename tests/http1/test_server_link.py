"""The link to a client, on real sockets: for how long it is waited for, flow control, and how it ends."""

import asyncio

import pytest

from http1.settings import ServerLimits
from http1.sweep import Sweep
from tests.http1.asking import CHUNKED, MANY, SHORT, get, post
from tests.http1.service import Service, serving, wait
from tests.moved_clock import MovedClock
from tests.until import at_rest, until
from tests.wire import Wire

# ---- deadlines


PATIENT = ServerLimits(head_timeout_s=0.2, body_idle_timeout_s=60, keep_alive_s=60)


async def test_a_head_that_dribbles_in_is_refused(sweep: Sweep, clock: MovedClock) -> None:
    """Each byte comes soon; the head does not."""
    async with serving(Service(), sweep, PATIENT) as port, Wire(port) as wire:
        await wire.send(b"GET / HTTP/1.1\r\nX: ")
        for _ in range(4):
            await wire.send(b"a")
            await at_rest()
            clock.move(0.1)
        answer = await wire.answer()
        assert (answer.status, answer.header("X-Understudy-Reason")) == (408, "head_timeout")


@pytest.mark.parametrize("sent", [post(b"abc")[:-1], CHUNKED + b"5\r\na"], ids=["by length", "chunked"])
async def test_a_body_that_stands_still_is_refused(sweep: Sweep, sent: bytes) -> None:
    """The receiver is told, and the client gets its 408."""
    service = Service()
    async with serving(service, sweep, SHORT) as port, Wire(port) as wire:
        await wire.send(sent)
        answer = await wire.answer()
        assert (answer.status, answer.header("X-Understudy-Reason")) == (408, "body_timeout")
        assert service.taken[0].gone.is_set()


async def test_a_slow_receiver_is_not_the_clients_fault(sweep: Sweep, clock: MovedClock) -> None:
    """While the request is paused, or its answer is due, no deadline of the client runs."""
    service = Service(wait)
    async with serving(service, sweep, SHORT) as port, Wire(port) as wire:
        service.on_begin = lambda taken: taken.connection.pause_request()
        await wire.send(post(b"abc")[:-1])
        await service.until(lambda s: len(s.taken) == 1)
        await at_rest()
        clock.move(60)
        service.taken[0].connection.resume_request()
        await wire.send(b"c")
        await service.taken[0].ended.wait()
        clock.move(60)
        service.taken[0].answer(b"late")
        assert (await wire.answer()).body == b"late"


@pytest.mark.parametrize("sent", [b"", get(b"/")], ids=["never used", "kept alive"])
async def test_an_idle_connection_is_closed(sweep: Sweep, sent: bytes) -> None:
    """Without a word: nothing was asked."""
    async with serving(Service(), sweep, SHORT) as port, Wire(port) as wire:
        if sent:
            await wire.send(sent)
            await wire.answer()
        assert await wire.rest() == b""


@pytest.mark.parametrize("count", [1, 50_000], ids=["quiet", "pipelining"])
async def test_a_client_that_reads_nothing_is_cut_off(sweep: Sweep, count: int) -> None:
    """And its receiver is told, so that it holds nothing up; sending more requests does not put that off."""
    service = Service(lambda request: request.connection.write(b"x" * MANY))
    async with serving(service, sweep, SHORT) as port, Wire(port, limit=1024) as wire:
        wire.writer.write(get() * count)
        await service.until(lambda s: len(s.taken) == 1)
        async with asyncio.timeout(10):
            await service.taken[0].gone.wait()


@pytest.mark.parametrize("sent", [get(b"/", b"Connection: close"), get() * 3], ids=["closing", "pipelining"])
async def test_a_client_that_stops_reading_is_cut_off_behind_an_answer_too(sweep: Sweep, sent: bytes) -> None:
    """Once the answer is complete there is no receiver any more; the connection ends all the same."""
    service = Service(lambda request: request.answer(b"x" * MANY))
    async with serving(service, sweep, SHORT) as port, Wire(port, limit=1024) as wire:
        await wire.send(sent)
        await wire.reader.readexactly(MANY // 2)
        await service.until(lambda s: s.open == 0)


# ---- flow control


async def test_a_slow_reader_pauses_its_answer(sweep: Sweep) -> None:
    """The receiver is told when to stop writing, and when to go on."""
    service = Service(lambda request: (request.begin_answer(b""), request.connection.write(b"x" * MANY)))  # type: ignore[func-returns-value]
    async with serving(service, sweep) as port, Wire(port, limit=1024) as wire:
        await wire.send(get())
        await service.until(lambda s: len(s.taken) == 1)
        await until(lambda: service.taken[0].writable == [False])
        await wire.head()
        await wire.reader.readexactly(MANY)
        await until(lambda: service.taken[0].writable == [False, True])


async def test_a_paused_request_is_not_read(sweep: Sweep) -> None:
    """A receiver that can't take more leaves the rest in the client's socket."""
    service = Service()
    service.on_begin = lambda taken: taken.connection.pause_request()
    async with serving(service, sweep) as port, Wire(port) as wire:
        sending = asyncio.get_running_loop().create_task(wire.send(post(b"x" * MANY)))
        await service.until(lambda s: len(s.taken) == 1)
        await at_rest()
        assert len(service.taken[0].body) < 1_000_000
        assert not sending.done()
        service.taken[0].connection.resume_request()
        assert len((await wire.answer()).body) == MANY + 2
        await sending


# ---- the client leaves, we leave


@pytest.mark.parametrize("how", ["closed", "half-closed", "reset"])
async def test_a_client_that_leaves_is_gone(sweep: Sweep, how: str) -> None:
    """Closing its sending side counts as leaving, as nginx and Envoy have it."""
    service = Service(wait)
    async with serving(service, sweep) as port, Wire(port) as wire:
        await wire.send(get())
        await service.until(lambda s: len(s.taken) == 1)
        if how == "half-closed":
            wire.writer.write_eof()
        elif how == "closed":
            wire.writer.close()
        else:
            wire.writer.transport.abort()
        async with asyncio.timeout(10):
            await service.taken[0].gone.wait()


async def test_a_cut_answer_never_looks_complete(sweep: Sweep) -> None:
    """Not even to HTTP/1.0, for which closing ends a body: that connection is reset."""
    service = Service(wait)
    async with serving(service, sweep) as port, Wire(port) as wire:
        await wire.send(get(version=b"1.0"))
        await service.until(lambda s: len(s.taken) == 1)
        service.taken[0].begin_answer(b"")
        service.taken[0].connection.write(b"half of it")
        await wire.head()
        assert await wire.reader.readexactly(10) == b"half of it"
        service.taken[0].connection.abort()
        with pytest.raises(ConnectionResetError):
            await wire.rest()


async def test_drain_closes_idle_connections_and_finishes_answers(sweep: Sweep) -> None:
    """What is being answered is answered, says close, and closes."""
    service = Service(wait)
    async with serving(service, sweep) as port, Wire(port) as idle, Wire(port) as half, Wire(port) as busy:
        await half.send(b"GET / HT")
        await busy.send(get() + get())
        await service.until(lambda s: len(s.taken) == 1 and s.open == 3)
        for connection in service.connections:
            connection.drain()
        assert await idle.rest() == await half.rest() == b""
        service.taken[0].answer(b"last")
        answer = await busy.answer()
        assert (answer.body, answer.header("Connection")) == (b"last", "close")
        assert await busy.rest() == b""


async def test_a_first_request_on_its_way_is_answered_while_draining(sweep: Sweep) -> None:
    """A client that connected a moment before the stop, or had sent half of a head, is answered; then it is closed."""
    service = Service()
    service.on_begin = lambda taken: taken.answer(b"still")
    async with serving(service, sweep) as port, Wire(port) as fresh, Wire(port) as half:
        await half.send(get()[:-2])
        await service.until(lambda s: s.open == 2)
        for connection in service.connections:
            connection.drain()
        await fresh.send(get())
        await half.send(get()[-2:])
        for wire in (fresh, half):
            answer = await wire.answer()
            assert (answer.body, answer.header("Connection")) == (b"still", "close")
            assert await wire.rest() == b""


async def test_drain_reaches_a_connection_between_two_requests(sweep: Sweep) -> None:
    """One whose early answer is given and whose rest is still coming closes when the rest has come."""
    service = Service()
    service.on_begin = lambda taken: taken.answer(b"early")
    async with serving(service, sweep) as port, Wire(port) as wire:
        await wire.send(post(b"abc")[:-1])
        assert (await wire.answer()).body == b"early"
        service.connections[0].drain()
        await wire.send(b"c")
        assert await wire.rest() == b""


async def test_a_cut_from_outside_tells_the_receiver(sweep: Sweep) -> None:
    """A stop whose deadline has passed cuts what is left; each request hears of it, once."""
    service = Service(wait)
    async with serving(service, sweep) as port, Wire(port) as wire:
        await wire.send(get())
        await service.until(lambda s: len(s.taken) == 1)
        service.connections[0].cut()
        assert service.taken[0].gone.is_set()
        service.taken[0].gone.clear()
        await service.until(lambda s: s.open == 0)
        assert not service.taken[0].gone.is_set()
