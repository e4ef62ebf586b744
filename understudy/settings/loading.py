"""From TOML, the environment and flags to settings: three layers, the later wins, and one error in words.

Pure but for reading the one file: the environment and the flags are passed in. An error carries the setting's path,
the value (never a secret) and what would be right; cli.py prints it and ends with 2.
"""

import math
import re
import tomllib
import types
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Union, get_args, get_origin

import msgspec

from ground.near import did_you_mean
from understudy.settings.model import Settings
from understudy.settings.urls import HIDDEN, shown_url

Document = dict[str, Any]

PREFIX = "UNDERSTUDY_"
CONFIG = "UNDERSTUDY_CONFIG"  # names the file, so it is no setting itself

# Kubernetes sets these in every pod beside a service called "understudy"; nobody meant them as settings.
SERVICE_LINK = re.compile(r"UNDERSTUDY_(.*_)?(SERVICE_(HOST|PORT(_.+)?)|PORT(_\d+_(TCP|UDP|SCTP)(_.+)?)?)$")

SECRET = re.compile(r"^(secret|credentials|redis)($|[.\[])|\.headers($|[.\[])")
EXPECTED = re.compile(
    r"Expected `(?P<kinds>[a-z |]+)`(?: (?P<length>of length )?(?P<sign>[<>]=?) (?P<limit>[-+.e0-9]+))?"
    r"(?:, got `(?P<got>[a-z]+)`)?"
)
KINDS = {
    "int": "a whole number",
    "float": "a number",
    "str": "text",
    "bool": "true or false",
    "array": "a list",
    "object": "a table",
    "null": "nothing",
}
LIMITS = {">=": "at least", "<=": "at most", ">": "more than", "<": "less than"}
PLACE = re.compile(r"^(?P<what>.*?)(?: - at `\$(?P<path>.*)`)?$", re.DOTALL)


class SettingsError(Exception):
    """A setting that can't be used: its path, the value as it may be shown, and what would be right."""

    def __init__(self, path: str, right: str, value: Any = None) -> None:
        self.path, self.right, self.value = path.lstrip("."), right, value
        shown = "" if value is None else f" = {shown_value(path, value)}"
        super().__init__(f"{self.path}{shown}: {right}")


def load(file: Path | None, environment: Mapping[str, str], flags: Document) -> Settings:
    """The settings of one start. `flags` is a document of the same shape, of what was given on the command line."""
    document = read_toml(file) if file is not None else {}
    for layer in (from_environment(environment), flags):
        document = overlaid(document, layer)
    return convert(document)


def read_toml(file: Path) -> Document:
    try:
        return tomllib.loads(file.read_text("utf-8"))
    except OSError as error:
        raise SettingsError("--config", f"can't be read: {error.strerror}", str(file)) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError("--config", f"is not TOML: {error}", str(file)) from None
    except RecursionError:
        raise SettingsError("--config", "is TOML that is nested too deeply to be read", str(file)) from None


def overlaid(below: Document, above: Document) -> Document:
    """`above` over `below`: tables are merged, everything else is replaced."""
    merged = dict(below)
    for key, value in above.items():
        old = merged.get(key)
        merged[key] = overlaid(old, value) if isinstance(old, dict) and isinstance(value, dict) else value
    return merged


def from_environment(environment: Mapping[str, str]) -> Document:
    """UNDERSTUDY_RECORDING__MAX_BYTES=1 as {"recording": {"max_bytes": 1}}; lists and tables are written as JSON."""
    document: Document = {}
    for variable in sorted(environment):
        if not variable.startswith(PREFIX) or variable == CONFIG or SERVICE_LINK.match(variable):
            continue
        names = variable.removeprefix(PREFIX).lower().split("__")
        kind = _type_at(names, variable)
        leaf = _from_text(environment[variable], kind, ".".join(names), variable)
        for name in reversed(names):
            leaf = {name: leaf}
        document = overlaid(document, leaf)
    return document


def convert(document: Document) -> Settings:
    check_finite(document)
    try:
        return msgspec.convert(document, Settings)
    except msgspec.ValidationError as error:
        raise explained(str(error), document, Settings) from None


def check_finite(value: Any, path: str = "") -> None:
    """TOML knows inf and nan; no limit or time is one, and the overlay, which is JSON, could not hold it."""
    if isinstance(value, float) and not math.isfinite(value):
        raise SettingsError(
            path, "expected a finite number; for no limit, leave the setting out where it may be", value
        )
    if isinstance(value, dict):
        for name, inner in value.items():
            check_finite(inner, f"{path}.{name}")
    elif isinstance(value, (list, tuple)):
        for position, inner in enumerate(value):
            check_finite(inner, f"{path}[{position}]")


def explained(message: str, document: Any, kind: Any) -> SettingsError:
    """msgspec's message in our words: the path as TOML writes it, the value, and what would be right."""
    found = PLACE.match(message)
    assert found is not None  # noqa: S101 - the pattern matches any text
    what, steps = found["what"], _steps(found["path"] or "")
    path, value, at = _walked(document, kind, steps)
    if unknown := re.match(r"Object contains unknown field `(.*)`", what):
        name = unknown[1]
        return SettingsError(f"{path}.{name}".lstrip("."), _no_such_setting(name, _field_names(at)))
    if missing := re.match(r"Object missing required field `(.*)`", what):
        return SettingsError(f"{path}.{missing[1]}".lstrip("."), "is required")
    if what.startswith("Invalid enum value"):
        return SettingsError(path, "expected one of " + ", ".join(map(str, _choices(at))), value)
    if "matching regex" in what:
        return SettingsError(path, f"expected {_pattern_in_words(at)}", value)
    return SettingsError(path or "the file", in_words(what), value)


