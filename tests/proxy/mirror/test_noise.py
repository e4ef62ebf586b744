"""Production asked once more: which requests, with what, and that no pair is lost or held up by it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest
from msgspec.structs import replace
from structlog.testing import capture_logs

from calling.marker import HEADER as SHADOW_HEADER
from calling.marker import valid
from calling.settings import EndpointSettings
from proxy.mirror.candidate import MirrorCandidate
from proxy.mirror.noise import Both
from proxy.mirror.worker import MirrorWorker
from proxy.sampling import wants_noise
from proxy.settings import NoiseSettings, RouteSettings
from records.codec import Codec
from records.nouns import Answer, Body, Exchange, Failure, Observation, Pair
from records.settings import KeptSettings
from records.store.store import Store
from tests import endpoint
from tests.endpoint import Behaviour, Endpoint
from tests.proxy.mirror.staging import (
    ROUTE,
    SECRET,
    Recording,
    at_work,
    candidate,
    metric,
    mirroring,
    pairs,
    routes,
    settled,
)  # fmt: skip
from tests.recordings import KEPT, exchange
from tests.until import until

CODEC = Codec()

ALWAYS = NoiseSettings(sample=1.0)


def again(pair: Pair) -> Answer:
    assert pair.noise is not None, "it has no noise"
    outcome = pair.noise.outcome
    assert isinstance(outcome, Answer), f"production failed by {outcome}"
    return outcome


def skipped(worker: MirrorWorker, reason: str) -> float:
    return metric(worker, "understudy_noise_skipped_total", reason=reason)


def called(worker: MirrorWorker) -> float:
    return metric(worker, "understudy_noise_called_total")


def when(release: asyncio.Event, status: str = "200 OK") -> Behaviour:
    """Answer when it is released."""

    return endpoint.after(release, endpoint.answer(b"{}", status))


# ---- what is asked, and recorded


async def test_a_pair_holds_productions_second_answer(store: Store) -> None:
    """Beside the exchange and the candidate's observation, measured as that one is."""
    await Recording(store).add(exchange())
    headers = ("Content-Type: application/json", "X-Model: 7", "Set-Cookie: a=b")
    async with Endpoint(endpoint.answer(b'{"y":9}', "200 OK", *headers)) as there, Endpoint(endpoint.answer()) as other:
        production = EndpointSettings(url=there.url, version_header="X-Model", build="b1")
        async with mirroring(store, candidate(other.url), production=production, noise=ALWAYS) as worker:
            await settled(store, recorded=1)
            assert (called(worker), metric(worker, "understudy_noise_failed_total")) == (1, 0)
        assert (len(there.seen), len(other.seen)) == (1, 1)
    (pair,) = await pairs(store)
    assert pair.exchange == exchange()
    got = again(pair)
    assert (got.status, got.body.data) == (200, b'{"y":9}')
    assert got.headers == ((b"content-type", b"application/json"), (b"x-model", b"7"))
    assert pair.noise is not None
    assert (pair.noise.version, pair.noise.declared_build, pair.noise.in_flight) == ("7", "b1", 1)
    times = pair.noise.timings
    assert times.received == 0
    assert 0 < times.connected <= times.sent <= times.first_byte <= times.last_byte  # type: ignore[operator]


async def test_production_gets_the_recorded_request_and_credentials_of_its_own(store: Store) -> None:
    """Line, body and kept headers; neither a client's credentials nor the candidate's; and the shadow's mark."""
    headers = (*KEPT, (b"authorization", b"Bearer client"), (b"cookie", b"s=1"))
    await Recording(store).add(exchange(headers=headers))
    noise = NoiseSettings(sample=1.0, headers={"Authorization": "Bearer noise"}, host="models.internal")
    async with Endpoint(endpoint.answer()) as production, Endpoint(endpoint.answer()) as other:
        own = candidate(other.url, headers={"X-Key": "candidate"}, rewrite_prefix="/ported", remove_headers=("Accept",))
        async with mirroring(store, own, production=production.url, noise=noise):
            await settled(store, recorded=1)
    (seen,) = production.seen
    assert (seen.line, seen.body) == ("POST /models/infer?a=1 HTTP/1.1", b'{"x":1}')
    assert (seen.header("Authorization"), seen.header("Host")) == ("Bearer noise", "models.internal")
    assert (seen.header("Cookie"), seen.header("X-Key")) == (None, None)
    assert (seen.header("Content-Type"), seen.header("X-Request-ID")) == ("application/json", "r-1")
    assert (seen.header("traceparent") or "").startswith("00-0af7651916cd43dd8448eb211c80319c-")
    assert valid(SECRET, (seen.header("X-Understudy-Shadow") or "").encode())


