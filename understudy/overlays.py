"""The overlay in the store, read and written by the supervisor, the admin API and the start of `serve`."""

from collections.abc import Callable, Iterable

import msgspec
import structlog

from proxy.mirror.candidate import start_of
from proxy.settings import CandidateSettings
from records.errors import StoreError
from records.store import Store
from understudy.overlay import Overlay, Routes, decoded, encoded, reconciled
from understudy.settings import Route

log = structlog.get_logger()

ATTEMPTS = 10


class Contended(Exception):
    """Others changed the overlay each time we tried to."""


async def read(store: Store) -> Overlay:
    """Raises StoreError, and msgspec.MsgspecError for one of another release."""
    return decoded((await store.control.overlay())[1])


async def edit(store: Store, change: Callable[[Overlay], Overlay]) -> int:
    """Replace the overlay by what `change` makes of it; returns the revision. Raises StoreError and what it raises."""
    for _ in range(ATTEMPTS):
        revision, document = await store.control.overlay()
        written = await store.control.replace_overlay(revision, encoded(change(decoded(document))))
        if written is not None:
            return written
    raise Contended(f"the overlay was changed by others {ATTEMPTS} times in a row; try again")


async def prune(store: Store, routes: Routes) -> None:
    """After the file was read again: drop what it contradicts, saying so. The revision grows in any case."""

    def pruned(overlay: Overlay) -> Overlay:
        kept, dropped[:] = reconciled(routes, overlay)
        return kept

    dropped: list[str] = []
    try:
        revision = await edit(store, pruned)
    except (StoreError, Contended, msgspec.MsgspecError) as error:
        log.warning("overlay.unpruned", error=str(error), hint="what the file contradicts is not applied in any case")
        return
    for words in dropped:
        log.warning("overlay.dropped", what=words, revision=revision)


async def join(store: Store, in_force: Iterable[tuple[Route, CandidateSettings]], only: str | None = None) -> None:
    """Let candidates join before the mirror gets to it, so that what is recorded from now on is theirs."""
    for route, candidate in in_force:
        if only in (None, candidate.name):
            await store.join_candidate(route.key_name(), candidate.name, start_of(candidate.start_from))


async def reset(store: Store) -> None:
    """Forget what was changed at run time, but not the generations: an epoch never comes back."""
    await edit(store, _forgotten)


def _forgotten(overlay: Overlay) -> Overlay:
    return Overlay(generations=overlay.generations)
