"""A report for the command: whose it is, read as it was compared live, or recomputed; then rendered.

The report itself is comparators/stored/current.py's or recomputing.py's.
"""

import shutil
from functools import partial
from typing import NamedTuple

from comparators.errors import UnknownEpoch
from comparators.evidence.report import Report
from comparators.evidence.versions import WHICHEVER, VersionChoice
from comparators.render.formats import FORMATS, as_text
from comparators.render.names import Format
from comparators.stored.current import report_of
from comparators.stored.merging import Merging
from comparators.view import View
from records.privacy.redaction import Redaction
from records.store.store import Store
from understudy import logs
from understudy.control.evidence import Over, Subject, compare_of
from understudy.control.subjects import subject_of
from understudy.control.views import view_of
from understudy.progress import progress
from understudy.reading.opening import opened, secret_of
from understudy.recompute.recomputing import Recomputation
from understudy.settings.loading import SettingsError
from understudy.settings.model import Settings
from understudy.site.datadir import key_of


class ReportQuery(NamedTuple):
    """`candidate` None: the only one there is. `asked` and `epoch` are of what was compared live. `over` goes with
    `recompute`; None: the most telling pairs there are.
    """

    candidate: str | None
    asked: VersionChoice = WHICHEVER
    epoch: int | None = None
    recompute: bool = False
    over: Over | None = None


async def report_on(settings: Settings, query: ReportQuery) -> Report:
    """Raises SettingsError for a candidate that nobody knows, or pairs that are not there; StoreError."""
    redaction = Redaction.create(settings.kept, key_of(secret_of(settings)))
    logs.configure("warning", shown=redaction.text)
    async with opened(settings) as store:
        subject = await subject_of(store, settings, query.candidate)
        view = view_of(settings, subject.route, redaction)
        if query.recompute:
            compare = compare_of(settings, subject.route)
            with progress() as shown:
                recomputation = Recomputation(store, settings.recording, subject, compare, shown)
                return await recomputation.report(query.over, redaction, view)
        return await live_report(store, subject, view, query.asked, query.epoch)


async def live_report(
    store: Store,
    subject: Subject,
    view: View,
    asked: VersionChoice,
    epoch: int | None,
    *,
    max_age_s: float | None = None,
    merging: Merging | None = None,
) -> Report:
    """As `report_of` makes it. Raises SettingsError for an epoch that is not there, StoreError."""
    route, candidate, generation = subject
    about = partial(report_of, store, route, candidate, view, generation=generation, merging=merging)
    try:
        return await about(asked=asked, epoch=epoch, max_age_s=max_age_s)
    except UnknownEpoch as error:
        raise SettingsError("--epoch", str(error)) from None


def rendered(report: Report, form: Format, *, to_terminal: bool) -> str:
    if form == "text" and to_terminal:
        return as_text(report, shutil.get_terminal_size().columns)
    return FORMATS[form].render(report)
