"""`understudy replay report` and `replay compare`: what kept runs came to."""

import argparse
import sys

from understudy.commands.files import refuse_overwriting, writable
from understudy.commands.parsing import Commands, add_command
from understudy.commands.replay_options import add_form
from understudy.exit_codes import INCONCLUSIVE, OK

TIMES = ("response", "service", "recorded", "lag")
RESULT_FORMS = ("text", "json", "html", "markdown", "junit", "hgrm", "hlog", "vegeta")
REPORT_EXAMPLE = """\
examples:
  understudy replay report run.jsonl --format html -o run.html
  understudy replay report run.jsonl --format hgrm --of service
"""
COMPARE_EXAMPLE = """\
example:
  understudy replay compare old.jsonl new.jsonl
"""


def add_report(commands: Commands, name: str) -> None:
    about = "Print what a run came to, from its results file."
    parser = add_command(commands, name, "what a run came to", about, REPORT_EXAMPLE)
    parser.add_argument("results", metavar="FILE", help="what `replay SOURCE … -o FILE` wrote")
    add_form(parser, RESULT_FORMS)
    parser.add_argument(
        "--of",
        choices=TIMES,
        default="response",
        help="with --format hgrm: whose distribution; default response",
    )
    parser.add_argument("-o", "--output", metavar="FILE", help="where to write it; default stdout")
    parser.set_defaults(run=run_report)


def run_report(arguments: argparse.Namespace) -> int:
    refuse_overwriting("FILE", arguments.results, arguments.output)
    output = writable("-o", arguments.output)
    from understudy.replay.forms import of_results
    from understudy.replay.results import read_results

    results = read_results("FILE", arguments.results)
    to_terminal = arguments.output is None and sys.stdout.isatty()
    with output as file:
        for piece in of_results(results, arguments.format, arguments.of, to_terminal=to_terminal):
            file.write(piece)
    return 0


def add_compare(commands: Commands, name: str) -> None:
    about = "Two runs of one plan side by side, request by request. Runs of different plans are refused."
    parser = add_command(commands, name, "two runs of one plan side by side", about, COMPARE_EXAMPLE)
    parser.add_argument("first", metavar="A", help="a results file")
    parser.add_argument("second", metavar="B", help="another one, of a run of the same plan")
    add_form(parser, ("text", "json", "markdown"))
    parser.set_defaults(run=run_compare)


def run_compare(arguments: argparse.Namespace) -> int:
    from understudy.replay.comparing import compared_runs

    found = compared_runs(arguments.first, arguments.second, arguments.format)
    sys.stdout.write(found.printed)
    return OK if found.are_evidence else INCONCLUSIVE