async def test_a_second_production_endpoint_is_asked_instead(store: Store) -> None:
    """Production itself is left in peace."""
    await Recording(store).add(exchange())
    async with (
        Endpoint(endpoint.answer()) as production,
        Endpoint(endpoint.answer(b"second")) as second,
        Endpoint(endpoint.answer()) as other,
    ):
        noise = NoiseSettings(sample=1.0, url=second.url)
        async with mirroring(store, candidate(other.url), production=production.url, noise=noise):
            await settled(store, recorded=1)
        assert production.seen == []
    (pair,) = await pairs(store)
    assert again(pair).body.data == b"second"


async def test_it_is_off_unless_asked_for(store: Store) -> None:
    """Production is never called by a mirror, and a pair has no noise."""
    await Recording(store).add(exchange())
    async with Endpoint(endpoint.answer()) as production, Endpoint(endpoint.answer()) as other:
        async with mirroring(store, candidate(other.url), production=production.url) as worker:
            await settled(store, recorded=1)
            assert called(worker) == 0
        assert production.seen == []
    assert [pair.noise for pair in await pairs(store)] == [None]


async def test_a_share_is_asked_and_the_same_for_each_candidate(store: Store) -> None:
    """By the exchange's id alone: the pairs of two candidates have noise for the same requests."""
    wanted = sorted(f"e-{number}" for number in range(60) if wants_noise(0.2, f"e-{number}"))
    assert 0 < len(wanted) < 30
    await Recording(store).add(*(exchange(number) for number in range(60)))
    noise = NoiseSettings(sample=0.2, max_in_flight=60)
    async with Endpoint(endpoint.answer()) as production, Endpoint(endpoint.answer()) as other:
        first, second = candidate(other.url), replace(candidate(other.url), name="other")
        async with mirroring(store, first, second, production=production.url, noise=noise):
            await settled(store, recorded=60)

            async def both_are_through() -> bool:
                return (await store.coverage(ROUTE, "other")).mirrored == 60

            await until(both_are_through)
        assert len(production.seen) == 2 * len(wanted)
    for name in ("cand", "other"):
        found = [CODEC.decode_pair(data) async for _, data in store.scan_pairs(ROUTE, name)]
        assert sorted(pair.exchange.id for pair in found if pair.noise is not None) == wanted


def produced(outcome: Answer | Failure) -> Exchange:
    return replace(exchange(), production=replace(exchange().production, outcome=outcome))


@pytest.mark.parametrize(
    "untold",
    [
        produced(Failure("timeout", "", None)),
        produced(Answer(200, (), Body(b"{", 2, True))),
        produced(Answer(401, (), Body(b"", 0))),
        produced(Answer(403, (), Body(b"", 0))),
        exchange(headers=((SHADOW_HEADER, b"e-0.0123456789abcdef"),)),
    ],
    ids=["it failed", "it was cut", "it asked the client who it is", "it refused the client", "a shadow replayed"],
)
async def test_production_is_asked_again_only_where_that_tells_something(store: Store, untold: Exchange) -> None:
    """Without a whole first answer, or where that refused the client, there is nothing to compare a second with."""
    await Recording(store).add(untold)
    async with Endpoint(endpoint.answer()) as production, Endpoint(endpoint.answer()) as other:
        kept = KeptSettings(headers=("X-Understudy-Shadow",))
        async with mirroring(store, candidate(other.url), production=production.url, noise=ALWAYS, kept=kept):
            await settled(store, recorded=1)
        assert production.seen == []
    assert [pair.noise for pair in await pairs(store)] == [None]


