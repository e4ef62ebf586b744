"""`understudy replay`: recorded traffic sent to a candidate as a load, its answers scored while at it.

`replay SOURCE …` runs; `replay inspect SOURCE` says what a source holds, `replay report FILE` what a run came to.
"""

import argparse
import asyncio
import sys
from collections.abc import Sequence
from contextlib import nullcontext
from typing import TYPE_CHECKING

from understudy.commands.files import writable
from understudy.commands.options import add_settings_options, settings_of
from understudy.commands.parsing import Commands, Parser, add_command
from understudy.settings.loading import SettingsError

if TYPE_CHECKING:
    from comparators.policy.policy import Policy
    from understudy.replay.running import ReplayEnding

RUN = "run"
INTERRUPTED, NO_EVIDENCE = 130, 3
FORMATS = ("text", "json", "junit", "markdown")
ARRIVALS = ("constant", "poisson", "gamma")

EXAMPLE = """\
examples:
  understudy replay redis --candidate new --speed 2x
  understudy replay traffic.gor --candidate new=http://127.0.0.1:9002 --rate 500/s --duration 60s -o run.jsonl
  understudy replay traffic.jsonl --candidate new=http://127.0.0.1:9002 --threshold 'disagreement.rate <= 0.01' \\
      --threshold 'response.p99_ms <= 250'
"""
SPEED = "how many times as fast as recorded; 2x is twice as fast; default 1x"


def spelled_out(arguments: Sequence[str]) -> list[str]:
    """With `run` where `replay` stands alone before its source or options."""
    words = list(arguments)
    if words[:1] == ["replay"] and len(words) > 1 and words[1] not in (*_SUBCOMMANDS, "-h", "--help"):
        words.insert(1, RUN)
    return words


def add(commands: Commands) -> None:
    about = "Send recorded traffic to a candidate as a load, and score its answers against production's."
    parser = add_command(commands, "replay", "load-test a candidate with recorded traffic", about, EXAMPLE)
    parser.usage = "understudy replay SOURCE --candidate NAME[=URL] [options]\n       understudy replay COMMAND …"
    several = parser.add_subparsers(metavar="COMMAND", required=True)
    for name, adds in _SUBCOMMANDS.items():
        adds(several, name)


def _add_run(commands: Commands, name: str) -> None:
    about = "Send recorded traffic to a candidate as a load, and score its answers. The exit code is the verdict."
    parser = add_command(commands, name, "what `replay SOURCE` does", about, EXAMPLE)
    _add_source(parser)
    parser.add_argument(
        "--candidate", metavar="NAME[=URL]", required=True, help="who is asked: one of the settings, or any endpoint"
    )
    parser.add_argument(
        "--header",
        metavar="NAME=VALUE",
        action="append",
        default=[],
        help="sent with each request; env:VARIABLE takes the value from the environment",
    )
    _add_rhythm(parser)
    _add_part(parser)
    parser.add_argument("--warmup", metavar="N|DURATION", help="the first so many are sent, and count in no number")
    parser.add_argument("--workers", metavar="N", type=int, default=1, help="sending processes; default 1")
    parser.add_argument(
        "--max-in-flight",
        metavar="N",
        type=int,
        help="most requests in flight; default 4096, and reaching that makes the run no evidence",
    )
    parser.add_argument("--timeout", metavar="DURATION", help="longest time for one request; default 30s")
    parser.add_argument(
        "--threshold",
        metavar="CHECK",
        action="append",
        default=[],
        help="what must hold, such as 'disagreement.rate <= 0.01'; may be repeated",
    )
    parser.add_argument("--policy", metavar="FILE", help="a policy instead of thresholds")
    parser.add_argument(
        "--yes-i-may-load",
        metavar="HOST",
        action="append",
        default=[],
        help="a host that is neither this one nor a candidate of the settings, or production",
    )
    parser.add_argument("--format", choices=FORMATS, default="text", help="form of what is printed; default text")
    parser.add_argument("--json", dest="format", action="store_const", const="json", help="the same as --format json")
    parser.add_argument("-o", "--output", metavar="FILE", help="keep every request's times and score, and the report")
    add_settings_options(parser)
    parser.set_defaults(run=run)


