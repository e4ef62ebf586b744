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

from ground.printable import escaped
from understudy.commands.demo import refused_demo, requests_of
from understudy.commands.files import refuse_overwriting, writable
from understudy.commands.options import add_settings_options, settings_of
from understudy.commands.parsing import Commands, Parser, add_command
from understudy.commands.replay_options import (
    SPEED,
    add_form,
    add_run_options,
    add_source,
    policy_of_arguments,
    source_of,
    target_wanted,
)
from understudy.commands.replay_results import add_compare, add_report
from understudy.exit_codes import BROKEN, INCONCLUSIVE, INTERRUPTED, OK
from understudy.settings.loading import SettingsError

if TYPE_CHECKING:
    from understudy.replay.running import ReplayEnding

RUN = "run"
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
DEMO_EXAMPLE = """\
example:
  understudy replay demo
"""
CAPACITY_EXAMPLE = """\
example:
  understudy replay capacity redis --candidate new --least 50/s --most 800/s --duration 20s \\
      --threshold 'response.p99_ms <= 250' --threshold 'disagreement.rate <= 0.02'
"""


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
    add_run_options(parser)
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


def run(arguments: argparse.Namespace) -> int:
    from understudy.replay.hosts import replay_on_hosts
    from understudy.replay.request import ALONE, replay_request, wanted_run
    from understudy.replay.running import replay_session
    from understudy.replay.target import target_of

    settings = settings_of(arguments)
    wanted = wanted_run(arguments, settings)
    host = ALONE if wanted is None else wanted.host
    request = replay_request(arguments, host)
    policy = policy_of_arguments(arguments)
    target = asyncio.run(target_of(target_wanted(arguments), settings))
    refuse_overwriting("SOURCE", arguments.source, arguments.output)
    output = nullcontext() if arguments.output is None or host.number > 1 else writable("-o", arguments.output)
    session = replay_session(settings, source_of(arguments), target, request)
    with _terminable(), session as ready, output as file:
        if wanted is None:
            ending: ReplayEnding | None = ready.run(request, policy, file)
        else:
            ending = replay_on_hosts(ready, request, policy, file, wanted)
    if ending is None:
        return 0
    _print(ending, arguments.format)
    _say_broken(ending.broken)
    if arguments.output is not None and not ending.broken:
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


def _print(ending: "ReplayEnding", form: str) -> None:
    from understudy.replay.forms import as_printed

    sys.stdout.write(as_printed(ending.report, ending.judgement, form, to_terminal=sys.stdout.isatty()))


def _say_broken(whys: Sequence[str]) -> None:
    for why in whys:
        sys.stderr.write(f"understudy: {escaped(why)}\n")


def _code(ending: "ReplayEnding") -> int:
    from comparators.policy.exits import exit_code

    load = ending.report.load
    if ending.was_interrupted:
        return INTERRUPTED
    if ending.broken:
        return BROKEN
    if load is not None and not load.valid:
        return INCONCLUSIVE
    return OK if ending.judgement is None else exit_code(ending.judgement)


def _add_inspect(commands: Commands, name: str) -> None:
    about = "Say what a source holds: how much, in which rhythm, of which kinds, and what a cache would answer."
    parser = add_command(commands, name, "what a source holds", about, INSPECT_EXAMPLE)
    add_source(parser)
    parser.add_argument("--speed", metavar="X", default="1x", help=SPEED)
    add_form(parser, ("text", "json", "markdown"))
    add_settings_options(parser)
    parser.set_defaults(run=run_inspect)


def run_inspect(arguments: argparse.Namespace) -> int:
    from understudy.replay.inspecting import inspected

    settings = settings_of(arguments)
    sys.stdout.write(inspected(settings, source_of(arguments), arguments.speed, arguments.format))
    return 0


def _add_capacity(commands: Commands, name: str) -> None:
    about = "Find the highest load that meets the thresholds, disagreement among them."
    parser = add_command(commands, name, "the highest load that meets the thresholds", about, CAPACITY_EXAMPLE)
    add_run_options(parser, ("text", "json", "markdown"))
    parser.add_argument("--least", metavar="LOAD", required=True, help="the first to try: 50/s, or 1x")
    parser.add_argument("--most", metavar="LOAD", required=True, help="the most to try, as --least is written")
    parser.add_argument("-o", "--output", metavar="FILE", help="keep the report of every probe, a line each, as JSON")
    parser.set_defaults(run=run_capacity)


def run_capacity(arguments: argparse.Namespace) -> int:
    from understudy.replay.capacity import capacity_of, wanted_search
    from understudy.replay.running import replay_session
    from understudy.replay.target import target_of

    settings = settings_of(arguments)
    policy = policy_of_arguments(arguments)
    if policy is None:
        raise SettingsError("--threshold", "expected what a load has to meet, such as 'response.p99_ms <= 250'")
    wanted = wanted_search(arguments)
    target = asyncio.run(target_of(target_wanted(arguments), settings))
    refuse_overwriting("SOURCE", arguments.source, arguments.output)
    output = nullcontext() if arguments.output is None else writable("-o", arguments.output)
    session = replay_session(settings, source_of(arguments), target, wanted.at(wanted.search.least))
    with _terminable(), session as ready, output as file:
        found = capacity_of(ready, wanted, policy, file)
    sys.stdout.write(found.printed(arguments.format))
    _say_broken(found.broken)
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
    "report": add_report,
    "compare": add_compare,
    "capacity": _add_capacity,
    "demo": _add_demo,
}
