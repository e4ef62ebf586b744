"""How large the numbers of JSON documents are, path by path: what their default tolerance follows. Pure.

Paths are those of differences: indices and ids are folded to *. Only paths whose numbers all stay below one are kept,
since only there the default tolerance would be larger than a difference that matters. tree.py asks.
"""

import math
from collections.abc import Iterator, Sequence
from typing import Any

from comparators.compare.extent import Extent, octave
from comparators.compare.rows import as_rows
from comparators.compare.tolerance import pointer
from comparators.extract.output import Document, Raw, Value
from records.privacy.pointers import ANY

MAX_PATHS = 100  # the first ones by name
MAX_NUMBERS = 10_000  # that tell it, the first ones
MAX_DEPTH = 100

_Tokens = tuple[str, ...]


def extent(values: Sequence[Value]) -> Extent:
    """Of these documents, or rows of whatever form."""
    largest: dict[str, float] = {}
    paths: dict[_Tokens, str] = {}
    for place, (tokens, number) in enumerate(_numbers(values)):
        if place >= MAX_NUMBERS:
            break
        path = paths.get(tokens) or paths.setdefault(tokens, writable(pointer(tokens)))
        largest[path] = max(largest.get(path, 0.0), abs(number))
    small = [(path, octave(size)) for path, size in sorted(largest.items()) if size > 0 and octave(size) < 0]
    return Extent(small=tuple(small[:MAX_PATHS]))


def writable(path: str) -> str:
    """Without lone surrogates, which Python's JSON reader lets through and no encoding can write."""
    return path if path.isascii() else path.encode("utf-8", "replace").decode()


def _numbers(values: Sequence[Value]) -> Iterator[tuple[_Tokens, float]]:
    for value in values:
        if not isinstance(value, Raw):
            above = () if isinstance(value, Document) else (ANY,)
            for row in as_rows(value):
                yield from _below(row, above)


def _below(value: Any, above: _Tokens) -> Iterator[tuple[_Tokens, float]]:
    """Finite numbers, with the way to them."""
    waiting = [(value, above)]
    while waiting:
        each, tokens = waiting.pop()
        if type(each) is dict and len(tokens) < MAX_DEPTH:
            waiting.extend((inner, (*tokens, key)) for key, inner in each.items())
        elif type(each) is list and len(tokens) < MAX_DEPTH:
            waiting.extend((inner, (*tokens, ANY)) for inner in each)
        elif type(each) is int or (type(each) is float and math.isfinite(each)):
            yield tokens, float(min(max(each, -1), 1))  # of one and more it is enough that they are
