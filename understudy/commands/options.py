"""Options that several commands share, and the settings they lead to: the file, the environment, then these."""

import argparse
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from understudy.settings.checks import check, resolved
from understudy.settings.loading import CONFIG, SettingsError, load
from understudy.settings.model import Settings

if TYPE_CHECKING:
    from comparators.evidence.versions import VersionChoice

FLAGS = ("listen", "admin", "redis", "workers", "data_dir", "log_level", "log_format")


def add_settings_options(parser: argparse.ArgumentParser) -> None:
    """Each option's `dest` is the setting's path, so that nothing is spelled twice."""
    add_config_option(parser)
    add_store_options(parser)


def add_config_option(parser: argparse.ArgumentParser, *, also_bare: bool = False) -> None:
    """`also_bare`: the file may stand without its option, where a command is about nothing else."""
    one_of = parser.add_mutually_exclusive_group()
    one_of.add_argument("--config", metavar="FILE", help=f"settings in TOML; also {CONFIG}")
    if also_bare:  # Subtle: with another default, a bare file that is not there takes that of the option away
        one_of.add_argument("config", metavar="FILE", nargs="?", default=argparse.SUPPRESS, help="the same as --config")


def add_store_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--redis", metavar="URL", help="the store; default: an embedded Redis, in the data directory")
    parser.add_argument(
        "--data-dir", metavar="DIR", help="keys, counters, and the embedded Redis; default ./.understudy"
    )


def add_evidence_options(parser: argparse.ArgumentParser) -> None:
    """Which of a candidate's evidence is looked at, where it is not the current one."""
    parser.add_argument(
        "--candidate-version", metavar="V", default="", help="what this version or build answered, and no other"
    )
    parser.add_argument("--production-version", metavar="V", default="", help="what was compared with this one alone")
    parser.add_argument("--epoch", metavar="N", type=int, help="an earlier epoch; default the current one")


def asked_of(arguments: argparse.Namespace) -> "VersionChoice":
    from comparators.evidence.versions import VersionChoice  # what compares takes a moment to import

    return VersionChoice(arguments.candidate_version, arguments.production_version)


def settings_of(arguments: argparse.Namespace) -> Settings:
    """Read, check and resolve. Raises SettingsError."""
    return resolved(written_of(arguments), os.environ)


def written_of(arguments: argparse.Namespace) -> Settings:
    """Read and check: as they are written, without the values of variables that they name. Raises SettingsError."""
    file = arguments.config or os.environ.get(CONFIG)
    settings = load(Path(file) if file else None, os.environ, _flags(arguments))
    check(settings)
    return settings


def _flags(arguments: argparse.Namespace) -> dict[str, Any]:
    given = vars(arguments)
    flags = {name: given[name] for name in FLAGS if given.get(name)}
    if given.get("production"):
        flags["routes"] = [_route(given["production"], given["candidate"])]
    elif given.get("production") is None and "production" in given and given["candidate"]:
        raise SettingsError("--candidate", "goes with --production URL; in a file candidates stand under their route")
    return flags


def _route(production: str, candidates: list[str]) -> dict[str, Any]:
    """--production and --candidate make one route that mirrors POST."""
    return {"prefix": "/", "production": production, "candidates": [_candidate(text) for text in candidates]}


def _candidate(text: str) -> dict[str, str]:
    name, equals, url = text.partition("=")
    if not equals:
        raise SettingsError("--candidate", "expected NAME=URL", text)
    return {"name": name, "url": url}
