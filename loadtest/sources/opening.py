"""A file as a source: what it is, by its first bytes, and what reads it."""

import gzip
import re
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO, cast

import msgspec

from loadtest.errors import SourceError
from loadtest.sources.gor import GorFile
from loadtest.sources.har import HarFile
from loadtest.sources.recording import RecordingFile
from loadtest.sources.source import Source
from loadtest.sources.vegeta_targets import VegetaTargets
from records.files.jsonl import SCHEMA

_LOOK_BYTES = 65_536
_RESULTS = b'"understudy.replay/'
_GZIP = b"\x1f\x8b"
_GOR = re.compile(rb"[123] \S+ \d+(?: -?\d+)?\r?\n")
_VEGETA_JSON = re.compile(rb'"(?:method|url)"\s*:')
_VEGETA_TEXT = re.compile(rb"(?:#[^\n]*\n|\s)*[A-Z]+ https?://")
_HAR = re.compile(rb'^\s*\{\s*"log"\s*:')
_BOM = b"\xef\xbb\xbf"
FORMATS = "a file of `understudy export`, .gor, HAR, or vegeta's targets"


def opened_file(path: Path, file: BinaryIO) -> Source:
    """`file` at its beginning, and seekable. Raises SourceError where it is none of FORMATS."""
    first = file.read(_LOOK_BYTES)
    file.seek(0)
    if first[:2] != _GZIP:
        return _read_as(path, first)(file)
    source = _read_as(path, _beginning(file))
    # Subtle: .gor unpacks itself, since it can say where a file is cut.
    return source(file if source is GorFile else cast("BinaryIO", gzip.open(file)))


def _read_as(path: Path, first: bytes) -> Callable[[BinaryIO], Source]:
    plain = first.removeprefix(_BOM)
    line = plain.partition(b"\n")[0]
    if SCHEMA.encode() in line:
        return RecordingFile
    if _RESULTS in line:
        raise SourceError(f"{path} is what a run came to, and no traffic: understudy replay report {path}")
    if _GOR.match(plain):
        return GorFile
    if _HAR.match(plain) or path.suffix == ".har":
        return HarFile
    if _VEGETA_TEXT.match(plain) or _is_json_target(line):
        return lambda file: VegetaTargets(file, path.parent)
    raise SourceError(f"{path} is none of these: {FORMATS}; any other JSON Lines, CSV or Parquet is read by --map")


def _is_json_target(line: bytes) -> bool:
    """A log of somebody else's has such members, too, and mostly further inside."""
    if not (line.startswith(b"{") and _VEGETA_JSON.search(line)):
        return False
    try:
        return "url" in msgspec.json.decode(line, type=dict[str, msgspec.Raw])
    except msgspec.DecodeError:
        return True  # a long one that is cut here, or a damaged one: who reads it says where


def _beginning(file: BinaryIO) -> bytes:
    try:
        with gzip.open(file) as unpacked:
            return unpacked.read(_LOOK_BYTES)
    except (OSError, EOFError) as error:
        raise SourceError(f"is gzip that can't be read: {error}") from None
    finally:
        file.seek(0)
