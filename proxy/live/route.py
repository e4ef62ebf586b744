"""A route at work: its pool, its rules compiled, its counters, its shelf. One for each route of a worker."""

from __future__ import annotations

from random import random

from calling.versions import VersionRules
from http1.answer import AnswerHead
from http1.errors import FailureKind
from http1.head import OWN, RequestHead
from http1.pool import Pool
from http1.receiver import RequestReceiver
from http1.server import ServerConnection
from http1.sweep import Sweep
from proxy.live.capture import Budget, Shelf
from proxy.live.counters import INDEX, RouteCounters
from proxy.live.forward import Forwarding
from proxy.live.ids import Ids
from proxy.live.no_answer import FailureLog
from proxy.live.relay import HeadFacts, Relay
from proxy.sampling import HealthPaths, Sampler
from proxy.settings import RouteSettings
from records.codec import Codec
from records.nouns import Exchange, Headers
from records.privacy.kept import KeptRules
from records.privacy.redaction import before_storage
from records.settings import KeptSettings, RecordingSettings

_REQUESTS, _RECORDED, _HELD, _FAILED = (INDEX[name] for name in ("requests", "recorded", "held", "failed"))


class LiveRoute:
    """What a relay asks of its route."""

    def __init__(
        self,
        settings: RouteSettings,
        revision: int,
        *,
        kept: KeptSettings,
        recording: RecordingSettings,
        secret: bytes,
        sweep: Sweep,
        codec: Codec,
        ids: Ids,
        budget: Budget,
        shelf: Shelf,
        counters: RouteCounters,
        pool: Pool | None = None,
    ) -> None:
        endpoint = settings.endpoint()
        self.settings = settings
        self.name = settings.key_name()
        self.revision = revision
        self.finish_abandoned = settings.finish_abandoned
        self.retry_unsafe = settings.retry_unsafe
        self.max_body_bytes = recording.max_body_bytes
        self.pool = pool or Pool(endpoint, sweep)
        self.kept = KeptRules.create(kept, (endpoint.version_header, endpoint.build_header))
        self.counters = counters
        self.shelf = shelf
        self.budget = budget
        self._codec = codec
        self._ids = ids
        self._methods = frozenset(method.encode() for method in settings.methods)
        self._sampler = Sampler(settings.sampling.ratio, secret)
        self._all_wanted = settings.sampling.ratio >= 1
        self._sampling_header = settings.sampling.key.lower().encode()
        self._health = HealthPaths(settings)
        self._failures = FailureLog(self.name, self.pool)
        self._forwarding = Forwarding(settings, self.pool.address, self.kept, secret)
        self.versions = VersionRules(endpoint).of
        self._redaction = before_storage(kept, secret)

    def begin(self, client: ServerConnection, head: RequestHead, path: bytes) -> RequestReceiver:
        """Count the request, decide whether it is recorded, and relay it."""
        exchange_id = self._ids.next()
        forwarded = self._forwarding.to_production(
            head,
            request_id=exchange_id.encode(),
            traceparent=self._ids.traceparent(),
            peer=client.peer,
            tls=client.tls,
        )
        known: HeadFacts | None = head.memo.get(self)
        if known is None:
            known = self._read(head, path, shadowed=forwarded.shadowed)
            if self._sampling_header not in OWN:
                head.memo[self] = known
        why_not = known.why_not or self._why_not_drawn(known.key)
        self.counters.add(_REQUESTS)
        self.counters.add(_HELD if why_not is None else INDEX[f"not_sampled.{why_not}"])
        return Relay(self, client, head, known, forwarded, exchange_id, recording=why_not is None)

    # ---- what a relay asks

    def why_no_memory(self) -> str:
        return "store_away" if self.shelf.away else "memory"

    def shed(self, reason: str, reserved: int) -> None:
        self.budget.give_back(reserved)
        self.counters.add(INDEX[f"shed.{reason}"])
        self.counters.add(_HELD, -1)

    def offer(self, exchange: Exchange, reserved: int) -> None:
        """Hand a finished exchange to the recorder. Synchronous; sheds rather than waits."""
        if self._redaction is not None:
            if not self._redaction.is_quick(exchange, self.max_body_bytes):
                self.shed("too_large_to_redact", reserved)
                return
            exchange = self._redaction.exchange(exchange)
        why_shed = self.shelf.offer(self._codec.encode(exchange), reserved)
        if why_shed is not None:
            self.counters.add(INDEX[f"shed.{why_shed}"])
            self.counters.add(_HELD, -1)

    def failed(self, kind: FailureKind, detail: str) -> None:
        """Production gave no answer, or half of one."""
        self.counters.add(_FAILED)
        self._failures.add(kind, detail)

    def read_answer(self, answer: AnswerHead) -> tuple[Headers, tuple[str, str]]:
        """What is kept of an answer's head, and the version and build that gave it."""
        known: tuple[Headers, tuple[str, str]] | None = answer.memo.get(self)
        if known is None:
            allowed = self.kept.answer_names
            kept = tuple([(field.name, field.value) for field in answer.fields if field.name in allowed])
            known = answer.memo[self] = (kept, self.versions(answer))
        return known

    # ---- sampling

    def _read(self, head: RequestHead, path: bytes, *, shadowed: bool) -> HeadFacts:
        known = HeadFacts()
        known.method = head.method.decode("latin-1")
        known.target = self.kept.target(head.target.decode("latin-1"))
        known.key = self._sampling_key(head) if self._sampling_header else ""
        if shadowed:
            known.why_not = "shadow_marker"
        elif head.method not in self._methods:
            known.why_not = "method"
        elif self._health.has(head.method, path):
            known.why_not = "health_path"
        return known

    def _sampling_key(self, head: RequestHead) -> str:
        values = [field.value for field in head.fields if field.name == self._sampling_header]
        values += [value for name, value, _ in head.own if name == self._sampling_header]
        return self._sampler.hash_key(values[0]) if values else ""

    def _why_not_drawn(self, key: str) -> str | None:
        if self._all_wanted:
            return None
        wanted = self._sampler.wants_key(key) if key else self._sampler.wants(random())  # noqa: S311  no secret
        return None if wanted else "ratio"
