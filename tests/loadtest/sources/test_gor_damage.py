"""Damaged, cut and unending captures of GoReplay: nothing is lost without a count, and what waits is bounded."""

import gzip
import io
import tracemalloc
import zlib
from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadtest.errors import SourceError
from loadtest.sources.gor import MAX_EARLY, MAX_EARLY_BYTES, MAX_WAITING, UNASKED, GorFile
from loadtest.sources.gor_records import CUT_GZIP, CUT_RECORD, MARK, SEPARATOR, TOO_LARGE
from tests.loadtest.sources.gor_captures import ASKED, GET, OK, POST, lines, read, record


class StreamFile(io.RawIOBase):
    """A file that is made as it is read. `taken`: how many of its pieces were."""

    def __init__(self, pieces: Iterable[bytes]) -> None:
        self.taken = 0
        self._pieces = iter(pieces)
        self._left = b""

    def read(self, size: int = -1) -> bytes:
        while not self._left:
            piece = next(self._pieces, None)
            if piece is None:
                return b""
            self.taken += 1
            self._left = piece
        given, self._left = self._left[:size], self._left[size:]
        return given


def test_a_last_record_without_a_separator_is_kept_if_it_is_whole() -> None:
    """GoReplay drops it; its own length says whether all of it is there."""
    first, last = record(1, "a", GET), record(1, "b", POST)
    for missing in range(len(SEPARATOR) + 1):
        given_, skips = read(first + last[: len(last) - missing])
        assert ([each.id for each in given_], skips) == (["a", "b"], {})
    for missing in range(len(SEPARATOR) + 1, len(last)):
        given_, skips = read(first + last[: len(last) - missing])
        assert ([each.id for each in given_], skips) == (["a"], {CUT_RECORD: 1})


def test_a_last_answer_that_only_its_connection_ends_is_not_known_to_be_whole() -> None:
    """It is counted, and its request is given without."""
    given_, skips = read(record(1, "a", GET) + b"2 a 5 5\nHTTP/1.0 200 OK\r\n\r\nhal")
    assert [(each.id, each.production) for each in given_] == [("a", None)]
    assert skips == {CUT_RECORD: 1}


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (b"", "there is nothing in it"),
        (b"\r\n\n", r"it begins with b'\r\n\n'"),
        (b"hello\n", r"it begins with b'hello\n'"),
        (b'{"log":{}}', """it begins with b'{"log":{}}'"""),
        (b"\xd4\xc3\xb2\xa1\x02\x00" * 50_000, r"it begins with b'\xd4\xc3"),
        (gzip.compress(b"x" * 90)[:10], "there is nothing in it, as far as its gzip can be read"),
    ],
)
def test_a_file_without_a_record_is_refused(content: bytes, found: str) -> None:
    """The error says what stands there, and what a capture looks like."""
    with pytest.raises(SourceError, match=r"no \.gor file: .*; a record begins with a line such as '1 ") as refusal:
        read(content)
    assert found in str(refusal.value)


def test_a_gzip_is_known_by_its_bytes() -> None:
    """In one member or several, with zeros behind it or none."""
    one, two = record(1, "a", GET), record(1, "b", POST)
    for content in (
        gzip.compress(one + two),
        gzip.compress(one) + gzip.compress(two),
        gzip.compress(one + two) + b"\0" * 99,
    ):
        given_, skips = read(content)
        assert ([each.id for each in given_], skips) == (["a", "b"], {})


def test_what_stands_behind_a_gzip_is_counted() -> None:
    """Bytes that are no gzip are not passed over silently."""
    given_, skips = read(gzip.compress(record(1, "a", GET)) + b"tail")
    assert ([each.id for each in given_], skips) == (["a"], {CUT_GZIP: 1})


def test_a_gzip_with_a_wrong_checksum_is_told_and_read() -> None:
    """What stands before the damage is given."""
    content = bytearray(gzip.compress(record(1, "a", GET)))
    content[-8] ^= 1
    given_, skips = read(bytes(content))
    assert ([each.id for each in given_], skips) == (["a"], {CUT_GZIP: 1})


CAPTURE = b"".join(record(1, f"{at:08x}", POST) + record(2, f"{at:08x}", OK, ASKED + 5, 5) for at in range(3))
ZIPPED = gzip.compress(CAPTURE, mtime=0)
changes = st.lists(st.tuples(st.integers(0, len(CAPTURE) - 1), st.integers(0, 255)), max_size=3)


def record_count(content: bytes) -> int:
    """By lines, as GoReplay counts."""
    count, left = 0, b""
    for line in io.BytesIO(content):
        if line in (MARK, MARK + b"\n", MARK + b"\r\n"):
            count, left = count + 1, b""
        else:
            left += line
    return count + bool(left.strip(b"\r\n"))


def accounted(content: bytes) -> int:
    """Records that are in what is given, or counted."""
    source = GorFile(io.BytesIO(content))
    count = 0
    try:
        for each in source:
            count += 1 if each.production is None else 2
    except SourceError:
        assert count == 0
    return count + source.skips.total


