"""Verdicts for whoever asks over HTTP: a candidate's policy on the evidence that there is now.

Each is judged anew, which costs some milliseconds of this process: at most once a second for each question, and one
question at a time, however many ask.
"""

import asyncio
from collections.abc import Mapping
from typing import NamedTuple
from urllib.parse import urlencode

from msgspec.structs import replace

from comparators.evidence.versions import VersionChoice
from comparators.policy.judgement import Judgement
from proxy.settings import CandidateSettings
from understudy.admin.evaluation import Evaluation, Pursuit
from understudy.admin.problems import Problem
from understudy.admin.reports import CandidateReports
from understudy.control.changes import Unknown
from understudy.control.evidence import Subject
from understudy.control.following import Follower
from understudy.history.entry import EntryKind, HistoryEntry, entry_of
from understudy.history.settings_hash import settings_sha256
from understudy.reading.judging import judgement_on
from understudy.settings.checks import each_candidate
from understudy.settings.model import Route
from understudy.settings.policies import read_policy

FRESH_S = 1.0
MAX_KEPT = 100  # verdicts at once; whoever asks for ever new versions drives out the oldest


class GateQuestion(NamedTuple):
    """`candidate`, `policy`: "" is the only one there is."""

    candidate: str
    policy: str
    asked: VersionChoice


class _Case(NamedTuple):
    """What a question is about, as the settings in force have it."""

    subject: Subject
    policy: str
    file: str
    asked: VersionChoice
    settings_sha256: str


class _FreshVerdict(NamedTuple):
    judgement: Judgement
    until_s: float  # of the loop's clock


class Verdicts:
    def __init__(self, follower: Follower, reports: CandidateReports, evaluation: Evaluation) -> None:
        self._follower = follower
        self._evaluation = evaluation
        self._reports = reports
        self._turn = asyncio.Lock()
        self._kept: dict[_Case, _FreshVerdict] = {}

    async def judgement(self, question: GateQuestion, base_url: str) -> Judgement:
        """`base_url`: where we are asked. Raises Unknown, Problem, SettingsError for a policy that can't be read, and
        StoreError.
        """
        case = self._case(question)
        url = evidence_url(self._follower.file.admin_url or base_url, case)
        return replace(await self._now(case), url=url)

    async def entry(self, question: GateQuestion, kind: EntryKind, who: str) -> HistoryEntry:
        """The same for the history. Raises what `judgement` does."""
        case = self._case(question)
        return entry_of(await self._now(case), kind, who, case.settings_sha256)

    async def _now(self, case: _Case) -> Judgement:
        async with self._turn:
            found = self._fresh(case) or await self._judged(case)
        return replace(found, record=self._record_of(case, found))

    def _record_of(self, case: _Case, judgement: Judgement) -> str:
        """The hash of the entry of the same verdict on the same versions, once the evaluation has found it, too."""
        last = self._evaluation.judgements.get(Pursuit(case.subject.route, case.subject.candidate, case.policy))
        is_same = last and (last.verdict, last.versions) == (judgement.verdict, judgement.versions)
        return last.record if last and is_same else ""

    def _case(self, question: GateQuestion) -> _Case:
        route, candidate = self._found(question.candidate)
        policy, file = _policy(candidate.name, candidate.policies(), question.policy)
        subject = Subject(route.key_name(), candidate.name, candidate.generation)
        return _Case(subject, policy, file, question.asked, settings_sha256(route, candidate))

    def _found(self, name: str) -> tuple[Route, CandidateSettings]:
        in_force = each_candidate(self._reports.routes())
        found = {candidate.name: (route, candidate) for _, route, candidate in in_force}
        if not name and len(found) == 1:
            return next(iter(found.values()))
        if name not in found:
            asked = name or "without a name (`candidate`)"
            raise Unknown(f"there is no candidate {asked}; there are {', '.join(found) or 'none'}")
        return found[name]

    def _fresh(self, case: _Case) -> Judgement | None:
        kept = self._kept.get(case)
        return kept.judgement if kept and asyncio.get_running_loop().time() < kept.until_s else None

    async def _judged(self, case: _Case) -> Judgement:
        policy = read_policy(f"policy {case.policy} of {case.subject.candidate}", case.file)
        max_age_s = policy.policy.max_evidence_age_s
        report = await self._reports.report(case.subject, asked=case.asked, max_age_s=max_age_s)
        found = judgement_on(report, policy._replace(name=case.policy), case.asked)
        self._keep(case, found)
        return found

    def _keep(self, case: _Case, judgement: Judgement) -> None:
        self._kept.pop(case, None)  # it is the newest now
        self._kept[case] = _FreshVerdict(judgement, asyncio.get_running_loop().time() + FRESH_S)
        while len(self._kept) > MAX_KEPT:
            del self._kept[next(iter(self._kept))]


def _policy(candidate: str, files: Mapping[str, str], wanted: str) -> tuple[str, str]:
    """Its name and its file."""
    if wanted in files:
        return wanted, files[wanted]
    if not files:
        raise Unknown(f"the settings name no policy for {candidate}: `policy = FILE` in its table")
    known = ", ".join(sorted(files))
    if wanted:
        raise Unknown(f"{candidate} has no policy {wanted}; it has {known}")
    if len(files) > 1:
        raise Problem(400, f"{candidate} has several policies, so `policy` has to name one of {known}")
    return next(iter(files.items()))


def evidence_url(base_url: str, case: _Case) -> str:
    """The report that was judged, as a page."""
    asked = {"candidate_version": case.asked.candidate, "production_version": case.asked.production}
    query = {"candidate": case.subject.candidate, **{name: told for name, told in asked.items() if told}}
    return f"{base_url.rstrip('/')}/api/report?{urlencode({**query, 'format': 'html'})}"