async def test_what_is_hidden_before_storage_is_hidden_in_the_second_answer_too(store: Store) -> None:
    """The pair holds pseudonyms, production's second answer's among them."""
    await Recording(store).add(exchange())
    kept = KeptSettings(redact_pointers=("/user",), redact_before_storage=True)
    async with (
        Endpoint(endpoint.answer(b'{"user":"pl4nted"}')) as there,
        mirroring(store, candidate(there.url), production=there.url, noise=ALWAYS, kept=kept),
    ):
        await settled(store, recorded=1)
    (pair,) = await pairs(store)
    assert b"redacted-" in again(pair).body.data
    assert b"pl4nted" not in repr(pair).encode()


# ---- when production does not answer


async def failing(store: Store, behaviour: Behaviour) -> tuple[Pair, float]:
    """The pair of one exchange where production does this to the second call, and how many calls counted as failed."""
    await Recording(store).add(exchange())
    noise = NoiseSettings(sample=1.0, timeout_s=0.2)
    async with (
        Endpoint(behaviour) as production,
        Endpoint(endpoint.answer()) as other,
        mirroring(store, candidate(other.url), production=production.url, noise=noise) as worker,
    ):
        await settled(store, recorded=1)
        failed = metric(worker, "understudy_noise_failed_total")
        assert called(worker) == 1
    (pair,) = await pairs(store)
    return pair, failed


