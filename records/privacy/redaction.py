"""Hiding what a person must not see: keyed pseudonyms, so that equal stays equal. Pure; the key is given in.

Whatever is shown or leaves (examples, reports, exports, logs) passes here first; with `redact_before_storage` the
live path passes each exchange here before it is encoded. What can't be read can't be searched for what is to be
hidden, so it is replaced as a whole. Choosing what is kept at all is kept_rules.py's.
"""

from __future__ import annotations

import hmac
import json
import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote_plus

from msgspec.structs import replace

from records.coding import Oversized, Undecodable, decoded, undone
from records.nouns import Answer, Body, Exchange, Headers, Observation, Pair
from records.privacy import percent_encoding
from records.privacy.pointers import PointerTree, pointer_tree
from records.settings import KeptSettings
from records.weight import is_too_heavy, parsed_bytes

MIN_KEY_BYTES = 16
PREFIX = "redacted-"

# Sixteen letters are 64 bits: no two values of one installation meet by chance. Letters alone, so that a pattern for
# digits (a card, a phone number) never finds one in a pseudonym.
_VERSIONS = ("version", "build", "declared_version", "declared_build")  # of an observation
_LETTERS = bytes.maketrans(b"0123456789abcdef", b"abcdefghijklmnop")
_PURPOSE = b"pseudonym\0"  # the key may have other uses: no pseudonym is ever one of their digests
_PSEUDONYM = re.compile(PREFIX + "[a-p]{16}")
_SEPARATORS = re.compile(r"([&;])")
_ESCAPE = re.compile(r"\\u([0-9A-Fa-f]{4})")
_WEIGHT = 5  # for each byte that a body may have: two texts of them weigh 4, the rest is for what they stand in


