"""What was found: coverage, reports and plans over the API, coverage as metrics, and a page with links at /.

Everything here is read; nothing of it changes anything. The numbers are the report's and the store's own.
"""

import html
from collections.abc import Iterable
from typing import Any

from aiohttp import web
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric

from comparators.render.formats import FORMATS, Format
from records.coverage import Coverage
from records.errors import StoreError
from records.redaction import Redaction
from records.store import Store
from understudy import evidence
from understudy.admin.problems import Problem
from understudy.changes import Unknown
from understudy.datadir import key_of
from understudy.following import Follower
from understudy.overlay import laid_over, reconciled
from understudy.settings import Route

_COUNTERS = {
    "mirrored": "Recorded exchanges that the candidate was sent.",
    "compared": "Pairs that were compared.",
}
_BY_REASON = {
    "skipped": "Recorded exchanges that the candidate was not sent.",
    "incomparable": "Pairs that could not be compared.",
    "latency_excluded": "Compared pairs whose latency does not count.",
}
_GAUGES = {
    "waiting": "Recorded exchanges that wait for the candidate.",
    "uncompared": "Pairs that wait to be compared.",
}


class Findings:
    def __init__(self, store: Store, follower: Follower) -> None:
        self._store = store
        self._follower = follower
        settings = follower.file
        self._redaction = Redaction.create(settings.kept, key_of(settings.secret))

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/", self.page),
            web.get("/api/coverage", self.coverage),
            web.get("/api/report", self.report),
            web.get("/api/plans", self.plans),
        ]

    async def coverage(self, request: web.Request) -> web.Response:
        """?candidate=NAME, or of all of them."""
        wanted = request.query.get("candidate")
        found = [
            {"route": route.key_name(), "candidate": name, **(await self._counted(route, name)).as_json()}
            for route, name in self._candidates()
            if wanted in (None, name)
        ]
        if wanted is not None and not found:
            raise Unknown(f"there is no candidate {wanted}")
        return web.json_response({"coverage": found})

    async def report(self, request: web.Request) -> web.Response:
        """?candidate=NAME&format=json|text|markdown|html"""
        name, form = request.query.get("candidate", ""), request.query.get("format", "json")
        if form not in FORMATS:
            raise Problem(400, f"format = {form}: expected one of {', '.join(FORMATS)}")
        route = next((route for route, candidate in self._candidates() if candidate == name), None)
        if route is None:
            known = ", ".join(candidate for _, candidate in self._candidates()) or "none"
            raise Unknown(f"there is no candidate {name or '(?candidate=NAME)'}; there are {known}")
        report = await evidence.report_of(self._store, route.key_name(), name, self._alpha(route), self._redaction.text)
        renderer = FORMATS[_format(form)]
        return web.Response(text=renderer.render(report), headers={"Content-Type": renderer.content_type})

    async def plans(self, _: web.Request) -> web.Response:
        return web.json_response({"plans": await evidence.plans_in_words(self._store, self._redaction.text)})

    async def page(self, _: web.Request) -> web.Response:
        """Links for whoever opens the address in a browser."""
        items = "".join(
            f'<li><a href="/api/report?candidate={html.escape(name)}&amp;format=html">{html.escape(name)}</a>'
            f" on {html.escape(route.prefix)}</li>"
            for route, name in self._candidates()
        )
        text = f"<!doctype html><title>Understudy</title><h1>Understudy</h1><h2>Reports</h2><ul>{items}</ul>"
        return web.Response(text=text, content_type="text/html")

    async def families(self) -> Iterable[Metric]:
        """Each candidate's coverage; nothing while the store is away."""
        try:
            counted = [(route.key_name(), name, await self._counted(route, name)) for route, name in self._candidates()]
        except StoreError:
            return []
        return list(_families([((route, name), coverage.as_json()) for route, name, coverage in counted]))

    def _candidates(self) -> list[tuple[Route, str]]:
        """With their routes, as they are in force."""
        file = self._follower.file.routes
        overlay, _ = reconciled(file, self._follower.overlay)
        return [(route, candidate.name) for route in laid_over(file, overlay) for candidate in route.candidates]

    async def _counted(self, route: Route, candidate: str) -> Coverage:
        return await self._store.coverage(route.key_name(), candidate)

    def _alpha(self, route: Route) -> float:
        return (route.compare or self._follower.file.compare).alpha


def _format(name: str) -> Format:
    return next(each for each in FORMATS if each == name)


def _families(counted: list[tuple[tuple[str, str], dict[str, Any]]]) -> Iterable[Metric]:
    labels = ("route", "candidate")
    for name, about in _COUNTERS.items():
        counter = CounterMetricFamily(f"understudy_coverage_{name}", about, labels=labels)
        for place, coverage in counted:
            counter.add_metric(place, coverage[name])
        yield counter
    for name, about in _GAUGES.items():
        gauge = GaugeMetricFamily(f"understudy_coverage_{name}", about, labels=labels)
        for place, coverage in counted:
            gauge.add_metric(place, coverage[name])
        yield gauge
    for name, about in _BY_REASON.items():
        counter = CounterMetricFamily(f"understudy_coverage_{name}", about, labels=(*labels, "reason"))
        for place, coverage in counted:
            for reason, count in coverage[name].items():
                counter.add_metric((*place, reason), count)
        yield counter
