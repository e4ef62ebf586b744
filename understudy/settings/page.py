"""The page and the example file of all settings, made from their types: `make pages` writes them, a test holds them.

    types → tables of entries → docs/settings.md, examples/understudy.toml

What a setting means stands with its type and nowhere else. Pure but for `main`, which writes the two files.
"""

import re
import sys
import textwrap
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
from msgspec import NODEFAULT
from msgspec import inspect as types

from understudy.settings.model import RELOADED, Settings

WIDTH = 100

# By how a setting's name ends (docs/design.md: units stand in names).
UNITS = {"_s": "seconds", "_ms": "milliseconds", "_bytes": "bytes"}

ALWAYS = ("routes", "routes.candidates")  # without one of these an example would be none

INTRODUCTION = """\
# Settings

`make pages` makes this page from the types. [examples/understudy.toml](../examples/understudy.toml) has every setting.

`understudy serve --config FILE` reads settings from TOML. `UNDERSTUDY_*` variables win over the file: two underscores
stand between a table and its setting (`UNDERSTUDY_RECORDING__MAX_BYTES=1000000`), lists and tables are written as JSON.
Flags win over both (`understudy serve --help`). A start refuses an unknown setting and an impossible value, and names
its path, the value and what would be right; `understudy check --config FILE` does so without starting.

SIGHUP takes {reloaded} from the file; other settings change with a restart.
"""

EXAMPLE_INTRODUCTION = """\
Every setting, with its default. A line that begins with # and no blank after it is a setting or a table that is left
out by default, with a value it might have. Copy what you change; `understudy check --config FILE` says whether serve
can use it.
"""


class SettingEntry(NamedTuple):
    """One setting. `example` is what the file shows where there is no default; NODEFAULT where a default is shown."""

    name: str
    value: str
    default: Any
    about: str
    example: Any


class SettingsTable(NamedTuple):
    """The settings that stand under one TOML header, "" for those at the top.

    `many`: the header may repeat. `optional`: it may be left out. `inline`: the example file shows all of it in the one
    line of the setting that holds it. `same_as`: another table has the same settings.
    """

    path: str
    about: str = ""
    many: bool = False
    optional: bool = False
    inline: bool = False
    entries: Sequence[SettingEntry] = ()
    same_as: str = ""


def tables() -> list[SettingsTable]:
    """Every setting there is, in the order of the types."""
    return list(_tables(Settings, SettingsTable(""), {}))


def page() -> str:
    """docs/settings.md."""
    reloaded = ", ".join(f"`{name}`" for name in RELOADED)
    parts = [INTRODUCTION.format(reloaded=reloaded)]
    for table in tables():
        title = f"`{_header(table)}`" if table.path else "At the top"
        parts.append(f"## {title}\n")
        if table.about:
            parts.append(f"{table.about}\n")
        if table.same_as:
            parts.append(f"The same settings as [`[{table.same_as}]`](#{table.same_as}).\n")
            continue
        if not table.entries:
            continue
        rows = [
            f"| `{each.name}` | {each.value} | {_shown(each.default)} | {_cell(each.about)} |" for each in table.entries
        ]
        parts.append("\n".join(["| setting | value | default | |", "|---|---|---|---|", *rows]) + "\n")
    return "\n".join(parts)


def example() -> str:
    """examples/understudy.toml."""
    parts = [_comment(EXAMPLE_INTRODUCTION)]
    left_out: set[str] = set()
    for table in tables():
        if table.inline:
            continue
        if table.optional or table.path.rpartition(".")[0] in left_out:
            left_out.add(table.path)
        mark = "#" if table.path in left_out else ""
        about = f"{table.about} The same settings as [{table.same_as}]." if table.same_as else table.about
        header = _comment(about) + f"{mark}{_header(table)}\n" if table.path else ""
        parts.append(header + "".join(_comment(each.about) + _line(each, mark) for each in table.entries))
    return "\n".join(parts)


def main(page_file: str, example_file: str) -> None:
    Path(page_file).write_text(page(), "utf-8")
    Path(example_file).write_text(example(), "utf-8")


# ---- from types to tables


def _tables(kind: type, place: SettingsTable, seen: dict[type, str]) -> Iterator[SettingsTable]:
    """The table of one struct, then those below it."""
    if kind in seen:
        yield place._replace(same_as=seen[kind])
        return
    if not place.many and place.path and not place.optional:
        seen[kind] = place.path
    description = types.type_info(kind)
    assert isinstance(description, types.StructType)  # noqa: S101 - only structs are handed in
    entries, below = [], []
    for field in description.fields:
        entry = _entry(field)
        struct, many = _struct_of(field.type)
        inline = entry.example is not NODEFAULT
        if struct is None or inline:
            entries.append(entry)
        if struct is not None:
            path = f"{place.path}.{field.encode_name}".lstrip(".")
            optional = entry.default is None or (many and path not in ALWAYS)
            below.append((struct, SettingsTable(path, entry.about, many, optional, inline)))
    yield place._replace(entries=entries)
    for struct, table in below:
        yield from _tables(struct, table, seen)


