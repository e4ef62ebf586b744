"""`understudy history`: what was found of a route's candidates and what was decided; whether the record of it holds."""

import argparse
import asyncio
import sys

import msgspec

from understudy.commands.options import add_settings_options, settings_of
from understudy.commands.parsing import Commands, add_command
from understudy.settings.loading import SettingsError
from understudy.settings.model import Settings

BROKEN = 1  # exit code of `verify` where something does not hold

EXAMPLE = """\
examples:
  understudy history
  understudy history verify --config understudy.toml
  understudy history show 12 > record.md
"""


def add(commands: Commands) -> None:
    about = "List the verdicts and promotions of a route, check that the record of them holds, or print one entry."
    parser = add_command(commands, "history", "list, verify or show the verdicts of a route", about, EXAMPLE)
    parser.add_argument("action", choices=("list", "verify", "show"), nargs="?", default="list")
    parser.add_argument("number", metavar="N", nargs="?", type=int, help="the entry that show prints, in Markdown")
    parser.add_argument("--route", metavar="NAME", help="whose history; needed where there are several")
    parser.add_argument("--json", action="store_true", help="print JSON")
    add_settings_options(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    if (arguments.action == "show") != (arguments.number is not None):
        raise SettingsError("history", "expected `history show N`, with the number of an entry", arguments.number)
    settings = settings_of(arguments)
    if arguments.action == "verify":
        return _verify(settings, arguments)
    text = _shown(settings, arguments) if arguments.action == "show" else _listed(settings, arguments)
    sys.stdout.write(text)
    return 0


def _listed(settings: Settings, arguments: argparse.Namespace) -> str:
    from ground.printable import escaped
    from understudy.history.page import COLUMNS, rows
    from understudy.reading.histories import history_of

    route, chain = asyncio.run(history_of(settings, arguments.route))
    if arguments.json:
        told = [{"hash": link.ends_with, **msgspec.json.decode(link.data)} for link in chain]
        return escaped(msgspec.json.format(msgspec.json.encode({"route": route, "history": told})).decode()) + "\n"
    if not chain:
        return f"nothing was recorded of route {route} yet\n"
    lines = [COLUMNS, *rows(chain)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "".join(
        "  ".join(f"{cell:<{width}}" for cell, width in zip(line, widths, strict=True)).rstrip() + "\n"
        for line in lines
    )


def _shown(settings: Settings, arguments: argparse.Namespace) -> str:
    from comparators.render import markdown
    from ground.printable import escaped
    from understudy.history.chain import entries
    from understudy.history.page import record_of
    from understudy.reading.histories import history_of

    route, chain = asyncio.run(history_of(settings, arguments.route))
    found = {entry.number: (own_hash, entry) for own_hash, entry in entries(chain)}
    if arguments.number not in found:
        known = f"there are {min(found)} to {max(found)}" if found else "there is none"
        raise SettingsError(
            "history show", f"route {route} has no such entry, or it was folded; {known}", arguments.number
        )
    own_hash, entry = found[arguments.number]
    if arguments.json:
        told = {"hash": own_hash, **msgspec.to_builtins(entry)}
        return escaped(msgspec.json.format(msgspec.json.encode(told)).decode()) + "\n"
    return markdown.render(record_of(entry, own_hash))


def _verify(settings: Settings, arguments: argparse.Namespace) -> int:
    from understudy.reading.histories import verification_of

    found = asyncio.run(verification_of(settings, arguments.route))
    if arguments.json:
        sys.stdout.write(msgspec.json.format(msgspec.json.encode(found._asdict())).decode() + "\n")
    else:
        how = "do not hold together" if found.problems else "hold together"
        last = f"; the last is {found.last}" if found.last else ""
        said = f"history of {found.route}, {found.entries:,} long: its links {how}{last}"
        lines = [*found.problems, *found.notes, said]
        sys.stdout.write("".join(f"{line}\n" for line in lines))
    return BROKEN if found.problems else 0
