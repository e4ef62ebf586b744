"""`understudy serve`."""

import argparse
import asyncio
import signal
from typing import get_args

from understudy.commands.options import add_settings_options, settings_of
from understudy.commands.parsing import Commands, add_command
from understudy.settings.model import ROLES, LogFormat, LogLevel, Settings

EXAMPLE = """\
example:
  understudy serve --production http://127.0.0.1:9001 --candidate new=http://127.0.0.1:9002
"""


def add(commands: Commands) -> None:
    about = "Serve live traffic from production and shadow it to candidates."
    parser = add_command(commands, "serve", "serve production, shadow candidates", about, EXAMPLE)
    parser.add_argument(
        "--production", metavar="URL", help="the production endpoint of one route, /, that records POST"
    )
    parser.add_argument(
        "--candidate", metavar="NAME=URL", action="append", default=[], help="one of its candidates; repeatable"
    )
    parser.add_argument(
        "--listen", metavar="ADDRESS", help="where clients connect: host:port or unix:/path; default 127.0.0.1:8080"
    )
    parser.add_argument("--admin", metavar="ADDRESS", help="host:port of the admin API; default 127.0.0.1:8081")
    parser.add_argument(
        "--workers", metavar="N", type=int, help="processes of the proxy, or of the role of --role; default 1"
    )
    parser.add_argument("--log-level", choices=get_args(LogLevel), help="the lowest level to log; default info")
    parser.add_argument(
        "--log-format", choices=get_args(LogFormat), help="form of the log; default console on a terminal, else json"
    )
    parser.add_argument(
        "--role", choices=(*ROLES, "all"), default="all", help="the role to run; default all, under one supervisor"
    )
    parser.add_argument("--reset-overlays", action="store_true", help="drop the changes made at run time")
    add_settings_options(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    from understudy import logs
    from understudy.serve.serving import serve
    from understudy.site.preflight import refuse_incomplete

    logs.configure(shown=logs.AS_IT_IS, role="supervisor")
    role = None if arguments.role == "all" else arguments.role

    def read() -> Settings:
        settings = settings_of(arguments)
        refuse_incomplete(settings, role)
        return settings

    try:
        ended_by = asyncio.run(serve(read, role, reset_overlays=arguments.reset_overlays))
    except asyncio.CancelledError:  # SIGTERM, before it served
        return 0
    return 130 if ended_by is signal.SIGINT else 0
