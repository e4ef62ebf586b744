"""The shapes of the tree, read from its source: which file stands on which, and what modules and classes are called."""

import ast
import builtins
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

from tests.places import PACKAGES, ROOT

PARTICIPLE = re.compile(
    r".*[^e]ed|broken|built|chosen|dealt|done|drawn|found|frozen|given|gone|heard|held|hidden|kept|known|lost|made|read|seen"
    r"|sent|shown|spoken|taken|told|written"
)
PARTICIPLES = {
    "stored",  # a room: what stands in the store is its whole matter
    "Added", "Changed", "Started",  # what happened, as an event says it
}  # fmt: skip


@cache
def _trees() -> Mapping[str, ast.Module]:
    """Each module's source, by its dotted name."""
    files = [file for package in PACKAGES for file in sorted((ROOT / package).rglob("*.py"))]
    return {_module(file): ast.parse(file.read_text("utf-8")) for file in files}


def _module(file: Path) -> str:
    return ".".join(file.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def _imported(tree: ast.Module) -> set[str]:
    """Wherever it stands, also within a function or for type checkers alone."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {each.name for each in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module} | {f"{node.module}.{each.name}" for each in node.names}
    return found & _trees().keys()


def test_no_two_files_need_each_other() -> None:
    """Files stand on one another in one direction, what is imported for type checkers alone included."""
    stands_on = {module: _imported(tree) - {module} for module, tree in _trees().items()}
    try:
        TopologicalSorter(stands_on).prepare()
    except CycleError as error:
        raise AssertionError(f"these files import each other: {' ← '.join(error.args[1])}") from None


def test_a_package_is_a_map_of_its_files() -> None:
    """Its first words name each file that stands in it, and none that does not."""
    for init in (file for package in PACKAGES for file in sorted((ROOT / package).rglob("__init__.py"))):
        told = set(re.findall(r"(?<![\w/])\w+\.py\b", ast.get_docstring(_trees()[_module(init)]) or ""))
        there = {file.name for file in init.parent.glob("*.py")} - {"__init__.py", "__main__.py"}
        assert told == there, init


def _classes() -> Iterator[tuple[str, ast.ClassDef]]:
    """Each with its module."""
    for module, tree in _trees().items():
        for node in ast.walk(tree):
            if isinstance(node, ast.ClassDef):
                yield module, node


def _errors() -> set[str]:
    """What is raised, by name: Python's own, and what descends from these."""
    found = {
        name for name, each in vars(builtins).items() if isinstance(each, type) and issubclass(each, BaseException)
    }
    above = {node.name: {ast.unparse(base).rpartition(".")[2] for base in node.bases} for _, node in _classes()}
    while more := {name for name, bases in above.items() if bases & found} - found:
        found |= more
    return found


def _is_participle(name: str) -> bool:
    *_, last = re.findall(r"[A-Z]?[a-z0-9]+", name)
    return PARTICIPLE.fullmatch(last.lower()) is not None


def test_a_class_has_a_name_of_its_own() -> None:
    """Whoever reads a class's name knows which it is; one that is private to a file counts like any other."""
    where = defaultdict(list)
    for module, node in _classes():
        where[node.name.lstrip("_")].append(f"{module}.{node.name}")
    assert {name: places for name, places in where.items() if len(places) > 1} == {}


def test_modules_and_classes_are_called_by_nouns() -> None:
    """A name says what something is, not what was done to it: only events and errors tell what happened."""
    modules = {part for module in _trees() for part in module.split(".")}
    classes = {node.name for _, node in _classes()} - _errors()
    assert set(filter(_is_participle, modules | classes)) == PARTICIPLES
