"""One request's life: client → production and back, byte for byte, with a copy in hand for the store.

    begin → (first body byte, or the request's end) → a connection → head and body → answer → finish

A relay receives both sides' events. It ends exactly once: recorded (offered to the store), shed under one reason,
or never sampled. Nothing here awaits.
"""

from __future__ import annotations

from time import monotonic_ns

from calling.stopwatch import Stopwatch
from http1.answer import AnswerHead
from http1.body import LAST_CHUNK, chunk
from http1.client import ClientConnection
from http1.errors import FailureKind
from http1.head import RequestHead
from http1.pool import IDEMPOTENT
from http1.server import ServerConnection
from proxy.live.forward import ForwardedHead, interim, switching, to_client
from proxy.live.no_answer import TOLD
from proxy.live.route import LiveRoute
from records.nouns import Answer, Body, Exchange, Failure, Request

_UNSENT_HIGH = 262_144  # request bytes held for a connection before the client is paused
_REPLAYABLE = 65_536  # request bytes kept for a retry when nothing is recorded


class HeadFacts:
    """What a route makes of a request's head, the same for all requests that have it."""

    __slots__ = ("key", "method", "target", "unit", "why_not")

    def __init__(self) -> None:
        self.method = ""
        self.target = ""  # as it is kept
        self.key = ""  # the sampling header's value, hashed
        self.unit = ""  # whose request it is, by a header that settings name
        self.why_not: str | None = None  # the reason why such a request is never sampled


