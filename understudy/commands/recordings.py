"""`understudy export` and `understudy import`: recordings to and from JSON Lines, lossless.

What leaves is redacted where the settings say what to hide, unless --unredacted asks for all of it. What is imported
is recorded anew, now: candidates that are shadowed on its route are sent it.
"""

import argparse
import asyncio
import sys
from contextlib import AbstractContextManager
from datetime import datetime
from typing import TYPE_CHECKING, BinaryIO

from comparators.render.names import FORMAT_NAMES
from ground.plurals import counted
from records.errors import RecordError
from records.store.keys import SAMPLES
from understudy.commands.files import readable, writable
from understudy.commands.options import add_settings_options, settings_of
from understudy.commands.parsing import Commands, add_command
from understudy.settings.loading import SettingsError

if TYPE_CHECKING:
    from understudy.reading.recordings import ExportQuery
    from understudy.settings.model import Settings

EXPORT_EXAMPLE = """\
example:
  understudy export -o exchanges.jsonl
  understudy export --candidate new --sample disagreements -o disagreements.jsonl
  understudy export --to mooncake -o trace.jsonl
"""
EXPORTS = ("jsonl", "mooncake")
SAGEMAKER = "sagemaker"
IMPORT_EXAMPLE = """\
example:
  understudy import --config understudy.toml exchanges.jsonl
  understudy import sagemaker ./captures --production AllTraffic --candidate Shadow-01 --format html -o report.html
"""


def add(commands: Commands) -> None:
    about = "Write recordings as JSON Lines."
    export = add_command(commands, "export", "write recordings to a file", about, EXPORT_EXAMPLE)
    export.add_argument("--route", metavar="NAME", help="the route to export; needed where there are several")
    export.add_argument(
        "--candidate", metavar="NAME", help="export this candidate's pairs instead of the route's exchanges"
    )
    export.add_argument(
        "--sample", choices=SAMPLES, help="with --candidate: the pairs that are kept beyond recording.max_pairs_bytes"
    )
    export.add_argument("--since", metavar="TIME", help="only what was recorded then or later; RFC 3339")
    export.add_argument("--until", metavar="TIME", help="only what was recorded then or before; RFC 3339")
    export.add_argument(
        "--to",
        choices=EXPORTS,
        default="jsonl",
        help="jsonl (default), all of it; or mooncake: times, tokens and shared beginnings, no text",
    )
    export.add_argument("--unredacted", action="store_true", help="include what the settings hide")
    export.add_argument("-o", "--output", metavar="FILE", help="where to write; default stdout")
    add_settings_options(export)
    export.set_defaults(run=run_export)

    about = "Record the exchanges of an export anew; or report on the captures of a shadow test that ran elsewhere."
    importing = add_command(commands, "import", "read recordings from a file", about, IMPORT_EXAMPLE)
    importing.add_argument(
        "file", metavar="FILE", help="a file that `understudy export` wrote; - is stdin; or sagemaker"
    )
    importing.add_argument("directory", metavar="DIR", nargs="?", help="with sagemaker: where the captures are")
    importing.add_argument("--route", metavar="NAME", help="record them under this route instead of their own")
    importing.add_argument("--production", dest="first", metavar="VARIANT", help="with sagemaker: production's variant")
    importing.add_argument("--candidate", dest="second", metavar="VARIANT", help="with sagemaker: the shadow variant")
    importing.add_argument(
        "--window",
        metavar="SECONDS",
        type=float,
        default=10.0,
        help="with sagemaker: how far the two captures of a request may lie apart; default 10",
    )
    importing.add_argument("--format", choices=FORMAT_NAMES, default="text", help="with sagemaker: form of the report")
    importing.add_argument("-o", "--output", metavar="FILE", help="with sagemaker: where to write the report")
    add_settings_options(importing)
    importing.set_defaults(run=run_import)


def run_export(arguments: argparse.Namespace) -> int:
    from understudy.reading.recordings import ExportQuery, export_to

    settings = settings_of(arguments)
    since, until = milliseconds("--since", arguments.since), milliseconds("--until", arguments.until)
    if arguments.sample and (arguments.candidate is None or since is not None or until is not None):
        raise SettingsError("--sample", "goes with --candidate, and without --since and --until", arguments.sample)
    query = ExportQuery(arguments.route, arguments.candidate, arguments.sample, since, until)
    output = writable("-o", arguments.output)
    if arguments.to == "mooncake":
        return _export_trace(arguments, settings, query, output)
    count = asyncio.run(export_to(output, settings, query, unredacted=arguments.unredacted))
    sys.stderr.write(f"{counted(count, 'record')} exported\n")
    return 0


def _export_trace(
    arguments: argparse.Namespace,
    settings: "Settings",
    query: "ExportQuery",
    output: AbstractContextManager[BinaryIO],
) -> int:
    from understudy.reading.recordings import export_trace_to

    if arguments.candidate is not None:
        raise SettingsError("--candidate", "a trace is of a route's exchanges", arguments.candidate)
    count, left_out = asyncio.run(export_trace_to(output, settings, query))
    sys.stderr.write(f"{counted(count, 'request')} exported\n")
    for reason, number in left_out.items():
        sys.stderr.write(f"{counted(number, 'request')} left out: {reason}\n")
    return 0


def run_import(arguments: argparse.Namespace) -> int:
    if arguments.file == SAGEMAKER:
        return _report_on_captures(arguments)
    for name, option in {"directory": "DIR", "first": "--production", "second": "--candidate", "output": "-o"}.items():
        if getattr(arguments, name) is not None:
            raise SettingsError(option, "goes with `import sagemaker DIR`", getattr(arguments, name))
    from understudy.reading.recordings import import_from

    settings = settings_of(arguments)
    with readable("FILE", arguments.file) as file:
        try:
            count = asyncio.run(import_from(file, settings, arguments.route))
        except RecordError as error:  # of the file: nothing else is decoded here
            raise SettingsError("FILE", str(error), arguments.file) from None
    sys.stderr.write(f"{counted(count, 'exchange')} imported\n")
    return 0


def _report_on_captures(arguments: argparse.Namespace) -> int:
    variants = arguments.first, arguments.second
    for option, value in zip(("DIR", "--production", "--candidate"), (arguments.directory, *variants), strict=True):
        if value is None:
            raise SettingsError(option, "expected with `import sagemaker`: see its --help")
    from understudy.reading.reporting import rendered
    from understudy.replay.captures import captured_report

    settings = settings_of(arguments)
    output = writable("-o", arguments.output)
    report = captured_report(settings, arguments.directory, *variants, arguments.route or SAGEMAKER, arguments.window)
    to_terminal = arguments.output is None and sys.stdout.isatty()
    with output as file:
        file.write(rendered(report, arguments.format, to_terminal=to_terminal).encode())
    return 0


def milliseconds(option: str, text: str | None) -> int | None:
    """A time on the command line, as the store counts it. Raises SettingsError."""
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise SettingsError(option, "expected a time as 2026-01-31T12:00:00Z", text) from None
    return int((moment if moment.tzinfo is not None else moment.astimezone()).timestamp() * 1000)
