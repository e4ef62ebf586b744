"""`understudy`: runs a subcommand, and ends with its exit code. Results go to stdout, all else to stderr.

Exit codes stand in commands/parsing.py. A command's file reads its options, and imports what does its work only when it
runs, so that help comes at once.
"""

import sys
import traceback
from collections.abc import Sequence
from importlib.metadata import version

from ground.printable import escaped
from ground.room import NoRoomError
from records.errors import RecordError, StoreAway, StoreError
from understudy.commands import candidates, check, demo, gate, history, promote, recordings, replay, report, serve
from understudy.commands.candidates import Refused, Unanswered
from understudy.commands.parsing import EXIT_CODES, Parser
from understudy.errors import EmbeddedRedisError, HostsError
from understudy.exit_codes import BROKEN, INTERRUPTED, USAGE
from understudy.settings.loading import SettingsError


def main(arguments: Sequence[str] | None = None) -> int:
    parsed = _parser().parse_args(replay.spelled_out(sys.argv[1:] if arguments is None else arguments))
    from understudy import logs

    logs.configure("warning", shown=logs.AS_IT_IS)  # a command that runs for long asks for more
    try:
        code: int = parsed.run(parsed)
    except (SettingsError, Refused) as error:
        return _ended(USAGE, error)
    except StoreAway as error:
        return _ended(BROKEN, f"the store is away: {error}")  # which alone does not say who did not answer
    except (StoreError, RecordError, EmbeddedRedisError, HostsError, Unanswered, NoRoomError) as error:
        return _ended(BROKEN, error)
    except ChildProcessError as error:  # what was started ended before its work did
        return _ended(BROKEN, error)
    except OSError as error:
        return _ended(BROKEN, _in_words(error))
    except KeyboardInterrupt:
        return INTERRUPTED
    except Exception:  # noqa: BLE001 - Python's own exit code would be 1, and a pipeline read it as a verdict
        traceback.print_exc()
        return BROKEN
    return code


def _in_words(error: OSError) -> str:
    """Without its number, which tells a person nothing."""
    why = error.strerror or str(error)
    return f"{error.filename}: {why}" if error.filename else why


def _ended(code: int, error: Exception | str) -> int:
    sys.stderr.write(f"understudy: {escaped(str(error))}\n")
    return code


def _parser() -> Parser:
    parser = Parser(
        prog="understudy",
        description="A shadow-deployment proxy for machine-learning models.",
        epilog=f"understudy COMMAND --help says more about a command, with an example.\n\n{EXIT_CODES}",
    )
    parser.add_argument("--version", action="version", version=f"understudy {version('understudy')}")
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    for command in (serve, check, demo, report, gate, replay, history, promote, recordings, candidates):
        command.add(commands)
    return parser
