"""What says of itself that it is pure is held to it: `make lint` refuses it I/O, clock, environment and chance."""

import ast
import re
import tomllib
from collections.abc import Iterator

from tests.places import PACKAGES, ROOT

_SAYS_SO = re.compile(r"\bPure(?:\.|;|,(?! but)|:)")  # `Pure, but for` says what it is not
_REFUSED = {"asyncio", "os", "random", "secrets", "socket", "subprocess", "threading", "time"}


def _modules() -> Iterator[tuple[str, str]]:
    """Every module's name and what it says of itself; a package's map speaks of others."""
    for package in PACKAGES:
        for file in sorted((ROOT / package).rglob("*.py")):
            if file.name != "__init__.py":
                name = ".".join(file.relative_to(ROOT).with_suffix("").parts)
                yield name, ast.get_docstring(ast.parse(file.read_text("utf-8"))) or ""


def _held() -> set[str]:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    contracts = settings["tool"]["importlinter"]["contracts"]
    pure = [each for each in contracts if set(each.get("forbidden_modules", ())) >= _REFUSED]
    return {module for each in pure for module in each["source_modules"]}


def test_what_says_that_it_is_pure_is_held_to_it() -> None:
    """Each such file, or the room it stands in, is named in a contract."""
    held = _held()
    said = [name for name, about in _modules() if _SAYS_SO.search(about)]
    assert len(said) > 30
    assert [name for name in said if not any(name == each or name.startswith(f"{each}.") for each in held)] == []


def test_every_room_of_comparators_but_stored_is_held_to_it() -> None:
    """A new room is pure, whatever it says."""
    rooms = {name.split(".")[1] for name, _ in _modules() if name.startswith("comparators.")}
    assert {f"comparators.{room}" for room in rooms - {"stored"}} <= _held()


def test_every_renderer_is_held_to_draw() -> None:
    """A new one knows no report either, but by the table that hands it one."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    (drawing,) = [each for each in settings["tool"]["importlinter"]["contracts"] if "Renderers draw" in each["name"]]
    rooms = {name for name, _ in _modules() if name.startswith("comparators.render.")}
    others = {f"comparators.render.{name}" for name in ("formats", "names", "style")}
    assert rooms - others == set(drawing["source_modules"])
