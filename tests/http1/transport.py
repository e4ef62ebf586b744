"""A transport that a test holds in its hand: what is written stays here, and nothing happens by itself."""

from __future__ import annotations

import asyncio


class _Socket:
    def setsockopt(self, *_: object) -> None:
        """As a socket takes any option."""


class HeldTransport(asyncio.Transport):
    def __init__(self) -> None:
        super().__init__({"socket": _Socket()})
        self.written = b""
        self.reading = True
        self.closed = ""  # how, once it is: "close" or "abort"
        self.eof = False

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.written += bytes(data)

    def writelines(self, list_of_data) -> None:
        self.written += b"".join(list_of_data)

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        pass

    def get_write_buffer_size(self) -> int:
        return 0

    def can_write_eof(self) -> bool:
        return True

    def write_eof(self) -> None:
        self.eof = True

    def pause_reading(self) -> None:
        self.reading = False

    def resume_reading(self) -> None:
        self.reading = True

    def is_reading(self) -> bool:
        return self.reading

    def is_closing(self) -> bool:
        return bool(self.closed)

    def close(self) -> None:
        self.closed = self.closed or "close"

    def abort(self) -> None:
        self.closed = self.closed or "abort"
