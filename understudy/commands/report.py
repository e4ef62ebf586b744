"""`understudy report`: a candidate's report, from the store, whether `serve` runs or not; as it was compared live, or
recomputed from recorded pairs with the settings as they are now.
"""

import argparse
import asyncio
import sys

from comparators.render.names import FORMAT_NAMES
from understudy.commands.files import writable
from understudy.commands.options import add_evidence_options, add_settings_options, asked_of, settings_of
from understudy.commands.parsing import Commands, add_command
from understudy.control.evidence import OVER
from understudy.settings.loading import SettingsError

EXAMPLE = """\
examples:
  understudy report --candidate new --format markdown -o report.md
  understudy report --candidate new --candidate-version 2026-11-27
  understudy report --candidate new --recompute --config other.toml
"""


def add(commands: Commands) -> None:
    about = "Print the report on a candidate: how it differs from production."
    parser = add_command(commands, "report", "print a candidate's report", about, EXAMPLE)
    parser.add_argument("--candidate", metavar="NAME", help="whose report; needed where there are several")
    parser.add_argument("--format", choices=FORMAT_NAMES, default="text", help="form of the report; default text")
    parser.add_argument("--json", dest="format", action="store_const", const="json", help="the same as --format json")
    parser.add_argument("-o", "--output", metavar="FILE", help="where to write it; default stdout")
    add_evidence_options(parser)
    parser.add_argument(
        "--recompute", action="store_true", help="compare the recorded pairs anew, with the settings as they are now"
    )
    parser.add_argument(
        "--over",
        choices=OVER,
        help="the pairs to recompute over: all of the epoch, a uniform sample (control), or the newest (window); "
        "default all while all are still recorded, else control",
    )
    add_settings_options(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    settings = settings_of(arguments)
    if arguments.over and not arguments.recompute:
        raise SettingsError("--over", "goes with --recompute", arguments.over)
    asked = asked_of(arguments)
    if arguments.recompute and (asked.any or arguments.epoch is not None):
        right = "compares the pairs of the current versions and epoch; leave it out to see others"
        raise SettingsError("--recompute", right)
    output = writable("-o", arguments.output)
    from understudy.reading.reporting import ReportQuery, rendered, report_on

    query = ReportQuery(arguments.candidate, asked, arguments.epoch, arguments.recompute, arguments.over)
    report = asyncio.run(report_on(settings, query))
    text = rendered(report, arguments.format, to_terminal=arguments.output is None and sys.stdout.isatty())
    with output as file:
        file.write(text.encode())
    return 0
