"""Targets of vegeta in both formats: each is given, or counted with its line."""

import base64
import io
import json
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadtest.errors import SourceError
from loadtest.sources.messages import BAD_HEADER, BAD_METHOD, BAD_MOMENT, BAD_TARGET, NOT_HTTP
from loadtest.sources.source import SourceRequest
from loadtest.sources.vegeta_targets import (
    BAD_LINE,
    BAD_START,
    MAX_BODY_BYTES,
    MAX_LINE_BYTES,
    MAX_TARGET_BYTES,
    VegetaTargets,
)
from records.nouns import Request
from tests.loadtest.sources.messages_made_up import data, requests, whole

TARGET = {"method": "GET", "url": "http://models.example/v1"}
HTTP = b"GET http://models.example/v1\n"


def read(content: bytes, directory: Path | None = None) -> tuple[list[SourceRequest], dict[str, int]]:
    source = VegetaTargets(io.BytesIO(content), directory)
    return list(source), dict(source.skips.counts)


def line(**parts: Any) -> bytes:
    return json.dumps(TARGET | parts).encode() + b"\n"


def json_line(request: Request) -> bytes:
    header: dict[str, list[str]] = {}
    for name, value in request.headers:
        header.setdefault(name.decode(), []).append(value.decode("latin-1"))
    body = base64.b64encode(request.body.data).decode()
    return line(method=request.method, url=f"http://h:80{request.target}", header=header, body=body)


def as_utf_8(request: Request) -> list[tuple[bytes, bytes]]:
    return sorted((name, value.decode("latin-1").encode()) for name, value in request.headers)


# ---- JSON


@given(st.lists(requests(data), min_size=1, max_size=4))
def test_json_targets_are_read_as_they_were(asked: list[Request]) -> None:
    """Any method, path, headers and body, whatever bytes it has."""
    given_, skips = read(b"\n".join(map(json_line, asked)))
    assert skips == {}
    assert [each.id for each in given_] == [f"target-{2 * at + 1}" for at in range(len(asked))]
    assert [(each.request.method, each.request.target, each.request.body) for each in given_] == [
        (each.method, each.target, each.body) for each in asked
    ]
    assert [sorted(each.request.headers) for each in given_] == [as_utf_8(each) for each in asked]


def test_a_target_in_json_may_say_when_it_was_asked() -> None:
    """With the zone that RFC 3339 demands, to the ns; vegeta itself knows no time."""
    given_, _ = read(line(timestamp="2026-01-02T11:00:00.123456789+01:00") + line(body=None, header=None))
    assert [each.at_ns for each in given_] == [1_767_348_000_123_456_789, None]
    assert [each.production for each in given_] == [None, None]


@pytest.mark.parametrize(
    ("damaged", "reason"),
    [
        (b"{\n", BAD_LINE),
        (b"null\n", BAD_LINE),
        (b"GET http://models.example/v1\n", BAD_LINE),
        (b'{"method":"GET"}\n', BAD_LINE),
        (b'{"method":"\xff","url":"http://h/"}\n', BAD_LINE),
        (b'{"method":' + b"[" * 10_000 + b"\n", BAD_LINE),
        (line(headers={}), BAD_LINE),
        (line(body="no base64"), BAD_LINE),
        (line(header={"a": "b"}), BAD_LINE),
        (line(timestamp=5), BAD_LINE),
        (line(timestamp="2026-01-02T11:00:00"), BAD_MOMENT),
        (line(method="G T"), BAD_METHOD),
        (line(url="/v1"), NOT_HTTP),
        (line(url="http://models.example/a b"), BAD_TARGET),
        (line(header={"a": ["b\nc: d"]}), BAD_HEADER),
    ],
)
def test_a_line_that_is_no_target_is_counted(damaged: bytes, reason: str) -> None:
    """A mistyped key is one of them: without it the request would be another. Those around it are read."""
    source = VegetaTargets(io.BytesIO(line() + damaged + line()), None)
    assert [each.id for each in source] == ["target-1", "target-3"]
    assert source.skips.places == {reason: ["line 2"]}


