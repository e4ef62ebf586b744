"""Every log call in the tree, read from its source: one that no test runs must not fail where it is needed first."""

import ast
import re
from collections.abc import Iterator

import pytest

from tests.places import PACKAGES, ROOT

LEVELS = {"debug", "info", "warning", "error", "critical", "exception"}
EVENT = re.compile(r"[a-z0-9_]+(\.[a-z0-9_]+)+")

# What a line has already: by a log call's own parameter, or by understudy/logs.py.
TAKEN = {"event", "level", "timestamp", "role", "self", "exception"}


def _calls() -> Iterator[tuple[str, ast.Call, str]]:
    """Where, the call, and its method, of every logger of structlog."""
    for package in PACKAGES:
        for file in sorted((ROOT / package).rglob("*.py")):
            tree = ast.parse(file.read_text("utf-8"))
            loggers = {name for node in ast.walk(tree) if (name := _logger(node)) is not None}
            for node in ast.walk(tree):
                function = node.func if isinstance(node, ast.Call) else None
                if isinstance(node, ast.Call) and isinstance(function, ast.Attribute):
                    owner = function.value
                    if isinstance(owner, ast.Name) and owner.id in loggers:
                        yield f"{file.relative_to(ROOT)}:{node.lineno}", node, function.attr


def _logger(node: ast.AST) -> str | None:
    """The name that is given a logger here."""
    if not (isinstance(node, ast.Assign) and isinstance(node.value, ast.Call) and len(node.targets) == 1):
        return None
    target, made = node.targets[0], ast.unparse(node.value.func)
    return target.id if isinstance(target, ast.Name) and made == "structlog.get_logger" else None


CALLS = list(_calls())


def test_they_are_found() -> None:
    """The reading itself works: there are many, in every package that logs."""
    assert len(CALLS) > 50
    assert {where.split("/")[0] for where, _, _ in CALLS} == set(PACKAGES) - {"loadtest", "calling"}


@pytest.mark.parametrize(("call", "method"), [pytest.param(call, how, id=where) for where, call, how in CALLS])
def test_it_can_be_written(call: ast.Call, method: str) -> None:
    """A known level, one event as a dotted constant, and fields that take no name a line has already."""
    arguments = list(call.args)
    if method == "log":  # the level as a number, which a string is not
        level = arguments.pop(0)
        assert not isinstance(level, ast.Constant | ast.JoinedStr | ast.IfExp), "log() wants a number: use a method"
    else:
        assert method in LEVELS
    (event,) = arguments
    assert isinstance(event, ast.Constant), "values are fields, the event is a constant"
    assert EVENT.fullmatch(event.value), "an event is written subject.happened"
    named = [keyword.arg for keyword in call.keywords if keyword.arg is not None]
    assert not TAKEN.intersection(named)
    assert len(named) == len(set(named))


def test_each_event_is_explained() -> None:
    """An operator who meets a line finds it in docs/operations.md: what it means, and what to do."""
    rows = _explained()
    for where, call, method in CALLS:
        event = next(each.value for each in call.args if isinstance(each, ast.Constant))
        level = {"exception": "error", "log": "warning"}.get(method, method)
        assert level in rows.get(event, ()), f"{where}: {event} ({level}) does not stand in docs/operations.md"


def test_what_is_explained_is_logged() -> None:
    """The page names no event that nobody logs any more."""
    logged = {each.value for _, call, _ in CALLS for each in call.args if isinstance(each, ast.Constant)}
    assert set(_explained()) == logged


def _explained() -> dict[str, set[str]]:
    """The levels that the page has of each event."""
    page = (ROOT / "docs/operations.md").read_text("utf-8").partition("## Log events")[2]
    rows = [line.split("|")[1:3] for line in page.splitlines() if line.startswith("| `")]
    return {
        event: set(re.findall(r"[a-z]+", levels)) for events, levels in rows for event in re.findall("`(.+?)`", events)
    }
