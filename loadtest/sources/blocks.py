"""A file's bytes, one block after another; of a gzip what is in it. And a window over them, to look ahead."""

import zlib
from collections.abc import Iterator
from itertools import chain
from typing import BinaryIO

BLOCK_BYTES = 65_536  # as read; a gzip holds up to a thousand times as many

_GZIP_BEGINNING = b"\x1f\x8b"
_GZIP = 16 + zlib.MAX_WBITS


class BrokenGzip(Exception):
    """It is damaged here, or cut off: what follows cannot be had."""


def blocks(file: BinaryIO) -> Iterator[bytes]:
    """Whatever its name says, a gzip is known by its first bytes. Raises BrokenGzip, once all before it is given."""
    first = file.read(BLOCK_BYTES)
    read = chain([first], iter(lambda: file.read(BLOCK_BYTES), b""))
    return _unzipped(read) if first.startswith(_GZIP_BEGINNING) else read


def _unzipped(read: Iterator[bytes]) -> Iterator[bytes]:
    """Of several members, one after another (RFC 1952 §2.2), with zeros behind them or none."""
    member = zlib.decompressobj(_GZIP)
    for block in read:
        rest = block
        while rest := rest.lstrip(b"\0") if member.eof else rest:
            if member.eof:
                member = zlib.decompressobj(_GZIP)
            yield from _inflated(member, rest)
            rest = member.unused_data
    if not member.eof:
        raise BrokenGzip


def _inflated(member: "zlib._Decompress", block: bytes) -> Iterator[bytes]:
    """zlib keeps back what it made of a block that turns out to be damaged: that is had byte by byte."""
    before = member.copy()
    try:
        yield member.decompress(block)
    except zlib.error:
        yield from _before_damage(before, block)


def _before_damage(member: "zlib._Decompress", block: bytes) -> Iterator[bytes]:
    for at in range(len(block)):
        try:
            yield member.decompress(block[at : at + 1])
        except zlib.error:
            raise BrokenGzip from None


class ByteWindow:
    """What of a file is looked at: it grows at its end and shrinks at its beginning. Who looks bounds it."""

    def __init__(self, file: BinaryIO) -> None:
        self.data = bytearray()
        self.ended = False
        self.is_damaged = False  # the file goes on, and cannot be read
        self._blocks = blocks(file)

    def more(self) -> bool:
        """Reads on; False at the end."""
        try:
            block = next(self._blocks, None)
        except BrokenGzip:
            self.is_damaged = True
            block = None
        if block is None:
            self.ended = True
        else:
            self.data += block
        return not self.ended

    def reach(self, size: int) -> None:
        """Reads on until there are so many bytes, or no more."""
        while len(self.data) < size and self.more():
            pass

    def drop(self, size: int) -> None:
        del self.data[:size]
