"""Overlay, epochs, plans, examples: first writer wins, and everything is bounded."""

from records import control
from records.store import Store


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
