"""One call to an endpoint, from a connection to its observation. Nothing here knows where the request came from.

A kept-alive connection that dies before the first answer byte, as soon as it was asked, says nothing about the
endpoint, which may have closed it for being idle. So the call is made once more on a fresh one, whatever the method: a
copy may arrive more than once by design. Never a third time, and not where the endpoint has thought about it: that is a
crash.
"""

from __future__ import annotations

from collections.abc import Callable
from time import monotonic_ns

from calling.stopwatch import Stopwatch
from calling.versions import VersionRules
from http1.answer import AnswerHead
from http1.client import ClientConnection
from http1.errors import FailureKind
from http1.pool import Pool
from records.nouns import Answer, Body, Failure, Observation
from records.privacy.kept_rules import KeptRules

Done = Callable[[Observation | None], None]

MAX_ARRIVALS = 65_536  # of one answer
CROSSING_NS = 1_000_000_000  # a close that crosses a request on its way comes within a round trip
_EVENT_STREAM = b"text/event-stream"


class CallRules:
    """What all calls to one endpoint share. `stamps_streams`: they note when the pieces of streamed events came."""

    __slots__ = ("kept", "max_answer_bytes", "pool", "stamps_streams", "versions")

    def __init__(
        self,
        pool: Pool,
        versions: VersionRules,
        kept: KeptRules,
        max_answer_bytes: int,
        *,
        stamps_streams: bool = False,
    ) -> None:
        self.pool = pool
        self.versions = versions
        self.kept = kept
        self.max_answer_bytes = max_answer_bytes
        self.stamps_streams = stamps_streams


class Call:
    """An http1.pool.Caller. Ends by `done(observation)`, with None where this side gave it up."""

    __slots__ = (
        "_answer", "_asked_head", "_connection", "_done", "_ended", "_pieces", "_request", "_reused", "_rules", "_size",
        "_watch", "arrivals", "broken_off", "is_stamped", "was_resent",
    )  # fmt: skip

    def __init__(self, rules: CallRules, request: bytes, *, to_head_request: bool, done: Done) -> None:
        self._rules = rules
        self._request = request
        self._asked_head = to_head_request
        self._done = done
        self._connection: ClientConnection | None = None
        self._answer: AnswerHead | None = None
        self._pieces: list[bytes] = []
        self._size = 0
        self._ended = self._reused = False
        self._watch = Stopwatch()
        # Of a stream of events whose rules want it: when each piece came, in ns from `started_ns`, and how much of the
        # body there was then; after MAX_ARRIVALS of the last one alone. And the body of one that failed, as it came.
        self.is_stamped = False
        self.arrivals: list[tuple[int, int]] = []
        self.broken_off = b""
        self.was_resent = False  # over a fresh connection

    @property
    def started_ns(self) -> int:
        """When its times begin, by time.monotonic_ns: at its birth."""
        return self._watch.started

    def start(self) -> None:
        self._rules.pool.acquire(self)

    def give_up(self) -> None:
        """This side stops: no observation. Harmless on a call that has ended."""
        if self._ended:
            return
        self._drop_connection()
        self._rules.pool.forget(self)
        self._end(None)

    # ---- http1.pool.Caller

    def connected(self, connection: ClientConnection, *, reused: bool) -> None:
        pool, watch = self._rules.pool, self._watch
        if self._ended:
            pool.release(connection)
            return
        self._connection = connection
        self._reused = reused
        watch.connected = monotonic_ns()
        connection.begin(self, self._request, to_head_request=self._asked_head)
        connection.sent()
        self.request_written()  # and again when it is, unless the answer comes before

    def request_written(self) -> None:
        pool, watch = self._rules.pool, self._watch
        watch.sent = monotonic_ns()
        watch.in_flight = pool.in_flight
        watch.loop_lag_ns = pool.sweep.lag_ns

    def answer_interim(self, head: AnswerHead) -> None:
        pass  # nobody waits for it

    def answer_head(self, head: AnswerHead) -> None:
        self._watch.first_byte = monotonic_ns()
        self._answer = head
        self.is_stamped = self._rules.stamps_streams and _is_event_stream(head)
        if head.status == 101:
            self._refuse("protocol", "the endpoint switched protocols without being asked")
        elif not self._asked_head and (head.content_length or 0) > self._rules.max_answer_bytes:
            self._refuse_size()

    def answer_body(self, data: bytes) -> None:
        self._size += len(data)
        if self._size > self._rules.max_answer_bytes:
            self._refuse_size()
        else:
            self._pieces.append(data)
            if self.is_stamped:
                self._stamp()

    def _stamp(self) -> None:
        if len(self.arrivals) == MAX_ARRIVALS:
            self.arrivals.pop()
        self.arrivals.append((monotonic_ns() - self._watch.started, self._size))

    def answer_end(self) -> None:
        self._watch.last_byte = monotonic_ns()
        if self._answer is not None:
            body = Body(b"".join(self._pieces), self._size)
            headers = self._rules.kept.answer_headers((field.name, field.value) for field in self._answer.fields)
            self._end(self._observation(Answer(self._answer.status, headers, body)))

    def call_failed(self, kind: FailureKind, detail: str) -> None:
        if self._ended:
            return
        if kind == "cancelled":
            self._end(None)
        elif kind == "closed_before_answer" and self._reused and not self.was_resent and self._may_have_crossed():
            self.was_resent = True
            self._rules.pool.acquire(self, fresh=True)
        else:
            self._fail(Failure(kind, detail, self._status()))

    def _may_have_crossed(self) -> bool:
        return monotonic_ns() - self._watch.sent < CROSSING_NS

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
        self._watch.failed = monotonic_ns()
        if self.is_stamped:
            self.broken_off = b"".join(self._pieces)
        self._end(self._observation(failure))

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

    def _observation(self, outcome: Answer | Failure) -> Observation:
        return self._watch.observation(outcome, *self._rules.versions.of(self._answer))


def _is_event_stream(head: AnswerHead) -> bool:
    return any(each.name == b"content-type" and each.value.lower().startswith(_EVENT_STREAM) for each in head.fields)
