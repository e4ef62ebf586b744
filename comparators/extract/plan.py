"""The plan: how the answers to one kind of request, (method, path template, model), are read.

Decided once, from production's first good answer; stored where the first writer wins; printed; read again when
recordings are compared anew. Plans are values: this file neither stores nor fetches them.
"""

from collections.abc import Iterable
from functools import lru_cache
from typing import Literal, TypeGuard

import msgspec
from msgspec import Struct

from comparators.errors import Unreadable
from comparators.extract import document
from comparators.extract.template import path_template
from records.nouns import Answer, Exchange, Failure, Request

Protocol = Literal["oip_v2", "json", "bytes"]

MAX_PLANS = 64  # of a route; what is beyond is read as its own looks say, in one plan a protocol


class Plan(Struct, frozen=True, kw_only=True):
    """`decided_by` says what gave it away: path, headers, body."""

    method: str
    path: str
    model: str
    protocol: Protocol
    decided_by: str

    @property
    def key(self) -> str:
        return f"{self.method} {self.path}"

    def __str__(self) -> str:
        model = f", model {self.model}" if self.model else ""
        return f"{self.key}: {self.protocol} (by {self.decided_by}{model})"


def plan_key(request: Request) -> str:
    """The kind of request, as plans are named. A model's name is part of its path in the protocols that have one."""
    return _key(request.method, request.target)


@lru_cache(maxsize=4096)
def _key(method: str, target: str) -> str:
    return f"{method} {path_template(target)[0]}"


def decide(request: Request, answer: Answer, limit: int) -> Plan:
    """How this kind of request is read, by production's answer to one of them."""
    path, model = path_template(request.target)
    protocol, decided_by = _protocol(answer, model, limit)
    return Plan(method=request.method, path=path, model=model, protocol=protocol, decided_by=decided_by)


def _protocol(answer: Answer, model: str, limit: int) -> tuple[Protocol, str]:
    headers = dict(answer.headers)
    if b"inference-header-content-length" in headers:
        return "bytes", "headers"  # JSON and raw tensors in one body: neither of them alone
    if model:
        return "oip_v2", "path"
    try:
        value = document.parsed(document.plain(answer, limit))
    except Unreadable:
        said = b"json" in headers.get(b"content-type", b"").lower()
        return ("json", "headers") if said else ("bytes", "body")
    if _is_oip(value):
        return "oip_v2", "body"
    return "json", "body"


def _is_oip(value: object) -> bool:
    if not isinstance(value, dict):
        return False
    outputs = value.get("outputs")
    return isinstance(outputs, list) and all(isinstance(each, dict) and "datatype" in each for each in outputs)


class Plans:
    """The plans known for one route. Filled by whoever stores them; bounded."""

    def __init__(self, limit: int) -> None:
        self._known: dict[str, Plan] = {}
        self._limit = limit

    def learn(self, plan: Plan) -> None:
        self._known[plan.key] = plan

    def missing(self, exchanges: Iterable[Exchange]) -> list[Plan]:
        """Proposals for the kinds of request among these that have no plan yet and whose answer can decide one."""
        proposals: dict[str, Plan] = {}
        for exchange in exchanges:
            key, answer = plan_key(exchange.request), exchange.production.outcome
            room = len(self._known) + len(proposals) < MAX_PLANS
            if room and key not in self._known and key not in proposals and _can_decide(answer):
                proposals[key] = decide(exchange.request, answer, self._limit)
        return list(proposals.values())

    def known(self, key: str) -> Plan | None:
        return self._known.get(key)

    def of(self, request: Request, answer: Answer) -> Plan:
        """The plan of a request that production answered well."""
        known = self._known.get(plan_key(request))
        if known is not None:
            return known
        own = decide(request, answer, self._limit)
        return msgspec.structs.replace(own, method="*", path=f"* ({own.protocol})", model="")


def _can_decide(answer: Answer | Failure) -> TypeGuard[Answer]:
    if isinstance(answer, Failure):
        return False
    return 200 <= answer.status < 300 and not answer.body.cut and bool(answer.body.data)
