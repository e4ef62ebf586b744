"""Overlay, epochs, plans, conditions, examples: first writer wins, and everything is bounded."""

import asyncio
import math

from records.store import control, keys
from records.store.store import Store
from tests.redis_server import RedisServer


async def test_an_overlay_is_replaced_by_whoever_knows_it(store: Store) -> None:
    """Only the writer that has seen the present revision replaces it."""
    assert await store.control.overlay() == (0, b"")
    assert await store.control.replace_overlay(0, b"one") == 1
    assert await store.control.replace_overlay(0, b"late") is None
    assert await store.control.replace_overlay(1, b"two") == 2
    assert await store.control.overlay() == (2, b"two")


async def test_a_fingerprint_has_one_epoch(store: Store) -> None:
    """The same fingerprint gets the same number; a new one the next; what it is about stays the first's."""
    numbers = [await store.control.epoch("c", fingerprint, fingerprint.encode()) for fingerprint in ("f", "g", "f")]
    assert numbers == [1, 2, 1]
    assert await store.control.epoch("c", "g", b"else") == 2
    assert await store.control.epochs("c") == [(1, b"f"), (2, b"g")]
    assert await store.control.epochs("other") == []


async def test_the_first_plan_stays(store: Store) -> None:
    """Whoever proposes later gets the stored one."""
    assert await store.control.plan("POST /a", b"first") == b"first"
    assert await store.control.plan("POST /a", b"second") == b"first"
    assert await store.control.plans() == {"POST /a": b"first"}


async def test_a_plan_is_replaced_by_who_knows_the_stored_one(store: Store) -> None:
    """Of two that decide it anew the first is followed; the one before is kept beside it."""
    await store.control.plan("r POST /a", b"first")
    await store.control.keep_earlier_plan("r POST /a", 1, b"first")
    await store.control.keep_earlier_plan("r POST /a", 1, b"late")
    assert await store.control.plan("r POST /a", b"second", b"first") == b"second"
    assert await store.control.plan("r POST /a", b"third", b"first") == b"second"
    assert await store.control.plans_of(["r POST /a", "r POST /b"]) == {"r POST /a": b"second"}
    assert await store.control.earlier_plans() == [("r POST /a", b"first")]
    assert await store.control.plans_of([]) == {}


async def test_answers_are_offered_by_exchange_and_bounded(store: Store) -> None:
    """Whoever offers one again adds nothing; of another kind, or a plan that was decided, there are none."""
    assert await store.control.offer_answers("r", "POST /a", {"x1": b"here"}) == {"x1": b"here"}
    assert await store.control.offer_answers("r", "POST /a", {"x1": b"there", "x2": b"b"}) == {
        "x1": b"here",
        "x2": b"b",
    }
    assert await store.control.offer_answers("r", "POST /b", {}) == {}
    many = {f"y{number}": b"c" for number in range(2 * control.MAX_ANSWERS)}
    assert len(await store.control.offer_answers("r", "POST /a", many)) == control.MAX_ANSWERS
    await store.control.withdraw_answers("r", "POST /a")
    assert await store.control.offer_answers("r", "POST /a", {}) == {}


async def test_plans_are_bounded(store: Store) -> None:
    """Beyond the bound a proposal is answered and not kept."""
    for number in range(control.MAX_PLANS + 1):
        assert await store.control.plan(str(number), b"p") == b"p"
    assert len(await store.control.plans()) == control.MAX_PLANS


async def test_the_newest_examples_stay(store: Store) -> None:
    """Examples of an epoch are bounded in number, over additions."""
    many = [b"%d" % number for number in range(control.MAX_EXAMPLES + 5)]
    await store.control.add_examples("c", 1, many[:-2])
    await store.control.add_examples("c", 1, many[-2:])
    assert await store.control.examples("c", 1) == many[5:]
    assert await store.control.examples("c", 2) == []


async def test_the_farthest_pairs_of_an_output_stay(store: Store) -> None:
    """So many, whichever come first and however often; of equal ones the first by their bytes; of each output alone."""
    sizes = [3.0, 1.0, math.inf, 1e-300, 3.0, 7.5]
    for size, name in [*zip(sizes, b"abcdef", strict=True), (3.0, ord("a"))]:
        await store.control.add_farthest("c", 1, "POST /a", "/x", size, bytes([name]), 4)
    found = await store.control.farthest("c", 1, "POST /a", "/x")
    assert found == [(math.inf, b"c"), (7.5, b"f"), (3.0, b"a"), (3.0, b"e")]
    assert await store.control.farthest("c", 1, "POST /a", "/y") == []