def in_words(what: str) -> str:
    """msgspec's "Expected `float` <= 1.0" as "expected a number, at most 1"; what it says else stays."""
    found = EXPECTED.fullmatch(what)
    if found is None:
        return what[:1].lower() + what[1:].replace("`", "")
    kinds = found["kinds"].split(" | ")
    right = " or ".join(KINDS.get(kind, kind) for kind in kinds if kind != "null")
    left_out = ", or left out" if "null" in kinds else ""
    limit = f", {LIMITS[found['sign']]} {float(found['limit']):,.12g}" if found["sign"] else ""
    if found["length"]:
        limit = ", not empty" if float(found["limit"]) == 1 else f"{limit} long"
    got = f", not {KINDS.get(found['got'], found['got'])}" if found["got"] else ""
    return f"expected {right}{left_out}{limit}{got}"


def shown_value(path: str, value: Any) -> str:
    """A value as an error may quote it: what may hold a secret only as far as it certainly holds none."""
    if isinstance(value, str):
        return _shown_text(path, value)
    if SECRET.search(path):
        return HIDDEN
    if isinstance(value, (dict, list)):
        return "a table" if isinstance(value, dict) else "a list"
    return str(value).lower() if isinstance(value, bool) else str(value)


def _shown_text(path: str, value: str) -> str:
    url = "://" in value
    if SECRET.search(path) and not value.startswith("env:") and not (url and path.startswith("redis")):
        return HIDDEN
    if not url and "@" in value and not value.startswith("unix:"):
        return HIDDEN  # a URL without its scheme, perhaps
    shown = shown_url(value) if url else value
    return shown if shown == HIDDEN else f'"{shown}"'


def _steps(path: str) -> list[str | int | None]:
    """`.routes[0].headers[...]` as ["routes", 0, "headers", None]; None stands for "some key"."""
    steps: list[str | int | None] = []
    for name, index in re.findall(r"\.([A-Za-z0-9_]+)|\[(\d+|\.\.\.)\]", path):
        steps.append(name or (None if index == "..." else int(index)))
    return steps


def _walked(document: Any, kind: Any, steps: list[str | int | None]) -> tuple[str, Any, Any]:
    """The path in words, the value there, and the type expected there."""
    path = ""
    for step in steps:
        if step is None:
            path, document, kind = f"{path}.*", None, next(iter(_arguments(kind)[-1:]), Any)
        elif isinstance(step, int):
            path, document, kind = f"{path}[{step}]", document[step] if document else None, _arguments(kind)[0]
        else:
            path = f"{path}.{step}".lstrip(".")
            document = document.get(step) if isinstance(document, dict) else None
            kind = _fields(kind).get(step, Any)
    return path, document, kind


def _type_at(names: list[str], variable: str) -> Any:
    kind: Any = Settings
    for depth, name in enumerate(names):
        fields = _fields(kind)
        if name not in fields:
            raise SettingsError(variable, f"{'.'.join(names[: depth + 1])}: {_no_such_setting(name, fields)}")
        kind = fields[name]
    return kind


def _from_text(text: str, kind: Any, path: str, variable: str) -> Any:
    plain = [alternative for alternative in _alternatives(kind) if alternative in (str, int, float, bool)]
    try:
        if not plain:
            return msgspec.json.decode(text)
        return text if str in plain else msgspec.convert(text, plain[0], strict=False)
    except msgspec.MsgspecError:
        right = "expected JSON" if not plain else f"expected {KINDS[plain[0].__name__]}"
        raise SettingsError(variable, f"{path}: {right}", None if SECRET.search(path) else text) from None


def _alternatives(kind: Any) -> Iterator[Any]:
    """The types a setting may have: an annotation without its Annotated and union wrappings."""
    if get_origin(kind) is Annotated:
        yield from _alternatives(get_args(kind)[0])
    elif get_origin(kind) in (Union, types.UnionType):
        for alternative in get_args(kind):
            yield from _alternatives(alternative)
    else:
        yield kind


def _fields(kind: Any) -> dict[str, Any]:
    for alternative in _alternatives(kind):
        if isinstance(alternative, type) and issubclass(alternative, msgspec.Struct):
            return {field.encode_name: field.type for field in msgspec.structs.fields(alternative)}
    return {}


def _arguments(kind: Any) -> tuple[Any, ...]:
    for alternative in _alternatives(kind):
        if arguments := get_args(alternative):
            return tuple(argument for argument in arguments if argument is not ...)
    return (Any,)


def _field_names(kind: Any) -> tuple[str, ...]:
    return tuple(_fields(kind))


def _choices(kind: Any) -> tuple[Any, ...]:
    return _arguments(kind)


def _pattern_in_words(kind: Any) -> str:
    """What a text must look like, as the setting's own type says beside the pattern."""
    if get_origin(kind) is Annotated:
        metas = (each for each in get_args(kind)[1:] if isinstance(each, msgspec.Meta) and each.pattern is not None)
        return next((str((meta.extra or {})["right"]) for meta in metas), "") or _pattern_in_words(get_args(kind)[0])
    return next(filter(None, map(_pattern_in_words, get_args(kind))), "")


def _no_such_setting(name: str, known: Collection[str]) -> str:
    near = did_you_mean(name, known) or (f"; there are {', '.join(sorted(known))}" if known else "")
    return f"no such setting{near}"