@pytest.mark.parametrize(
    ("behaviour", "kind"),
    [
        (endpoint.hang, "timeout"),
        (endpoint.raw(b""), "closed_before_answer"),
        (endpoint.raw(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n123"), "closed_midway"),
        (endpoint.raw(b"SSH-2.0-OpenSSH_9.6\r\n"), "protocol"),
    ],
    ids=["hangs", "closes", "closes midway", "not HTTP"],
)
async def test_a_call_that_was_made_and_failed_is_noise(store: Store, behaviour: Behaviour, kind: str) -> None:
    """Production that fails now and then differs from itself: left out, its noise would look smaller than it is."""
    pair, failed = await failing(store, behaviour)
    assert pair.noise is not None
    assert isinstance(pair.noise.outcome, Failure)
    assert (pair.noise.outcome.kind, failed) == (kind, 1)


@pytest.mark.parametrize(("status", "counts"), [("500 Oops", 0), ("503 Nobody There", 1)])
async def test_an_error_status_is_an_answer(store: Store, status: str, counts: int) -> None:
    """It is recorded; a gateway's word for nobody being there counts as a failed call besides."""
    pair, failed = await failing(store, endpoint.answer(b"", status))
    assert (again(pair).status, failed) == (int(status[:3]), counts)


async def test_where_production_is_not_reached_the_pair_goes_without(store: Store) -> None:
    """A network that lets the mirror not through says nothing about production, and must not excuse a candidate."""
    async with Endpoint(endpoint.answer()) as gone:
        url = gone.url
    await Recording(store).add(exchange())
    async with (
        Endpoint(endpoint.answer()) as other,
        mirroring(store, candidate(other.url), production=url, noise=ALWAYS) as worker,
    ):
        coverage = await settled(store, recorded=1)
        assert (called(worker), metric(worker, "understudy_noise_failed_total")) == (1, 1)
        assert skipped(worker, "not_reached") == 1
    assert coverage.mirrored == 1
    assert [pair.noise for pair in await pairs(store)] == [None]


@pytest.mark.parametrize("status", ["401 Unauthorized", "403 Forbidden"])
async def test_a_refusal_stops_it_until_the_settings_change(store: Store, status: str) -> None:
    """One message says what to do; no more calls are made, pairs go on without, and the mirror stays ready."""
    recording = Recording(store)
    await recording.add(exchange(1))
    async with Endpoint(endpoint.answer(b"", status)) as production, Endpoint(endpoint.answer()) as other:
        own = candidate(other.url)
        with capture_logs() as logs:
            async with mirroring(store, own, production=production.url, noise=ALWAYS) as worker:
                await settled(store, recorded=1)
                await recording.add(exchange(2), exchange(3))
                await settled(store, recorded=3)
                assert len(production.seen) == 1
                assert metric(worker, "understudy_noise_stopped") == 1
                assert skipped(worker, "stopped") == 3
                assert worker.not_ready() is None
                production.behaviour = endpoint.answer()
                noise = replace(ALWAYS, headers={"Authorization": "Bearer noise"})
                await worker.apply(routes(own, production=production.url, noise=noise), revision=2)
                assert metric(worker, "understudy_noise_stopped") == 0
                await recording.add(exchange(4))
                await settled(store, recorded=4)
        assert len(production.seen) == 2
    (event,) = [each for each in logs if each["event"] == "noise.stopped"]
    assert (event["candidate"], event["status"], event["log_level"]) == ("cand", int(status[:3]), "error")
    assert "noise.headers" in event["hint"]
    assert [pair.exchange.id for pair in await pairs(store) if pair.noise is not None] == ["e-4"]


# ---- no pair is held up


async def test_where_all_slots_are_taken_a_pair_goes_without(store: Store) -> None:
    """While production hangs, others' pairs are committed; the one that waits gets its answer."""
    release = asyncio.Event()
    recording = Recording(store)
    await recording.add(exchange(1))
    noise = NoiseSettings(sample=1.0, max_in_flight=1)
    async with (
        Endpoint(when(release)) as production,
        Endpoint(endpoint.answer()) as other,
        mirroring(store, candidate(other.url), production=production.url, noise=noise) as worker,
    ):
        await production.wait_for(1)
        await recording.add(*(exchange(number) for number in range(2, 7)))
        await committed(store, 5)
        assert (called(worker), skipped(worker, "no_slot")) == (1, 5)
        release.set()
        await settled(store, recorded=6)
    assert [pair.exchange.id for pair in await pairs(store) if pair.noise is not None] == ["e-1"]


async def committed(store: Store, count: int) -> None:
    async def there_are() -> bool:
        return len(await pairs(store)) == count

    await until(there_are)


async def test_pairs_that_wait_for_production_leave_room_for_others(store: Store) -> None:
    """Also where more may wait for it than a lane otherwise has in hand."""
    await Recording(store).add(*(exchange(number) for number in range(210)))
    noise = NoiseSettings(sample=1.0, max_in_flight=200)
    async with Endpoint(endpoint.hang) as production, Endpoint(endpoint.answer()) as other:
        async with mirroring(store, candidate(other.url), production=production.url, noise=noise) as worker:
            await committed(store, 10)
            assert (called(worker), skipped(worker, "no_slot")) == (200, 10)
        await settled(store, recorded=210)


async def test_a_stop_does_not_wait_for_production(store: Store) -> None:
    """The pair whose candidate has answered is committed without."""
    await Recording(store).add(exchange(1))
    async with (
        Endpoint(endpoint.hang) as production,
        Endpoint(endpoint.answer()) as other,
        mirroring(store, candidate(other.url), production=production.url, noise=ALWAYS) as worker,
    ):
        await production.wait_for(1)
        await other.wait_for(1)
        async with asyncio.timeout(10):
            await worker.drain(10.0)
        assert skipped(worker, "given_up") == 1
    coverage = await store.coverage(ROUTE, "cand")
    assert (coverage.mirrored, coverage.waiting) == (1, 0)
    assert [pair.noise for pair in await pairs(store)] == [None]


# ---- without a store


def route(url: str, noise: NoiseSettings | None = ALWAYS) -> RouteSettings:
    (made,) = routes(candidate("http://127.0.0.1:2"), production=url, noise=noise)
    return made


async def ask(one: MirrorCandidate, number: int = 1) -> Observation | None:
    ended: asyncio.Future[Observation | None] = asyncio.get_running_loop().create_future()
    call = one.call_again(exchange(number), ended.set_result)
    assert call is not None
    call.start()
    return await ended


async def test_a_production_that_fails_is_left_alone() -> None:
    """After twenty failures in a row no call is made for a while; the candidate's own breaker is another."""
    async with Endpoint(endpoint.answer(b"", "503 Nobody There")) as there, at_work(route(there.url)) as one:
        with capture_logs() as logs:
            for number in range(20):
                assert await ask(one, number) is not None
        assert one.call_again(exchange(), lambda _: None) is None
        assert one.noise is not None
        assert one.noise.counts == {"called": 20, "failed": 20, "skipped.breaker": 1}
        assert not one.breaker.open
    assert [each["event"] for each in logs] == ["noise.paused"]


async def test_a_request_that_can_not_be_made_is_not() -> None:
    """Settings that would break a request's head leave the pair without noise, and the lane at work."""
    broken = replace(ALWAYS, host="a\r\nX-Admin: 1")
    async with at_work(route("http://127.0.0.1:1", broken)) as one:
        assert one.call_again(exchange(), lambda _: None) is None
        assert one.noise is not None
        assert one.noise.counts == {"skipped.set_aside": 1}


async def test_a_production_that_answers_again_is_asked_again() -> None:
    """An answer ends the pause, were it to a call from before it, if started after those that failed; both logged."""
    fail, release = asyncio.Event(), asyncio.Event()
    gone = "503 Nobody There"
    async with Endpoint(endpoint.answer(b"", gone)) as there, at_work(route(there.url)) as one:
        with capture_logs() as logs:
            for number in range(19):
                await ask(one, number)
            async with asyncio.TaskGroup() as tasks:
                there.behaviour = when(fail, gone)
                last = tasks.create_task(ask(one, 19))
                await there.wait_for(20)
                there.behaviour = when(release)
                later = tasks.create_task(ask(one, 100))
                await there.wait_for(21)
                fail.set()
                await last
                assert one.call_again(exchange(), lambda _: None) is None
                release.set()
            assert later.result() is not None
        there.behaviour = endpoint.answer()
        assert await ask(one, 101) is not None
    assert [(each["event"], each["log_level"]) for each in logs] == [
        ("noise.paused", "warning"),
        ("noise.resumed", "info"),
    ]
    assert logs[1]["candidate"] == "cand"


@pytest.mark.parametrize("candidate_answers", [True, False])
async def test_a_lane_that_gives_up_gets_no_half_of_it(candidate_answers: bool) -> None:
    """Whether the candidate had answered or not: both calls end, once, and nothing is there to commit."""
    ended: list[tuple[Observation | None, Observation | None]] = []
    behaviour = endpoint.answer() if candidate_answers else endpoint.hang
    async with Endpoint(endpoint.hang) as production, Endpoint(behaviour) as other:
        on = replace(route(production.url), candidates=(candidate(other.url),))
        async with at_work(on) as one:
            both = Both(lambda *observations: ended.append(observations))
            call, _ = one.call(one.request(exchange()), to_head_request=False, done=both.answered)
            both.start(call, one.call_again(exchange(), both.answered_again))
            await production.wait_for(1)
            await other.wait_for(1)

            await until(lambda: one.in_flight == (0 if candidate_answers else 1))
            assert ended == []
            both.give_up()
            both.give_up()
    assert ended == [(None, None)]


CHANGES: dict[str, tuple[Callable[[RouteSettings], RouteSettings], bool]] = {
    "nothing": (lambda one: one, True),
    "sampling, which is the proxy's": (lambda one: replace(one, methods=("PUT",)), True),
    "noise off": (lambda one: replace(one, noise=None), False),
    "another share": (lambda one: replace(one, noise=replace(ALWAYS, sample=0.5)), False),
    "other headers": (lambda one: replace(one, noise=replace(ALWAYS, headers={"X-Key": "k"})), False),
    "another production": (lambda one: replace(one, production="http://127.0.0.1:3"), False),
}


@pytest.mark.parametrize(("change", "works_on"), CHANGES.values(), ids=CHANGES.keys())
async def test_changed_noise_makes_another_of_the_candidate(
    change: Callable[[RouteSettings], RouteSettings], works_on: bool
) -> None:
    """What a reload changes in it is applied as any other change of a candidate's settings."""
    before = route("http://127.0.0.1:1")
    async with at_work(before) as one:
        after = change(before)
        assert one.is_as(after, after.candidates[0]) == works_on


async def test_without_noise_another_production_is_none_of_the_mirrors_business() -> None:
    """The candidate works on."""
    before = route("http://127.0.0.1:1", noise=None)
    async with at_work(before) as one:
        after = replace(before, production="http://127.0.0.1:3")
        assert one.is_as(after, after.candidates[0])