@dataclass(frozen=True, slots=True)
class Redaction:
    """The compiled rules and the installation's key. `before_storage`: what is stored has been through it already."""

    key: bytes
    pointers: PointerTree | None
    patterns: tuple[re.Pattern[str], ...]
    headers: frozenset[bytes]
    query: frozenset[str]
    before_storage: bool

    @classmethod
    def create(cls, settings: KeptSettings, key: bytes) -> Redaction:
        """Raises ValueError, naming the setting, for a pattern or pointer that can't be read."""
        if len(key) < MIN_KEY_BYTES:
            raise ValueError(f"the redaction key has {len(key)} bytes; it needs {MIN_KEY_BYTES} or more")
        return cls(
            key=key,
            pointers=_pointers(settings),
            patterns=tuple(_pattern(text) for text in settings.redact_patterns),
            headers=frozenset(name.lower().encode("latin-1", "replace") for name in settings.redact_headers),
            query=frozenset(settings.redact_query),
            before_storage=settings.redact_before_storage,
        )

    @property
    def hides_anything(self) -> bool:
        return bool(self.headers or self.query or self._searches_bodies)

    def exchange(self, exchange: Exchange) -> Exchange:
        if not self.hides_anything:
            return exchange
        asked = exchange.request
        headers, body = self._message(asked.headers, asked.body)
        request = replace(
            asked, method=self.text(asked.method), target=self.target(asked.target), headers=headers, body=body
        )
        return replace(exchange, request=request, production=self.observation(exchange.production))

    def is_quick(self, exchange: Exchange, max_bytes: int) -> bool:
        """Whether hiding what is in it takes a bounded time: no body has more than `max_bytes` once its codings are
        undone, and both together weigh little more than two texts of so many. Undoes no more than that.
        """
        if not self._searches_bodies:
            return True
        asked, outcome = exchange.request, exchange.production.outcome
        bodies = [(asked.headers, asked.body)]
        bodies += [(outcome.headers, outcome.body)] if isinstance(outcome, Answer) else []
        try:
            weight = sum(_weight(headers, body, max_bytes) for headers, body in bodies)
        except Oversized:
            return False
        return weight <= _WEIGHT * max_bytes

    def pair(self, pair: Pair) -> Pair:
        if not self.hides_anything:
            return pair
        return replace(
            pair,
            exchange=self.exchange(pair.exchange),
            observation=self.observation(pair.observation),
            noise=None if pair.noise is None else self.observation(pair.noise),
        )

    def observation(self, observation: Observation) -> Observation:
        if not self.hides_anything:
            return observation
        outcome = observation.outcome
        names = {name: getattr(observation, name) for name in _VERSIONS}
        shown = {name: self.text(told) for name, told in names.items()}
        if not isinstance(outcome, Answer):  # a failure holds our words alone
            return observation if shown == names else replace(observation, **shown)
        headers, body = self._message(outcome.headers, outcome.body)
        return replace(observation, outcome=replace(outcome, headers=headers, body=body), **shown)

    def target(self, target: str) -> str:
        """Parameters by name, then patterns."""
        path, mark, query = target.partition("?")
        if self.query and query:
            target = path + mark + "".join(self._parameter(piece) for piece in _SEPARATORS.split(query))
        return self.text(target)

    def text(self, text: str) -> str:
        """`text` with every match of a pattern replaced, behind percent-encoding too."""
        if self.patterns and ("%" in text or "+" in text):  # few texts have either, and others are searched once
            readable = percent_encoding.replaced(text, self.patterns, lambda found, _: self.pseudonym(found))
            if readable is None:
                return self.pseudonym(text)
            text = readable
        for pattern in self.patterns:
            text = pattern.sub(self._match, text)
        return text

    def document(self, value: Any) -> Any:
        """A JSON document: what the pointers reach and what the patterns match, in keys, texts and numbers."""
        if self.pointers is not None:
            value = self.pointers.replaced(value, self.pseudonym)
        return _each_leaf(value, self._leaf) if self.patterns else value

    def member(self, name: str, value: str) -> str:
        """A text that stood in a body under this name, where it is to be shown by itself; patterns are `text`'s."""
        if self.pointers is not None:
            hidden = self.pointers.replaced({name: value}, self.pseudonym)
            return hidden[name] if isinstance(hidden, dict) else self.pseudonym(value)
        return value

    def pseudonym(self, value: Any) -> str:
        """Equal JSON values have equal pseudonyms; a pseudonym stays itself."""
        if isinstance(value, str):
            if _PSEUDONYM.fullmatch(value):
                return value
            return self._keyed(b"s" + value.encode("utf-8", "surrogatepass"))
        return self._keyed(b"j" + _canonical(value))

    def told_apart(self, name: str) -> str:
        """A name as it is stored, with another pseudonym for each that a client wrote into it: it saw one in a report,
        and must not pass for what is hidden behind that. What percent-encoding keeps from sight is hidden here, so
        that one value written in two ways is not one name. With `before_storage` both were one from the start.
        """
        if self.before_storage or not self.hides_anything:
            return name
        if PREFIX in name:
            name = _PSEUDONYM.sub(lambda written: self._keyed(b"p" + written.group().encode()), name)
        if self.patterns and ("%" in name or "+" in name):
            return percent_encoding.replaced(name, self.patterns, self._as_written) or name
        return name

    @property
    def _searches_bodies(self) -> bool:
        return self.pointers is not None or bool(self.patterns)

    def _message(self, headers: Headers, body: Body) -> tuple[Headers, Body]:
        hidden = self._body(headers, body)
        if hidden is not body:  # what stands there now is plain text
            headers = tuple(field for field in headers if field[0] != b"content-encoding")
        return tuple((name, self._header(name, value)) for name, value in headers), hidden

    def _header(self, name: bytes, value: bytes) -> bytes:
        coding = _coding(value)
        text = value.decode(coding)
        hidden = self.pseudonym(text) if name in self.headers else self.text(text)
        return hidden.encode(coding)

    def _body(self, headers: Headers, body: Body) -> Body:
        if not body.data or not self._searches_bodies:
            return body
        text = None if body.cut else _text(decoded(body.data, headers))
        hidden = None if text is None else self._searched(text)
        if hidden == text and text is not None:
            return body
        # Half of a surrogate pair is legal in JSON as an escape alone, which is what backslashreplace writes.
        data = (hidden or self._keyed(b"b" + body.data)).encode("utf-8", "backslashreplace")
        return Body(data, body.size if body.cut else len(data), body.cut)

    def _searched(self, text: str) -> str | None:
        """`text` with nothing in it that is to be hidden; None where that can't be known."""
        try:
            document = json.loads(text, object_pairs_hook=_no_name_twice)
        except json.JSONDecodeError:
            return self._searched_prose(text) if self.pointers is None else None
        except (ValueError, RecursionError):
            return None
        try:
            hidden = self.document(document)
            if hidden != document:
                text = json.dumps(hidden, ensure_ascii=False, separators=(",", ":"))
        except RecursionError:
            return None
        return self.text(text)  # once more over the whole, for a pattern that spans a name and its value

    def _searched_prose(self, text: str) -> str | None:
        """Text that is not JSON, hidden: a match that only an escape keeps from sight hides the whole."""
        hidden = self.text(text)
        reading = _ESCAPE.sub(_character, hidden)
        return hidden if self.text(reading) == reading else None

    def _leaf(self, value: Any) -> Any:
        if isinstance(value, str):
            return self.text(value)
        if value is None or isinstance(value, bool):
            return value
        written = repr(value) if isinstance(value, int) or math.isfinite(value) else json.dumps(value)
        return value if self.text(written) == written else self.pseudonym(value)

    def _parameter(self, piece: str) -> str:
        name, equals, value = piece.partition("=")
        if not equals or unquote_plus(name) not in self.query:
            return piece
        return f"{name}={self.pseudonym(unquote_plus(value))}"

    def _match(self, match: re.Match[str]) -> str:
        found = match.group()
        return self.pseudonym(found) if found else found

    def _as_written(self, found: str, written: str) -> str:
        """The pseudonym of what was found, which is the same wherever it stands, and a mark of how it was written."""
        if found == written:
            return self.pseudonym(found)
        mark = self._keyed(b"w" + written.encode("utf-8", "surrogatepass")).removeprefix(PREFIX)
        return f"{self.pseudonym(found)}-{mark}"

    def _keyed(self, message: bytes) -> str:
        digest = hmac.digest(self.key, _PURPOSE + message, "sha256").hex()[:16].encode().translate(_LETTERS)
        return PREFIX + digest.decode()


