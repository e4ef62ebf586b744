"""`understudy gate`: judges a candidate by a policy; its exit code is the verdict. Also writes a policy to start with,
and says which metrics there are to judge.
"""

import argparse
import asyncio
import sys
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

from understudy.commands.files import readable, writable
from understudy.commands.options import add_evidence_options, add_settings_options, asked_of, settings_of
from understudy.commands.parsing import Commands, add_command
from understudy.commands.who import who_asks
from understudy.settings.loading import SettingsError

if TYPE_CHECKING:
    from comparators.evidence.report import Report
    from comparators.policy.judgement import Judgement
    from understudy.reading.judging import GateQuery
    from understudy.settings.model import Settings

FORMATS = ("text", "json", "junit", "markdown")
PURPOSES = ("same-model", "new-model")
INCONCLUSIVE = ("fail", "pass", "neutral")

NO_EVIDENCE = 3


EXAMPLE = """\
examples:
  understudy gate --candidate new --init same-model -o policy.toml
  understudy gate --candidate new --policy policy.toml
  understudy gate --candidate new --candidate-version 1.4.0 --policy policy.toml --wait 3600 --format junit -o gate.xml
"""


def add(commands: Commands) -> None:
    about = "Judge a candidate by a policy. The exit code is the verdict."
    parser = add_command(commands, "gate", "judge a candidate by a policy", about, EXAMPLE)
    parser.add_argument("--candidate", metavar="NAME", help="who is judged; needed where there are several")
    parser.add_argument(
        "--policy", metavar="FILE", help="the policy, or the name of one that the settings have for the candidate"
    )
    add_evidence_options(parser)
    parser.add_argument("--from", dest="report", metavar="FILE", help="judge this report, of report --format json")
    parser.add_argument("--wait", metavar="SECONDS", type=float, default=0.0, help="wait so long for a decision")
    parser.add_argument(
        "--inconclusive", choices=INCONCLUSIVE, help="what is said of no decision: exit 1, 0, or 0; default exit 3"
    )
    parser.add_argument("--format", choices=FORMATS, default="text", help="form of the judgement; default text")
    parser.add_argument("--json", dest="format", action="store_const", const="json", help="the same as --format json")
    parser.add_argument("-o", "--output", metavar="FILE", help="where to write it; default stdout")
    parser.add_argument("--init", choices=PURPOSES, help="write a policy to start with, and judge nothing")
    parser.add_argument("--record", action="store_true", help="append the judgement to the route's history")
    parser.add_argument("--explain", action="store_true", help="print every metric that can be judged, and its value")
    add_settings_options(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    _refuse_contradictions(arguments)
    settings = settings_of(arguments)
    output = writable("-o", arguments.output)
    with _as_no_report(arguments) if arguments.report else nullcontext():
        if arguments.init or arguments.explain:
            text, code = _about(_report(settings, arguments), arguments)
        else:
            text, code = _judged(settings, arguments)
    if text:
        with output as file:
            file.write(text.encode())
    return code


def _as_no_report(arguments: argparse.Namespace) -> AbstractContextManager[None]:
    from understudy.reading.judging import as_no_report

    return as_no_report("--from", arguments.report)


def _refuse_contradictions(arguments: argparse.Namespace) -> None:
    if arguments.init and arguments.explain:
        raise SettingsError("--explain", "does not go with --init")
    if arguments.record and (arguments.init or arguments.explain or arguments.report):
        raise SettingsError("--record", "goes with a judgement of what the store holds now")
    if arguments.init and arguments.output and Path(arguments.output).exists():
        right = "is there already, and may have been edited; remove it, or name another file"
        raise SettingsError("-o", right, arguments.output)
    if arguments.report and arguments.wait:
        raise SettingsError("--wait", "does not go with --from: a stored report never changes")
    if not arguments.wait >= 0:
        raise SettingsError("--wait", "expected seconds, at least 0", arguments.wait)


def _judged(settings: "Settings", arguments: argparse.Namespace) -> tuple[str, int]:
    from comparators.policy import junit
    from comparators.policy.exits import exit_code
    from comparators.policy.formats import FORMATS as RENDERERS

    found = _of_stored(arguments) if arguments.report else asyncio.run(_followed(settings, arguments))
    code = exit_code(found, arguments.inconclusive)
    if arguments.format == "junit":  # which says of no decision what the exit code does
        return junit.render(found, arguments.inconclusive), code
    return RENDERERS[arguments.format].render(found), code


def _stored(arguments: argparse.Namespace) -> "Report":
    """Of the candidate that is named, if one is."""
    from understudy.reading.judging import read_report

    with readable("--from", arguments.report) as file:
        report = read_report("--from", file.read(), arguments.report)
    if arguments.candidate not in (None, report.candidate):
        right = f"{arguments.report} is a report on {report.candidate}"
        raise SettingsError("--candidate", right, arguments.candidate)
    return report


def _of_stored(arguments: argparse.Namespace) -> "Judgement":
    from understudy.reading.judging import judgement_on
    from understudy.settings.policies import read_policy

    if arguments.policy is None:
        raise SettingsError("--policy", "expected a file")
    policy = read_policy("--policy", arguments.policy)
    return judgement_on(_stored(arguments), policy, _query(arguments).asked)


async def _followed(settings: "Settings", arguments: argparse.Namespace) -> "Judgement":
    from understudy.progress import waiting
    from understudy.reading.judging import judgements

    with waiting() as told:
        async for found in judgements(settings, _query(arguments), arguments.wait):
            told(found.reason, found.pairs, found.pairs + found.pairs_needed)
    return found


def _report(settings: "Settings", arguments: argparse.Namespace) -> "Report":
    from understudy.reading.judging import report_for

    return _stored(arguments) if arguments.report else asyncio.run(report_for(settings, _query(arguments)))


def _about(report: "Report", arguments: argparse.Namespace) -> tuple[str, int]:
    """What is asked of the report besides a verdict; nothing, where a policy cannot be filled with what it has."""
    from comparators.policy.explaining import explanation
    from comparators.policy.starting import starting_policy
    from comparators.render import text

    if arguments.explain:
        return text.render(explanation(report), text.WIDTH), 0
    if not report.plans:
        what = f"nothing was compared of {report.candidate} yet, and a policy is filled with what was"
        sys.stderr.write(f"understudy: {what}: send traffic through the route, and ask again\n")
        return "", NO_EVIDENCE
    return starting_policy(arguments.init, report), 0


def _query(arguments: argparse.Namespace) -> "GateQuery":
    from understudy.reading.judging import GateQuery

    who = who_asks() if arguments.record else ""
    return GateQuery(arguments.candidate, arguments.policy, asked_of(arguments), arguments.epoch, who)
