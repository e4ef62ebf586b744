"""A receiver of answers, for tests: it makes one call and keeps what it is told, in order."""

from __future__ import annotations

import asyncio

from http1.answer import AnswerHead
from http1.client import ClientConnection
from http1.pool import Pool

_PATIENCE_S = 20
GET = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"
HEAD = b"HEAD / HTTP/1.1\r\nHost: a\r\n\r\n"


class Call:
    """`data` is sent as it is; `complete=False` leaves the request unfinished."""

    def __init__(self, pool: Pool, data: bytes = GET, *, complete: bool = True, fresh: bool = False) -> None:
        self._data = data
        self._complete = complete
        self.connection: ClientConnection | None = None
        self.reused: bool | None = None
        self.written = 0
        self.interim: list[int] = []
        self.head: AnswerHead | None = None
        self.pieces: list[bytes] = []
        self.failure: tuple[str, str] | None = None
        self.writable: list[bool] = []
        self.begun = asyncio.Event()
        self.answering = asyncio.Event()
        self.done = asyncio.Event()
        pool.acquire(self, fresh=fresh)

    @property
    def body(self) -> bytes:
        return b"".join(self.pieces)

    async def answered(self) -> Call:
        """Until it ended well."""
        await self.ended()
        assert self.failure is None, self.failure
        return self

    async def failed(self) -> str:
        """Until it failed; answers the kind."""
        await self.ended()
        assert self.failure is not None, "it was answered"
        return self.failure[0]

    async def ended(self) -> None:
        async with asyncio.timeout(_PATIENCE_S):
            await self.done.wait()

    # ---- http1.pool.Caller

    def connected(self, connection: ClientConnection, *, reused: bool) -> None:
        assert not self.begun.is_set()
        self.connection, self.reused = connection, reused
        connection.begin(self, self._data, to_head_request=self._data.startswith(b"HEAD"))
        if self._complete:
            connection.sent()
        self.begun.set()

    def request_written(self) -> None:
        self.written += 1

    def answer_interim(self, head: AnswerHead) -> None:
        self.interim.append(head.status)

    def answer_head(self, head: AnswerHead) -> None:
        assert self.head is None
        self.head = head
        self.answering.set()

    def answer_body(self, data: bytes) -> None:
        assert data
        self.pieces.append(data)

    def answer_end(self) -> None:
        self._end()

    def call_failed(self, kind: str, detail: str) -> None:
        self.failure = kind, detail
        self._end()

    def endpoint_writable(self, writable: bool) -> None:
        self.writable.append(writable)

    def _end(self) -> None:
        assert not self.done.is_set(), "a call ends once"
        self.done.set()
