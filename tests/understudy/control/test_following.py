"""Following the overlay, on a real store: what is applied when, and what happens when the store is away or wrong."""

import asyncio
from collections.abc import Sequence

import msgspec
import pytest
import structlog

from proxy.settings import SamplingSettings
from records.settings import RecordingSettings, RedisSettings
from records.store.store import Store
from tests.redis_server import RedisServer
from understudy.control import changes, overlays
from understudy.control.following import Follower
from understudy.control.overlay import Overlay, encoded
from understudy.settings.bounds import Bounds
from understudy.settings.model import Route, Settings

FILE = Settings(routes=(Route(prefix="/", production="http://127.0.0.1:9001"),))
AWAY = RedisSettings(url="redis://127.0.0.1:1/0")


class AppliedRouting:
    """What a worker was told: ratio and revision, in order."""

    def __init__(self) -> None:
        self.told: asyncio.Queue[tuple[float, int]] = asyncio.Queue()

    async def apply(self, routes: Sequence[Route], revision: int) -> None:
        self.told.put_nowait((routes[0].sampling.ratio, revision))


async def sample(store: Store, ratio: float) -> None:
    await overlays.edit(store, lambda now: changes.sample(FILE.routes, now, "root", {"ratio": ratio}))


@pytest.fixture
def applied() -> AppliedRouting:
    return AppliedRouting()


async def test_changes_are_applied_as_they_come(store: Store, applied: AppliedRouting) -> None:
    """First what is there, then each change, with its revision."""
    await sample(store, 0.5)
    follower = Follower(store, FILE, applied.apply)
    await follower.first(wait_for_store=True)
    assert applied.told.get_nowait() == (0.5, 1)
    async with asyncio.timeout(30), asyncio.TaskGroup() as tasks:
        following = tasks.create_task(follower.run())
        await sample(store, 0.25)
        follower.look()
        assert await applied.told.get() == (0.25, 2)
        following.cancel()


async def test_a_proxy_begins_without_the_store_and_others_wait(applied: AppliedRouting) -> None:
    """Serving waits for nothing; calling a candidate waits to hear whether it was paused."""
    away = Store.create(AWAY, RecordingSettings())
    await Follower(away, FILE, applied.apply).first(wait_for_store=True)
    assert applied.told.empty()
    await Follower(away, FILE, applied.apply).first(wait_for_store=False)
    assert applied.told.get_nowait() == (1.0, 0)
    await away.close()


async def test_the_file_is_applied_anew_under_what_is_known(store: Store, applied: AppliedRouting) -> None:
    """A reload takes the file's routes, and what the overlay says of them goes on unless the file was edited there."""
    await sample(store, 0.5)
    follower = Follower(store, FILE, applied.apply)
    await follower.first(wait_for_store=True)
    await follower.reload(FILE)
    edited = Route(prefix="/", production="http://127.0.0.1:9001", sampling=SamplingSettings(ratio=0.75))
    await follower.reload(Settings(routes=(edited,)))
    assert [applied.told.get_nowait()[0] for _ in range(3)] == [0.5, 0.5, 0.75]


@pytest.mark.parametrize(
    "document",
    [b"nonsense", b'{"schema": 1, "novelty": {}}', b'{"removed": {"a": "\xff"}}', b'{"added":' + b"[" * 99_999],
)
async def test_an_overlay_of_another_release_changes_nothing(
    store: Store, applied: AppliedRouting, document: bytes
) -> None:
    """It is refused in the log; what was known stays."""
    await sample(store, 0.5)
    follower = Follower(store, FILE, applied.apply)
    await follower.first(wait_for_store=True)
    await store.control.replace_overlay(1, document)
    with structlog.testing.capture_logs() as logged:
        await follower.first(wait_for_store=True)
    assert [each["event"] for each in logged] == ["overlay.refused"]
    assert follower.overlay.sampling["root"].value["ratio"] == 0.5


async def test_a_lost_overlay_is_said(store: Store, applied: AppliedRouting, redis_server: RedisServer) -> None:
    """When the store comes back empty the file alone holds, and the log says so."""
    await sample(store, 0.5)
    follower = Follower(store, FILE, applied.apply)
    await follower.first(wait_for_store=True)
    redis_server.command("FLUSHALL")
    with structlog.testing.capture_logs() as logged:
        await follower.first(wait_for_store=True)
    assert "overlay.lost" in [each["event"] for each in logged]
    assert [applied.told.get_nowait() for _ in range(2)] == [(0.5, 1), (1.0, 0)]


async def test_what_the_file_contradicts_is_pruned_from_the_store(store: Store) -> None:
    """After a reload the store has what is in force, under a new revision; each drop is logged."""
    await sample(store, 0.5)
    edited = (Route(prefix="/", production="http://127.0.0.1:9001", sampling=SamplingSettings(ratio=0.75)),)
    with structlog.testing.capture_logs() as logged:
        await overlays.prune(store, Settings(routes=edited))
    assert [each["event"] for each in logged] == ["overlay.dropped"]
    assert await store.control.overlay() == (2, encoded(Overlay()))


