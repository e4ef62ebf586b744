"""`understudy`: the subcommands, and what every one of them ends with. Results go to stdout, all else to stderr.

0 ok or pass · 1 fail · 2 usage or configuration · 3 inconclusive, or no valid evidence · 4 runtime error
130 interrupted
"""

import argparse
import logging
import sys
from collections.abc import Sequence
from importlib.metadata import version

from records.errors import RecordError, StoreError
from understudy import logs
from understudy.commands import candidates, demo, recordings, report, serve
from understudy.commands.candidates import Refused
from understudy.embedded_redis import EmbeddedRedisError
from understudy.loading import SettingsError

USAGE, RUNTIME, INTERRUPTED = 2, 4, 130


def main(arguments: Sequence[str] | None = None) -> int:
    parsed = _parser().parse_args(arguments)
    logs.configure(logging.WARNING)  # a command that runs for long asks for more
    try:
        code: int = parsed.run(parsed)
    except SettingsError as error:
        return _ended(USAGE, error)
    except (StoreError, RecordError, EmbeddedRedisError, Refused, OSError) as error:
        return _ended(RUNTIME, error)
    except KeyboardInterrupt:
        return INTERRUPTED
    return code


def _ended(code: int, error: Exception) -> int:
    sys.stderr.write(f"understudy: {error}\n")
    return code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="understudy",
        description="A shadow-deployment proxy for machine-learning models.",
        epilog="understudy COMMAND --help tells more, with an example.",
    )
    parser.add_argument("--version", action="version", version=f"understudy {version('understudy')}")
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    for command in (serve, demo, report, recordings, candidates):
        command.add(commands)
    return parser
