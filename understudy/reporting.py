"""A report for the command: whose it is, read as it was compared live, or recomputed; then rendered.

The report itself is comparators/current.py's or recomputing.py's.
"""

import shutil
from typing import NamedTuple

from comparators.current import report_of, route_of
from comparators.render import text
from comparators.render.formats import FORMATS
from comparators.render.names import Format
from comparators.report import Report
from comparators.view import View
from records.redaction import Redaction
from records.store import Store
from understudy import logs, overlays
from understudy.datadir import DataDir, key_of
from understudy.evidence import Over, Subject, compare_of, subjects_of
from understudy.loading import SettingsError
from understudy.opening import opened, secret_of
from understudy.overlay import laid_over, reconciled
from understudy.progress import progress
from understudy.recomputing import Recomputation
from understudy.settings import Settings


class Wanted(NamedTuple):
    """`candidate` None: the only one there is. `over` goes with `recompute`; None: the most telling pairs there are."""

    candidate: str | None
    recompute: bool
    over: Over | None


async def report_on(settings: Settings, wanted: Wanted) -> Report:
    """Raises SettingsError for a candidate that nobody knows, or pairs that are not there; StoreError."""
    redaction = Redaction.create(settings.kept, key_of(secret_of(settings)))
    logs.configure("warning", shown=redaction.text)
    async with opened(settings) as store:
        subject = await _subject(store, settings, wanted.candidate)
        if wanted.recompute:
            compare = compare_of(settings, subject.route)
            with progress() as shown:
                recomputation = Recomputation(store, settings.recording, subject, compare, shown)
                return await recomputation.report(wanted.over, redaction)
        view = View.of(redaction, compare_of(settings, subject.route))
        return await report_of(store, subject.route, subject.candidate, view, generation=subject.generation)


async def _subject(store: Store, settings: Settings, candidate: str | None) -> Subject:
    """By the settings and the overlay; without settings, by what was compared. Raises SettingsError."""
    overlay, _ = reconciled(settings, await overlays.read(store))
    told = DataDir(settings.data_dir).told_candidates() if not settings.routes else {}
    subjects = {each.candidate: each for each in subjects_of(laid_over(settings.routes, overlay))}
    subjects |= {name: Subject(route, name) for name, route in told.items()}
    if candidate in subjects:
        return subjects[candidate]
    if candidate is not None and (route := await route_of(store, candidate)) is not None:
        return Subject(route, candidate)
    if candidate is None and len(subjects) == 1:
        return next(iter(subjects.values()))
    raise SettingsError("--candidate", f"expected one of {', '.join(sorted(subjects)) or '(none is known)'}", candidate)


def rendered(report: Report, form: Format, *, to_terminal: bool) -> str:
    if form == "text" and to_terminal:
        return text.render(report, shutil.get_terminal_size().columns)
    return FORMATS[form].render(report)