def _add_source(parser: Parser) -> None:
    parser.add_argument(
        "source",
        metavar="SOURCE",
        help="redis (the recordings of the configured store), redis://…, a file of `understudy export`, .gor, HAR, "
        "vegeta's targets",
    )
    parser.add_argument("--route", metavar="NAME", help="whose recordings; needed where the store has several routes")


def _add_rhythm(parser: Parser) -> None:
    parser.add_argument("--speed", metavar="X", default="1x", help=SPEED)
    parser.add_argument("--max-gap", metavar="DURATION", help="no recorded pause is kept longer than this")
    parser.add_argument("--rate", metavar="N/s", help="at this rate, instead of production's rhythm")
    parser.add_argument("--arrival", choices=ARRIVALS, default="constant", help="with --rate; default constant")
    parser.add_argument(
        "--burstiness",
        metavar="SHAPE",
        type=float,
        default=1.0,
        help="with --arrival gamma: 1 is Poisson, less comes in bursts",
    )
    parser.add_argument("--stages", metavar="D:N,…", help="ramps between rates: 30s:100,2m:500,30s:0")
    parser.add_argument(
        "--concurrency", metavar="N", type=int, help="a closed loop of so many; it understates what overload does"
    )
    parser.add_argument("--loop", metavar="N", type=int, help="send the source so many times")
    parser.add_argument("--duration", metavar="DURATION", help="for so long, again from the beginning where it ends")
    parser.add_argument(
        "--sessions",
        metavar="KEY",
        help="each waits for the answer before it with the same key: session, header:NAME, or /pointer",
    )
    parser.add_argument("--seed", metavar="N", type=int, default=1, help="of everything by chance; default 1")


def _add_part(parser: Parser) -> None:
    parser.add_argument(
        "--filter",
        metavar="PART=PATTERN",
        action="append",
        default=[],
        help="only requests whose path, method or target fits: 'path=/v1/*'; may be repeated",
    )
    parser.add_argument("--sample", metavar="SHARE", help="only this share of them: 10%%")
    parser.add_argument("--sample-key", metavar="KEY", help="keep those of one key together, as --sessions has keys")
    parser.add_argument(
        "--fill",
        action="store_true",
        help="repeat requests up to the rate that production had, where only a share was kept",
    )


def run(arguments: argparse.Namespace) -> int:
    from understudy.replay.request import replay_request
    from understudy.replay.running import replay
    from understudy.replay.target import WantedTarget, target_of

    settings = settings_of(arguments)
    request = replay_request(arguments)
    policy = _policy(arguments)
    wanted = WantedTarget(arguments.candidate, arguments.header, arguments.timeout, arguments.yes_i_may_load)
    target = asyncio.run(target_of(wanted, settings))
    output = nullcontext() if arguments.output is None else writable("-o", arguments.output)
    with output as file:
        ending = replay(settings, arguments.source, arguments.route, target, request, policy, file)
    _print(ending, arguments.format)
    return _code(ending)


def _print(ending: "ReplayEnding", form: str) -> None:
    from understudy.replay.forms import as_printed

    sys.stdout.write(as_printed(ending.report, ending.judgement, form, to_terminal=sys.stdout.isatty()))


def _code(ending: "ReplayEnding") -> int:
    from comparators.policy.exits import exit_code

    load = ending.report.load
    if ending.was_interrupted:
        return INTERRUPTED
    if load is not None and not load.valid:
        return NO_EVIDENCE
    return 0 if ending.judgement is None else exit_code(ending.judgement)


def _policy(arguments: argparse.Namespace) -> "Policy | None":
    from loadtest.thresholds import policy_of
    from understudy.settings.policies import read_policy

    if arguments.policy and arguments.threshold:
        raise SettingsError("--threshold", "does not go with --policy: a policy has its own checks")
    if arguments.policy:
        return read_policy("--policy", arguments.policy).policy
    if not arguments.threshold:
        return None
    try:
        return policy_of(arguments.threshold)
    except ValueError as error:
        raise SettingsError("--threshold", str(error)) from None


_SUBCOMMANDS = {RUN: _add_run}
