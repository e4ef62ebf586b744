"""What was found: coverage, reports and plans over the API, coverage as metrics, and a page with links at /.

Everything here is read; nothing of it changes anything. The numbers are the report's and the store's own.
"""

import html
from collections.abc import Iterable
from typing import Any

from aiohttp import web
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric

from comparators.render.formats import FORMATS, Format
from records.errors import StoreError
from records.redaction import Redaction
from records.store import Store
from understudy import evidence
from understudy.admin.problems import Problem
from understudy.changes import Unknown
from understudy.datadir import key_of
from understudy.evidence import Subject, alpha_of, plans_of, subjects_of
from understudy.following import Follower
from understudy.overlay import laid_over, reconciled

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
            {"route": route, "candidate": name, **(await self._store.coverage(route, name)).as_json()}
            for route, name, _ in self._subjects()
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
        subjects = {subject.candidate: subject for subject in self._subjects()}
        if name not in subjects:
            known = ", ".join(subjects) or "none"
            raise Unknown(f"there is no candidate {name or '(?candidate=NAME)'}; there are {known}")
        alpha = alpha_of(self._follower.file, subjects[name].route)
        report = await evidence.report_of(self._store, subjects[name], alpha, self._redaction.text)
        renderer = FORMATS[_format(form)]
        return web.Response(text=renderer.render(report), headers={"Content-Type": renderer.content_type})

    async def plans(self, _: web.Request) -> web.Response:
        """How each kind of request is read, by route."""
        shown = self._redaction.text
        found = {
            route.key_name(): [shown(str(plan)) for plan in (await plans_of(self._store, route.key_name())).values()]
            for route in self._follower.file.routes
        }
        return web.json_response({"plans": found})

    async def page(self, _: web.Request) -> web.Response:
        """Links for whoever opens the address in a browser."""
        items = "".join(
            f'<li><a href="/api/report?candidate={html.escape(name)}&amp;format=html">{html.escape(name)}</a>'
            f" on {html.escape(route)}</li>"
            for route, name, _ in self._subjects()
        )
        text = f"<!doctype html><title>Understudy</title><h1>Understudy</h1><h2>Reports</h2><ul>{items}</ul>"
        return web.Response(text=text, content_type="text/html")

    async def families(self) -> Iterable[Metric]:
        """Each candidate's coverage; nothing while the store is away."""
        try:
            counted = [
                ((route, name), (await self._store.coverage(route, name)).as_json())
                for route, name, _ in self._subjects()
            ]
        except StoreError:
            return []
        return list(_families(counted))

    def _subjects(self) -> list[Subject]:
        """The candidates in force."""
        file = self._follower.file.routes
        return subjects_of(laid_over(file, reconciled(file, self._follower.overlay)[0]))


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
