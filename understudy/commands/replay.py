"""`understudy replay`: recorded traffic sent to a candidate as a load, its answers scored while at it.

`replay SOURCE …` runs; `replay inspect SOURCE` says what a source holds, `replay report FILE` what a run came to.
"""

import argparse
import asyncio
import signal
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from understudy.commands.demo import refused_demo, requests_of
from understudy.commands.files import writable
from understudy.commands.options import add_settings_options, settings_of
from understudy.commands.parsing import Commands, Parser, add_command
from understudy.settings.loading import SettingsError

if TYPE_CHECKING:
    from comparators.policy.policy import Policy
    from understudy.replay.running import ReplayEnding
    from understudy.replay.target import WantedTarget
    from understudy.replay.traffic import WantedSource

RUN = "run"
INTERRUPTED, NO_EVIDENCE, BROKEN = 130, 3, 4
FORMATS = ("text", "json", "junit", "markdown")
TIMES = ("response", "service", "recorded", "lag")
RESULT_FORMS = ("text", "json", "html", "markdown", "junit", "hgrm", "hlog", "vegeta")
ARRIVALS = ("constant", "poisson", "gamma")

EXAMPLE = """\
examples:
  understudy replay redis --candidate new --speed 2x
  understudy replay traffic.gor --candidate new=http://127.0.0.1:9002 --rate 500/s --duration 60s -o run.jsonl
  understudy replay traffic.jsonl --candidate new=http://127.0.0.1:9002 --threshold 'disagreement.rate <= 0.01' \\
      --threshold 'response.p90_ms <= 250'

understudy replay run --help lists the options of a run.
"""
INSPECT_EXAMPLE = """\
examples:
  understudy replay inspect traffic.gor.gz
  understudy replay inspect redis --speed 2x
"""
REPORT_EXAMPLE = """\
examples:
  understudy replay report run.jsonl --format html -o run.html
  understudy replay report run.jsonl --format hgrm --of service
"""
COMPARE_EXAMPLE = """\
example:
  understudy replay compare old.jsonl new.jsonl
"""
DEMO_EXAMPLE = """\
example:
  understudy replay demo
"""
CAPACITY_EXAMPLE = """\
example:
  understudy replay capacity redis --candidate new --least 50/s --most 800/s --duration 20s \\
      --threshold 'response.p99_ms <= 250' --threshold 'disagreement.rate <= 0.02'
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
    several = parser.add_subparsers(metavar="COMMAND", required=True, prog="understudy replay")
    for name, adds in _SUBCOMMANDS.items():
        adds(several, name)


def _add_run(commands: Commands, name: str) -> None:
    about = "Send recorded traffic to a candidate as a load, and score its answers. The exit code is the verdict."
    parser = add_command(commands, name, "what `replay SOURCE` does", about, EXAMPLE)
    _add_run_options(parser)
    parser.add_argument(
        "-o",
        "--output",
        metavar="FILE",
        help="keep every request's times and score, and the report; of several hosts the first does",
    )
    _add_hosts(parser)
    parser.set_defaults(run=run)


def _add_hosts(parser: Parser) -> None:
    several = parser.add_argument_group(
        "on several hosts",
        "Give each the same command and another --host; host 1 has the report. They meet in --redis.",
    )
    several.add_argument("--run", dest="run_name", metavar="NAME", help="what they are all part of")
    several.add_argument("--host", metavar="I/N", help="which of how many this one is: 1/3, 2/3, 3/3")
    several.add_argument(
        "--join-timeout", metavar="DURATION", default="60s", help="how long the others are waited for; default 60s"
    )


def _add_run_options(parser: Parser) -> None:
    _add_source(parser)
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
    _add_form(parser, FORMATS)
    add_settings_options(parser)


def _add_source(parser: Parser) -> None:
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


def run(arguments: argparse.Namespace) -> int:
    from understudy.replay.hosts import replay_on_hosts
    from understudy.replay.request import ALONE, replay_request, wanted_run
    from understudy.replay.running import replay_session
    from understudy.replay.target import target_of

    settings = settings_of(arguments)
    wanted = wanted_run(arguments, settings)
    host = ALONE if wanted is None else wanted.host
    request = replay_request(arguments, host)
    policy = _policy(arguments)
    target = asyncio.run(target_of(_wanted(arguments), settings))
    _refuse_overwriting("SOURCE", arguments.source, arguments.output)
    output = nullcontext() if arguments.output is None or host.number > 1 else writable("-o", arguments.output)
    session = replay_session(settings, _source(arguments), target, request)
    with _terminable(), session as ready, output as file:
        if wanted is None:
            ending: ReplayEnding | None = ready.run(request, policy, file)
        else:
            ending = replay_on_hosts(ready, request, policy, file, wanted)
    if ending is None:
        return 0
    _print(ending, arguments.format)
    if arguments.output is not None:
        sys.stderr.write(f"all of it: understudy replay report {arguments.output} (--format html draws it)\n")
    return _code(ending)


@contextmanager
def _terminable() -> Iterator[None]:
    """SIGTERM, of a pipeline's time limit, ends it as Ctrl-C does: nothing is left behind."""

    def interrupt(*_: object) -> NoReturn:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _refuse_overwriting(what: str, read: str, written: str | None) -> None:
    """What is read must not be emptied."""
    if written is not None and Path(written).exists() and Path(read).exists() and Path(written).samefile(read):
        raise SettingsError("-o", f"is {what} itself; name another file", written)


def _source(arguments: argparse.Namespace) -> "WantedSource":
    from understudy.replay.traffic import WantedSource

    return WantedSource(arguments.source, arguments.route, arguments.map)


