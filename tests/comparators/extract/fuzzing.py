"""Hostile bodies for extractors: whatever bytes come, a reading that holds together, or Unreadable, and nothing else.
Likewise for what requests ask (`never_breaks_asking`): features within their bounds.

A test gives `never_breaks` an extractor and answers that it reads. Tried are fixed hostile bodies, any bytes, these
answers with some bytes changed, any JSON in their vocabulary, and these answers with one part replaced. The seeds are
fixed. `holds_for_long`, in one test a file, decorated with `long`, goes on for UNDERSTUDY_FUZZ_S seconds.
"""

import json
import math
import os
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from typing import Any

import pytest
from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st

from comparators.errors import Unreadable
from comparators.extract.columns import MAX_CELLS, MAX_FEATURES, MAX_NAME_CHARS, MAX_TEXT_CHARS, Columns
from comparators.extract.output import Column, Document, Raw, Reading, Tensor, Text, Texts, Value, rows_of
from comparators.extract.request_body import RequestBody
from records.nouns import Headers

Read = Callable[[bytes], Reading]
Ask = Callable[[RequestBody], Columns]

EXAMPLES = 300  # of each way to make a body
FUZZ_S = float(os.environ.get("UNDERSTUDY_FUZZ_S", "0"))
MAX_HEADS = 5_000  # however hostile: no answer becomes outputs without end
MAX_MESSAGE = 500  # a reason quotes little of what came

HOSTILE = (
    b"",
    b" ",
    b"\x00",
    b"\xff\xfe{\x00}\x00",
    b"\xef\xbb\xbf{}",
    b"null",
    b"NaN",
    b"-Infinity",
    b"true",
    b'""',
    b"[]",
    b"{}",
    b"[[],[]]",
    b"[{},{}]",
    b'{"":{"":{"":0}}}',
    b'{"a":1,"a":2}',
    b'["\\ud800",{"\\ud800":NaN}]',
    b"1e999",
    b"9" * 400,
    b"9" * 5_000,
    b"[NaN," + b"9" * 400 + b"]",
    b"[NaN," + b"9" * 5_000 + b"]",
    b"[" * 100_000,
    b"[NaN" + b"[" * 100_000,
    b"[" * 1_000 + b"]" * 1_000,
    b"[" * 500 + b"NaN" + b"]" * 500,
    b'{"a":' * 1_000 + b"0" + b"}" * 1_000,
    b'[{"a":' * 400 + b"0" + b"}]" * 400,
    b"[[" + b"[]," * 20_000 + b"[]]]",
    b"{" + b",".join(b'"%d":%d' % (i, i) for i in range(5_000)) + b"}",
    b'{"%s":[0]}' % (b"k" * 100_000),
    b"\n" * 10_000,
    b"," * 10_000,
    b'"' * 9_999,
    b"data: \n\n" * 1_000,
    b"data: [DONE]\n\n",
)
TOKENS = (
    b"null", b"true", b"NaN", b"-Infinity", b"1e400", b"-1", b"0.5", b"18446744073709551616", b'""', b'"\\ud800"',
    b"[]", b"{}", b"[[]]", b"[1]", b"[", b"]", b"{", b"}", b",", b":", b'"', b"\\", b"\n", b"\r\n", b"\x00", b"\xff",
)  # fmt: skip
DEEP = json.loads("[" * 300 + "0" + "]" * 300)


def never_breaks(read: Read, *bodies: bytes, examples: int = EXAMPLES) -> None:
    """`bodies` are answers that `read` reads; at least one."""
    for data in HOSTILE:
        holds(read, data)
    for data in bodies:
        assert read(data).heads, "an answer to start from must be readable"
        holds(read, data)
    for inputs in _inputs(bodies):
        _look(partial(holds, read), inputs, examples, number=0)


def never_breaks_asking(asked: Ask, *bodies: bytes, headers: Headers = ()) -> None:
    """`bodies` are requests in which `asked` finds features; at least one."""
    for data in HOSTILE:
        asks_soundly(asked, headers, data)
    for data in bodies:
        assert asked(RequestBody(data, headers)), "a request to start from must have features"
        asks_soundly(asked, headers, data)
    for inputs in _inputs(bodies):
        _look(partial(asks_soundly, asked, headers), inputs, EXAMPLES, number=0)


def holds_for_long(read: Read, *bodies: bytes) -> None:
    """The same with other seeds, until UNDERSTUDY_FUZZ_S seconds are over; one round at least."""
    until = time.monotonic() + FUZZ_S
    number = 1
    while True:
        for inputs in _inputs(bodies):
            _look(partial(holds, read), inputs, 2 * EXAMPLES, number)
        number += 1
        if time.monotonic() >= until:
            return


def long(test: Callable[..., None]) -> Callable[..., None]:
    """Marks the test that calls `holds_for_long`."""
    return pytest.mark.slow(pytest.mark.timeout(FUZZ_S + 300)(test))