async def test_a_reload_ends_what_the_file_no_longer_allows(store: Store) -> None:
    """Credentials taken out of the file: on every role the candidate that was added with them is gone, at once and from
    the store, and the log names it.
    """
    told: list[list[str]] = []

    async def apply(routes: Sequence[Route], _: int) -> None:
        told.append([candidate.name for route in routes for candidate in route.candidates])

    before = msgspec.structs.replace(FILE, credentials={"gpu": {"Authorization": "Bearer s3cret"}})
    new = {"name": "new", "url": "http://127.0.0.1:9002", "credentials": "gpu"}
    await overlays.edit(store, lambda now: changes.add(before.routes, now, new, Bounds.of(before)))
    follower = Follower(store, before, apply)
    await follower.first(wait_for_store=True)
    await follower.reload(FILE)
    assert told == [["new"], []]
    with structlog.testing.capture_logs() as logged:
        await overlays.prune(store, FILE)
    assert [each["event"] for each in logged] == ["overlay.dropped"]
    assert logged[0]["what"].startswith("candidate new, added at run time: credentials")
    assert await overlays.read(store) == Overlay()


async def test_what_can_not_be_pruned_now_is_said_and_not_in_force_in_any_case() -> None:
    """A reload does not wait for a store that is away."""
    away = Store.create(RedisSettings(url="redis://127.0.0.1:1/0"), RecordingSettings())
    with structlog.testing.capture_logs() as logged:
        await overlays.prune(away, FILE)
    assert [each["event"] for each in logged] == ["overlay.unpruned"]
    await away.close()


async def test_a_reset_forgets_everything_but_the_generations(store: Store) -> None:
    """What was shadowed at run time is gone; an epoch that has ended does not come back."""
    bounds = Bounds(hosts=("127.0.0.1",), credentials=frozenset())
    new = {"name": "new", "url": "http://127.0.0.1:9002"}
    await overlays.edit(store, lambda now: changes.add(FILE.routes, now, new, bounds))
    await overlays.edit(store, lambda now: changes.restart(FILE.routes, now, "new"))
    await overlays.reset(store)
    assert await overlays.read(store) == Overlay(generations={"new": 1})


UNREADABLE = (b"nonsense", b'{"removed": {"a": "\xff"}}', b'{"added":' + b"[" * 99_999, b'{"novelty": {}}')


@pytest.mark.parametrize("document", UNREADABLE)
async def test_an_overlay_that_can_not_be_read_is_refused_with_the_way_out(store: Store, document: bytes) -> None:
    """Whoever reads or changes it is told what is wrong and what to do; a reload goes on; a reset forgets it."""
    await store.control.replace_overlay(0, document)
    for asked in (overlays.read(store), sample(store, 0.5)):
        with pytest.raises(overlays.UnreadableOverlay, match=r"changed at run time can't be read.*--reset-overlays"):
            await asked
    with structlog.testing.capture_logs() as logged:
        await overlays.prune(store, FILE)
    assert [each["event"] for each in logged] == ["overlay.unpruned"]
    await overlays.reset(store)
    assert await overlays.read(store) == Overlay()


async def test_a_reset_keeps_the_generations_of_another_release(store: Store) -> None:
    """Its epochs have ended, too, whatever else it wrote."""
    await store.control.replace_overlay(0, b'{"schema": 9, "novelty": {}, "generations": {"new": 3}}')
    await overlays.reset(store)
    assert await overlays.read(store) == Overlay(generations={"new": 3})


async def test_an_editor_that_never_gets_its_turn_is_told(store: Store, redis_server: RedisServer) -> None:
    """After a bounded number of attempts, and nothing of it is written."""

    def overtaken(now: Overlay) -> Overlay:
        redis_server.command("HINCRBY", "us:overlay", "revision", 1)
        return now

    with pytest.raises(overlays.Contended, match="10 times in a row"):
        await overlays.edit(store, overtaken)
    assert await store.control.overlay() == (overlays.ATTEMPTS, b"")


async def test_two_editors_do_not_undo_each_other(store: Store) -> None:
    """Each edit is made on what is there: both of two at once are kept."""
    bounds = Bounds(hosts=("127.0.0.1",), credentials=frozenset())

    async def add(name: str) -> None:
        document = {"name": name, "url": "http://127.0.0.1:9002"}
        await overlays.edit(store, lambda now: changes.add(FILE.routes, now, document, bounds))

    await asyncio.gather(*(add(f"c{number}") for number in range(4)))
    assert {each.name for each in (await overlays.read(store)).added} == {"c0", "c1", "c2", "c3"}
