"""Content codings undone within a bound."""

import gzip
import tracemalloc
import zlib
from collections.abc import Callable
from functools import partial

import brotli
import pytest
import zstandard
from hypothesis import example, given
from hypothesis import strategies as st

from records.coding import decoded

MIB = 1024 * 1024

# A frame of empty content (RFC 8878 §3.1.1), and one that a decoder steps over (§3.1.2).
EMPTY_FRAME = zstandard.compress(b"")
SKIPPED_FRAME = b"\x50\x2a\x4d\x18\x04\x00\x00\x00abcd"


def bare_deflate(data: bytes) -> bytes:
    coder = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return coder.compress(data) + coder.flush()


def streamed_zstd(data: bytes, window_log: int = 20) -> bytes:
    """Without the size of its content, as servers write it that compress while they send."""
    parameters = zstandard.ZstdCompressionParameters(window_log=window_log)
    coder = zstandard.ZstdCompressor(compression_params=parameters).compressobj()
    return coder.compress(data) + coder.flush()


def repeated(blocks: int) -> bytes:
    """A zstd frame of run-length blocks (RFC 8878 §3.1.1.2), 4 bytes for 128 KiB each: the densest bomb there is."""
    header = b"\x28\xb5\x2f\xfd\x00\x58"  # a window of 2 MiB, no size
    last = (128 * 1024 << 3) | 0b011
    return header + ((last & ~1).to_bytes(3, "little") + b"\0") * (blocks - 1) + last.to_bytes(3, "little") + b"\0"


CODERS: dict[bytes, Callable[[bytes], bytes]] = {
    b"gzip": gzip.compress,
    b"deflate": zlib.compress,
    b"br": partial(brotli.compress, quality=4),
    b"zstd": zstandard.compress,
}


def undone(coding: bytes, data: bytes, limit: int = 64 * MIB) -> bytes | None:
    return decoded(data, ((b"content-encoding", coding),), limit)


@given(st.binary(max_size=500))
def test_every_form_of_every_coding_is_undone(data: bytes) -> None:
    """gzip, deflate as the RFC has it and as some servers send it, Brotli, and Zstandard with and without its size."""
    for coding, coded in (
        (b"gzip", gzip.compress(data)),
        (b"X-GZip", gzip.compress(data)),
        (b"deflate", zlib.compress(data)),
        (b"deflate", bare_deflate(data)),
        (b"br", brotli.compress(data)),
        (b"zstd", zstandard.compress(data)),
        (b"ZSTD", streamed_zstd(data)),
        (b"identity", data),
        (b"deflate, gzip", gzip.compress(zlib.compress(data))),
        (b"br, zstd", zstandard.compress(brotli.compress(data))),
    ):
        assert undone(coding, coded) == data


@pytest.mark.parametrize("coding", CODERS)
def test_a_large_body_is_undone(coding: bytes) -> None:
    """Of many blocks, and many steps of ours."""
    data = b"".join(b'{"score":%d},' % (number * 2_654_435_761 % 2**32) for number in range(200_000))
    assert undone(coding, CODERS[coding](data)) == data


def test_a_body_without_a_coding_is_its_own_reading() -> None:
    """No Content-Encoding, no change."""
    assert decoded(b"\x1f\x8bwhatever", ()) == b"\x1f\x8bwhatever"


@pytest.mark.parametrize("coding", CODERS)
def test_an_empty_body_is_empty_in_every_coding(coding: bytes) -> None:
    """As answers to HEAD are, which name the coding that a body would have had."""
    assert undone(coding, b"") == b""


def test_several_members_are_one_text() -> None:
    """A gzip file may be several, one after the other, and so may Zstandard's; frames of metadata are stepped over."""
    assert undone(b"gzip", gzip.compress(b"one ") + gzip.compress(b"two")) == b"one two"
    frames = [SKIPPED_FRAME, zstandard.compress(b"one "), EMPTY_FRAME, SKIPPED_FRAME, streamed_zstd(b"two")]
    assert undone(b"zstd", b"".join(frames)) == b"one two"


