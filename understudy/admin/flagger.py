"""Flagger's hooks: what a call asks about, and how long a rollout may be without evidence. Pure.

A call says who its canary is, and not which hook it is of: its address has to. Which candidate, policy and versions are
meant stands in the `metadata` that the Canary's author writes, or in the address's query. Flagger's own releases add
keys to the metadata, so that unknown ones are left alone, unless they look like one of ours misspelt.
"""

import math
from collections.abc import Mapping

import msgspec

from ground.near import nearest
from understudy.admin.problems import Problem

ASKED = ("candidate", "policy", "candidate_version", "production_version", "grace_s")
GRACE_S = 600.0
MAX_ROLLOUTS = 1_000  # whose begin is remembered

Asked = Mapping[str, str]


class HookCall(msgspec.Struct, frozen=True):
    """`checksum` is new with every rollout of a canary."""

    name: str
    namespace: str
    phase: str = ""
    checksum: str = ""
    metadata: dict[str, str] = {}

    def canary(self) -> str:
        return f"{self.namespace}/{self.name}"


def call_of(body: bytes) -> HookCall:
    """Raises Problem."""
    try:
        return msgspec.json.decode(body, type=HookCall)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise Problem(400, f"the body is no call of a hook of Flagger's: {error}") from None


def asked_in(call: HookCall, query: Mapping[str, str]) -> Asked:
    """What is named of ASKED, in the metadata or in the query. Raises Problem."""
    for name in call.metadata.keys() - set(ASKED):
        if meant := nearest(name, ASKED):
            raise Problem(400, f"metadata.{name}: did you mean {meant}?")
    for name in query.keys() & call.metadata.keys():
        if query[name] != call.metadata[name]:
            raise Problem(400, f"{name} is one in the metadata and another in the query")
    return {name: each[name] for each in (call.metadata, query) for name in ASKED if name in each}


def grace_of(asked: Asked) -> float:
    """Seconds. Raises Problem."""
    told = asked.get("grace_s")
    try:
        seconds = GRACE_S if told is None else float(told)
    except ValueError:
        seconds = math.nan
    if not 0 <= seconds < math.inf:
        raise Problem(400, f"grace_s = {told}: expected seconds, at least 0")
    return seconds


class Rollouts:
    """When each rollout was first heard of. After a restart of ours a rollout has its grace anew."""

    def __init__(self) -> None:
        self._begun_s: dict[tuple[str, str], float] = {}

    def is_grace_over(self, call: HookCall, grace_s: float, now_s: float) -> bool:
        begun_s = self._begun_s.setdefault((call.canary(), call.checksum), now_s)
        while len(self._begun_s) > MAX_ROLLOUTS:
            del self._begun_s[next(iter(self._begun_s))]
        return now_s >= begun_s + grace_s
