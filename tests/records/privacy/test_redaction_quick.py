"""How long hiding takes is known beforehand, and finding out takes little itself."""

import gzip
import tracemalloc
import zlib

import brotli
import pytest
import zstandard

from records.nouns import Answer, Body, Exchange, Failure, Headers, Observation, Request, Timings
from records.privacy.redaction import Redaction
from records.settings import KeptSettings

LIMIT = 100_000
RULES = Redaction.create(KeptSettings(redact_pointers=("/user",)), b"k" * 32)
TEXT = b'{"a":"' + b"x" * (LIMIT - 8) + b'"}'
MORE = TEXT + b" "
CODINGS = {b"gzip": gzip.compress, b"deflate": zlib.compress, b"br": brotli.compress, b"zstd": zstandard.compress}


def exchange(asked: bytes, answered: bytes | None = b"{}", coding: bytes = b"", cut: bool = False) -> Exchange:
    headers: Headers = ((b"content-encoding", coding),) if coding else ()
    answer = None if answered is None else Answer(200, headers, Body(answered, len(answered) + cut, cut))
    return Exchange(
        id="e1",
        route="r",
        revision=1,
        request=Request("POST", "/p", headers, Body(asked, len(asked))),
        production=Observation(
            wall_ns=1,
            timings=Timings(),
            outcome=answer or Failure("timeout", "after 5 s"),
            in_flight=1,
            loop_lag_ns=0,
            reader_paused=False,
        ),
    )


@pytest.mark.parametrize("coding", CODINGS)
def test_a_body_of_the_limit_is_quick_and_one_byte_more_is_not(coding: bytes) -> None:
    """By what it is once its coding is undone."""
    pack = CODINGS[coding]
    assert RULES.is_quick(exchange(pack(TEXT), pack(TEXT), coding), LIMIT)
    assert not RULES.is_quick(exchange(pack(MORE), pack(b"{}"), coding), LIMIT)
    assert not RULES.is_quick(exchange(pack(b"{}"), pack(MORE), coding), LIMIT)


@pytest.mark.parametrize(
    ("asked", "answered", "quick"),
    [
        (TEXT, TEXT, True),
        (b"[" + b"1," * 13_000 + b"1]", b"{}", True),
        (b"[" + b"1," * 14_500 + b"1]", b"{}", False),
        (b"[" + b"1," * 7_000 + b"1]", b"[" + b"1," * 7_000 + b"1]", False),
        (b"[" + b"[]," * 5_000 + b"[]]", b"{}", False),
        (b"\x00" * LIMIT, None, True),
    ],
)
def test_many_values_take_longer_than_long_ones(asked: bytes, answered: bytes | None, quick: bool) -> None:
    """Two texts of the limit are quick; of numbers and lists there may be fewer bytes, request and answer together."""
    assert RULES.is_quick(exchange(asked, answered), LIMIT) is quick


def test_what_is_replaced_unread_is_quick() -> None:
    """A coding nobody knows, a broken one, an answer that was cut."""
    assert RULES.is_quick(exchange(b"x" * LIMIT, b"y", b"lzma"), LIMIT)
    assert RULES.is_quick(exchange(gzip.compress(TEXT)[:-9], gzip.compress(b"{}"), b"gzip"), LIMIT)
    assert RULES.is_quick(exchange(b"{}", b"[" * LIMIT, cut=True), LIMIT)


def test_without_rules_for_bodies_all_is_quick() -> None:
    """None is opened then."""
    headers = Redaction.create(KeptSettings(redact_headers=("X-User",)), b"k" * 32)
    assert headers.is_quick(exchange(gzip.compress(MORE), coding=b"gzip"), LIMIT)


@pytest.mark.parametrize("coding", CODINGS)
def test_a_bomb_is_never_unpacked_beyond_the_limit(coding: bytes) -> None:
    """Of 64 MiB no more is held than a decoder's own overshoot: a few blocks of zstd, a step of brotli."""
    bomb = exchange(CODINGS[coding](b"x" * 64 * 1024 * 1024), coding=coding)
    tracemalloc.start()
    try:
        assert not RULES.is_quick(bomb, LIMIT)
        assert tracemalloc.get_traced_memory()[1] < 16 * 1024 * 1024
    finally:
        tracemalloc.stop()
