"""The names of labels, by which label.py tells and counts them.

A label's name is its JSON: 1, true and "1" are three labels; 1.0 is 1. Text stands without its quotes where nothing
else reads so: cat, but "1", "true" and ""; in another normal form of Unicode than NFC it is written in ASCII, since it
looks like another label. Names longer than MAX_NAME are shown by their beginning and a digest.
Nothing else is taken from a name: who hides what a pattern finds can ask it of what the name says (`said_by`).
"""

import hashlib
import json
import re
import unicodedata
from functools import lru_cache
from typing import Any

import numpy as np

from comparators.extract.output import Column, Tensor, Value, rows_of

MAX_NAME = 40  # characters
MISSING = "null"

_DIGEST_BYTES = 8  # of a name that is too long: its beginning, an ellipsis and 16 hexadecimal digits
_ELLIPSIS = "…"
_WHOLE_BITS = 128  # a whole number beyond it is written in hexadecimal: decimal digits cost their square
_CACHED = 64  # characters of a text whose name is remembered
_READS_OTHERWISE = frozenset({MISSING, "true", "false", ""})
_STARTS_OTHERWISE = ('"', "0x", "-0x")
_HEX = re.compile("-?0x[0-9a-f]+")


def name_of(label: Any) -> str | None:
    """The label's name, whole. None where it is no label: a fraction, infinity, a list, bytes that are no UTF-8."""
    kind = type(label)
    if kind is str:
        return _text_name(label) if len(label) > _CACHED else _short_text_name(label)
    if kind is int:
        return str(label) if label.bit_length() <= _WHOLE_BITS else f"{label:#x}"
    if kind is float:
        return MISSING if label != label else name_of(int(label)) if label.is_integer() else None
    if kind is bool:
        return "true" if label else "false"
    return MISSING if label is None else _name_of_bytes(label) if kind is bytes else None


def names_of(value: Value) -> list[str] | None:
    """One a row; None where something among them is no label, or a row has several."""
    if not isinstance(value, Tensor | Column):
        return None
    labels: Any = value.values
    if isinstance(value, Tensor):
        if len(labels) and len(labels) != rows_of(value):
            return None
        labels = labels.tolist() if isinstance(labels, np.ndarray) else labels
    names = [name_of(label) for label in labels]
    known = [name for name in names if name is not None]
    return known if len(known) == len(names) else None


def line_of(text: str) -> str:
    """The name of a text among texts alone: in quotes, and in ASCII, where it is not printed as it is."""
    is_itself = _is_shown_as_it_is(text) and not text.startswith('"') and _ELLIPSIS not in text
    return text if is_itself else json.dumps(text)


def is_number(name: str) -> bool:
    """Whether it is that of a whole number: text that reads so has quotes."""
    return name.removeprefix("-").isdigit() or _HEX.fullmatch(name) is not None


def said_by(name: str) -> str:
    """The text, or the digits of the number, that stands behind a whole name."""
    try:
        return str(json.loads(name)) if name.startswith('"') else str(int(name, 16)) if _HEX.fullmatch(name) else name
    except ValueError:
        return name


def shortened(name: str, most: int = MAX_NAME) -> str:
    """At most so many characters. No whole name has an ellipsis in it, so a shortened one is never a whole one."""
    if len(name) <= most:
        return name
    digest = hashlib.blake2b(name.encode("utf-8", "surrogatepass"), digest_size=_DIGEST_BYTES).hexdigest()
    return f"{name[: most - len(digest) - 1]}{_ELLIPSIS}{digest}"


def is_shortened(name: str) -> bool:
    return _ELLIPSIS in name


def _text_name(text: str) -> str:
    """In quotes, and in ASCII, where it could be read as another label, be cut at a tab, or not be printed as it is."""
    reads_otherwise = (
        text in _READS_OTHERWISE
        or text.startswith(_STARTS_OTHERWISE)
        or text.removeprefix("-").isdigit()
        or text[0].isspace()
        or text[-1].isspace()
        or _ELLIPSIS in text
        or not _is_shown_as_it_is(text)
    )
    return json.dumps(text) if reads_otherwise else text


def _is_shown_as_it_is(text: str) -> bool:
    """Whether what a reader sees is this text and no other: é may be one character or two, which look alike."""
    return text.isprintable() and unicodedata.is_normalized("NFC", text)


_short_text_name = lru_cache(maxsize=4096)(_text_name)


def _name_of_bytes(label: bytes) -> str | None:
    """The same as that of the text: a binary answer and a JSON one say the same label."""
    try:
        return _text_name(label.decode())
    except UnicodeDecodeError:
        return None
