"""One replay, from its source to its report and a verdict on it."""

import asyncio
import signal
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, NamedTuple

from comparators.evidence.report import Report
from comparators.policy.judgement import Judgement
from comparators.policy.judging import judged
from comparators.policy.policy import Policy
from loadtest.pair_judge import PairJudge
from loadtest.plan import LoadPlan, plan_of
from loadtest.replaying import Replaying
from loadtest.scoring import Scorer
from records.privacy.redaction import Redaction
from understudy import logs
from understudy.control.evidence import compare_of
from understudy.control.views import view_of
from understudy.progress import progress
from understudy.reading.opening import secret_of
from understudy.replay.following import followed
from understudy.replay.request import ReplayRequest
from understudy.replay.results import ResultsEnd, ResultsHead, ResultsWriter
from understudy.replay.target import Target
from understudy.replay.traffic import Traffic, WantedSource, shown_source, stocked
from understudy.settings.loading import SettingsError
from understudy.settings.model import Settings
from understudy.settings.urls import shown_url
from understudy.site.datadir import key_of

ROUTE = "replay"


class ReplayEnding(NamedTuple):
    """`judgement`: None without a policy."""

    report: Report
    judgement: Judgement | None
    was_interrupted: bool


class ReplaySession:
    """A source that has been read, for one target: run once, or at several loads."""

    def __init__(self, settings: Settings, source: WantedSource, target: Target, traffic: Traffic) -> None:
        self._settings = settings
        self._source = source
        self._target = target
        self._traffic = traffic
        self._route = source.route or _route_of(traffic)

    def run(self, request: ReplayRequest, policy: Policy | None, output: BinaryIO | None) -> ReplayEnding:
        """Raises SettingsError, EngineError."""
        settings, target, traffic = self._settings, self._target, self._traffic
        redaction = Redaction.create(settings.kept, key_of(secret_of(settings)))
        results, plan = ResultsWriter(output), _planned(traffic, request)
        compare = compare_of(settings, self._route)
        view = view_of(settings, self._route, redaction)
        judge = PairJudge(compare, candidate=target.name, route=self._route, view=view, redaction=redaction)
        scorer = Scorer(traffic.stock, plan, judge, target.name)
        scorer.learn()
        _say(plan, target, request)
        results.write([self._head(plan, request)])
        with followed(plan) as tell:
            replaying = Replaying(
                traffic.stock, plan, scorer, target.calls, settings.kept, request.options, traffic.skips,
                alpha=compare.alpha, tell=tell, keep=results.write,
            )  # fmt: skip
            with _interruptible(replaying):
                report = replaying.run()
        judgement = None if policy is None else judged(report, policy, time.time())
        results.write([ResultsEnd(report=report, judgement=judgement)])
        return ReplayEnding(report, judgement, replaying.was_interrupted)

    def _head(self, plan: LoadPlan, request: ReplayRequest) -> ResultsHead:
        return ResultsHead(
            candidate=self._target.name,
            target=shown_url(self._target.calls.url),
            source=shown_source(self._source.written),
            rhythm=request.options.rhythm,
            plan_sha256=plan.sha256,
        )


@contextmanager
def replay_session(
    settings: Settings, source: WantedSource, target: Target, request: ReplayRequest
) -> Iterator[ReplaySession]:
    """Of `request` what says which requests are wanted. Raises SettingsError, StoreError."""
    redaction = Redaction.create(settings.kept, key_of(secret_of(settings)))
    logs.configure("warning", shown=redaction.text)
    with tempfile.TemporaryDirectory(prefix="understudy-replay-") as directory:
        traffic = _read(settings, source, target, request, Path(directory))
        try:
            yield ReplaySession(settings, source, target, traffic)
        finally:
            traffic.stock.close()


def _read(settings: Settings, source: WantedSource, target: Target, request: ReplayRequest, directory: Path) -> Traffic:
    secret = key_of(secret_of(settings))
    with progress() as shown:
        return asyncio.run(stocked(source, settings, target, request, secret, directory, shown))


def _planned(traffic: Traffic, request: ReplayRequest) -> LoadPlan:
    try:
        return plan_of(traffic.stock.index, request.outline)
    except ValueError as error:
        raise SettingsError("SOURCE", str(error)) from None


def _route_of(traffic: Traffic) -> str:
    return traffic.stock.exchange(0).route or ROUTE


def _say(plan: LoadPlan, target: Target, request: ReplayRequest) -> None:
    lasts = plan.lasts_ns / 1e9
    takes = "as fast as they are answered" if request.options.closed else f"over {lasts:,.1f} s"
    sys.stderr.write(f"{plan.size:,} requests to {shown_url(target.calls.url)} {takes} ({request.options.rhythm})\n")


@contextmanager
def _interruptible(replaying: Replaying) -> Iterator[None]:
    """The first SIGINT lets what is in flight end; the second waits for nothing."""
    before = signal.signal(signal.SIGINT, lambda *_: replaying.interrupt())
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
