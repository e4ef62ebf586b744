"""What was found: coverage, reports and plans over the API, coverage as metrics, and a page with links at /.

Everything here is read; nothing of it changes anything. The numbers are the report's and the store's own.
"""

import asyncio
import html
from collections.abc import Iterable, Iterator, Sequence

import structlog
from aiohttp import web
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric

from comparators.evidence.breakage import Breakage
from comparators.evidence.report import Report
from comparators.evidence.scrape import Scrape
from comparators.evidence.versions import WHICHEVER, VersionChoice
from comparators.render.formats import FORMATS
from comparators.render.names import Format
from comparators.settings import CompareSettings
from comparators.stored.current import plans_in_words
from comparators.stored.exposition import broken_family, left_out_family, metric_families
from comparators.stored.scrape_cache import ScrapeCache
from comparators.view import View
from records.errors import StoreError
from records.store.store import Store
from understudy.admin.answers import answered
from understudy.admin.problems import Problem
from understudy.admin.reports import CandidateReports
from understudy.control.changes import Unknown
from understudy.control.evidence import Subject, subjects_of
from understudy.control.following import Follower
from understudy.control.retention import lasts_s
from understudy.settings.model import Route

_COUNTERS = {
    "requests": "Requests since the candidate joined.",
    "recorded": "Of these, recorded.",
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
_UNDECIDED = "Of the pairs that wait to be compared, those whose kind of request has no plan yet: too few answers."


LOOK_EVERY_S = 60.0
MAX_EPOCH_DIGITS = 9
MAX_TOLD = 1_000  # broken parts of reports that the log was told of

log = structlog.get_logger()


class Findings:
    def __init__(self, store: Store, follower: Follower, reports: CandidateReports) -> None:
        self._store = store
        self._follower = follower
        self._reports = reports
        self._scrapes = ScrapeCache(store, reports.merging)
        self._broken: dict[tuple[str, str], int] = {}
        self._looked_s = -LOOK_EVERY_S
        self._told: set[Breakage] = set()

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
        return answered({"coverage": found})

    async def report(self, request: web.Request) -> web.Response:
        """?candidate=NAME&candidate_version=V&production_version=V&epoch=N&format=json|text|markdown|html"""
        name, form = request.query.get("candidate", ""), request.query.get("format", "json")
        if form not in FORMATS:
            raise Problem(400, f"format = {form}: expected one of {', '.join(FORMATS)}")
        subjects = {subject.candidate: subject for subject in self._subjects()}
        if name not in subjects:
            known = ", ".join(subjects) or "none"
            raise Unknown(f"there is no candidate {name or '(?candidate=NAME)'}; there are {known}")
        report = await self._report(subjects[name], _asked(request), _epoch(request))
        renderer = FORMATS[_format(form)]
        return web.Response(text=renderer.render(report), headers={"Content-Type": renderer.content_type})

    async def plans(self, _: web.Request) -> web.Response:
        """Each kind of request of each route, and how its answers are read."""
        return answered({"plans": await plans_in_words(self._store, View(self._reports.redaction, CompareSettings()))})

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
        """Coverage and metrics, as the reports have them, and how long recordings last; nothing while the store is
        away."""
        file = self._follower.file
        try:
            subjects = self._subjects()
            found = [await self._scrape(subject) for subject in subjects]
            await self._look_for_broken(subjects)
            lasting = [(name, await lasts_s(self._store, file, name)) for name in map(Route.key_name, file.routes)]
        except StoreError:
            return []
        return [
            *_coverage_families(found),
            *metric_families(each.metrics for each in found),
            left_out_family(found),
            broken_family(self._broken),
            _lasting_family(lasting),
        ]

    async def _scrape(self, subject: Subject) -> Scrape:
        route, candidate, generation = subject
        return await self._scrapes.scrape(route, candidate, self._reports.view(route), generation)

    async def _look_for_broken(self, subjects: Sequence[Subject]) -> None:
        """Only a whole report tells, which costs more than a scrape should: one is made now and then."""
        now_s = asyncio.get_running_loop().time()
        if now_s < self._looked_s + LOOK_EVERY_S:
            return
        self._looked_s = now_s
        self._broken = {}
        for subject in subjects:
            await self._report(subject)

    async def _report(self, subject: Subject, asked: VersionChoice = WHICHEVER, epoch: int | None = None) -> Report:
        report = await self._reports.report(subject, asked=asked, epoch=epoch)
        self._tell_broken(report)
        return report

    def _tell_broken(self, report: Report) -> None:
        """Once for each of them: the same report is made again and again."""
        self._broken[report.route, report.candidate] = len(report.broken)
        for each in report.broken:
            if each not in self._told and len(self._told) < MAX_TOLD:
                self._told.add(each)
                where = {"plan": each.plan, "part": each.part}
                log.error("report.broken", candidate=report.candidate, error=each.error, **where)

    def _subjects(self) -> list[Subject]:
        """The candidates in force."""
        return subjects_of(self._reports.routes())


def _asked(request: web.Request) -> VersionChoice:
    return VersionChoice(**{side: request.query.get(f"{side}_version", "") for side in ("candidate", "production")})


def _epoch(request: web.Request) -> int | None:
    said = request.query.get("epoch")
    if said is None:
        return None
    if not said.isascii() or not said.isdecimal() or len(said) > MAX_EPOCH_DIGITS:
        raise Problem(400, f"epoch = {said}: expected the number of an epoch, as a report has it")
    return int(said)


def _format(name: str) -> Format:
    return next(each for each in FORMATS if each == name)


def _lasting_family(lasting: Sequence[tuple[str, float | None]]) -> Metric:
    about = "How long a recorded exchange is kept at the present rate: a candidate further behind than that loses some."
    family = GaugeMetricFamily("understudy_recording_lasts_seconds", about, labels=("route",))
    for route, seconds in lasting:
        if seconds is not None:
            family.add_metric((route,), seconds)
    return family


def _coverage_families(reports: Sequence[Scrape]) -> Iterator[Metric]:
    labels = ("route", "candidate")
    for name, about in _COUNTERS.items():
        counter = CounterMetricFamily(f"understudy_coverage_{name}", about, labels=labels)
        for report in reports:
            counter.add_metric((report.route, report.candidate), report.coverage[name])
        yield counter
    for name, about in _GAUGES.items():
        gauge = GaugeMetricFamily(f"understudy_coverage_{name}", about, labels=labels)
        for report in reports:
            gauge.add_metric((report.route, report.candidate), report.coverage[name])
        yield gauge
    undecided = GaugeMetricFamily("understudy_coverage_undecided", _UNDECIDED, labels=labels)
    for report in reports:
        undecided.add_metric((report.route, report.candidate), report.coverage["uncompared_by"].get("undecided", 0))
    yield undecided
    for name, about in _BY_REASON.items():
        counter = CounterMetricFamily(f"understudy_coverage_{name}", about, labels=(*labels, "reason"))
        for report in reports:
            for reason, count in report.coverage[name].items():
                counter.add_metric((report.route, report.candidate, reason), count)
        yield counter