LINES = b"".join(line(url=f"http://h/{at}", body="YQ==", header={"a": ["b"]}) for at in range(3))


@given(st.integers(0, len(LINES) - 1), st.binary(max_size=2), st.integers(0, 2))
def test_no_line_of_a_damaged_file_is_lost_silently(at: int, bytes_: bytes, removed: int) -> None:
    """Bytes changed anywhere end in as many requests and counts as there are lines, or in SourceError."""
    damaged = LINES[:at] + bytes_ + LINES[at + removed :]
    if not damaged.removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"{"):
        return  # it is of the other format
    source = VegetaTargets(io.BytesIO(damaged), None)
    assert len(list(source)) + source.skips.total == sum(bool(each.strip()) for each in damaged.split(b"\n"))


# ---- HTTP


def test_http_targets_are_read(tmp_path: Path) -> None:
    """As vegeta's users write them: comments, headers, bodies in files, one target straight behind another."""
    (tmp_path / "body.bin").write_bytes(b"\xff\x00\n")
    (tmp_path / "other.json").write_bytes(b"{}")
    content = b"\r\n".join(
        [
            b"\xef\xbb\xbf# warm up",
            b"GET http://models.example/v1/models?all=1",
            b"GET https://models.example",
            b"",
            b"  # what is asked most",
            b"POST http://models.example:8080/v1/score#top",
            b"Content-Type: application/octet-stream",
            b"X-A:1",
            b"X-A:  2",
            b"@body.bin",
            b"",
            b"PUT http://models.example/v1/models/a",
            b"Content-Type: application/json",
            b"# its body",
            b"@" + bytes(tmp_path / "other.json"),
            b"DELETE http://models.example/v1/models/a",
        ]
    )
    given_, skips = read(content, tmp_path)
    assert skips == {}
    assert [(each.id, each.request) for each in given_] == [
        ("target-2", Request("GET", "/v1/models?all=1", (), whole(b""))),
        ("target-3", Request("GET", "/", (), whole(b""))),
        (
            "target-6",
            Request(
                "POST",
                "/v1/score",
                ((b"content-type", b"application/octet-stream"), (b"x-a", b"1"), (b"x-a", b"2")),
                whole(b"\xff\x00\n"),
            ),
        ),
        ("target-12", Request("PUT", "/v1/models/a", ((b"content-type", b"application/json"),), whole(b"{}"))),
        ("target-16", Request("DELETE", "/v1/models/a", (), whole(b""))),
    ]


@pytest.mark.parametrize(
    ("block", "reason"),
    [
        (b"get http://models.example/v1", BAD_START),
        (b"GET", BAD_START),
        (b"GET http://models.example/a b", BAD_START),
        (b"Content-Type: text/plain\n@body.json", BAD_START),
        (b'{"method":"GET","url":"http://models.example/v1"}', BAD_START),
        (b"GET /v1", NOT_HTTP),
        (b"GET http://models.example/\x01", BAD_TARGET),
        (b"POST http://models.example/\nno colon", BAD_HEADER),
        (b"POST http://models.example/\n: no name", BAD_HEADER),
        (b"POST http://models.example/\na b: c\n@body.json", BAD_HEADER),
    ],
)
def test_a_block_that_is_no_target_is_counted(block: bytes, reason: str) -> None:
    """Once, whatever its lines are, by the first of them; those around it are read."""
    source = VegetaTargets(io.BytesIO(HTTP + b"\n" + block + b"\n\n" + HTTP), None)
    end = 4 + block.count(b"\n")
    assert [each.id for each in source] == ["target-1", f"target-{end + 1}"]
    assert source.skips.places == {reason: ["line 3"]}


