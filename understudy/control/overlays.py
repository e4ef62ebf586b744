"""The overlay in the store, read and written by the supervisor, the admin API and the start of `serve`."""

from collections.abc import Callable, Iterable

import msgspec
import structlog

from proxy.mirror.candidate import start_of
from proxy.settings import CandidateSettings
from records.errors import StoreError
from records.store.store import Store
from understudy.control.overlay import Overlay, decoded, encoded, generations_in, reconciled
from understudy.settings.model import Route, Settings

log = structlog.get_logger()

ATTEMPTS = 10


class Contended(Exception):
    """Others changed the overlay each time we tried to."""


class UnreadableOverlay(StoreError):
    """What the store holds is no overlay of this release."""

    def __init__(self, why: Exception) -> None:
        super().__init__(
            f"what was changed at run time can't be read ({why}): another release wrote it, or it is damaged; "
            "go back to that release, or let serve forget it (--reset-overlays)"
        )


async def read(store: Store) -> Overlay:
    """Raises StoreError, UnreadableOverlay among them."""
    return _read((await store.control.overlay())[1])


async def edit(store: Store, change: Callable[[Overlay], Overlay]) -> int:
    """Replace the overlay by what `change` makes of it; returns the revision. Raises StoreError and what it raises."""
    return await _replace(store, lambda document: change(_read(document)))


async def _replace(store: Store, change: Callable[[bytes], Overlay]) -> int:
    for _ in range(ATTEMPTS):
        revision, document = await store.control.overlay()
        written = await store.control.replace_overlay(revision, encoded(change(document)))
        if written is not None:
            return written
    raise Contended(f"the overlay was changed by others {ATTEMPTS} times in a row; try again")


def _read(document: bytes) -> Overlay:
    try:
        return decoded(document)
    except msgspec.MsgspecError as error:
        raise UnreadableOverlay(error) from error


async def prune(store: Store, settings: Settings) -> None:
    """After the file was read again: drop what it contradicts or no longer allows, saying so. The revision grows in any
    case.
    """

    def pruned(overlay: Overlay) -> Overlay:
        kept, dropped[:] = reconciled(settings, overlay)
        return kept

    dropped: list[str] = []
    try:
        revision = await edit(store, pruned)
    except (StoreError, Contended) as error:
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
    """Forget what was changed at run time, whoever wrote it, but not the generations: an epoch never comes back."""
    await _replace(store, lambda document: Overlay(generations=generations_in(document)))