def before_storage(settings: KeptSettings, key: bytes) -> Redaction | None:
    """What whoever writes records applies to them first; None where the settings let them be stored as they are."""
    return Redaction.create(settings, key) if settings.redact_before_storage else None


def _weight(headers: Headers, body: Body, max_bytes: int) -> int:
    """Of what would be searched: what was cut, or can't be read, is replaced unread. Raises Oversized."""
    try:
        return 0 if body.cut else parsed_bytes(undone(body.data, headers, max_bytes))
    except Oversized:
        raise
    except Undecodable:
        return 0


def _coding(value: bytes) -> str:
    """Of a header: what is UTF-8 is hardly ever meant as Latin-1, which anything is."""
    try:
        value.decode()
    except UnicodeDecodeError:
        return "latin-1"
    return "utf-8"


def _each_leaf(value: Any, leaf: Callable[[Any], Any]) -> Any:
    if isinstance(value, dict):
        return {leaf(key): _each_leaf(item, leaf) for key, item in value.items()}
    if isinstance(value, list):
        return [_each_leaf(item, leaf) for item in value]
    return leaf(value)


def _canonical(value: Any) -> bytes:
    return json.dumps(_whole_numbers(value), sort_keys=True, separators=(",", ":")).encode()


def _whole_numbers(value: Any) -> Any:
    """1.0 as 1, at any depth: one value, however an endpoint writes it."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, dict):
        return {key: _whole_numbers(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_whole_numbers(item) for item in value]
    return value


def _text(data: bytes | None) -> str | None:
    """None for what has no one reading as text: UTF-16 holds NULs, and a pattern would look past them. Likewise for
    what would fill the memory when it is parsed.
    """
    if data is None or b"\0" in data or is_too_heavy(data):
        return None
    try:
        return data.decode()
    except UnicodeDecodeError:
        return None


def _no_name_twice(members: list[tuple[str, Any]]) -> dict[str, Any]:
    """Parsers differ in which of two equal names they take: what one hides another would show."""
    document = dict(members)
    if len(document) != len(members):
        raise ValueError("a name stands twice in one object")
    return document


def _character(escape: re.Match[str]) -> str:
    return chr(int(escape.group(1), 16))


def _pointers(settings: KeptSettings) -> PointerTree | None:
    try:
        return pointer_tree(settings.redact_pointers)
    except ValueError as error:
        raise ValueError(f"kept.redact_pointers: {error}") from error


def _pattern(text: str) -> re.Pattern[str]:
    try:
        return re.compile(text)
    except re.error as error:
        raise ValueError(f"kept.redact_patterns: {text!r} is no regular expression: {error}") from error
