"""The page and the example file of the settings: all of them, as they are, and of use to whoever copies a line."""

import re
import tomllib
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest

from tests.places import ROOT
from understudy.settings.checks import check
from understudy.settings.loading import convert, load
from understudy.settings.model import Settings
from understudy.settings.page import example, page, tables


def paths(schema: dict[str, Any], at: str = "") -> Iterator[str]:
    """Every setting's path, from the JSON schema that msgspec makes of the types: another way than the page's."""
    definitions = schema["$defs"]

    def walk(node: dict[str, Any], at: str) -> Iterator[str]:
        for each in (node, node.get("items", {}), *node.get("anyOf", ())):
            if "$ref" in each:
                for name, value in definitions[each["$ref"].rpartition("/")[2]]["properties"].items():
                    path = f"{at}.{name}".lstrip(".")
                    yield path
                    yield from walk(value, path)

    yield from walk(schema, at)


ALL = sorted(set(paths(msgspec.json.schema(Settings))))


def without_marks(text: str) -> str:
    """The example file with every setting that it leaves out put in."""
    return re.sub(r"(?m)^#(?! )", "", text)


def written(document: Any, at: str = "") -> Iterator[str]:
    for each in document if isinstance(document, list) else [document]:
        if isinstance(each, dict):
            for name, value in each.items():
                path = f"{at}.{name}".lstrip(".")
                yield path
                yield from written(value, path)


@pytest.mark.parametrize(("file", "made"), [("docs/settings.md", page), ("examples/understudy.toml", example)])
def test_page_and_example_are_what_the_types_say(file: str, made: Any) -> None:
    """docs/settings.md and the example file are those of the present types; `make pages` writes them anew."""
    assert (ROOT / file).read_text("utf-8") == made(), "run `make pages`"


def test_the_page_has_every_setting() -> None:
    """No setting is missing on the page."""
    shared = {table.path: table.same_as for table in tables() if table.same_as}
    shown = {f"{table.path}.{entry.name}".lstrip(".") for table in tables() for entry in table.entries}
    shown |= {table.path for table in tables()}
    for path in ALL:
        under = next((here for here in shared if path.startswith(f"{here}.")), None)
        assert (path if under is None else path.replace(under, shared[under], 1)) in shown


def test_every_setting_says_what_it_means() -> None:
    """Each setting and each table has a description to read, and a setting without default an example."""
    for table in tables():
        assert table.about or not table.path, table.path
        for entry in table.entries:
            assert re.fullmatch(r"[^\s].{10,}[.]", entry.about), f"{table.path}.{entry.name}: {entry.about}"
            assert entry.default not in (None, msgspec.NODEFAULT) or entry.example is not msgspec.NODEFAULT


def test_the_example_file_can_be_used_as_it_is() -> None:
    """A start with the example file, as it stands, begins with the defaults."""
    settings = load(ROOT / "examples/understudy.toml", {}, {})
    check(settings)
    route = settings.routes[0]
    assert settings == msgspec.structs.replace(Settings(), routes=settings.routes)
    assert route.candidates[0].url != route.endpoint().url


def test_every_line_of_the_example_file_can_be_put_in() -> None:
    """The example file names each setting, and what it leaves out is right where a # is taken away."""
    document = tomllib.loads(without_marks(example()))
    convert(document)
    here = set(written(document))
    assert [path for path in ALL if path not in here and not path.startswith("routes.compare.")] == []


def test_every_pattern_has_words() -> None:
    """Nobody is shown a regular expression: what a text must look like is said in words, at each setting."""
    for pattern, words in patterns(msgspec.inspect.type_info(Settings)):
        assert words, pattern


def patterns(kind: Any) -> Iterator[tuple[str, str]]:
    """Each pattern within a type, and its words."""
    extra = kind.extra if isinstance(kind, msgspec.inspect.Metadata) else None
    while isinstance(kind, msgspec.inspect.Metadata):
        kind = kind.type
    if getattr(kind, "pattern", None):
        yield kind.pattern, (extra or {}).get("right", "")
    below = [field.type for field in getattr(kind, "fields", ())] + list(getattr(kind, "types", ()))
    below += [getattr(kind, name) for name in ("item_type", "value_type") if hasattr(kind, name)]
    for each in below:
        yield from patterns(each)
