"""The address of a metric: route, candidate, kind of request, output, slice and name, and its one spelling in text.

    address = name [ "@" part *( "," part ) ]
    part    = ( "route" | "candidate" | "request" | "output" ) "=" text
            | "slice" "=" [ source ":" ] feature "=" test
    source  = "feature" | "header" | "pointer" | "hour"
    test    = "null" | number | "true" | "false" | text | [ number ] ".." [ number ]

    disagreement.rate
    disagreement.rate@candidate=new,request=POST+/v1/models/late:predict
    label.kappa@candidate=new,request=POST+/v1/chat/completions+model=Llama-3:8b,output=/label
    disagreement.rate@request=POST+/score,slice=carrier=AA,slice=delay=10..20

Letters, digits and - . _ ~ / : = @ stand as they are (in a feature : and = do not); a blank is +, every other character
is percent-encoded UTF-8. So an address is one word to a shell, and a URL's query value as any other: to be encoded once
more, which changes nothing unless it has a % or a +. Several slices stand for requests that satisfy all of them. A test
is null where the feature is missing, a..b from a on and below b; text that would read as something else, or as a number
whose + has become a blank, stands in quotes, as in JSON. A header has its name in small letters. What is left out is
found by resolving.py.
"""

import json
import math
import re
import sys
from collections.abc import Iterator
from typing import Any, NamedTuple, get_args
from urllib.parse import quote_plus, unquote_plus

from comparators.errors import MisspeltAddress
from comparators.settings import Source
from ground.near import did_you_mean

PARTS = ("route", "candidate", "request", "output", "slice")
SOURCES: tuple[str, ...] = get_args(Source)

_NAME = re.compile(r"[a-z0-9_]+(\.[a-z0-9_]+)*")
_BAD_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})")
_TEXT, _FEATURE = "/:=@", "/@"  # what stands as it is, beside letters, digits and - . _ ~
_NUMBER = r"-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?"
_RANGE = re.compile(rf"({_NUMBER})?\.\.({_NUMBER})?", re.ASCII)
_LOST_PLUS = re.compile(r"(?:^|(?<=[eE])|(?<=\.\.)) (?=\d)")  # a blank, where whoever wrote + meant a sign
_SCALAR = re.compile(rf'{_NUMBER}|true|false|null|".*"', re.ASCII | re.DOTALL)


class Requirement(NamedTuple):
    """One condition of a slice. `test` is a text that says what holds of the feature, made by one of these three."""

    source: str
    feature: str
    test: str

    @classmethod
    def missing(cls, source: str, feature: str) -> "Requirement":
        return cls(source, feature, "null")

    @classmethod
    def equals(cls, source: str, feature: str, value: str | float | bool) -> "Requirement":
        return cls(source, feature, _test(value))

    @classmethod
    def within(cls, source: str, feature: str, lo: float | None, hi: float | None) -> "Requirement":
        """[lo, hi); None is unbounded."""
        ends = ("" if each is None else _test(each) for each in (lo, hi))
        return cls(source, feature, "..".join(ends))


class MetricAddress(NamedTuple):
    """None for a part that is left out: in the address of a metric it means all requests, no output, no slice."""

    name: str
    route: str | None = None
    candidate: str | None = None
    request: str | None = None  # a kind of request, as the report's `plans` name it, with its method
    output: str | None = None  # its JSON pointer; "" is the whole answer
    slice: tuple[Requirement, ...] = ()

    def __str__(self) -> str:
        parts = ",".join(f"{name}={value}" for name, value in self._written())
        return f"{self.name}@{parts}" if parts else self.name

    def _written(self) -> Iterator[tuple[str, str]]:
        for name in PARTS[:-1]:
            value = getattr(self, name)
            if value is not None:
                yield name, spelled(value)
        for source, feature, test in self.slice:
            prefix = "" if source == "feature" else f"{_encoded(source, _FEATURE)}:"
            yield "slice", f"{prefix}{_encoded(feature, _FEATURE)}={spelled(test)}"


def parse(text: str) -> MetricAddress:
    """Raises MisspeltAddress. Parts may stand in any order, and characters that are to be encoded may stand as they are
    where nothing else is meant by them.
    """
    name, at, rest = text.partition("@")
    if not _NAME.fullmatch(name):
        raise MisspeltAddress(f"{text!r} is no address of a metric: a name stands first, such as disagreement.rate")
    parts: dict[str, Any] = {}
    requirements: list[Requirement] = []
    for part in rest.split(",") if at else ():
        key, equals, value = part.partition("=")
        if key not in PARTS or not equals:
            raise MisspeltAddress(_no_part(text, part, key))
        if key in parts:
            raise MisspeltAddress(f"{text!r} has two parts {key}; a comma within a text is %2C")
        if key == "slice":
            requirements.append(_requirement(value, text))
        else:
            parts[key] = _decoded(value, text)
    return MetricAddress(name, **parts, slice=tuple(requirements))


