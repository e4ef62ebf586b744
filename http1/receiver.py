"""Who makes a call, and is told of its answer: in proxy/live a relay, in proxy/mirror a call to a candidate."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from http1.answer import AnswerHead
from http1.errors import FailureKind

if TYPE_CHECKING:
    from http1.client import ClientConnection


class AnswerReceiver(Protocol):
    """One call's consumer. After `answer_end` or `call_failed` nothing more is called."""

    def connected(self, connection: ClientConnection, *, reused: bool) -> None:
        """A connection is in hand: begin the call on it."""

    def answer_interim(self, head: AnswerHead) -> None: ...
    def answer_head(self, head: AnswerHead) -> None: ...
    def answer_body(self, data: bytes) -> None: ...
    def answer_end(self) -> None: ...
    def call_failed(self, kind: FailureKind, detail: str) -> None: ...
    def endpoint_writable(self, writable: bool) -> None: ...
