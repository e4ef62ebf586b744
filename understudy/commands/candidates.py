"""`understudy candidates`: the candidates of a running system, over its admin API."""

import argparse
import http.client
import json
import sys
from typing import Any
from urllib.parse import quote

from understudy.commands.options import add_settings_options, settings_of
from understudy.datadir import DataDir
from understudy.loading import SettingsError

TIMEOUT_S = 30.0

EXAMPLE = """\
examples:
  understudy candidates list
  understudy candidates add new=http://127.0.0.1:9002 max_in_flight=8
  understudy candidates change new timeout_s=2.5
  understudy candidates pause new
"""

ACTIONS = {
    "list": "print them",
    "add": "NAME=URL [SETTING=VALUE ...]",
    "change": "NAME SETTING=VALUE ...",
    "pause": "NAME: leave it alone; what is recorded meanwhile is counted as skipped",
    "resume": "NAME",
    "restart": "NAME: begin a new epoch; what was found so far no longer counts",
    "remove": "NAME: what waits for it is counted as skipped; its summaries stay",
}


class Refused(Exception):
    """The admin API said no, or nothing."""


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    words = "\n".join(f"  {action:<8} {about}" for action, about in ACTIONS.items())
    parser = commands.add_parser(
        "candidates",
        help="list, add, change, pause, resume, restart, remove candidates of a running system",
        description=f"Candidates of a running system.\n\n{words}",
        epilog=EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("action", choices=ACTIONS, metavar="ACTION")
    parser.add_argument("words", nargs="*", metavar="NAME [SETTING=VALUE ...]")
    parser.add_argument("--route", metavar="NAME", help="for add, where there are several routes")
    parser.add_argument("--admin", metavar="ADDRESS", help="of the admin API; default: the one of the data directory")
    parser.add_argument("--json", action="store_true", help="print what the API answered")
    add_settings_options(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    settings = settings_of(arguments)
    data = DataDir(settings.data_dir)
    address = arguments.admin or data.told_addresses().get("admin") or settings.admin
    method, path, body = asked(arguments.action, arguments.words, arguments.route)
    token = data.admin_token() if method != "GET" and (data.root / "admin.token").exists() else ""
    answer = _ask(address, method, path, body, token)
    found = answer.get("candidates", [answer] if answer else [])
    if arguments.json:
        sys.stdout.write(json.dumps(answer, indent=2) + "\n")
    elif answer:
        sys.stdout.write(table(found))
    return 0


def asked(action: str, words: list[str], route: str | None) -> tuple[str, str, dict[str, Any] | None]:
    """Method, path and body of the request. Raises SettingsError for words that are none."""
    if action == "list":
        return "GET", "/api/candidates", None
    if not words:
        raise SettingsError(f"candidates {action}", f"expected {ACTIONS[action].partition(':')[0]}")
    first, rest = words[0], dict(_setting(word) for word in words[1:])
    if action == "add":
        name, equals, url = first.partition("=")
        if not equals:
            raise SettingsError("candidates add", "expected NAME=URL", first)
        return "POST", "/api/candidates", {"name": name, "url": url, **rest, **({"route": route} if route else {})}
    path = f"/api/candidates/{quote(first, safe='')}"
    if action == "change":
        return "PATCH", path, rest
    return ("DELETE", path, None) if action == "remove" else ("POST", f"{path}/{action}", None)


def table(candidates: list[dict[str, Any]]) -> str:
    rows = [("NAME", "ROUTE", "URL", "STATE", "DEFINED BY", "GENERATION")]
    for each in candidates:
        state = "paused" if each["paused"] else "shadowed"
        about = (each["settings"]["url"], state, each["defined_by"], str(each["generation"]))
        rows.append((each["name"], each["route"], *about))
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "".join(_line(row, widths) for row in rows)


def _line(row: tuple[str, ...], widths: list[int]) -> str:
    return "  ".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)).rstrip() + "\n"


def _setting(word: str) -> tuple[str, Any]:
    name, equals, text = word.partition("=")
    if not equals:
        raise SettingsError("candidates", "expected SETTING=VALUE", word)
    try:
        return name, json.loads(text)
    except ValueError:
        return name, text  # text needs no quotes


def _ask(address: str, method: str, path: str, body: dict[str, Any] | None, token: str) -> dict[str, Any]:
    connection = http.client.HTTPConnection(address, timeout=TIMEOUT_S)
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    if body is not None:
        headers["Content-Type"] = "application/json"
    try:
        connection.request(method, path, json.dumps(body) if body is not None else None, headers)
        answer = connection.getresponse()
        text = answer.read()
    except (OSError, http.client.HTTPException) as error:
        raise Refused(
            f"no admin API answers on {address} ({error}); is `serve` running? --admin names another"
        ) from None
    finally:
        connection.close()
    document: dict[str, Any] = json.loads(text) if text else {}
    if answer.status >= 400:
        raise Refused(document.get("detail", f"the admin API answered {answer.status}"))
    return document