def _requirement(value: str, text: str) -> Requirement:
    dimension, equals, test = value.partition("=")
    if not equals:
        raise MisspeltAddress(f"{text!r}: slice={value} says nothing of the feature; right is slice={value}=VALUE")
    source, feature = _dimension(dimension, text)
    return Requirement(source, feature, _test_read(_decoded(test, text), text))


def _dimension(written: str, text: str) -> tuple[str, str]:
    source, colon, feature = written.partition(":")
    if not colon:
        return "feature", _decoded(written, text)
    source, feature = _decoded(source, text), _decoded(feature, text)
    if source not in SOURCES:
        known = ", ".join(SOURCES)
        raise MisspeltAddress(
            f"{text!r}: {source!r} is no source of a slice; there are {known}{did_you_mean(source, SOURCES)} "
            "(a colon in a feature's name is %3A)"
        )
    return source, feature.lower() if source == "header" else feature


def _test_read(test: str, text: str) -> str:
    try:
        meant = _meant(test)
    except OverflowError:
        raise MisspeltAddress(
            f"{text!r}: {test} is more than a number can be; as a text it is {spelled(json.dumps(test))}"
        ) from None
    if meant is None and _has_lost_a_plus(test):
        raise MisspeltAddress(
            f"{text!r}: + is a blank, so {test!r} is no number; right is {_LOST_PLUS.sub('', test)}, or as a text "
            f"{spelled(json.dumps(test))}"
        )
    return test if meant is None else meant


def _no_part(text: str, part: str, key: str) -> str:
    if key in PARTS:
        return f"{text!r}: {key} has no value; right is {key}=VALUE"
    return f"{text!r}: {part!r} is no part; there are {', '.join(PARTS)}{did_you_mean(key, PARTS)}"


def spelled(text: str) -> str:
    """A part's text as an address has it."""
    return _encoded(text, _TEXT)


def _encoded(text: str, safe: str) -> str:
    """Half of a surrogate pair, which traffic may hold, is encoded too."""
    return quote_plus(text, safe=safe, errors="surrogatepass")


def _decoded(written: str, text: str) -> str:
    if bad := _BAD_PERCENT.search(written):
        raise MisspeltAddress(
            f"{text!r}: in {written!r} the % at {bad.start()} has no two hexadecimal digits; %25 is %"
        )
    try:
        return unquote_plus(written, errors="surrogatepass")
    except UnicodeDecodeError:
        raise MisspeltAddress(f"{text!r}: {written!r} is not UTF-8 behind its percent signs") from None


# ---- tests: JSON, but that text stands without its quotes where nothing else reads so


def _test(value: str | float | bool) -> str:
    if isinstance(value, str):
        return value if _says_itself(value) else json.dumps(value, ensure_ascii=False)
    return json.dumps(value if isinstance(value, bool) else _number(value))


def _number(value: float) -> float:
    """Equal numbers are the same: whole ones integers within 64 bits, and beyond them doubles where these are exact."""
    if abs(value) < 2**63:
        return int(value) if value == int(value) else value
    return float(value) if abs(value) <= sys.float_info.max and float(value) == value else value


def _says_itself(text: str) -> bool:
    """Whether nothing else reads so."""
    try:
        return _meant(text) is None and not _has_lost_a_plus(text)
    except OverflowError:
        return False


def _has_lost_a_plus(test: str) -> bool:
    signed = _LOST_PLUS.sub("", test)
    return signed != test and not _says_itself(signed)


def _meant(test: str) -> str | None:
    """The one way to write what this test says; None where it is a text that says itself. Raises OverflowError."""
    try:
        if found := _RANGE.fullmatch(test):
            return "..".join("" if end is None else _test(_loaded(end)) for end in found.groups())
        value = _loaded(test) if _SCALAR.fullmatch(test) else test
    except ValueError:  # a quote within, a leading zero, more digits than Python reads
        return None
    if value is None:
        return "null"
    return None if value is test else _test(value)


def _loaded(scalar: str) -> Any:
    """Raises ValueError, and OverflowError for a number that a double cannot hold."""
    value = json.loads(scalar)
    if isinstance(value, int | float) and math.isinf(float(value)):
        raise OverflowError
    return value