def _entry(field: types.Field) -> SettingEntry:
    default = field.default_factory() if field.default_factory is not NODEFAULT else field.default
    about, example = "", NODEFAULT
    for layer in _layers(field.type):
        schema = layer.extra_json_schema or {}
        about = schema.get("description", about)
        example = schema.get("examples", [example])[0]
    if not about:
        struct, _ = _struct_of(field.type)
        about = _first_sentence(struct.__doc__ or "") if struct is not None else ""
    return SettingEntry(field.encode_name, _value(field), default, about, example)


def _layers(kind: types.Type) -> Iterator[types.Metadata]:
    while isinstance(kind, types.Metadata):
        yield kind
        kind = kind.type


def _bare(kind: types.Type) -> types.Type:
    while isinstance(kind, types.Metadata):
        kind = kind.type
    return kind


def _alternatives(kind: types.Type) -> list[types.Type]:
    kind = _bare(kind)
    return [_bare(each) for each in kind.types] if isinstance(kind, types.UnionType) else [kind]


def _struct_of(kind: types.Type) -> tuple[type | None, bool]:
    """The struct that a setting is written as a table of, and whether it is a list of them."""
    for each in _alternatives(kind):
        if isinstance(each, types.StructType):
            return each.cls, False
        if isinstance(each, types.VarTupleType) and isinstance(item := _bare(each.item_type), types.StructType):
            return item.cls, True
    return None, False


def _value(field: types.Field) -> str:
    """What may be written, in words: the unit, or the type, and its limits."""
    kinds = [each for each in _alternatives(field.type) if not isinstance(each, types.NoneType)]
    unit = next((unit for ending, unit in UNITS.items() if field.encode_name.endswith(ending)), None)
    words = " or ".join(dict.fromkeys(unit or _word(kind) for kind in kinds))
    limits = " ".join(filter(None, (_limits(kind) for kind in kinds)))
    return f"{words}, {limits}" if limits else words


def _word(kind: types.Type) -> str:
    match kind:
        case types.BoolType():
            return "`true` or `false`"
        case types.IntType():
            return "a whole number"
        case types.FloatType():
            return "a number"
        case types.LiteralType():
            return "one of " + ", ".join(f"`{each}`" for each in kind.values)
        case types.VarTupleType():
            return f"a list: {_word(_bare(kind.item_type))}"
        case types.DictType():
            return "a table"
        case types.StructType():
            return "a table"
    return "text"


def _limits(kind: types.Type) -> str:
    if not isinstance(kind, (types.IntType, types.FloatType)):
        return ""
    low = f"above {kind.gt:g}" if kind.gt is not None else f"from {_number(kind.ge)}" if kind.ge is not None else ""
    high = f"below {kind.lt:g}" if kind.lt is not None else f"to {_number(kind.le)}" if kind.le is not None else ""
    return f"{low} {high}".strip()


# ---- from tables to text


def _header(table: SettingsTable) -> str:
    return f"[[{table.path}]]" if table.many else f"[{table.path}]"


def _line(entry: SettingEntry, mark: str) -> str:
    if entry.default in (None, NODEFAULT) or (entry.example is not NODEFAULT and not entry.default):
        left_out = "" if entry.default is NODEFAULT else "#"
        return f"{mark or left_out}{entry.name} = {_toml(entry.example)}\n"
    return f"{mark}{entry.name} = {_toml(entry.default)}\n"


def _toml(value: Any) -> str:
    match value:
        case bool():
            return str(value).lower()
        case int():
            return _number(value)
        case float():
            return repr(value)
        case tuple() | list():
            return f"[{', '.join(map(_toml, value))}]"
        case dict():
            return "{ " + ", ".join(f"{name} = {_toml(each)}" for name, each in value.items()) + " }" if value else "{}"
    return msgspec.json.encode(value).decode()  # TOML's basic strings are JSON's


def _number(value: float) -> str:
    return f"{int(value):_}" if value >= 10_000 and value == int(value) else f"{value:g}"


def _shown(default: Any) -> str:
    if default is NODEFAULT:
        return "required"
    return "left out" if default is None else f"`{_toml(default)}`"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def _comment(text: str) -> str:
    return "".join(f"# {line}\n" for line in textwrap.wrap(text, WIDTH))


def _first_sentence(text: str) -> str:
    return re.split(r"(?<=\.)\s", " ".join(text.split()), maxsplit=1)[0]


if __name__ == "__main__":
    main(*sys.argv[1:])
