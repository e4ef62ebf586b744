"""What the commands of `understudy replay` have in common: their options, and what these name."""

import argparse
from collections.abc import Sequence
from typing import TYPE_CHECKING

from understudy.commands.options import add_settings_options
from understudy.commands.parsing import Parser
from understudy.settings.loading import SettingsError

if TYPE_CHECKING:
    from comparators.policy.policy import Policy
    from understudy.replay.target import WantedTarget
    from understudy.replay.traffic import WantedSource

FORMATS = ("text", "json", "junit", "markdown")
ARRIVALS = ("constant", "poisson", "gamma")
SPEED = "how many times as fast as recorded; 2x is twice as fast; default 1x"


def add_run_options(parser: Parser, forms: Sequence[str] = FORMATS) -> None:
    add_source(parser)
    parser.add_argument("--candidate", metavar="NAME[=URL]", help="who is asked: one of the settings, or any endpoint")
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
    parser.add_argument(
        "--max-lag",
        metavar="DURATION",
        help="how late the generator's p99 may be in a run that is evidence; default 2ms, or a tenth of the response's",
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
    add_form(parser, forms)
    add_settings_options(parser)


def add_source(parser: Parser) -> None:
    parser.add_argument(
        "source",
        metavar="SOURCE",
        help="redis (the recordings of the configured store), redis://…, a file of `understudy export`, .gor, HAR, "
        "vegeta's targets",
    )
    parser.add_argument(
        "--map",
        metavar="COLUMNS",
        help="read JSON Lines, CSV or Parquet (a file, or all below a directory): request=COL,at=COL,answer=COL,…; or "
        "sagemaker, azure-ml or databricks",
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


def add_form(parser: Parser, forms: Sequence[str]) -> None:
    parser.add_argument("--format", choices=forms, default="text", help="form of what is printed; default text")
    parser.add_argument("--json", dest="format", action="store_const", const="json", help="the same as --format json")


def source_of(arguments: argparse.Namespace) -> "WantedSource":
    from understudy.replay.traffic import WantedSource

    return WantedSource(arguments.source, arguments.route, arguments.map)


def target_wanted(arguments: argparse.Namespace) -> "WantedTarget":
    from understudy.replay.target import WantedTarget

    if arguments.candidate is None:
        raise SettingsError("--candidate", "expected who is asked: NAME of the settings, or NAME=URL")
    return WantedTarget(arguments.candidate, arguments.header, arguments.timeout, arguments.yes_i_may_load)


def policy_of_arguments(arguments: argparse.Namespace) -> "Policy | None":
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