@given(
    st.integers(0, len(CAPTURE)), st.lists(st.tuples(st.integers(0, len(CAPTURE) - 1), st.integers(0, 255)), max_size=3)
)
def test_no_record_of_a_damaged_file_is_lost_silently(end: int, changes: list[tuple[int, int]]) -> None:
    """Cut anywhere and changed anywhere, it gives or counts as many records as stand in it."""
    content = bytearray(CAPTURE)
    for at, byte in changes:
        content[at] = byte
    damaged = bytes(content[:end])
    assert accounted(damaged) == record_count(damaged)


@given(st.integers(2, len(ZIPPED) - 1))
def test_no_record_of_a_cut_gzip_is_lost_silently(end: int) -> None:
    """What can be unpacked is given or counted, and the damage is counted as well."""
    damaged = ZIPPED[:end]
    there = zlib.decompressobj(16 + zlib.MAX_WBITS).decompress(damaged)
    assert accounted(damaged) == record_count(there) + 1


@given(st.integers(0, len(ZIPPED) - 1), st.integers(0, 255))
def test_a_damaged_gzip_ends_in_requests_and_counts(at: int, byte: int) -> None:
    """Any byte of it may be another: nothing is raised but SourceError."""
    damaged = bytearray(ZIPPED)
    damaged[at] = byte
    assert accounted(bytes(damaged)) >= (0 if at < 2 else 1)


@given(st.binary(max_size=400))
def test_garbage_ends_in_counts_or_is_refused(content: bytes) -> None:
    """Whatever the bytes are, nothing else is raised."""
    assert accounted(content) == record_count(content)
    assert accounted(b"1 a 5 5\n" + content) >= 0
    assert accounted(b"2 a 5 5\nHTTP/1.1 200 OK\r\n" + content) >= 0


# ---- bounds


def test_requests_wait_for_their_answers_within_a_bound() -> None:
    """Of a long capture without answers no more is read ahead than may wait, and each request is given."""
    file = StreamFile(record(1, f"{at:x}", GET) for at in range(3 * MAX_WAITING))
    source = GorFile(file)  # type: ignore[arg-type]
    for number, each in enumerate(source, 1):
        assert each.id == f"{number - 1:x}"
        assert file.taken <= number + MAX_WAITING + 2
    assert number == 3 * MAX_WAITING
    assert source.skips.total == 0


def test_an_answer_that_comes_too_late_is_counted() -> None:
    """Its request was given without it."""
    content = b"".join(record(1, name, GET) for name in "abcd") + record(2, "a", OK) + record(2, "d", OK)
    source = GorFile(io.BytesIO(content), max_waiting=2)
    assert [(each.id, each.production is not None) for each in source] == [
        ("a", False), ("b", False), ("c", False), ("d", True),
    ]  # fmt: skip
    assert source.skips.counts == {UNASKED: 1}


def test_what_waits_is_bounded_in_bytes() -> None:
    """Large bodies wait in the memory that they may have, whatever the file's length."""
    body = b"b" * 1_000_000
    head = b"POST / HTTP/1.1\r\nContent-Length: 1000000\r\n\r\n"
    file = StreamFile(record(1, f"{at}", head + body) for at in range(60))
    tracemalloc.start()
    assert sum(1 for _ in GorFile(file, max_waiting_bytes=8_000_000)) == 60  # type: ignore[arg-type]
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 8_000_000 + 16 * 1024 * 1024 + 8_000_000  # with the filter of ids, and what is being read


def test_what_has_left_is_not_counted_as_waiting() -> None:
    """Nothing adds up: late in a long capture a request waits, and an early answer too, as at its beginning."""
    large = lines(b"HTTP/1.1 200 OK", b"Content-Length: 1000000") + b"b" * 1_000_000
    pairs = (record(2, f"{at}", large) + record(1, f"{at}", GET) for at in range(1 + MAX_EARLY_BYTES // 1_000_000))
    late = [record(1, "late", GET), record(2, "early", OK), record(1, "early", GET), record(2, "late", OK)]
    source = GorFile(StreamFile([*pairs, *late]), max_waiting_bytes=8_000_000)  # type: ignore[arg-type]
    assert all(each.production is not None for each in source)
    assert source.skips.total == 0


def test_answers_wait_for_their_requests_within_a_bound() -> None:
    """The oldest that nobody asked for are counted as they leave."""
    unasked = b"".join(record(2, f"x{at}", OK) for at in range(MAX_EARLY + 5))
    given_, skips = read(unasked + record(1, f"x{MAX_EARLY}", GET) + record(1, "x0", GET))
    assert [each.production is not None for each in given_] == [True, False]
    assert skips == {UNASKED: MAX_EARLY + 4}


def test_a_record_that_is_too_large_is_passed_over() -> None:
    """It is counted once, and what follows is read."""
    block = b"z" * 1_000_000
    pieces = [record(1, "a", GET), b"1 b 5 5\nPOST / HTTP/1.1\r\nContent-Length: 150000000\r\n\r\n", *[block] * 150]
    source = GorFile(StreamFile([*pieces, SEPARATOR, record(1, "c", GET)]))  # type: ignore[arg-type]
    assert [each.id for each in source] == ["a", "c"]
    assert source.skips.places == {TOO_LARGE: ["record 2"]}
