"""Asking the store until it has answered, for whoever can't go on without it: being away is no error there."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

import structlog

from records.errors import StoreAway, StoreDenied, StoreError, StoreFull

log = structlog.get_logger()

Outcome = TypeVar("Outcome")

_PASSING = (StoreAway, StoreFull, StoreDenied)  # what else the store says, about a lease say, is for the caller
_FIRST_RETRY_S, _LAST_RETRY_S = 0.1, 5.0


class Patience:
    """One asker's: called with what to ask, it returns the answer. Its names stand in the log's lines."""

    def __init__(self, **names: str) -> None:
        self._names = names
        self._refusals: dict[object, str] = {}  # of each that is being asked, at least twice

    @property
    def tried_by(self) -> str | None:
        """Why the store does not do what it is asked again and again."""
        return next(iter(self._refusals.values()), None)

    async def __call__(self, ask: Callable[[], Awaitable[Outcome]]) -> Outcome:
        try:
            return await ask()
        except _PASSING as error:
            log.warning("store.lost", error=str(error), **self._names)
            await asyncio.sleep(_pause_s(error, _FIRST_RETRY_S))
            return await self._insist(ask)

    async def _insist(self, ask: Callable[[], Awaitable[Outcome]]) -> Outcome:
        this, retry_s = object(), _FIRST_RETRY_S
        try:
            while True:
                try:
                    return await ask()
                except _PASSING as error:
                    self._refusals[this] = str(error)
                    retry_s = min(2 * retry_s, _LAST_RETRY_S)
                    await asyncio.sleep(_pause_s(error, retry_s))
        finally:
            self._refusals.pop(this, None)


def _pause_s(error: StoreError, retry_s: float) -> float:
    return _LAST_RETRY_S if isinstance(error, StoreDenied) else retry_s
