"""Candidates and sampling over the API: what is in force, and every change of it at run time.

A change is made by changes.py from what the store holds now, and written there with its revision; every role then
follows it. Header values are never answered: they may be secrets.
"""

import asyncio
from collections.abc import Callable
from typing import Any

import msgspec
import structlog
from aiohttp import web

from comparators.evidence.report import SilenceReport
from proxy.settings import CandidateSettings
from records.errors import StoreError
from records.silence import together
from records.store.store import Store
from understudy.admin.answers import answered
from understudy.admin.problems import Problem
from understudy.control import changes, overlays
from understudy.control.following import EVERY_S, Follower
from understudy.control.overlay import Overlay, Routes, laid_over, plain, reconciled
from understudy.settings.bounds import Bounds
from understudy.settings.model import Route

log = structlog.get_logger()

FOLLOWED_S = 2 * EVERY_S  # by then every role has read the overlay

Change = Callable[[Routes, Overlay], Overlay]


class Candidates:
    def __init__(self, store: Store, follower: Follower) -> None:
        self._store = store
        self._follower = follower

    def routes(self) -> list[web.RouteDef]:
        one = "/api/candidates/{name}"
        return [
            web.get("/api/routes", self.list_routes),
            web.patch("/api/routes/{route}/sampling", self.sample),
            web.get("/api/candidates", self.list_candidates),
            web.post("/api/candidates", self.add),
            web.get(one, self.get),
            web.patch(one, self.change),
            web.delete(one, self.remove),
            web.post(f"{one}/pause", self.pause),
            web.post(f"{one}/resume", self.resume),
            web.post(f"{one}/restart", self.restart),
        ]

    async def list_routes(self, _: web.Request) -> web.Response:
        routes = [
            {
                "route": route.key_name(),
                "prefix": route.prefix,
                "methods": route.methods,
                "production": route.endpoint().url,
                "sampling": plain(route.sampling),
                "candidates": [candidate.name for candidate in route.candidates],
            }
            for route in laid_over(self._file(), await self._overlay())
        ]
        return answered({"routes": routes})

    async def list_candidates(self, _: web.Request) -> web.Response:
        return answered({"candidates": await self._described(await self._overlay())})

    async def get(self, request: web.Request) -> web.Response:
        return await self._one(request.match_info["name"], await self._overlay())

    async def add(self, request: web.Request) -> web.Response:
        document = await _document(request)
        overlay = await self._edit(lambda file, now: changes.add(file, now, document, self._bounds()))
        name = str(document["name"])
        await overlays.join(self._store, self._in_force(overlay), name)  # "now" is when it was asked for
        log.info("candidate.added", candidate=name)
        answer = await self._one(name, overlay)
        answer.set_status(201)
        answer.headers["Location"] = f"/api/candidates/{name}"
        return answer

    async def change(self, request: web.Request) -> web.Response:
        return await self._changed(request, await _document(request))

    async def pause(self, request: web.Request) -> web.Response:
        return await self._changed(request, {"paused": True})

    async def resume(self, request: web.Request) -> web.Response:
        return await self._changed(request, {"paused": False})

    async def restart(self, request: web.Request) -> web.Response:
        name = request.match_info["name"]
        overlay = await self._edit(lambda file, now: changes.restart(file, now, name))
        log.info("candidate.restarted", candidate=name)
        return await self._one(name, overlay)

    async def remove(self, request: web.Request) -> web.Response:
        """A candidate's groups and pairs go, and what waits for it is counted; its summaries stay."""
        name = request.match_info["name"]
        found = [route for route, candidate in self._in_force(await self._overlay()) if candidate.name == name]
        await self._edit(lambda file, now: changes.remove(file, now, name))
        # Subtle: a mirror that has not heard of it yet takes a missing group for a store that came back empty.
        await asyncio.sleep(FOLLOWED_S)
        for route in found:
            await self._store.remove_candidate(route.key_name(), name)
        log.info("candidate.removed", candidate=name)
        return web.Response(status=204)

    async def sample(self, request: web.Request) -> web.Response:
        route, document = request.match_info["route"], await _document(request)
        overlay = await self._edit(lambda file, now: changes.sample(file, now, route, document))
        log.info("sampling.changed", route=route, **document)
        sampling = next(each.sampling for each in laid_over(self._file(), overlay) if each.key_name() == route)
        return answered({"route": route, "sampling": plain(sampling)})

    async def _changed(self, request: web.Request, document: dict[str, Any]) -> web.Response:
        name = request.match_info["name"]
        overlay = await self._edit(lambda file, now: changes.change(file, now, name, document, self._bounds()))
        log.info("candidate.changed", candidate=name, settings=sorted(document))
        return await self._one(name, overlay)

    async def _edit(self, change: Change) -> Overlay:
        """Write what `change` makes of the overlay, and return it."""
        written: list[Overlay] = []

        def next_overlay(now: Overlay) -> Overlay:
            file = self._follower.file
            written[:] = [change(file.routes, reconciled(file, now)[0])]
            return written[0]

        await overlays.edit(self._store, next_overlay)
        self._follower.look()
        return written[0]

    async def _overlay(self) -> Overlay:
        """The overlay in the store, so that a change is seen at once; the last one known, where the store is away."""
        try:
            overlay = await overlays.read(self._store)
        except StoreError:
            overlay = self._follower.overlay
        return reconciled(self._follower.file, overlay)[0]

    def _file(self) -> Routes:
        return self._follower.file.routes

    def _bounds(self) -> Bounds:
        return Bounds.of(self._follower.file)

    async def _one(self, name: str, overlay: Overlay) -> web.Response:
        for each in await self._described(overlay):
            if each["name"] == name:
                return answered(each)
        raise changes.Unknown(f"there is no candidate {name}")

    async def _not_answering(self, route: str, candidate: str) -> dict[str, Any] | None:
        """Since when the candidate does not answer, as in the report; None, too, where the store is away."""
        try:
            silent = SilenceReport.of(together(await self._store.control.words(route, candidate)))
        except StoreError:
            return None
        return None if silent is None else plain(silent)

    async def _described(self, overlay: Overlay) -> list[dict[str, Any]]:
        added = {each.name for each in overlay.added}
        return [
            {
                "name": candidate.name,
                "route": route.key_name(),
                "defined_by": "run time" if candidate.name in added else "settings",
                "changed": sorted(overlay.changed.get(candidate.name, {})),
                "paused": candidate.paused,
                "not_answering": await self._not_answering(route.key_name(), candidate.name),
                "generation": candidate.generation,
                "settings": _shown(candidate),
            }
            for route, candidate in self._in_force(overlay)
        ]

    def _in_force(self, overlay: Overlay) -> list[tuple[Route, CandidateSettings]]:
        return [(route, each) for route in laid_over(self._file(), overlay) for each in route.candidates]


def _shown(candidate: CandidateSettings) -> dict[str, Any]:
    values = {name: value for name, value in plain(candidate).items() if name not in ("name", "paused", "generation")}
    return {**values, "headers": sorted(candidate.headers)}


async def _document(request: web.Request) -> dict[str, Any]:
    try:
        return msgspec.json.decode(await request.read(), type=dict[str, Any])
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise Problem(400, f"the body is no JSON object: {error}") from None
