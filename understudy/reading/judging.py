"""A judgement for the command: of a report from the store, or of one that was stored; once, or until it is decided."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import NamedTuple

import msgspec
from msgspec.structs import replace

from comparators.evidence.report import Report
from comparators.evidence.versions import VersionChoice
from comparators.policy.judgement import Judgement
from comparators.policy.judging import judged
from comparators.stored.merging import Merging
from comparators.view import View
from records.privacy.redaction import Redaction
from records.store.store import Store
from understudy import logs
from understudy.control.evidence import Subject
from understudy.control.subjects import routes_in_force, subject_of
from understudy.control.views import view_of
from understudy.reading.opening import opened, secret_of
from understudy.reading.records import recorded
from understudy.reading.reporting import live_report
from understudy.settings.checks import each_candidate
from understudy.settings.loading import SettingsError
from understudy.settings.model import Settings
from understudy.settings.policies import NamedPolicy, read_policy
from understudy.site.datadir import key_of

LOOK_EVERY_S = 5.0


class GateQuery(NamedTuple):
    """`policy`: a file, or the name of one that the settings have for the candidate; None: the only one they have.
    `record_for`: who wants what was decided to be on record; "": nobody.
    """

    candidate: str | None
    policy: str | None
    asked: VersionChoice
    epoch: int | None = None
    record_for: str = ""


async def judgements(settings: Settings, query: GateQuery, wait_s: float) -> AsyncIterator[Judgement]:
    """At once, and then each LOOK_EVERY_S until one is decided, or for so long. Raises SettingsError, StoreError."""
    async with judging_of(settings, query) as judging:
        policy = await policy_of(judging.store, settings, judging.subject, query.policy)
        deadline = asyncio.get_running_loop().time() + wait_s
        while True:
            report = await judging.report(query.asked, query.epoch, policy.policy.max_evidence_age_s)
            found = judgement_on(report, policy, query.asked)
            left_s = deadline - asyncio.get_running_loop().time()
            if found.verdict != "inconclusive" or left_s <= 0:
                is_wanted = query.record_for != ""
                yield await recorded(judging.store, settings, found, report, query.record_for) if is_wanted else found
                return
            yield found
            await asyncio.sleep(min(LOOK_EVERY_S, left_s))


async def report_for(settings: Settings, query: GateQuery) -> Report:
    """What would be judged. Raises SettingsError, StoreError."""
    async with judging_of(settings, query) as judging:
        return await judging.report(query.asked, query.epoch)


class Judging:
    """Of one candidate, again and again: what has not changed is not merged again."""

    def __init__(self, store: Store, subject: Subject, view: View) -> None:
        self.store, self.subject = store, subject
        self._view = view
        self._merging = Merging(store)

    async def report(self, asked: VersionChoice, epoch: int | None, max_age_s: float | None = None) -> Report:
        """Raises SettingsError, StoreError."""
        return await live_report(
            self.store, self.subject, self._view, asked, epoch, max_age_s=max_age_s, merging=self._merging
        )


@asynccontextmanager
async def judging_of(settings: Settings, query: GateQuery) -> AsyncIterator[Judging]:
    redaction = Redaction.create(settings.kept, key_of(secret_of(settings)))
    logs.configure("warning", shown=redaction.text)
    async with opened(settings) as store:
        subject = await subject_of(store, settings, query.candidate)
        yield Judging(store, subject, view_of(settings, subject.route, redaction))


def judgement_on(report: Report, policy: NamedPolicy, asked: VersionChoice) -> Judgement:
    """As of now."""
    found = judged(report, policy.policy, time.time(), asked)
    return replace(found, policy=policy.name, policy_sha256=policy.sha256)


def read_report(option: str, data: bytes, name: str) -> Report:
    """Raises SettingsError."""
    try:
        return msgspec.json.decode(data, type=Report)
    except msgspec.DecodeError as error:
        right = f"is no report of this release: {error}; `understudy report --format json` writes one"
        raise SettingsError(option, right, name) from None


@contextmanager
def as_no_report(option: str, name: str) -> Iterator[None]:
    """A report says of its sums only that they are a table: what is odd in them is found where it is used. Raises
    SettingsError.
    """
    try:
        yield
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
        why = f"{type(error).__name__}: {error}"
        right = f"holds what no report has ({why}); `understudy report --format json` writes one"
        raise SettingsError(option, right, name) from error


async def policy_of(store: Store, settings: Settings, subject: Subject, wanted: str | None) -> NamedPolicy:
    files = await _policies(store, settings, subject.candidate)
    if wanted is None and len(files) == 1:
        wanted = next(iter(files))
    if wanted is None:
        known = f"one of {', '.join(sorted(files))}, or a file" if files else "a file; the settings name none"
        raise SettingsError("--policy", f"expected {known} (`understudy gate --init same-model` writes one)")
    found = read_policy("--policy", files.get(wanted, wanted))
    return found._replace(name=wanted) if wanted in files else found


async def _policies(store: Store, settings: Settings, candidate: str) -> dict[str, str]:
    routes = await routes_in_force(store, settings)
    return next((each.policies() for _, _, each in each_candidate(routes) if each.name == candidate), {})
