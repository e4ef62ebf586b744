"""A route's intake: each request is counted, drawn for the record or not, and given to a relay."""

from __future__ import annotations

from random import random

from http1.head import OWN, RequestHead
from http1.receiver import RequestReceiver
from http1.server import ServerConnection
from proxy.live.counters import INDEX
from proxy.live.forward import Forwarding
from proxy.live.ids import Ids
from proxy.live.relay import HeadFacts, Relay
from proxy.live.route import LiveRoute
from proxy.sampling import HealthPaths, Sampler
from records.privacy.units import unit_of

_REQUESTS, _HELD = INDEX["requests"], INDEX["held"]


class Intake:
    """Of one route, while its settings hold."""

    def __init__(self, route: LiveRoute, secret: bytes, ids: Ids) -> None:
        settings = route.settings
        self.route = route
        self._counters = route.counters
        self._ids = ids
        self._forwarding = Forwarding(settings, route.pool.address, route.kept, secret)
        self._methods = frozenset(method.encode() for method in settings.methods)
        self._health = HealthPaths(settings)
        self._sampler = Sampler(settings.sampling.ratio, secret)
        self._all_wanted = settings.sampling.ratio >= 1
        self._secret = secret
        self._sampling_header = settings.sampling.key.lower().encode()
        self._unit_header = settings.unit_header()
        self._known_by_head = OWN.isdisjoint((self._sampling_header, self._unit_header.encode()))

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
            if self._known_by_head:
                head.memo[self] = known
        why_not = known.why_not or self._why_not_drawn(known.key)
        self._counters.add(_REQUESTS)
        self._counters.add(_HELD if why_not is None else INDEX[f"not_sampled.{why_not}"])
        return Relay(self.route, client, head, known, forwarded, exchange_id, recording=why_not is None)

    # ---- sampling

    def _read(self, head: RequestHead, path: bytes, *, shadowed: bool) -> HeadFacts:
        known = HeadFacts()
        known.method = head.method.decode("latin-1")
        known.target = self.route.kept.target(head.target.decode("latin-1"))
        known.key = self._sampling_key(head) if self._sampling_header else ""
        known.unit = self._unit(head) if self._unit_header else ""
        if shadowed:
            known.why_not = "shadow_marker"
        elif head.method not in self._methods:
            known.why_not = "method"
        elif self._health.has(head.method, path):
            known.why_not = "health_path"
        return known

    def _sampling_key(self, head: RequestHead) -> str:
        value = _value(head, self._sampling_header)
        return "" if value is None else self._sampler.hash_key(value)

    def _unit(self, head: RequestHead) -> str:
        value = _value(head, self._unit_header.encode())
        return "" if value is None else unit_of(self._unit_header, value, self._secret)

    def _why_not_drawn(self, key: str) -> str | None:
        if self._all_wanted:
            return None
        wanted = self._sampler.wants_key(key) if key else self._sampler.wants(random())  # noqa: S311  no secret
        return None if wanted else "ratio"


def _value(head: RequestHead, name: bytes) -> bytes | None:
    """The header's first value."""
    values = [field.value for field in head.fields if field.name == name]
    values += [value for own, value, _ in head.own if own == name]
    return values[0] if values else None
