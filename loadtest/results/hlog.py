"""`.hlog`: a run's latencies as HdrHistogram's interval log, version 1.3: a histogram for each tag and second. Pure.

The tags: `candidate`, from sent to done; `candidate-scheduled`, from due to done; `recorded`, what production took;
`lag`, what the generator was late by. A request counts in the second in which it was due, under each tag for which it
has a time; under the candidate's it has one where it was answered.

A histogram is written in HdrHistogram's compressed form V2: base64 of a head and of deflated counts, these as ZigZag
LEB128, where a negative number says how many counts in a row are zero.
"""

import base64
import struct
import zlib
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from itertools import pairwise

import numpy as np

from loadtest.results.hdr import MOST_COUNTS, SIGNIFICANT_DIGITS, HdrHistogram
from loadtest.results.hgrm import NS_PER_MS, fixed
from loadtest.results.left_out import without_answer
from loadtest.results.rows import NEVER, Column, ResultColumns

TAGS: Mapping[str, Callable[[ResultColumns], Column]] = {
    "candidate": lambda columns: columns.answered().service,
    "candidate-scheduled": lambda columns: columns.answered().response,
    "recorded": lambda columns: columns.recorded[columns.recorded != NEVER],
    "lag": lambda columns: columns.lag,
}

_NS_PER_S = 10**9
_LEGEND = '"StartTimestamp","Interval_Length","Interval_Max","Interval_Compressed_Histogram"'

_COMPRESSED, _COUNTS = 0x1C849314, 0x1C849313  # HdrHistogram's cookies for V2
_OUTER = struct.Struct(">ii")  # cookie, bytes that follow
_INNER = struct.Struct(">iiiiqqd")  # cookie, bytes of counts, offset, digits, smallest and largest value, ratio
_UNIT, _OFFSET, _RATIO = 1, 0, 1.0
_MOST_BYTES = _INNER.size + 9 * MOST_COUNTS  # no count takes more than nine


def hlog(columns: ResultColumns, started_ns: int) -> Iterator[str]:
    """Lines with their ends, in the order of time; none where a tag has no value in a second. `started_ns`: when the
    run began, since 1970; the lines' own times count from there.
    """
    started = datetime.fromtimestamp(started_ns // _NS_PER_S, UTC)
    yield "#[Histogram log format version 1.3]\n"
    yield f"#[StartTime: {started_ns / 1e9:.3f} (seconds since epoch), {started:%a %b %d %H:%M:%S} UTC {started:%Y}]\n"
    yield f"#[BaseTime: {started_ns / 1e9:.3f} (seconds since epoch)]\n"
    counting = columns.counting()
    if said := without_answer(counting):
        yield f"#[Of the candidate's answers: {said}]\n"
    yield f"{_LEGEND}\n"
    for second, part in _seconds(counting):
        for tag, values in TAGS.items():
            if (found := values(part)).size:
                yield f"Tag={tag},{second}.000,1.000,{_interval(found)}\n"


def _seconds(columns: ResultColumns) -> Iterator[tuple[int, ResultColumns]]:
    """What was due in each second that has any; columns stand in the order of due times."""
    seconds, starts = np.unique(columns.due // _NS_PER_S, return_index=True)
    spans = pairwise([*starts, len(columns.due)])
    for second, (start, end) in zip(seconds.tolist(), spans, strict=True):
        yield second, ResultColumns(*(column[start:end] for column in columns))


def _interval(values: Column) -> str:
    histogram = HdrHistogram()
    histogram.add_all(values)
    return f"{fixed(histogram.max / NS_PER_MS, 3)},{encoded(histogram)}"


def encoded(histogram: HdrHistogram) -> str:
    """A histogram in form V2. Below 64 KiB, and so always in practice, it begins with HISTFAAA."""
    counts = b"".join(_coded(histogram))
    head = _INNER.pack(_COUNTS, len(counts), _OFFSET, SIGNIFICANT_DIGITS, _UNIT, histogram.reach, _RATIO)
    deflated = zlib.compress(head + counts, 9)
    return base64.b64encode(_OUTER.pack(_COMPRESSED, len(deflated)) + deflated).decode("ascii")


def _coded(histogram: HdrHistogram) -> Iterator[bytes]:
    """From index 0 to the last one that is filled, and at least that of 0."""
    filled = histogram.filled
    reached = 0
    for index, count in zip(filled.tolist(), histogram.counts[filled].tolist(), strict=True):
        if zeros := index - reached:
            yield _zigzag(-zeros if zeros > 1 else 0)
        yield _zigzag(count)
        reached = index + 1
    if not reached:
        yield _zigzag(0)


def _zigzag(number: int) -> bytes:
    """Seven bits a byte, the lowest first, and all eight in the ninth."""
    rest, coded = (number << 1) ^ (number >> 63), bytearray()
    while rest > 127 and len(coded) < 8:
        coded.append(rest & 127 | 128)
        rest >>= 7
    return bytes([*coded, rest])


def histogram_of(text: str) -> HdrHistogram:
    """What `encoded` wrote, or another implementation with the same precision. Raises ValueError for anything else."""
    try:
        data = base64.b64decode(text, validate=True)
        cookie, length = _OUTER.unpack_from(data)
        inflated = _inflated(data[_OUTER.size :][:length])
        inner, size, offset, digits, unit, *_ = _INNER.unpack_from(inflated)
        counts = _counts_of(inflated[_INNER.size :][:size])
    except (ValueError, struct.error, zlib.error) as error:
        raise ValueError(f"not a compressed HdrHistogram: {error}") from None
    found = (cookie, inner, offset, digits, unit)
    if found != (_COMPRESSED, _COUNTS, _OFFSET, SIGNIFICANT_DIGITS, _UNIT):
        raise ValueError(f"expected an HdrHistogram in form V2, {SIGNIFICANT_DIGITS} digits, unit 1; not {found}")
    histogram = HdrHistogram()
    histogram.add_counts(counts)
    return histogram


def _inflated(data: bytes) -> bytes:
    inflater = zlib.decompressobj()
    inflated = inflater.decompress(data, _MOST_BYTES)
    if not inflater.eof:
        raise ValueError("it is cut, or larger than any that has our precision")
    return inflated


def _counts_of(data: bytes) -> Column:
    counts = np.zeros(MOST_COUNTS, dtype=np.int64)
    reached = 0
    for number in _numbers(data):
        if number >= 0 and reached < MOST_COUNTS:
            counts[reached] = number
        reached += max(1, -number)
        if reached > MOST_COUNTS:
            raise ValueError(f"it has more than {MOST_COUNTS} counts")
    return counts[:reached]


def _numbers(data: bytes) -> Iterator[int]:
    """What `_zigzag` wrote, one after the other."""
    number = shift = 0
    for byte in data:
        last = byte < 128 or shift == 56
        number |= (byte if last else byte & 127) << shift
        shift += 7
        if last:
            yield (number >> 1) ^ -(number & 1)
            number = shift = 0
    if shift:
        raise ValueError("it ends within a count")
