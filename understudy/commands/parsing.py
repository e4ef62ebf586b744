"""How every command's words are read: the same help, the same errors, near misses named as those of settings."""

import argparse
import sys
from collections.abc import Sequence
from typing import Any, NoReturn, Protocol

from ground.near import did_you_mean, nearest

EXIT_CODES = """\
exit codes:
  0 ok or pass    1 fail    2 usage or settings    3 inconclusive, or no valid evidence
  4 runtime error    130 interrupted
"""


class Parser(argparse.ArgumentParser):
    """Options are spelled out: an abbreviation that is clear today is ambiguous with the next version's options."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self._subcommands: dict[str, Parser] = {}
        self.allow_abbrev = False
        self.formatter_class = argparse.RawDescriptionHelpFormatter

    def parse_known_args(  # type: ignore[override]
        self, args: Sequence[str] | None = None, namespace: argparse.Namespace | None = None
    ) -> tuple[argparse.Namespace, list[str]]:
        """Each parser refuses what it doesn't know: a subcommand's can tell what was meant, the root's can't."""
        words = sys.argv[1:] if args is None else args
        if words:
            self._refuse_misplaced(words[0])
        parsed, unknown = super().parse_known_args(words, namespace)
        if unknown:
            self._refuse(unknown)
        return parsed, unknown

    def _refuse(self, unknown: Sequence[str]) -> NoReturn:
        word = unknown[0]
        if not word.startswith("-"):
            self.error(f"{word}: nothing more was expected")
        self.error(f"no such option: {word}" + did_you_mean(word.partition("=")[0], self._option_string_actions))

    def add_subparsers(self, **settings: Any) -> Any:
        subcommands = super().add_subparsers(**settings)
        self._subcommands = subcommands.choices
        return subcommands

    def _refuse_misplaced(self, word: str) -> None:
        """An option before the subcommand, which must not be taken for one that this parser doesn't know."""
        option, own = word.partition("=")[0], set(self._option_string_actions)
        if not self._subcommands or not option.startswith("-") or option in own | {"-", "--"}:
            return
        of_each = {name: parser.options() for name, parser in self._subcommands.items()}
        meant = nearest(option, sorted(own.union(*of_each.values())))
        takers = [name for name, options in of_each.items() if meant in options - own]
        near = f"; did you mean {meant}?" if meant not in (None, option) else ""
        place = f"{' It' if near else '; it'} goes after the command ({', '.join(takers)})" if takers else ""
        self.error(f"no such option here: {word}{near}{place}")

    def options(self) -> set[str]:
        """Its own, and those of its subcommands."""
        return set(self._option_string_actions).union(*(each.options() for each in self._subcommands.values()))

    def _check_value(self, action: argparse.Action, value: Any) -> None:
        if action.choices is not None and value not in action.choices:
            known = ", ".join(map(str, action.choices))
            near = did_you_mean(str(value), map(str, action.choices))
            raise argparse.ArgumentError(action, f"{value}: expected one of {known}{near}")

    def error(self, message: str) -> NoReturn:
        sys.stderr.write(f"{self.prog}: {message}\n{self.prog} --help says more\n")
        raise SystemExit(2)


class Commands(Protocol):
    """What argparse answers to `add_subparsers`, which it has no public name for."""

    def add_parser(self, name: str, *, help: str, description: str, epilog: str) -> Parser: ...  # noqa: A002


def add_command(commands: Commands, name: str, short: str, about: str, example: str) -> Parser:
    """A subcommand with its line in the list of them, and its help: what it does, an example, exit codes."""
    return commands.add_parser(name, help=short, description=about, epilog=f"{example}\n{EXIT_CODES}")
