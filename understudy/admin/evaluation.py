"""Each candidate judged by each of its policies, again and again; changes of a verdict go into the route's history.

Nothing else writes verdicts. Where several admins find the same change, compare-and-set lets one of them record it.
While the store is away nothing is judged, nothing is written, and what was found last is no longer told.
"""

import asyncio
import socket
import time
from collections.abc import AsyncIterator, Iterable, Mapping
from typing import NamedTuple, get_args

import structlog
from aiohttp import web
from msgspec.structs import replace
from prometheus_client.core import GaugeMetricFamily, Metric

from comparators.evidence.report import Report
from comparators.evidence.versions import WHICHEVER
from comparators.policy.judgement import Judgement, Verdict
from comparators.render.formats import FORMATS
from ground.tasks import Tasks
from proxy.settings import CandidateSettings
from records.errors import StoreError
from records.store.store import Look, Store
from understudy.admin.reports import CandidateReports
from understudy.control.evidence import Subject
from understudy.control.following import Follower
from understudy.history.chain import Link
from understudy.history.entry import HistoryEntry, digest, entry_of
from understudy.history.file import HistoryFile
from understudy.history.safekeeping import Safekeeping
from understudy.history.settings_hash import settings_sha256
from understudy.history.verdicts import changed, last_verdict
from understudy.history.writer import HistoryWriter
from understudy.reading.judging import judgement_on
from understudy.settings.loading import SettingsError
from understudy.settings.model import Route, Settings
from understudy.settings.policies import NamedPolicy, read_policy
from understudy.site.datadir import DataDir

EVERY_S = 10.0
ANEW_S = 60.0  # a report of what has not changed: what is too old to count still does

VERDICTS: tuple[Verdict, ...] = get_args(Verdict)

log = structlog.get_logger()


class Pursuit(NamedTuple):
    """A candidate of a route, judged by one of its policies."""

    route: str
    candidate: str
    policy: str


class ReportBasis(NamedTuple):
    """All that a report depends on, but for its examples."""

    looked: Look
    file: Settings
    generation: int
    minute: int


class Evaluation:
    def __init__(self, store: Store, follower: Follower, reports: CandidateReports) -> None:
        self._store = store
        self._follower = follower
        settings = follower.file
        self._reports = reports
        self._writer = HistoryWriter(store)
        self._keeping = Safekeeping(store, HistoryFile(DataDir(settings.data_dir).history))
        self._who = f"admin@{socket.gethostname()}"
        self._kept: dict[tuple[str, str, float | None], tuple[ReportBasis, Report]] = {}  # of candidates in force
        self._policies: dict[str, NamedPolicy] = {}  # by file, as it could be read last; of candidates in force
        self._refused: dict[str, str] = {}  # by file, why it can't be read now
        self.judgements: dict[Pursuit, Judgement] = {}  # the last ones, with the hash of their entry

    async def running(self, _: web.Application) -> AsyncIterator[None]:
        """As long as the application is."""
        tasks = Tasks()
        tasks.start("gate.evaluate", self._run())
        yield
        await tasks.stop()

    async def _run(self) -> None:
        while True:
            await asyncio.sleep(EVERY_S)  # first: by then it is known what was changed at run time
            try:
                await self.look()
            except StoreError as error:
                self.judgements = {}
                log.debug("gate.waits", error=str(error))
            except Exception:
                self.judgements = {}
                log.exception("gate.failed")

    async def look(self) -> None:
        """Judge all of them once. Raises StoreError."""
        routes = self._reports.routes()
        await self._keeping.keep([route.key_name() for route in routes])
        found = {}
        for route in routes:
            for candidate in route.candidates:
                for name, file in candidate.policies().items():
                    if policy := self._policy(name, file):
                        judgement = await self._judged(route, candidate, policy)
                        found[Pursuit(route.key_name(), candidate.name, name)] = judgement
        self.judgements = found
        self._forget(routes)
        await self._keeping.keep([route.key_name() for route in routes])

    async def append(self, entry: HistoryEntry) -> Link:
        """Of what others tell: after what the store may have lost. Raises StoreError."""
        await self._keeping.restore(entry.route)
        link = await self._writer.append(entry.route, lambda _: entry)
        assert link is not None  # noqa: S101 - the entry is appended whatever there is
        return link

    def family(self) -> Metric:
        return gate_family(self.judgements)

    async def _judged(self, route: Route, candidate: CandidateSettings, policy: NamedPolicy) -> Judgement:
        report = await self._report(route, candidate, policy.policy.max_evidence_age_s)
        found = judgement_on(report, policy, WHICHEVER)
        chain = await self._writer.chain(found.route)
        if changed(chain, self._entry(found, route, candidate)) is not None:
            found = replace(found, report_sha256=digest(FORMATS["json"].render(report).encode()))
            entry = self._entry(found, route, candidate)
            await self._writer.append(found.route, lambda chain: changed(chain, entry))
            chain = await self._writer.chain(found.route)
        last = last_verdict(chain, candidate.name, policy.name)
        return replace(found, record=last[0] if last is not None else "")

    def _entry(self, found: Judgement, route: Route, candidate: CandidateSettings) -> HistoryEntry:
        return entry_of(found, "verdict", self._who, settings_sha256(route, candidate))

    async def _report(self, route: Route, candidate: CandidateSettings, max_age_s: float | None) -> Report:
        """Made anew where something changed, and now and then, as time makes evidence too old."""
        name, of = route.key_name(), (route.key_name(), candidate.name, max_age_s)
        looked = await self._store.look(name, candidate.name)  # first: the report is never older
        basis = ReportBasis(looked, self._follower.file, candidate.generation, int(time.time() / ANEW_S))
        kept = self._kept.get(of)
        if kept is not None and kept[0] == basis and None not in looked.stamps.values():
            return kept[1]
        report = await self._reports.report(Subject(name, candidate.name, candidate.generation), max_age_s=max_age_s)
        self._kept[of] = basis, report
        return report

    def _policy(self, name: str, file: str) -> NamedPolicy | None:
        """As it is now; as it was, where it can't be read now. None where it never could."""
        try:
            self._policies[file] = read_policy("policy", file)
            self._refused.pop(file, None)
        except SettingsError as error:
            if self._refused.get(file) != str(error):
                self._refused[file] = str(error)
                log.error("policy.refused", error=str(error), hint="judging by what it was before, if it ever was")
        policy = self._policies.get(file)
        return policy._replace(name=name) if policy is not None else None

    def _forget(self, routes: Iterable[Route]) -> None:
        """What was kept of candidates that are gone."""
        candidates = [(route.key_name(), each) for route in routes for each in route.candidates]
        names = {(route, each.name) for route, each in candidates}
        files = {file for _, each in candidates for file in each.policies().values()}
        self._kept = {of: kept for of, kept in self._kept.items() if of[:2] in names}
        self._policies = {file: policy for file, policy in self._policies.items() if file in files}
        self._refused = {file: why for file, why in self._refused.items() if file in files}


def gate_family(judgements: Mapping[Pursuit, Judgement]) -> Metric:
    about = "1 for the verdict on the candidate by its policy, as it was evaluated last; 0 for the others."
    family = GaugeMetricFamily("understudy_gate_verdict", about, labels=(*Pursuit._fields, "verdict"))
    for of, judgement in judgements.items():
        for verdict in VERDICTS:
            family.add_metric((*of, verdict), float(judgement.verdict == verdict))
    return family
