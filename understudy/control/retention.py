"""How long `recording.max_bytes` lasts at the present rate: logged once it is known, and when it has halved or doubled.

Candidates that are behind by more than that lose exchanges (`skipped{expired}`), so an operator wants to know.
"""

import asyncio
import contextlib

import structlog

from records.errors import StoreError
from records.store.store import Store
from understudy.settings.model import Settings

log = structlog.get_logger()

EVERY_S = 30.0


def share_of(settings: Settings) -> int:
    """The bytes of one route's recording: `max_bytes` is shared evenly."""
    return settings.recording.max_bytes // max(1, len(settings.routes))


async def lasts_s(store: Store, settings: Settings, route: str) -> float | None:
    """Seconds until a record of this route is dropped, by bytes or by age; None: too little was recorded to tell."""
    by_bytes = (await store.depth(route)).lasts_s(share_of(settings))
    return min(by_bytes, settings.recording.max_age_s) if by_bytes is not None else None


async def watch(store: Store, settings: Settings) -> None:
    """Log it. Until cancelled."""
    said: dict[str, float] = {}
    while True:
        with contextlib.suppress(StoreError):  # away: others say so
            await look(store, settings, said)
        await asyncio.sleep(EVERY_S)


async def look(store: Store, settings: Settings, said: dict[str, float]) -> None:
    """Log it for each route of which something else, or nothing, was `said` before. Raises StoreError."""
    for route in (each.key_name() for each in settings.routes):
        now_s = await lasts_s(store, settings, route)
        before_s = said.get(route)
        if now_s is not None and (before_s is None or not before_s / 2 < now_s < before_s * 2):
            said[route] = now_s
            log.info("recording.measured", route=route, lasts_s=round(now_s))
