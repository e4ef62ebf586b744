"""What percent-encoding keeps from sight: the readings of a text, and replacing what was written where it is found.

Whoever decodes a text may do so several times, and may take + for a blank, as forms do. Each of these readings is
searched, the most decoded first, so that one value is found whole however it was written. What is replaced is the part
that was written for it: the rest stays as it was. redaction.py calls this. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

MAX_LAYERS = 4  # how often a text is decoded; twice is what proxies and clients do between them

Patterns = Sequence[re.Pattern[str]]
Replacement = Callable[[str, str], str]  # of what was found, and of what was written for it

# One character of UTF-8 (RFC 3629 §4). An octet that begins none stays as it was written.
_NEXT = r"%[89ab][0-9a-f]"
_CHARACTER = re.compile(
    rf"%[0-7][0-9a-f]|%[cd][0-9a-f]{_NEXT}|%e[0-9a-f](?:{_NEXT}){{2}}|%f[0-7](?:{_NEXT}){{3}}", re.IGNORECASE
)


class _TextReading(NamedTuple):
    """What a text says, and what was written for each of its characters."""

    plain: str
    written: list[str]


class _Edit(NamedTuple):
    """`plain` instead of what stands from `start` to `end`; `written` has one piece for each of its characters."""

    start: int
    end: int
    plain: str
    written: list[str]


def replaced(text: str, patterns: Patterns, replacement: Replacement) -> str | None:
    """`text` without what the patterns match in any of its decoded readings; matches in the text as it is stay.
    None: it is encoded so often that nobody knows what it says.
    """
    for blanks in (False, True):
        layers = _layers(text, blanks)
        if len(layers) > MAX_LAYERS + 1:
            return None
        for depth in range(len(layers) - 1, 0, -1):
            if any(pattern.search(layers[depth]) for pattern in patterns):
                text = _replaced_at(depth, text, blanks, patterns, replacement)
        if "+" not in layers[-1]:
            break
    return text


def _layers(text: str, blanks: bool) -> list[str]:
    """The text, decoded once, twice and so on, until nothing is left to decode or they are too many."""
    layers = [text]
    while len(layers) <= MAX_LAYERS + 1:
        decoded = _CHARACTER.sub(_decoded, _with_blanks(layers[-1], blanks))
        if decoded == layers[-1]:
            break
        layers.append(decoded)
    return layers


def _replaced_at(depth: int, text: str, blanks: bool, patterns: Patterns, replacement: Replacement) -> str:
    """Dearer than a search: only where one has found something."""
    reading = _TextReading(text, list(text))
    for _ in range(depth):
        plain = _with_blanks(reading.plain, blanks)  # a blank for a +: each stays in its place
        edits = (_decoding(match, reading.written) for match in _CHARACTER.finditer(plain))
        reading = _edited(_TextReading(plain, reading.written), edits)
    for pattern in patterns:
        matches = (match for match in pattern.finditer(reading.plain) if match.group())
        reading = _edited(reading, (_replacing(match, reading.written, replacement) for match in matches))
    return "".join(reading.written)


def _with_blanks(text: str, blanks: bool) -> str:
    return text.replace("+", " ") if blanks else text


def _decoding(match: re.Match[str], written: list[str]) -> _Edit:
    start, end = match.span()
    return _Edit(start, end, _decoded(match), ["".join(written[start:end])])


def _replacing(match: re.Match[str], written: list[str], replacement: Replacement) -> _Edit:
    start, end = match.span()
    instead = replacement(match.group(), "".join(written[start:end]))
    return _Edit(start, end, instead, list(instead))


def _edited(reading: _TextReading, edits: Iterable[_Edit]) -> _TextReading:
    """`edits` in order, none over another."""
    plain: list[str] = []
    written: list[str] = []
    end = 0
    for edit in edits:
        plain += (reading.plain[end : edit.start], edit.plain)
        written += reading.written[end : edit.start]
        written += edit.written
        end = edit.end
    plain.append(reading.plain[end:])
    written += reading.written[end:]
    return _TextReading("".join(plain), written)


def _decoded(match: re.Match[str]) -> str:
    octets = bytes.fromhex(match.group().replace("%", ""))
    return octets.decode("utf-8", "replace")[0]  # overlong, or half of a surrogate pair: no character, in one place
