"""The faults: how each begins and ends, for how long, and which errors of a client it explains.

What a fault does not explain is wrong: nearly all of them explain nothing. Each is made by one function of the site.
"""

import signal
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial

from benchmarks.soak.site import Site

Act = Callable[[Site], None]

UNDER_WAY = "the request was under way at the process that was killed"
KILLED: Mapping[str, str] = {"unanswered": UNDER_WAY, "unanswered at once": UNDER_WAY}
NOT_SERVED: Mapping[str, str] = {
    "refused": "nothing listens between a stop and the next start",
    "unanswered": "the server closed a kept connection while the request was on its way (RFC 9112 section 9.3.1)",
}
NO_PRODUCTION: Mapping[str, str] = {
    "502 production_connect": "production does not listen, and the proxy says so",
    "502 production_closed_before_answer": "production was killed with the request under way, and the proxy says so",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    name: str
    begin: Act
    end: Act = field(default=lambda _: None)
    lasts_s: tuple[float, float] = (0.0, 0.0)
    ends_ours: bool = False  # it ends a process of ours
    explains: Mapping[str, str] = field(default_factory=dict)


def _killed(role: str, explains: Mapping[str, str] | None = None) -> Fault:
    return Fault(
        name=f"{role} killed",
        begin=partial(Site.signal, role=role, number=signal.SIGKILL),
        ends_ours=True,
        explains=explains or {},
    )


def _stopped(role: str, least_s: float, most_s: float) -> Fault:
    """Neither dead nor alive, as in a debugger or on a host that swaps."""
    return Fault(
        name=f"{role} stopped",
        begin=partial(Site.signal, role=role, number=signal.SIGSTOP),
        end=partial(Site.signal, role=role, number=signal.SIGCONT),
        lasts_s=(least_s, most_s),
    )


def _candidate(condition: str) -> Fault:
    return Fault(
        name=f"candidate {condition}",
        begin=partial(Site.candidate_becomes, condition=condition),
        end=partial(Site.candidate_becomes, condition="echo"),
        lasts_s=(3.0, 15.0),
    )


def _reload(what: str, text: Callable[[str], str]) -> Fault:
    """SIGHUP with this text in the file; then with the right one again."""
    return Fault(
        name=f"reload of {what}",
        begin=partial(Site.reload, text=text),
        end=partial(Site.reload, text=str),
        lasts_s=(1.0, 4.0),
    )


FAULTS: tuple[Fault, ...] = (
    _killed("proxy", KILLED),
    _killed("mirror"),
    _killed("compare"),
    _killed("admin"),
    _killed("redis"),
    Fault(
        name="everything stopped and started",
        begin=Site.stop,
        end=Site.start,
        lasts_s=(0.0, 3.0),
        ends_ours=True,
        explains=NOT_SERVED,
    ),
    Fault(name="supervisor killed", begin=Site.kill, end=Site.start, ends_ours=True, explains=NOT_SERVED),
    _stopped("proxy", 0.5, 4.0),
    _stopped("mirror", 3.0, 15.0),
    _stopped("compare", 3.0, 15.0),
    _stopped("redis", 1.0, 10.0),
    Fault(name="Redis out of memory", begin=Site.fill_redis, end=Site.empty_redis, lasts_s=(1.0, 8.0)),
    Fault(name="disk full", begin=Site.fill_disk, end=Site.empty_disk, lasts_s=(2.0, 10.0)),
    _candidate("slow"),
    _candidate("hung"),
    _candidate("dead"),
    _candidate("garbage"),
    Fault(
        name="production killed",
        begin=Site.end_production,
        end=Site.start_production,
        lasts_s=(0.2, 3.0),
        explains=NO_PRODUCTION,
    ),
    Fault(name="idle connections", begin=Site.hold_connections, end=Site.let_connections_go, lasts_s=(2.0, 8.0)),
    _reload("the same", str),
    _reload("other limits", lambda text: text.replace("max_in_flight = 32", "max_in_flight = 24")),
    _reload("an empty file", lambda _: ""),
    _reload("a file cut before its routes", lambda text: text.partition("[[routes]]")[0]),
    _reload("nonsense", lambda text: text + "\n[["),
)
