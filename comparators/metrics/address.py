"""The address of a metric: route, candidate, kind of request, output, slice and name, and its one spelling in text.

    address = name [ "@" part *( "," part ) ]
    part    = ( "route" | "candidate" | "request" | "output" ) "=" text
            | "slice" "=" [ source ":" ] feature "=" test
    test    = "null" | number | "true" | "false" | text | [ number ] ".." [ number ]

    disagreement.rate
    disagreement.rate@candidate=new,request=POST+/v1/models/late:predict
    label.kappa@candidate=new,request=POST+/v1/chat/completions+model=Llama-3:8b,output=/label
    disagreement.rate@request=POST+/score,slice=carrier=AA,slice=delay=10..20

Letters, digits and - . _ ~ / : = @ stand as they are (in a feature : and = do not); a blank is +, every other character
is percent-encoded UTF-8. So an address is one word to a shell, and a URL's query value as any other: to be encoded once
more, which changes nothing unless it has a % or a +. Several slices stand for requests that satisfy all of them. A test
is null where the feature is missing, a..b from a on and below b; text that would read as something else stands in
quotes, as in JSON. What is left out is found by resolving.py.
"""

import json
import re
from collections.abc import Iterator
from typing import Any, NamedTuple
from urllib.parse import quote_plus, unquote_plus

from comparators.errors import MisspeltAddress
from ground.near import did_you_mean

PARTS = ("route", "candidate", "request", "output", "slice")

_NAME = re.compile(r"[a-z0-9_]+(\.[a-z0-9_]+)*")
_BAD_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})")
_TEXT, _FEATURE = "/:=@", "/@"  # what stands as it is, beside letters, digits and - . _ ~
_NUMBER = r"-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?"
_RANGE = re.compile(rf"({_NUMBER})?\.\.({_NUMBER})?", re.ASCII)
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
    source, colon, feature = dimension.partition(":")
    if not colon:
        source, feature = "feature", dimension
    read = _decoded(test, text)
    meant = _meant(read)
    return Requirement(_decoded(source, text), _decoded(feature, text), read if meant is None else meant)


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
        return value if _meant(value) is None else json.dumps(value, ensure_ascii=False)
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**63:
        value = int(value)
    return json.dumps(value)


def _meant(test: str) -> str | None:
    """The one way to write what this test says; None where it is a text that says itself."""
    try:
        if found := _RANGE.fullmatch(test):
            return "..".join("" if end is None else _test(json.loads(end)) for end in found.groups())
        value = json.loads(test) if _SCALAR.fullmatch(test) else test
    except ValueError:  # a quote within, a leading zero, more digits than Python reads
        return None
    if value is None:
        return "null"
    return None if value is test else _test(value)