class Relay:
    """Receives one request from its client and its answer from production."""

    __slots__ = (
        "_answer", "_answer_chunked", "_answer_pieces", "_answer_size", "_asked", "_client", "_forwarded", "_head",
        "_id", "_in_hand", "_known", "_recording", "_request_done", "_request_pieces", "_request_size", "_reserved",
        "_retried", "_reused", "_route", "_tunnel", "_upstream", "_watch",
    )  # fmt: skip

    def __init__(
        self,
        route: LiveRoute,
        client: ServerConnection,
        head: RequestHead,
        known: HeadFacts,
        forwarded: ForwardedHead,
        exchange_id: str,
        *,
        recording: bool,
    ) -> None:
        self._route = route
        self._client: ServerConnection | None = client
        self._head = head
        self._forwarded = forwarded
        self._id = exchange_id
        self._recording = recording
        self._known = known
        self._watch = Stopwatch()
        self._upstream: ClientConnection | None = None
        self._asked = self._in_hand = self._request_done = self._retried = self._reused = self._tunnel = False
        self._request_pieces: list[bytes] | None = []  # None: no longer all of them
        self._request_size = 0
        self._answer: AnswerHead | None = None
        self._answer_chunked = False
        self._answer_pieces: list[bytes] = []
        self._answer_size = 0
        self._reserved = 0
        if head.expects_continue:
            self._ask()  # the body waits for production's 100

    # ---- from the client

    def request_body(self, data: bytes) -> None:
        upstream = self._upstream
        if self._tunnel:
            if upstream is not None:
                upstream.send(data)
            return
        self._request_size += len(data)
        pieces = self._request_pieces
        if pieces is not None:
            pieces.append(data)
            self._hold_request(len(data))
        if upstream is not None:
            upstream.send(chunk(data) if self._head.chunked else data)
        elif not self._asked:
            self._ask()
        elif self._request_size > _UNSENT_HIGH and self._client is not None:
            self._client.pause_request()

    def request_end(self) -> None:
        self._request_done = True
        self._watch.received = monotonic_ns()
        upstream = self._upstream
        if upstream is not None:
            if self._head.chunked:
                upstream.send(LAST_CHUNK)
            self._handed_over(upstream)
        elif not self._asked:
            self._ask()

    def client_gone(self) -> None:
        client, self._client = self._client, None
        upstream = self._upstream
        if self._tunnel:
            if upstream is not None:
                upstream.close()
        elif client is not None and self._recording and self._request_done and self._route.finish_abandoned:
            if upstream is not None:
                upstream.resume_answer()
        else:
            self._shed("client_gone")
            self._upstream = None
            self._leave_hand()
            if upstream is not None:
                upstream.abort()
            else:
                self._route.pool.forget(self)

    def client_writable(self, writable: bool) -> None:
        upstream = self._upstream
        if upstream is None:
            return
        if writable:
            upstream.resume_answer()
        else:
            self._watch.reader_paused = True
            upstream.pause_answer()

    # ---- from production

    def connected(self, connection: ClientConnection, *, reused: bool) -> None:
        if self._client is None and not self._recording:
            self._route.pool.release(connection)  # the client went away meanwhile
            return
        self._upstream = connection
        self._reused = reused
        watch = self._watch
        watch.in_flight = self._route.pool.in_flight
        watch.connected = monotonic_ns()
        head = self._head
        pieces = self._request_pieces or ()
        if head.chunked:
            body = b"".join([chunk(piece) for piece in pieces])
            if self._request_done:
                body += LAST_CHUNK
        else:
            body = b"".join(pieces)
        if not self._request_done:
            self._trim_request()
            if self._client is not None:
                self._client.resume_request()  # Subtle: before begin(), which may pause it again
        connection.begin(self, self._forwarded.head + body, to_head_request=head.method == b"HEAD")
        if self._request_done:
            self._handed_over(connection)

    def request_written(self) -> None:
        self._watch.sent = monotonic_ns()
        self._watch.loop_lag_ns = self._route.pool.sweep.lag_ns

    def answer_interim(self, head: AnswerHead) -> None:
        client = self._client
        if client is not None and self._head.minor == 1 and (head.status != 100 or self._head.expects_continue):
            client.write_interim(interim(head))

    def answer_head(self, head: AnswerHead) -> None:
        self._watch.first_byte = monotonic_ns()
        if head.status == 101:
            self._switch(head)
            return
        self._answer = head
        client = self._client
        if client is not None:
            out, self._answer_chunked = to_client(
                head,
                self._forwarded.request_id,
                minor=self._head.minor,
                keep_alive=client.settle_keep_alive(),
                bodyless=self._head.method == b"HEAD",
            )
            client.write(out)

    def answer_body(self, data: bytes) -> None:
        client = self._client
        if client is not None:
            client.write(chunk(data) if self._answer_chunked else data)
        if self._recording:
            self._hold_answer(data)

    def answer_end(self) -> None:
        self._watch.last_byte = monotonic_ns()
        self._leave_hand()
        self._upstream = None
        client, self._client = self._client, None
        if self._tunnel:
            if client is not None:
                client.close()
            return
        answer = self._answer
        if client is not None:
            if self._answer_chunked:
                client.write(LAST_CHUNK)
            # An answer without length ends, for an HTTP/1.0 client, with its connection.
            unbounded = answer is not None and answer.content_length is None and not self._answer_chunked
            client.answer_end(keep=not (unbounded and self._head.minor == 0 and self._has_answer_body()))
        if not self._request_done:
            self._shed("request_unread")  # an answer to half a request is nothing a candidate could be asked for
        elif self._recording and answer is not None:
            self._record(self._answered(answer))

    def call_failed(self, kind: FailureKind, detail: str) -> None:
        self._leave_hand()
        self._upstream = None
        if kind == "closed_before_answer" and self._may_retry():
            self._retried = True
            self._route.pool.acquire(self, fresh=True)
            return
        self._route.failed(kind, detail)
        answer = self._answer
        client, self._client = self._client, None
        if client is not None:
            if answer is None:
                status, told = TOLD[kind]
                client.refuse(status, f"production_{kind}", told, close=False)
            else:
                client.abort()  # a cut connection, never a complete-looking answer
        if self._recording:
            if self._request_done:
                failure = Failure(kind, detail, answer.status if answer is not None else None)
                self._watch.failed = monotonic_ns()
                self._record(failure)
            else:
                self._shed("client_gone" if client is None else "request_unread")

    def endpoint_writable(self, writable: bool) -> None:
        if self._client is not None:
            if writable:
                self._client.resume_request()
            else:
                self._client.pause_request()

    # ---- asking

    def _ask(self) -> None:
        self._asked = True
        self._route.pool.acquire(self)

    def _handed_over(self, connection: ClientConnection) -> None:
        """The whole request is on its way. Subtle: production has it in hand from here on, not from `request_written`:
        that is not told where the answer's head was faster.
        """
        connection.sent()
        self.request_written()
        self._in_hand = True
        self._watch.in_flight = self._route.in_hand.enter()

    def _leave_hand(self) -> None:
        """Production has nothing more to do for this request."""
        if self._in_hand:
            self._in_hand = False
            self._route.in_hand.leave()

    def _may_retry(self) -> bool:
        """RFC 9110 §9.2.2, RFC 9112 §9.3.1: that a kept-alive connection died says nothing about the request."""
        return (
            self._reused
            and not self._retried
            and self._request_done
            and self._request_pieces is not None
            and self._client is not None
            and (self._head.method.decode("latin-1") in IDEMPOTENT or self._route.retry_unsafe)
        )

    def _switch(self, head: AnswerHead) -> None:
        client, upstream = self._client, self._upstream
        if client is None or upstream is None or not self._head.upgrade:
            if upstream is not None:
                upstream.abort()
            self.call_failed("protocol", "production switched protocols, and nobody asked for it")
            return
        self._tunnel = True
        self._leave_hand()
        self._shed("upgrade")
        upstream.start_tunnel()
        client.write(switching(head, self._head.upgrade, self._forwarded.request_id))
        client.start_tunnel()

    # ---- the copy in hand

    def _hold_request(self, size: int) -> None:
        if self._recording:
            if self._request_size > self._route.max_body_bytes:
                self._shed("request_too_large")
            else:
                self._reserve(size)
        if self._upstream is not None:
            self._trim_request()

    def _trim_request(self) -> None:
        """Nothing needs the sent pieces where neither a record nor a retry will use them."""
        if not self._recording and self._request_size > _REPLAYABLE:
            self._request_pieces = None

    def _hold_answer(self, data: bytes) -> None:
        room = self._route.max_body_bytes - self._answer_size
        self._answer_size += len(data)
        if room <= 0:
            return  # cut: the size goes on counting
        piece = data if len(data) <= room else data[:room]
        self._answer_pieces.append(piece)
        self._reserve(len(piece))

    def _reserve(self, size: int) -> None:
        budget = self._route.budget
        if size <= budget.left:
            budget.left -= size
            self._reserved += size
        else:
            self._shed(self._route.why_no_memory())

    def _shed(self, reason: str) -> None:
        if not self._recording:
            return
        self._recording = False
        self._route.shed(reason, self._reserved)
        self._reserved = 0
        self._answer_pieces.clear()
        if self._upstream is not None:
            self._trim_request()

    # ---- the record

    def _has_answer_body(self) -> bool:
        answer = self._answer
        return answer is not None and self._head.method != b"HEAD" and answer.status not in (204, 304)

    def _answered(self, answer: AnswerHead) -> Answer:
        data = b"".join(self._answer_pieces)
        body = Body(data, self._answer_size, self._answer_size > len(data))
        return Answer(answer.status, self._route.read_answer(answer)[0], body)

    def _record(self, outcome: Answer | Failure) -> None:
        route, known, answer = self._route, self._known, self._answer
        told = route.versions(None) if answer is None else route.read_answer(answer)[1]
        body = Body(b"".join(self._request_pieces or ()), self._request_size)
        exchange = Exchange(
            id=self._id,
            route=route.name,
            revision=route.revision,
            request=Request(known.method, known.target, self._forwarded.kept, body),
            production=self._watch.observation(outcome, *told),
            sampling_key=known.key,
            unit=known.unit,
            sampling_ratio=route.sampling_ratio,
        )
        self._recording = False
        route.offer(exchange, self._reserved)
