"""A report for the command: whose it is, read as it was compared live, or recomputed; then rendered.

The report itself is comparators/stored/current.py's or recomputing.py's.
"""

import shutil
from typing import NamedTuple

from comparators.evidence.report import Report
from comparators.render.formats import FORMATS, as_text
from comparators.render.names import Format
from comparators.stored.current import report_of
from records.privacy.redaction import Redaction
from understudy import logs
from understudy.control.evidence import Over, compare_of
from understudy.control.subjects import subject_of
from understudy.control.views import view_of
from understudy.progress import progress
from understudy.reading.opening import opened, secret_of
from understudy.recompute.recomputing import Recomputation
from understudy.settings.model import Settings
from understudy.site.datadir import key_of


class ReportQuery(NamedTuple):
    """`candidate` None: the only one there is. `over` goes with `recompute`; None: the most telling pairs there are."""

    candidate: str | None
    recompute: bool
    over: Over | None


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
        return await report_of(store, subject.route, subject.candidate, view, generation=subject.generation)


def rendered(report: Report, form: Format, *, to_terminal: bool) -> str:
    if form == "text" and to_terminal:
        return as_text(report, shutil.get_terminal_size().columns)
    return FORMATS[form].render(report)
