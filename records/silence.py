"""Since when a candidate does not answer, and why: each mirror worker's word of it, and what they say together. Pure.

Kept in the store beside the evidence, so that a report can say why exchanges wait, whoever asks and from where.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from functools import reduce

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from records import documents

MAX_WHY = 200  # characters


class Silence(Struct, frozen=True, kw_only=True):
    """Calls started one after another that nobody answered: connections refused, timeouts, 502, 503, 504."""

    since_ns: int  # Unix time: when the first of them was started
    last_ns: int  # and the last
    calls: int
    why: str  # of the last


class Word(Struct, frozen=True, kw_only=True):
    """What one worker says."""

    silence: Silence | None = None  # None: no row worth a word
    answered_ns: int = 0  # Unix time: when the last call that was answered was started; 0 for none


def encoded(word: Word) -> bytes:
    return msgspec.json.encode(word)


def together(words: Iterable[bytes]) -> Silence | None:
    """What all of them say: None where no row began after the last answered call of any, whoever made it."""
    read = []
    for document in words:
        with suppress(msgspec.MsgspecError):  # of another release, or damaged
            read.append(documents.read(document, Word))
    answered_ns = max((word.answered_ns for word in read), default=0)
    silences = [word.silence for word in read if word.silence is not None]
    return joined(each for each in silences if each.since_ns > answered_ns)


def joined(silences: Iterable[Silence]) -> Silence | None:
    """All their calls as one silence; None where there is none."""
    several = list(silences)
    return reduce(_both, several) if several else None


def _both(one: Silence, other: Silence) -> Silence:
    latest = max(one, other, key=lambda each: each.last_ns)
    return replace(latest, since_ns=min(one.since_ns, other.since_ns), calls=one.calls + other.calls)
