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
from loadtest.engine.process import share_of
from loadtest.outcome import ReplayOutcome
from loadtest.pair_judge import PairJudge
from loadtest.plan import LoadPlan, plan_of
from loadtest.replaying import Keep, Replaying, Tell
from loadtest.reporting import ReplayScope, kept_ratio, report_of
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
    """`judgement`: None without a policy. `broken`: what went wrong here, though there is a report."""

    report: Report
    judgement: Judgement | None
    was_interrupted: bool
    broken: tuple[str, ...] = ()


class ReadyReplay:
    """A plan, and how its answers are read; nothing is sent yet."""

    def __init__(
        self, settings: Settings, target: Target, traffic: Traffic, route: str, request: ReplayRequest
    ) -> None:
        """Raises SettingsError."""
        redaction = Redaction.create(settings.kept, key_of(secret_of(settings)))
        compare, view = compare_of(settings, route), view_of(settings, route, redaction)
        self._settings = settings
        self._target = target
        self._stock = traffic.stock
        self.options = request.options
        self.plan = _planned(traffic, request)
        self.judge = PairJudge(compare, candidate=target.name, route=route, view=view, redaction=redaction)
        self._scorer = Scorer(traffic.stock, self.plan, self.judge, target.name, request.options.closed_for_ns)
        self._scorer.learn()
        self._scope = ReplayScope(
            self.plan, self.options, target.calls.url, kept_ratio(traffic.stock.index, self.plan),
            dict(traffic.skips.counts), compare.alpha, _notes(traffic, self.plan),
        )  # fmt: skip

    @property
    def planned(self) -> int:
        """How many requests this host sends of it."""
        return share_of(self.plan, self._stock.index, self.options)

    def sender(self, tell: Tell, keep: Keep) -> Replaying:
        """Of these."""
        calls, kept = self._target.calls, self._settings.kept
        return Replaying(self._stock, self.plan, self._scorer, calls, kept, self.options, tell=tell, keep=keep)

    def ending(
        self, outcome: ReplayOutcome, policy: Policy | None, results: ResultsWriter, sender: Replaying
    ) -> ReplayEnding:
        """The report of all that was sent, and the verdict on it."""
        report = report_of(self._scope, outcome, self.judge)
        judgement = None if policy is None else judged(report, policy, time.time())
        results.write([ResultsEnd(report=report, judgement=judgement)])
        broken = tuple(filter(None, (sender.broken, results.failure)))
        return ReplayEnding(report, judgement, sender.was_interrupted, broken)


class ReplaySession:
    """A source that has been read, for one target: run once, or at several loads."""

    def __init__(self, settings: Settings, source: WantedSource, target: Target, traffic: Traffic) -> None:
        self.settings = settings
        self._source = source
        self._target = target
        self._traffic = traffic
        self._route = source.route or _route_of(traffic)

    @property
    def target(self) -> str:
        return self._target.name

    @property
    def url(self) -> str:
        """Of the target, as it may be shown."""
        return shown_url(self._target.calls.url)

    @property
    def source(self) -> str:
        """As it may be shown."""
        return shown_source(self._source.written)

    def run(self, request: ReplayRequest, policy: Policy | None, output: BinaryIO | None) -> ReplayEnding:
        """Raises SettingsError, EngineError, NoRoomError."""
        ready = self.ready(request)
        results = self.results(ready, request, output)
        _say(ready.plan, self._target, request)
        with followed(ready.plan.size, ready.plan.lasts_ns, request.options.closed_for_ns) as tell:
            sender = ready.sender(tell, results.write)
            with interruptible(sender):
                outcome = sender.run()
        return ready.ending(outcome, policy, results, sender)

    def ready(self, request: ReplayRequest) -> ReadyReplay:
        """Raises SettingsError."""
        return ReadyReplay(self.settings, self._target, self._traffic, self._route, request)

    def results(self, ready: ReadyReplay, request: ReplayRequest, output: BinaryIO | None) -> ResultsWriter:
        """Its head is written."""
        writer = ResultsWriter(output)
        head = ResultsHead(
            candidate=self.target,
            target=self.url,
            source=self.source,
            rhythm=request.options.rhythm,
            plan_sha256=ready.plan.sha256,
            judged_by=ready.judge.fingerprint(),
        )
        writer.write([head])
        return writer


@contextmanager
def replay_session(
    settings: Settings, source: WantedSource, target: Target, request: ReplayRequest
) -> Iterator[ReplaySession]:
    """Of `request` what says which requests are wanted. Raises SettingsError, StoreError, NoRoomError."""
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
    except MemoryError:
        right = "its plan finds no memory: a smaller --rate, --loop, --stages or --duration makes a smaller one"
        raise SettingsError("SOURCE", right) from None


def _notes(traffic: Traffic, plan: LoadPlan) -> tuple[str, ...]:
    """What of the source is not in the plan, and what is to be known of what is."""
    skips, had = traffic.skips, traffic.stock.index.size
    has = plan.distinct
    rest = (f"the plan ends before the source does: {has:,} of its {had:,} requests are in it",) if has < had else ()
    return (*skips.notes, *skips.where(), *rest)


def _route_of(traffic: Traffic) -> str:
    return traffic.stock.exchange(0).route or ROUTE


def _say(plan: LoadPlan, target: Target, request: ReplayRequest) -> None:
    options, lasts = request.options, plan.lasts_ns / 1e9
    takes = "as fast as they are answered" if options.closed else f"over {lasts:,.1f} s"
    many = f"{plan.size:,} requests"
    if options.closed_for_ns is not None:
        many, takes = "requests", f"{takes}, for {options.closed_for_ns / 1e9:,.1f} s"
    sys.stderr.write(f"{many} to {shown_url(target.calls.url)} {takes} ({options.rhythm})\n")


@contextmanager
def interruptible(replaying: Replaying) -> Iterator[None]:
    """The first SIGINT, or SIGTERM, lets what is in flight end; the second waits for nothing."""
    before = {each: signal.signal(each, lambda *_: replaying.interrupt()) for each in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)