def holds(read: Read, data: bytes) -> None:
    """One body."""
    reading = _read(read, data)
    if isinstance(reading, str):
        assert 0 < len(reading) <= MAX_MESSAGE
        return
    assert isinstance(reading, Reading)
    assert isinstance(reading.version, str)
    assert 0 < len(reading.heads) <= MAX_HEADS
    for pointer, value in reading.heads.items():
        assert pointer == "" or pointer.startswith("/")
        pointer.encode()  # it stands in reports, which are UTF-8
        _is_sound(value)
    again = read(data)
    assert [*map(_form, reading.heads.items())] == [*map(_form, again.heads.items())]


def asks_soundly(asked: Ask, headers: Headers, data: bytes) -> None:
    """One request: a few names, and scalars that say something to whoever compares them."""
    found = _asked(asked, RequestBody(data, headers))
    if isinstance(found, str):
        assert 0 < len(found) <= MAX_MESSAGE
        return
    assert len(found) <= MAX_FEATURES
    assert sum(map(len, found.values())) <= MAX_CELLS
    for name, values in found.items():
        assert len(name) <= MAX_NAME_CHARS
        for value in values:
            assert type(value) in (str, int, float, bool, type(None))
            assert not isinstance(value, str) or len(value) <= MAX_TEXT_CHARS
            assert value == value


def _asked(asked: Ask, body: RequestBody) -> Columns | str:
    try:
        return asked(body)
    except Unreadable as unreadable:
        return str(unreadable)


def _read(read: Read, data: bytes) -> Reading | str:
    """The reading, or the reason why there is none."""
    try:
        return read(data)
    except Unreadable as unreadable:
        return str(unreadable)


def _is_sound(value: Value) -> None:
    assert isinstance(value, Tensor | Column | Texts | Document | Raw)
    assert rows_of(value) >= 0
    if isinstance(value, Tensor):
        assert all(type(size) is int and size >= 0 for size in value.shape)
        assert len(value.values) == math.prod(value.shape)
        assert isinstance(value.datatype, str)
    elif isinstance(value, Column):
        assert isinstance(value.values, list)
    elif isinstance(value, Texts):
        assert all(isinstance(each, Text) and isinstance(each.content, str) for each in value.values)


def _form(head: tuple[str, Value]) -> tuple[Any, ...]:
    pointer, value = head
    return (pointer, type(value), value.datatype, value.shape) if isinstance(value, Tensor) else (pointer, type(value))


def _look(check: Callable[[bytes], None], inputs: st.SearchStrategy[bytes], examples: int, number: int) -> None:
    @seed(number)
    @settings(max_examples=examples, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(inputs)
    def look(data: bytes) -> None:
        check(data)

    look()


# ---- bodies


def _inputs(bodies: Sequence[bytes]) -> list[st.SearchStrategy[bytes]]:
    documents = [json.loads(each) for each in bodies if _is_json(each)]
    anything = _json_values(sorted(set(_keys(documents))))
    inputs = [st.binary(max_size=64), mutated(bodies), anything.map(_written)]
    if documents:
        inputs.append(_grafted(documents, anything).map(_written))
    return inputs


@st.composite
def mutated(draw: st.DrawFn, bodies: Sequence[bytes]) -> bytes:
    """One of the bodies with a few pieces cut out, doubled, moved, or replaced by a token."""
    data = draw(st.sampled_from(bodies))
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(data)))
        end = min(len(data), start + draw(st.integers(0, 12)))
        piece = data[start:end]
        put = draw(st.sampled_from([b"", piece * 2, piece[::-1], data[end : end + 40], *TOKENS]))
        data = data[:start] + put + data[end:]
    return data


def _json_values(keys: Sequence[str]) -> st.SearchStrategy[Any]:
    names = st.sampled_from(keys) | st.text(max_size=3) if keys else st.text(max_size=3)
    numbers = st.integers(-3, 3) | st.floats() | st.sampled_from([2**63, -(2**70), 10**400])
    leaves = st.none() | st.booleans() | numbers | st.text(max_size=4)
    return st.recursive(
        leaves, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(names, inner, max_size=4), max_leaves=15
    )


@st.composite
def _grafted(draw: st.DrawFn, documents: Sequence[Any], anything: st.SearchStrategy[Any]) -> Any:
    """A document with one of its parts, at any depth, replaced by any JSON."""
    document = draw(st.sampled_from(documents))
    path = draw(st.sampled_from([*_paths(document)]))
    return _replaced(document, path, draw(anything | st.just(DEEP)))


def _paths(value: Any, above: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield above
    for key, item in _members(value):
        yield from _paths(item, (*above, key))


def _replaced(value: Any, path: tuple[Any, ...], by: Any) -> Any:
    if not path:
        return by
    copy = dict(value) if isinstance(value, dict) else list(value)
    copy[path[0]] = _replaced(value[path[0]], path[1:], by)
    return copy


def _keys(value: Any) -> Iterator[str]:
    for key, item in _members(value):
        if isinstance(key, str):
            yield key
        yield from _keys(item)


def _members(value: Any) -> Iterable[tuple[Any, Any]]:
    if isinstance(value, dict):
        return value.items()
    return enumerate(value) if isinstance(value, list) else ()


def _written(value: Any) -> bytes:
    """As Python servers write it: bare NaN and Infinity."""
    return json.dumps(value).encode()


def _is_json(data: bytes) -> bool:
    try:
        json.loads(data)
    except ValueError:
        return False
    return True