BLOCKS = b"".join(b"POST http://h/%d\nA: b\nContent-Type: c\n\n" % at for at in range(3))


@given(st.sampled_from([at for at, byte in enumerate(BLOCKS) if byte != 10]), st.sampled_from(b"aZ9/.: \t\0\xff"))
def test_no_block_of_a_damaged_file_is_lost_silently(at: int, byte: int) -> None:
    """A byte changed in any line leaves as many requests and counts as there are blocks."""
    damaged = bytearray(BLOCKS)
    damaged[at] = byte
    given_, skips = read(bytes(damaged))
    assert len(given_) + sum(skips.values()) == 3


@given(
    st.binary(max_size=200) | st.lists(st.sampled_from([HTTP, b"A: b\n", b"\n", b"@b\n", b"#\n", b"{\n"])).map(b"".join)
)
def test_garbage_ends_in_counts_or_is_refused(content: bytes) -> None:
    """Whatever the bytes are, nothing else is raised."""
    source = VegetaTargets(io.BytesIO(content), None)
    with suppress(SourceError):
        assert len(list(source)) > 0


@pytest.mark.parametrize(
    ("path", "what"),
    [(b"gone.json", "there is no such file"), (b".", "there is no such file"), (b"a\0b", "there is no such file"),
     (b"large.bin", f"it has more than {MAX_BODY_BYTES:,} bytes")],
)  # fmt: skip
def test_a_body_that_cannot_be_read_is_an_error(tmp_path: Path, path: bytes, what: str) -> None:
    """It names the line, the file and what is wrong: a run without the bodies would not be the one that was meant."""
    with (tmp_path / "large.bin").open("wb") as file:
        file.truncate(MAX_BODY_BYTES + 1)
    with pytest.raises(SourceError, match=rf"^line 4: the body's file '.*' can't be read: {what}$"):
        read(HTTP + b"\nPOST http://models.example/v1\n@" + path + b"\n", tmp_path)


def test_a_body_in_a_file_needs_a_directory() -> None:
    """Where none is given no file is read, whatever its path."""
    with pytest.raises(SourceError, match=r"line 2: the body is in a file, '/etc/hostname', and no directory"):
        read(b"POST http://models.example/v1\n@/etc/hostname\n")


# ---- both


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (b"", "it is empty"),
        (b"\n \n", "it is empty"),
        (b"# nothing\n", "line 1 is b'# nothing'"),
        (b"\n\xff\xfe\n", r"line 2 is b'\xff\xfe'"),
        (b"{\n{\n", "line 1 is b'{'"),
    ],
)
def test_a_file_without_a_target_is_refused(content: bytes, found: str) -> None:
    """The error says what stands there, and what a target looks like."""
    with pytest.raises(
        SourceError, match=r"^no targets of vegeta's: .*; a target begins with a line such as "
    ) as refusal:
        read(content)
    assert found in str(refusal.value)


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (HTTP + b"a: b\n" * (MAX_TARGET_BYTES // 4), f"a target of more than {MAX_TARGET_BYTES:,} bytes"),
        (b"{" + b" " * MAX_LINE_BYTES + b"\n", f"line 1 has more than {MAX_LINE_BYTES:,} bytes"),
    ],
)
def test_what_is_too_long_is_refused(content: bytes, what: str) -> None:
    """No file makes a reader take more memory than that."""
    with pytest.raises(SourceError, match=what):
        read(content)


@pytest.mark.parametrize("path", [b"/etc/hostname", b"../secret", b"sub/../../secret"])
def test_no_file_elsewhere_is_read(tmp_path: Path, path: bytes) -> None:
    """A targets file may be somebody else's, and what it names would be sent to the target."""
    (tmp_path / "secret").write_bytes(b"secret")
    (tmp_path / "targets").mkdir()
    with pytest.raises(SourceError, match="lies elsewhere; only files below"):
        read(b"POST http://models.example/v1\n@" + path + b"\n", tmp_path / "targets")
