"""A file is told by its first bytes, whatever its name; what is none of ours is an error that says what would be."""

import gzip
from collections.abc import Callable
from pathlib import Path

import pytest

from loadtest.errors import SourceError
from loadtest.sources.gor import GorFile
from loadtest.sources.har import HarFile
from loadtest.sources.opening import opened_file
from loadtest.sources.recording import REDACTED, RecordingFile
from loadtest.sources.vegeta_targets import VegetaTargets
from records.files import jsonl
from records.nouns import Pair
from records.privacy.redaction import Redaction
from records.settings import KeptSettings
from tests.recordings import exchange

GOR = b"1 a1 1700000000000000000 -1\nPOST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}\n" + (
    "🐵🙈🙉\n".encode()
)
ENTRY = (
    b'{"log": {"version": "1.2", "entries": [{"startedDateTime": "2026-01-01T00:00:00Z", "time": 5, "request": {'
    b'"method": "GET", "url": "http://x/a", "headers": []}, "response": {"status": 200, "headers": [], "content": '
    b'{"size": 0}}, "timings": {"send": 1, "wait": 3, "receive": 1}}]}}'
)


def recording() -> bytes:
    writer = jsonl.Writer(None)
    return writer.header() + writer.line(exchange())


@pytest.mark.parametrize(
    ("content", "reader", "first"),
    [
        (recording(), RecordingFile, "e-1"),
        (GOR, GorFile, "a1"),
        (ENTRY, HarFile, "har-0"),
        (b"\xef\xbb\xbf" + ENTRY, HarFile, "har-0"),
        (b"POST http://x/a\n", VegetaTargets, "target-1"),
        (b"# mine\n\nPOST http://x/a\n", VegetaTargets, "target-3"),
        (b'{"method":"POST","url":"http://x/a"}\n', VegetaTargets, "target-1"),
    ],
)
@pytest.mark.parametrize("packed", [bytes, gzip.compress])
def test_a_file_is_what_its_first_bytes_say(
    tmp_path: Path, content: bytes, reader: type, first: str, packed: Callable[[bytes], bytes]
) -> None:
    """Packed or not."""
    path = tmp_path / "anything"
    path.write_bytes(packed(content))
    with path.open("rb") as file:
        source = opened_file(path, file)
        assert isinstance(source, reader)
        assert [each.id for each in source] == [first]


@pytest.mark.parametrize("content", [b"", b"hello", b'{"a": 1}\n', b"a,b\n1,2\n", b"\x00" * 100, b"\x1f\x8bnonsense"])
def test_what_is_none_of_these_is_an_error(tmp_path: Path, content: bytes) -> None:
    """It says which there are."""
    path = tmp_path / "anything"
    path.write_bytes(content)
    with path.open("rb") as file, pytest.raises(SourceError, match=r"none of these|can't be read"):
        opened_file(path, file)


def test_a_recording_says_whose_a_request_is_and_of_how_many_it_is_one(tmp_path: Path) -> None:
    """A pair is its exchange."""
    own = exchange(3)
    pair = Pair(
        exchange=own, candidate="new", generation=1, observation=own.production, queue_delay_ns=0, warming_up=False
    )
    writer = jsonl.Writer(None)
    path = tmp_path / "pairs.jsonl"
    path.write_bytes(writer.header() + writer.line(pair))
    with path.open("rb") as file:
        (found,) = opened_file(path, file)
    assert (found.id, found.at_ns, found.route) == ("e-3", own.production.wall_ns, "models")
    assert found.ratio == 1.0
    assert found.production == own.production


def test_a_recording_that_was_redacted_says_so(tmp_path: Path) -> None:
    """A candidate that is sent pseudonyms answers otherwise, and nobody should wonder why."""
    writer = jsonl.Writer(Redaction.create(KeptSettings(redact_pointers=("/x",)), b"k" * 32))
    path = tmp_path / "redacted.jsonl"
    path.write_bytes(writer.header() + writer.line(exchange()))
    with path.open("rb") as file:
        source = opened_file(path, file)
        assert len(list(source)) == 1
    assert source.skips.notes == [REDACTED]


def test_a_log_of_somebody_elses_is_told_from_vegetas_targets(tmp_path: Path) -> None:
    """Though somewhere inside it has a method: what it takes is a map of its columns."""
    (path := tmp_path / "gw.jsonl").write_text('{"ts": 1, "req": {"method": "POST", "uri": "/x"}, "url_of": "y"}\n')
    with path.open("rb") as file, pytest.raises(SourceError, match="--map"):
        opened_file(path, file)
