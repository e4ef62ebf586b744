"""`understudy check`: what `serve` would say of the settings, without starting; by hand or in a pipeline."""

import argparse
import asyncio
import sys

from understudy.commands.options import add_store_options, settings_of
from understudy.commands.parsing import Commands, add_command
from understudy.settings import ROLES

EXAMPLE = """\
example:
  understudy check understudy.toml
"""


def add(commands: Commands) -> None:
    about = (
        "Say what serve would say of a settings file, without starting: 0 if it would serve, 2 with the reason if not. "
        "Variables count as they do for serve. Ports that are taken are not looked at: by a running serve, perhaps."
    )
    parser = add_command(commands, "check", "settings, as serve would read them", about, EXAMPLE)
    parser.add_argument("config", metavar="FILE", nargs="?", help="settings in TOML; also UNDERSTUDY_CONFIG")
    parser.add_argument("--role", choices=(*ROLES, "all"), default="all", help="the role it would serve; default all")
    add_store_options(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    from understudy.starting import refuse_incomplete, refuse_place, warnings

    role = None if arguments.role == "all" else arguments.role
    settings = settings_of(arguments)
    refuse_incomplete(settings, role)
    refuse_place(settings, role)
    for warning in asyncio.run(warnings(settings, role)):
        sys.stderr.write(f"understudy: warning: {warning}\n")
    candidates = sum(len(route.candidates) for route in settings.routes)
    sys.stdout.write(f"would serve: {len(settings.routes)} routes, {candidates} candidates\n")
    return 0
