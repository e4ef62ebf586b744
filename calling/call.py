"""One call to a candidate, from a connection to its observation. Nothing here knows where the request came from.

A kept-alive connection that dies before the first answer byte says nothing about the candidate, so the call is made
once more on a fresh one, whatever the method: a candidate is called at least once by design. Never a second time.
"""

from __future__ import annotations

from collections.abc import Callable
from time import monotonic_ns, time_ns

from calling.versions import VersionRules
from http1.answer import AnswerHead
from http1.client import ClientConnection
from http1.errors import FailureKind
from http1.pool import Pool
from records.nouns import Answer, Body, Failure, Observation, Timings
from records.privacy.kept import Kept


class CallRules:
    """What all calls to one candidate share."""

    __slots__ = ("kept", "max_answer_bytes", "pool", "versions")

    def __init__(self, pool: Pool, versions: VersionRules, kept: Kept, max_answer_bytes: int) -> None:
        self.pool = pool
        self.versions = versions
        self.kept = kept
        self.max_answer_bytes = max_answer_bytes


class Call:
    """An http1.receiver.AnswerReceiver. Ends by `done(observation)`, with None where this side gave it up."""

    __slots__ = (
        "_answer", "_asked_head", "_connected", "_connection", "_done", "_ended", "_first_byte", "_in_flight",
        "_lag_ns", "_pieces", "_request", "_retried", "_reused", "_rules", "_sent", "_size", "_started", "_wall",
    )  # fmt: skip

    def __init__(
        self, rules: CallRules, request: bytes, *, to_head_request: bool, done: Callable[[Observation | None], None]
    ) -> None:
        self._rules = rules
        self._request = request
        self._asked_head = to_head_request
        self._done = done
        self._connection: ClientConnection | None = None
        self._answer: AnswerHead | None = None
        self._pieces: list[bytes] = []
        self._size = self._in_flight = self._lag_ns = 0
        self._connected = self._sent = self._first_byte = 0
        self._ended = self._reused = self._retried = False
        self._wall = time_ns()
        self._started = monotonic_ns()

    def start(self) -> None:
        self._rules.pool.acquire(self)

    def give_up(self) -> None:
        """This side stops: no observation. Harmless on a call that has ended."""
        if self._ended:
            return
        self._drop_connection()
        self._rules.pool.forget(self)
        self._end(None)

    # ---- http1.receiver.AnswerReceiver

    def connected(self, connection: ClientConnection, *, reused: bool) -> None:
        pool = self._rules.pool
        if self._ended:
            pool.release(connection)
            return
        self._connection = connection
        self._reused = reused
        self._in_flight = pool.in_flight
        self._connected = monotonic_ns()
        connection.begin(self, self._request, to_head_request=self._asked_head)
        connection.sent()
        self._lag_ns = pool.sweep.lag_ns
        self._sent = monotonic_ns()

    def answer_interim(self, head: AnswerHead) -> None:
        pass  # nobody waits for it

    def answer_head(self, head: AnswerHead) -> None:
        self._first_byte = monotonic_ns()
        self._answer = head
        if head.status == 101:
            self._refuse("protocol", "the candidate switched protocols without being asked")
        elif not self._asked_head and (head.content_length or 0) > self._rules.max_answer_bytes:
            self._refuse_size()

    def answer_body(self, data: bytes) -> None:
        self._size += len(data)
        if self._size > self._rules.max_answer_bytes:
            self._refuse_size()
        else:
            self._pieces.append(data)

    def answer_end(self) -> None:
        done = monotonic_ns()
        if self._answer is not None:
            body = Body(b"".join(self._pieces), self._size)
            headers = self._rules.kept.answer_headers((field.name, field.value) for field in self._answer.fields)
            self._end(self._observation(Answer(self._answer.status, headers, body), last_byte=done))

    def call_failed(self, kind: FailureKind, detail: str) -> None:
        if self._ended:
            return
        if kind == "cancelled":
            self._end(None)
        elif kind == "closed_before_answer" and self._reused and not self._retried:
            self._retried = True
            self._rules.pool.acquire(self, fresh=True)
        else:
            self._fail(Failure(kind, detail, self._status()))

    def endpoint_writable(self, writable: bool) -> None:
        pass  # the request was handed over whole

    # ---- ending

    def _refuse_size(self) -> None:
        limit = self._rules.max_answer_bytes
        self._drop_connection()
        self._fail(Failure("too_large", f"the answer is over max_answer_bytes ({limit})", self._status()))

    def _refuse(self, kind: FailureKind, detail: str) -> None:
        self._drop_connection()
        self._fail(Failure(kind, detail, self._status()))

    def _fail(self, failure: Failure) -> None:
        self._end(self._observation(failure, failed=monotonic_ns()))

    def _drop_connection(self) -> None:
        if self._connection is not None:
            self._connection.abort()

    def _end(self, observation: Observation | None) -> None:
        self._ended = True
        self._connection = None
        self._pieces = []
        self._done(observation)

    def _status(self) -> int | None:
        return None if self._answer is None else self._answer.status

    def _observation(
        self, outcome: Answer | Failure, *, last_byte: int | None = None, failed: int | None = None
    ) -> Observation:
        started = self._started
        version, build = self._rules.versions.of(self._answer)
        return Observation(
            wall_ns=self._wall,
            timings=Timings(
                received=0,  # it was here whole before the call began
                connected=self._connected - started if self._connected else None,
                sent=self._sent - started if self._sent else None,
                first_byte=self._first_byte - started if self._first_byte else None,
                last_byte=None if last_byte is None else last_byte - started,
                failed=None if failed is None else failed - started,
            ),
            outcome=outcome,
            in_flight=self._in_flight,
            loop_lag_ns=self._lag_ns,
            reader_paused=False,
            version=version,
            build=build,
        )
