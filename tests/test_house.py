"""The shapes of the tree, read from its source: which file stands on which, and what a class is called."""

import ast
from collections import defaultdict
from collections.abc import Mapping
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

from tests.places import PACKAGES, ROOT


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


def test_a_class_has_a_name_of_its_own() -> None:
    """Whoever reads a class's name knows which it is; one that is private to a file counts like any other."""
    where = defaultdict(list)
    for module, tree in _trees().items():
        for node in ast.walk(tree):
            if isinstance(node, ast.ClassDef):
                where[node.name.lstrip("_")].append(f"{module}.{node.name}")
    assert {name: places for name, places in where.items() if len(places) > 1} == {}
