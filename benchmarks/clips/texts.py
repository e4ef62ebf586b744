"""Numbers that no model says: lengths of the texts in Python's own library, and how long it takes to pack them."""

import ast
import sysconfig
import time
import zlib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import numpy as np

from benchmarks.clips.outputs import Numbers, Outputs, pair

WORDS = 60
_DOCUMENTED = ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef


@cache
def docstrings() -> list[str]:
    found = []
    for path in sorted(Path(sysconfig.get_path("stdlib")).glob("*.py")):
        nodes = ast.walk(ast.parse(path.read_bytes()))
        found += [text for node in nodes if isinstance(node, _DOCUMENTED) and (text := ast.get_docstring(node))]
    return found


def lengths() -> Iterator[Outputs]:
    """In characters: a text, and what a model would leave of it."""
    whole = _lengths(docstrings())
    yield pair("text lengths: 60 words at most", whole, _lengths([" ".join(t.split()[:WORDS]) for t in docstrings()]))
    yield pair("text lengths: the first paragraph", whole, _lengths([t.partition("\n\n")[0] for t in docstrings()]))
    yield pair("text lengths: blanks put together", whole, _lengths([" ".join(t.split()) for t in docstrings()]))


def times() -> Iterator[Outputs]:
    """In microseconds: of the same work twice, and of more of it."""
    texts = [text.encode() for text in docstrings()]
    production, again, better = (np.array([_packed_us(text, level) for text in texts]) for level in (6, 6, 9))
    yield pair("times: the same work", production, again)
    yield pair("times: more work", production, better)


def all_of_them() -> Iterator[Outputs]:
    yield from lengths()
    yield from times()


def _lengths(texts: list[str]) -> Numbers:
    return np.array([len(text) for text in texts], dtype=np.float64)


def _packed_us(text: bytes, level: int) -> float:
    began = time.perf_counter_ns()
    zlib.compress(text, level)
    return (time.perf_counter_ns() - began) / 1_000
