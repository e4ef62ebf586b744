"""A route at work: its pool, what is kept of answers, its counters, its shelf. One for each route of a worker."""

from __future__ import annotations

from calling.versions import Told, VersionRules
from http1.answer import AnswerHead
from http1.errors import FailureKind
from http1.pool import Pool
from http1.sweep import Sweep
from proxy.live.capture import Budget, Shelf
from proxy.live.counters import INDEX, RouteCounters
from proxy.live.in_hand import InHand
from proxy.live.no_answer import FailureLog
from proxy.settings import RouteSettings
from records.codec import Codec
from records.nouns import Exchange, Headers
from records.privacy.kept_rules import KeptRules
from records.privacy.redaction import before_storage
from records.settings import KeptSettings, RecordingSettings

_HELD, _FAILED = INDEX["held"], INDEX["failed"]


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
        self.sampling_ratio = settings.sampling.ratio
        self.max_body_bytes = recording.max_body_bytes
        self.pool = pool or Pool(endpoint, sweep)
        self.kept = KeptRules.create(kept, (endpoint.version_header, endpoint.build_header))
        self.counters = counters
        self.in_hand = InHand(counters)
        self.shelf = shelf
        self.budget = budget
        self._codec = codec
        self._failures = FailureLog(self.name, self.pool)
        self.versions = VersionRules(endpoint).of
        self._redaction = before_storage(kept, secret)

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

    def read_answer(self, answer: AnswerHead) -> tuple[Headers, Told]:
        """What is kept of an answer's head, and the version and build that gave it."""
        known: tuple[Headers, Told] | None = answer.memo.get(self)
        if known is None:
            allowed = self.kept.answer_names
            kept = tuple([(field.name, field.value) for field in answer.fields if field.name in allowed])
            known = answer.memo[self] = (kept, self.versions(answer))
        return known
