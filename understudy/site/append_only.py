"""The append-only files of the embedded Redis, where a full disk left a hole in one. Knows no server.

A file that a rewrite began is written at an offset of its own (Redis 7.0 and later, Valkey: openNewIncrAofForAppend in
aof.c opens it without O_APPEND). When the disk is full the server cuts off what it had half written, and goes on behind
that place once there is room: zeros are left between two commands. The next start finds them, and ends. Nothing is
missing, since the server writes the cut command again, so a file without its zeros is the file as it was meant.
"""

import mmap
import os
from collections.abc import Iterator
from pathlib import Path


class NoCommands(Exception):
    """What stands there is neither commands nor zeros between them."""


def close_holes(directory: Path) -> int:
    """Takes the holes out of the files there. Returns how many bytes of zeros they were; 0 where nothing was changed.

    A file that has anything else amiss stays as it is: the server says what. Raises OSError.
    """
    return sum(map(_close, sorted(directory.glob("*.aof"))))


def _close(file: Path) -> int:
    with file.open("rb") as source:
        if not os.fstat(source.fileno()).st_size:
            return 0
        with mmap.mmap(source.fileno(), 0, access=mmap.ACCESS_READ) as data:
            try:
                holes = list(find_holes(data))
            except NoCommands:
                return 0
            if holes:
                _write_without(holes, data, file)
    return sum(end - begin for begin, end in holes)


def _write_without(holes: list[tuple[int, int]], data: mmap.mmap, file: Path) -> None:
    """In place of the file, once it is on the disk whole."""
    draft = file.with_suffix(".mended")
    kept_from = [0, *(end for _, end in holes)]
    kept_to = [*(begin for begin, _ in holes), len(data)]
    with draft.open("wb") as target:
        for begin, end in zip(kept_from, kept_to, strict=True):
            with memoryview(data)[begin:end] as piece:
                target.write(piece)
        target.flush()
        os.fsync(target.fileno())
    draft.replace(file)


def find_holes(data: bytes | mmap.mmap) -> Iterator[tuple[int, int]]:
    """(begin, end) of each run of zeros between two commands. Raises NoCommands.

    The last command may be cut: the server was killed as it wrote it, and leaves it out itself.
    """
    at = 0
    while at < len(data):
        if data[at]:
            at = _behind_command(data, at)
        else:
            begin, at = at, _behind_zeros(data, at)
            yield begin, at


def _behind_zeros(data: bytes | mmap.mmap, at: int) -> int:
    while at < len(data) and not data[at]:
        at += 1
    return at


def _behind_command(data: bytes | mmap.mmap, at: int) -> int:
    """Where the command ends that begins here: an array of bulk strings, or a line of remark (`#TS:…`)."""
    kind, count, at = _line(data, at)
    if kind == b"#":
        return at
    if kind != b"*":
        raise NoCommands
    for _ in range(count):
        if at >= len(data):
            return at
        kind, size, at = _line(data, at)
        if kind != b"$":
            raise NoCommands
        at += size + 2
    return at


def _line(data: bytes | mmap.mmap, at: int) -> tuple[bytes, int, int]:
    """Its first byte, the number behind it (0 in a remark), and where the next line begins."""
    end = data.find(b"\r\n", at)
    if end < 0:
        return data[at : at + 1], 0, len(data)
    kind, rest = data[at : at + 1], data[at + 1 : end]
    if kind == b"#":
        return kind, 0, end + 2
    if not rest.isdigit():
        raise NoCommands
    return kind, int(rest), end + 2
