"""`understudy check`: checks the settings as `serve` does, without starting; by hand or in a pipeline."""

import argparse
import asyncio
import sys

from ground.plurals import counted
from understudy.commands.options import add_config_option, add_store_options, settings_of
from understudy.commands.parsing import Commands, add_command
from understudy.settings.model import ROLES

EXAMPLE = """\
example:
  understudy check --config understudy.toml
"""


def add(commands: Commands) -> None:
    about = (
        "Check a settings file as serve does, without starting. It exits with 0 if serve would start, else with 2 and\n"
        "the reason. UNDERSTUDY_* variables count. It does not look for taken ports: a running serve may have them."
    )
    parser = add_command(commands, "check", "check a settings file, without starting", about, EXAMPLE)
    add_config_option(parser, also_bare=True)
    parser.add_argument(
        "--role", choices=(*ROLES, "all"), default="all", help="the role that serve would run; default all"
    )
    add_store_options(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    from understudy.site.preflight import refuse_incomplete, refuse_place, warnings

    role = None if arguments.role == "all" else arguments.role
    settings = settings_of(arguments)
    refuse_incomplete(settings, role)
    refuse_place(settings, role)
    for warning in asyncio.run(warnings(settings, role)):
        sys.stderr.write(f"understudy: warning: {warning}\n")
    candidates = sum(len(route.candidates) for route in settings.routes)
    sys.stdout.write(f"would serve: {counted(len(settings.routes), 'route')}, {counted(candidates, 'candidate')}\n")
    return 0