async def test_the_first_conditions_stay(store: Store) -> None:
    """Whoever proposes later, or asks, gets the stored ones with the time of the first."""
    assert await store.control.conditions("c", 1, "POST /a") is None
    first = await store.control.propose_conditions("c", 1, "POST /a", b"first \x00 one")
    assert first is not None
    assert first.document == b"first \x00 one"
    assert await store.control.propose_conditions("c", 1, "POST /a", b"second") == first
    assert await store.control.conditions("c", 1, "POST /a") == first
    assert await store.control.all_conditions("c", 1) == {"POST /a": first}


async def test_conditions_are_of_one_plan_in_one_epoch_of_one_candidate(store: Store) -> None:
    """Each has its own."""
    for candidate, epoch, plan in (("c", 1, "a"), ("c", 1, "b"), ("c", 2, "a"), ("d", 1, "a")):
        own = f"{candidate} {epoch} {plan}".encode()
        stored = await store.control.propose_conditions(candidate, epoch, plan, own)
        assert stored is not None
        assert stored.document == own
    assert sorted(await store.control.all_conditions("c", 1)) == ["a", "b"]
    assert await store.control.all_conditions("c", 3) == {}


async def test_later_conditions_are_kept_beside_the_first(store: Store) -> None:
    """Each enumeration has its own first writer, and its own room."""
    first = await store.control.propose_conditions("c", 1, "a", b"first")
    assert await store.control.conditions("c", 1, "a", 1) is None
    second = await store.control.propose_conditions("c", 1, "a", b"second", 1)
    assert second is not None
    assert await store.control.propose_conditions("c", 1, "a", b"another", 1) == second
    assert await store.control.conditions("c", 1, "a", 1) == second
    assert await store.control.all_conditions("c", 1) == {"a": first}
    assert await store.control.all_conditions("c", 1, 1) == {"a": second}
    assert await store.control.all_conditions("c", 1, 2) == {}


async def test_conditions_tell_since_when_by_the_servers_clock(store: Store, redis_server: RedisServer) -> None:
    """Entries that were there before have no later time, entries that come after have no earlier one."""
    before = name_of(redis_server.command("XADD", "s", "*", "a", "1"))
    stored = await store.control.propose_conditions("c", 1, "a", b"x")
    after = name_of(redis_server.command("XADD", "s", "*", "a", "1"))
    assert stored is not None
    assert not stored.are_about(before)
    assert stored.since_ms <= int(after.partition("-")[0])
    assert not stored.are_about(f"{stored.since_ms}-9")
    assert stored.are_about(f"{stored.since_ms + 1}-1")


async def test_conditions_live_as_long_as_summaries(store: Store, redis_server: RedisServer) -> None:
    """They don't expire: sums over conditions that nobody knows would say nothing."""
    await store.control.propose_conditions("c", 1, "a", b"x")
    assert redis_server.command("PTTL", keys.conditions("c", 1)) == -1


async def test_conditions_are_bounded(store: Store) -> None:
    """Beyond the bound a plan has none, nor where its document is too large: clients choose the names in it."""
    for number in range(control.MAX_CONDITIONS):
        assert await store.control.propose_conditions("c", 1, str(number), b"x") is not None
    assert await store.control.propose_conditions("c", 1, "more", b"x") is None
    assert await store.control.propose_conditions("c", 1, "0", b"y") == await store.control.conditions("c", 1, "0")
    assert len(await store.control.all_conditions("c", 1)) == control.MAX_CONDITIONS
    assert await store.control.propose_conditions("c", 2, "a", b"x" * (control.MAX_CONDITIONS_BYTES + 1)) is None
    assert await store.control.all_conditions("c", 2) == {}


async def test_conditions_proposed_at_once_are_one(store: Store) -> None:
    """By several workers: all of them go on with the same ones."""
    proposals = [store.control.propose_conditions("c", 1, "a", b"%d" % number) for number in range(20)]
    assert len(set(await asyncio.gather(*proposals))) == 1


def name_of(entry: bytes | str) -> str:
    return entry.decode() if isinstance(entry, bytes) else entry
