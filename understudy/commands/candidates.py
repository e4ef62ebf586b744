"""`understudy candidates`: the candidates of a running system, over its admin API."""

import argparse
import http.client
import json
import sys
from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

from ground.plurals import counted
from understudy.commands.options import add_settings_options, settings_of
from understudy.commands.parsing import Commands, add_command
from understudy.settings.loading import SettingsError
from understudy.site.datadir import DataDir

TIMEOUT_S = 30.0

# Each action: what it takes, and what it does.
ACTIONS = {
    "list": ("", "print the candidates, and how each fares"),
    "add": ("NAME=URL [SETTING=VALUE ...]", "shadow another candidate, from now on"),
    "change": ("NAME SETTING=VALUE ...", "give a candidate other settings; a new epoch begins"),
    "pause": ("NAME", "leave a candidate alone; what is recorded meanwhile is counted as skipped"),
    "resume": ("NAME", "go on with a paused candidate"),
    "restart": ("NAME", "begin a new epoch of a candidate; its earlier evidence no longer counts"),
    "remove": ("NAME", "stop shadowing a candidate; what waits for it is counted as skipped, its summaries stay"),
}
EXAMPLES = {
    "list": "list",
    "add": "add new=http://127.0.0.1:9002 max_in_flight=8",
    "change": "change new timeout_s=2.5",
    **{action: f"{action} new" for action in ("pause", "resume", "restart", "remove")},
}


class Refused(Exception):
    """The admin API said no to what was asked."""


class Unanswered(Exception):
    """There is no admin API, or it has an error of its own."""


def add(commands: Commands) -> None:
    examples = "".join(f"  understudy candidates {EXAMPLES[action]}\n" for action in ("list", "add", "change"))
    short = "list, add, change, pause, resume, restart or remove candidates of a running system"
    about = "List and change the candidates of a running system, over its admin API."
    parser = add_command(commands, "candidates", short, about, f"examples:\n{examples}")
    actions = parser.add_subparsers(metavar="ACTION", required=True)
    for action, (_, does) in ACTIONS.items():
        _add_action(actions, action, does)


def _add_action(actions: Commands, action: str, does: str) -> None:
    example = f"example:\n  understudy candidates {EXAMPLES[action]}\n"
    parser = add_command(actions, action, does, f"{does[0].upper()}{does[1:]}.", example)
    if action == "add":
        parser.add_argument("name", metavar="NAME=URL")
        parser.add_argument("--route", metavar="NAME", help="the candidate's route, needed where there are several")
    elif action != "list":
        parser.add_argument("name", metavar="NAME")
    if action in ("add", "change"):
        # Subtle: with a default, argparse does not count none of them as missing.
        number: dict[str, Any] = {"nargs": "*", "default": []} if action == "add" else {"nargs": "+"}
        shown = "a setting as in the file; docs/settings.md has all"
        parser.add_argument("settings", metavar="SETTING=VALUE", help=shown, **number)
    parser.add_argument(
        "--admin", metavar="ADDRESS", help="address of the admin API; default: the one in the data directory"
    )
    parser.add_argument("--json", action="store_true", help="print what the API answered")
    add_settings_options(parser)
    parser.set_defaults(run=run, action=action)


def run(arguments: argparse.Namespace) -> int:
    settings = settings_of(arguments)
    data = DataDir(settings.data_dir)
    address = arguments.admin or _told_address(data)
    given = vars(arguments)
    method, path, body = asked(arguments.action, given.get("name", ""), given.get("settings", ()), given.get("route"))
    token = _token(data, method)
    answer = _ask(address, method, path, body, token)
    found = answer.get("candidates", [answer] if answer else [])
    if arguments.json:
        sys.stdout.write(json.dumps(answer, indent=2) + "\n")
    else:
        removed = f"{given.get('name')} is no longer shadowed; its summaries stay\n"
        sys.stdout.write(table(found) if answer else removed)
    return 0


def _token(data: DataDir, method: str) -> str:
    """No stronger one than is needed: the address may be another's."""
    name, told = ("gate.token", data.gate_token) if method == "GET" else ("admin.token", data.admin_token)
    return told() if (data.root / name).exists() else ""


def _told_address(data: DataDir) -> str:
    """Raises SettingsError where no serve has told it: on the usual port may listen anybody's."""
    if address := data.told_addresses().get("admin"):
        return address
    right = "no `serve` told an admin address here; name the data_dir of the one that runs, or --admin ADDRESS"
    raise SettingsError("data_dir", right, str(data.root))


def asked(
    action: str, name: str, settings: Sequence[str] = (), route: str | None = None
) -> tuple[str, str, dict[str, Any] | None]:
    """Method, path and body of the request. Raises SettingsError for words that are none."""
    if action == "list":
        return "GET", "/api/candidates", None
    values = dict(_setting(word) for word in settings)
    if action == "add":
        name, equals, url = name.partition("=")
        if not equals:
            raise SettingsError("candidates add", "expected NAME=URL", name)
        return "POST", "/api/candidates", {"name": name, "url": url, **values, **({"route": route} if route else {})}
    path = f"/api/candidates/{quote(name, safe='')}"
    if action == "change":
        return "PATCH", path, values
    return ("DELETE", path, None) if action == "remove" else ("POST", f"{path}/{action}", None)


def table(candidates: list[dict[str, Any]]) -> str:
    rows = [("NAME", "ROUTE", "URL", "STATE", "DEFINED BY", "GENERATION")]
    for each in candidates:
        about = (each["settings"]["url"], _state(each), each["defined_by"], str(each["generation"]))
        rows.append((each["name"], each["route"], *about))
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = [_line(row, widths) for row in rows]
    return "".join([*lines, *(_why(each) for each in candidates if each.get("not_answering"))])


def _state(candidate: dict[str, Any]) -> str:
    if candidate["paused"]:
        return "paused"
    return "not answering" if candidate.get("not_answering") else "shadowed"


def _why(candidate: dict[str, Any]) -> str:
    silent = candidate["not_answering"]
    tried = f"{counted(silent['calls'], 'call')} in a row, the last at {silent['last']}"
    return f"{candidate['name']} has not answered since {silent['since']} ({tried}): {silent['why']}\n"


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
        raise Unanswered(
            f"no admin API answers on {address} ({error}); is `serve` running? --admin names another"
        ) from None
    finally:
        connection.close()
    return _read(answer.status, text, address)


def _read(status: int, text: bytes, address: str) -> dict[str, Any]:
    try:
        document: dict[str, Any] = json.loads(text) if text else {}
        detail = document.get("detail", f"the admin API on {address} answered {status}")
    except (ValueError, AttributeError):
        raise Unanswered(f"what answers on {address} ({status}) is no admin API; --admin names another") from None
    if status >= 400:
        raise (Refused if status < 500 else Unanswered)(detail)
    return document