def _wanted(arguments: argparse.Namespace) -> "WantedTarget":
    from understudy.replay.target import WantedTarget

    if arguments.candidate is None:
        raise SettingsError("--candidate", "expected who is asked: NAME of the settings, or NAME=URL")
    return WantedTarget(arguments.candidate, arguments.header, arguments.timeout, arguments.yes_i_may_load)


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


def _add_inspect(commands: Commands, name: str) -> None:
    about = "Say what a source holds: how much, in which rhythm, of which kinds, and what a cache would answer."
    parser = add_command(commands, name, "what a source holds", about, INSPECT_EXAMPLE)
    _add_source(parser)
    parser.add_argument("--speed", metavar="X", default="1x", help=SPEED)
    _add_form(parser, ("text", "json", "markdown"))
    add_settings_options(parser)
    parser.set_defaults(run=run_inspect)


def run_inspect(arguments: argparse.Namespace) -> int:
    from understudy.replay.inspecting import inspected

    settings = settings_of(arguments)
    sys.stdout.write(inspected(settings, _source(arguments), arguments.speed, arguments.format))
    return 0


def _add_form(parser: Parser, forms: Sequence[str]) -> None:
    parser.add_argument("--format", choices=forms, default="text", help="form of what is printed; default text")
    parser.add_argument("--json", dest="format", action="store_const", const="json", help="the same as --format json")


def _add_report(commands: Commands, name: str) -> None:
    about = "Print what a run came to, from its results file."
    parser = add_command(commands, name, "what a run came to", about, REPORT_EXAMPLE)
    parser.add_argument("results", metavar="FILE", help="what `replay SOURCE … -o FILE` wrote")
    _add_form(parser, RESULT_FORMS)
    parser.add_argument(
        "--of",
        choices=TIMES,
        default="response",
        help="with --format hgrm: whose distribution; default response",
    )
    parser.add_argument("-o", "--output", metavar="FILE", help="where to write it; default stdout")
    parser.set_defaults(run=run_report)


def run_report(arguments: argparse.Namespace) -> int:
    _refuse_overwriting("FILE", arguments.results, arguments.output)
    output = writable("-o", arguments.output)
    from understudy.replay.forms import of_results
    from understudy.replay.results import read_results

    results = read_results("FILE", arguments.results)
    to_terminal = arguments.output is None and sys.stdout.isatty()
    with output as file:
        for piece in of_results(results, arguments.format, arguments.of, to_terminal=to_terminal):
            file.write(piece)
    return 0


def _add_compare(commands: Commands, name: str) -> None:
    about = "Two runs of one plan side by side, request by request. Runs of different plans are refused."
    parser = add_command(commands, name, "two runs of one plan side by side", about, COMPARE_EXAMPLE)
    parser.add_argument("first", metavar="A", help="a results file")
    parser.add_argument("second", metavar="B", help="another one, of a run of the same plan")
    _add_form(parser, ("text", "json", "markdown"))
    parser.set_defaults(run=run_compare)


def run_compare(arguments: argparse.Namespace) -> int:
    from understudy.replay.comparing import compared_runs

    sys.stdout.write(compared_runs(arguments.first, arguments.second, arguments.format))
    return 0


def _add_capacity(commands: Commands, name: str) -> None:
    about = "Find the highest load that meets the thresholds, disagreement among them."
    parser = add_command(commands, name, "the highest load that meets the thresholds", about, CAPACITY_EXAMPLE)
    _add_run_options(parser)
    parser.add_argument("--least", metavar="LOAD", required=True, help="the first to try: 50/s, or 1x")
    parser.add_argument("--most", metavar="LOAD", required=True, help="the most to try, as --least is written")
    parser.set_defaults(run=run_capacity)


def run_capacity(arguments: argparse.Namespace) -> int:
    from understudy.replay.capacity import capacity_of
    from understudy.replay.target import target_of

    settings = settings_of(arguments)
    policy = _policy(arguments)
    if policy is None:
        raise SettingsError("--threshold", "expected what a load has to meet, such as 'response.p99_ms <= 250'")
    target = asyncio.run(target_of(_wanted(arguments), settings))
    found = capacity_of(settings, arguments, _source(arguments), target, policy)
    sys.stdout.write(found.printed(arguments.format))
    return found.exit_code


def _add_demo(commands: Commands, name: str) -> None:
    about = "Train models on real flights, record what production answers, replay that against a candidate: a minute."
    parser = add_command(commands, name, "see a replay of real models, without a recording", about, DEMO_EXAMPLE)
    parser.add_argument("--requests", metavar="N", type=requests_of, default=1_200, help="flights; default %(default)s")
    parser.add_argument(
        "--directory",
        metavar="DIR",
        default="understudy-replay-demo",
        help="where recording, results and page are left; default ./%(default)s",
    )
    parser.set_defaults(run=run_demo)


def run_demo(arguments: argparse.Namespace) -> int:
    if code := refused_demo():
        return code
    from understudy.demo.errors import DemoError
    from understudy.demo.replay_play import ReplayOptions, perform

    try:
        return perform(ReplayOptions(requests=arguments.requests, directory=Path(arguments.directory)))
    except DemoError as error:
        sys.stderr.write(f"understudy: {error}\n")
        return BROKEN


_SUBCOMMANDS = {
    RUN: _add_run,
    "inspect": _add_inspect,
    "report": _add_report,
    "compare": _add_compare,
    "capacity": _add_capacity,
    "demo": _add_demo,
}
