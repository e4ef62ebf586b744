"""Server-sent events, by the rules of the WHATWG's HTML standard."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from comparators.errors import Unreadable
from comparators.extract import sse
from comparators.extract.sse import Events, events, is_stream


@pytest.mark.parametrize(
    ("stream", "data"),
    [
        (b"data: one\n\ndata: two\n\n", [b"one", b"two"]),
        (b"data: one\r\n\r\ndata: two\r\n\r\n", [b"one", b"two"]),
        (b"data: one\r\rdata: two\r\r", [b"one", b"two"]),
        (b"data: one\r\n\ndata: two\n\r\n", [b"one", b"two"]),
        (b"\xef\xbb\xbfdata: one\n\n", [b"one"]),
        (b"\xef\xbb\xbf\xef\xbb\xbfdata: one\n\n", []),
        (b"data:one\n\ndata:  two\n\n", [b"one", b" two"]),
        (b"data: a: b\n\n", [b"a: b"]),
        (b": ping\n\ndata: one\n: keep-alive\n\n", [b"one"]),
        (b"event: token\nid: 7\nretry: 10\ndata: one\n\n", [b"one"]),
        (b"id: 7\n\nevent: end\n\n", []),
        (b"datas: no\nDATA: no\n data: no\ndata : no\n\n", []),
        (b"\n\n\ndata: one\n\n\n\n", [b"one"]),
        ("data: späť\n\n".encode(), ["späť".encode()]),
        # The standard's own examples.
        (b"data: YHOO\ndata: +2\ndata: 10\n\n", [b"YHOO\n+2\n10"]),
        (b"data\n\ndata\ndata\n\ndata:", [b"", b"\n"]),
        (b"data:test\n\ndata: test\n\n", [b"test", b"test"]),
    ],
)
def test_a_stream_is_split_into_the_data_of_its_events(stream, data):
    """Ends of lines, several data lines, comments, other fields, and one byte order mark."""
    assert events(stream).data == data


@pytest.mark.parametrize(
    ("rest", "cut"),
    [
        (b"", False),
        (b"\n", False),
        (b": ping", False),
        (b": ping\n", False),
        (b"id: 7\n", False),
        (b"data: tw", True),
        (b"data: two", True),
        (b"data: two\n", True),
        (b"dat", True),
        (b"event: x\ndata: two\n", True),
    ],
)
def test_an_event_without_its_empty_line_is_dropped_and_told(rest, cut):
    """A browser drops it: nobody can know that it was whole."""
    assert events(b"data: one\n\n" + rest) == Events([b"one"], cut)


@pytest.mark.parametrize(
    "data", [b"data: {}", b": hello", b"event: x", b"\xef\xbb\xbfid: 1", b"\r\n\ndata:x", b"retry: 1"]
)
def test_a_stream_is_known_by_its_beginning(data):
    """No JSON begins so."""
    assert is_stream(data)


@pytest.mark.parametrize(
    "data", [b"", b"{}", b' {"data": 1}', b'"data: x"', b"\n[1]", b"NaN", b"\xef\xbb\xbf{}", b"\x00"]
)
def test_other_bodies_are_no_stream(data):
    """JSON, above all."""
    assert not is_stream(data)


PAYLOADS = st.lists(st.binary(max_size=8).filter(lambda each: b"\r" not in each), max_size=6)


@given(PAYLOADS, st.sampled_from([b"\n", b"\r\n", b"\r"]))
def test_what_was_written_is_read(payloads, end):
    """Any bytes but the ends of lines that were chosen, which are written as several lines."""
    lines = [[b"data: " + line for line in payload.split(b"\n")] for payload in payloads]
    stream = b"".join(end.join(each) + end + end for each in lines)
    assert events(stream) == Events(payloads, False)


@given(st.binary(max_size=60), st.binary(max_size=20))
def test_what_follows_changes_nothing_of_the_events_before(data, more):
    """An event is what it is once its empty line has come, however the stream goes on."""
    before = events(data + b"\n\n").data
    assert events(data + b"\n\n" + more).data[: len(before)] == before


def test_lines_are_bounded():
    """A line costs its sender one byte, and us much more."""
    assert events(b"\n" * (sse.MAX_LINES - 1)) == Events([], False)
    with pytest.raises(Unreadable, match="lines"):
        events(b"\n" * sse.MAX_LINES)


STREAMS = st.lists(
    st.sampled_from([b"data: a", b"data", b"data:b", b"id: 1", b": c", b"", b"\n", b"\r\n", b"\r", b"\n\n"]),
    max_size=30,
).map(b"".join)


@given(STREAMS | st.binary(max_size=40), st.sampled_from([b"", b"\xef\xbb\xbf"]))
def test_an_event_ends_where_it_is_whole(stream, mark):
    """With so many bytes it is among the events, and with the last line's end gone it is not yet."""
    data = mark + stream
    found, ends = events(data).data, sse.ends(data)
    assert len(ends) == len(found)
    for number, end in enumerate(ends):
        assert events(data[:end]).data == found[: number + 1]
        assert len(events(data[: end - 2]).data) <= number
