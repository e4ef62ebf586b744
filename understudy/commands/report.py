"""`understudy report`: a candidate's report, from the store, whether `serve` runs or not; as it was compared live, or
recomputed from recorded pairs with the settings as they are now.
"""

import argparse
import asyncio
import shutil
import sys
from pathlib import Path

from comparators.current import report_of, route_of
from comparators.render import text
from comparators.render.formats import FORMATS, Format
from comparators.report import Report
from comparators.slices.hiding import hidden_by
from records.redaction import Redaction
from records.store import Store
from understudy import overlays
from understudy.commands.opening import opened, secret_of
from understudy.commands.options import add_settings_options, settings_of
from understudy.commands.progress import progress
from understudy.datadir import DataDir, key_of
from understudy.evidence import Subject, alpha_of, compare_of, subjects_of
from understudy.loading import SettingsError
from understudy.overlay import laid_over, reconciled
from understudy.recomputing import Recomputation
from understudy.recorded import OVER
from understudy.settings import Settings

EXAMPLE = """\
example:
  understudy report --candidate new --format markdown -o report.md
  understudy report --candidate new --recompute --config other.toml
"""


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = commands.add_parser(
        "report",
        help="a candidate's report",
        description="Print what was found about a candidate.",
        epilog=EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--candidate", metavar="NAME", help="may be left out where there is one")
    parser.add_argument("--format", choices=FORMATS, default="text", help="default: text")
    parser.add_argument("--json", dest="format", action="store_const", const="json", help="the same as --format json")
    parser.add_argument("-o", "--output", metavar="FILE", help="default: stdout")
    parser.add_argument(
        "--recompute", action="store_true", help="compare the recorded pairs anew, with the settings as they are now"
    )
    parser.add_argument(
        "--over",
        choices=OVER,
        help="pairs to recompute over: all that there were, the control sample of them, or the newest that are all "
        "there (window); default: all where they are still recorded, else control",
    )
    add_settings_options(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    settings = settings_of(arguments)
    if arguments.over and not arguments.recompute:
        raise SettingsError("--over", "goes with --recompute", arguments.over)
    report = asyncio.run(_report(settings, arguments))
    rendered = _rendered(report, arguments.format, to_terminal=arguments.output is None and sys.stdout.isatty())
    if arguments.output is None:
        sys.stdout.write(rendered)
    else:
        Path(arguments.output).write_text(rendered, "utf-8")
    return 0


async def _report(settings: Settings, arguments: argparse.Namespace) -> Report:
    redaction = Redaction.create(settings.kept, key_of(secret_of(settings)))
    async with opened(settings) as store:
        subject = await _subject(store, settings, arguments.candidate)
        if arguments.recompute:
            compare = compare_of(settings, subject.route)
            with progress() as shown:
                recomputation = Recomputation(store, settings.recording, subject, compare, shown)
                return await recomputation.report(arguments.over, redaction.text, hidden_by(redaction))
        alpha = alpha_of(settings, subject.route)
        seen = redaction.text, hidden_by(redaction)
        return await report_of(store, subject.route, subject.candidate, alpha, *seen, generation=subject.generation)


async def _subject(store: Store, settings: Settings, candidate: str | None) -> Subject:
    """By the settings and the overlay; without settings, by what was compared. Raises SettingsError."""
    overlay, _ = reconciled(settings.routes, await overlays.read(store))
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


def _rendered(report: Report, form: Format, *, to_terminal: bool) -> str:
    if form == "text" and to_terminal:
        return text.render(report, shutil.get_terminal_size().columns)
    return FORMATS[form].render(report)