@pytest.mark.parametrize(
    ("coding", "data"),
    [
        (b"lzma", b"\x0b\x02\x80"),
        (b"dcb", b"\xff\x44\x43\x42"),
        (b"gzip", b"not gzip"),
        (b"gzip", gzip.compress(b"cut short")[:-9]),
        (b"gzip", gzip.compress(b"x") + b"junk"),
        (b"gzip", gzip.compress(b"") * 10_000),
        (b"br", b"\xffnot brotli"),
        (b"br", brotli.compress(b"cut short" * 100)[:-1]),
        (b"br", brotli.compress(b"x") + b"junk"),
        (b"br", brotli.compress(b"x") * 2),
        (b"zstd", b"not zstd"),
        (b"zstd", zstandard.compress(b"cut short" * 100)[:-1]),
        (b"zstd", streamed_zstd(b"cut short" * 100)[:-1]),
        (b"zstd", zstandard.compress(b"x") + b"junk"),
        (b"zstd", EMPTY_FRAME * 10_000),
        (b"zstd", SKIPPED_FRAME * 10_000),
        (b"zstd", streamed_zstd(b"x" * 1000, window_log=24)),
        (b"gzip, gzip, gzip", gzip.compress(gzip.compress(gzip.compress(b"x")))),
        (b"br, br, br", brotli.compress(brotli.compress(brotli.compress(b"x")))),
    ],
    ids=[
        "unknown", "with a dictionary that we don't have", "false gzip", "gzip cut", "trailing junk after gzip",
        "thousands of members", "false br", "br cut", "trailing junk after br", "two streams of br", "false zstd",
        "zstd cut", "zstd without a size cut", "trailing junk after zstd", "thousands of frames",
        "thousands of skipped frames", "a window that HTTP does not allow", "three times", "three times br",
    ],
)  # fmt: skip
def test_what_cannot_be_undone_has_no_reading(coding: bytes, data: bytes) -> None:
    """Unknown, broken and hostile codings answer None."""
    assert undone(coding, data) is None


@pytest.mark.parametrize("coding", CODERS)
def test_a_body_cut_anywhere_has_no_reading(coding: bytes) -> None:
    """Half of a model's answer is no answer."""
    coded = CODERS[coding](bytes(range(256)) * 3)
    assert [end for end in range(1, len(coded)) if undone(coding, coded[:end]) is not None] == []


@pytest.mark.parametrize("coding", CODERS)
def test_a_bomb_is_not_inflated(coding: bytes) -> None:
    """What would grow past the bound has no reading; what just fits has one."""
    code = CODERS[coding]
    assert undone(coding, code(b"\0" * 1001), limit=1000) is None
    assert undone(coding, code(b"\0" * 1000), limit=1000) == b"\0" * 1000
    assert undone(coding, code(code(b"\0" * 1001)), limit=1000) is not None


@pytest.mark.parametrize(
    ("coding", "bomb"),
    [
        (b"gzip", gzip.compress(bytes(128 * MIB))),
        (b"br", brotli.compress(bytes(128 * MIB), quality=5)),
        (b"zstd", zstandard.compress(bytes(128 * MIB))),
        (b"zstd", streamed_zstd(bytes(128 * MIB))),
        (b"zstd", repeated(1024)),
        (b"gzip, zstd", zstandard.compress(gzip.compress(bytes(128 * MIB)))),
    ],
    ids=["gzip", "br", "zstd", "zstd without a size", "zstd of four bytes a block", "gzip in zstd"],
)
def test_a_bomb_takes_no_more_memory_than_the_bound(coding: bytes, bomb: bytes) -> None:
    """A bound of 2 MiB, and what a decoder's step can overshoot it by."""
    tracemalloc.start()
    try:
        assert undone(coding, bomb, limit=2 * MIB) is None
        assert tracemalloc.get_traced_memory()[1] < 16 * MIB
    finally:
        tracemalloc.stop()


@given(st.sampled_from(sorted(CODERS)), st.binary(max_size=300), st.integers(0, 2**32), st.integers(0, 255))
@example(b"zstd", b"", 0, 0)
def test_a_body_with_a_changed_byte_is_read_within_the_bound_or_not_at_all(
    coding: bytes, data: bytes, place: int, byte: int
) -> None:
    """Nothing is raised, and what is read respects the bound."""
    coded = bytearray(CODERS[coding](data))
    coded[place % len(coded)] = byte
    found = undone(coding, bytes(coded), limit=400)
    assert found is None or len(found) <= 400


@given(st.sampled_from(sorted(CODERS)), st.binary(max_size=100))
def test_any_bytes_are_read_within_the_bound_or_not_at_all(coding: bytes, data: bytes) -> None:
    """The header says a coding, the body says what it likes."""
    found = undone(coding, data, limit=50)
    assert found is None or len(found) <= 50
