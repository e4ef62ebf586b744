"""What a source holds, before anything is sent: how much, in which rhythm, of which kinds, and what was seen before.

A cache in front of a model answers what it has seen: the share of requests whose body came before, or its first 4 KB,
is what it would answer of this load. Pure; memory is bounded by MAX_SEEN and MAX_KINDS.
"""

import hashlib
from collections import Counter
from collections.abc import Iterator, Sequence

import numpy as np
from msgspec import Struct

from comparators.metrics.document import Block, Blocks, Code, Heading, Line, Note, Number, Rest, Table, TableColumn
from comparators.plans.kind_of_request import kind_of
from comparators.view import View
from ground.moments import moment
from ground.plurals import counted
from loadtest.sources.source import Skips, SourceRequest

MAX_SEEN = 5_000_000  # bodies told apart; later ones are compared with these
MAX_KINDS = 500
PREFIX_BYTES = 4_096
LISTED = 20
COLUMNS = 60  # of the rhythm's picture
_LEVELS = " ▁▂▃▄▅▆▇█"
_NS = 1_000_000_000


class SourceContent(Struct, frozen=True, kw_only=True):
    """The JSON face. `rhythm`: requests in each of COLUMNS equal stretches of time; empty without times. `seen_before`
    and `prefix_seen_before`: shares of requests. `kept_ratio`: of production's requests the share that is here.
    """

    requests: int
    answered: int
    timed: int
    first: str | None
    last: str | None
    lasts_s: float
    per_s: float | None
    peak_per_s: int | None
    longest_pause_s: float | None
    rhythm: list[int]
    kinds: dict[str, int]
    statuses: dict[str, int]
    request_bytes: int
    seen_before: float | None
    prefix_seen_before: float | None
    sessions: int
    kept_ratio: float
    out_of_order: int
    skipped: dict[str, int]
    places: dict[str, list[str]]
    notes: list[str]


class Inspection:
    """Takes requests in the source's order, then tells."""

    def __init__(self, view: View) -> None:
        self._view = view
        self._times: list[int] = []
        self._kinds: Counter[str] = Counter()
        self._statuses: Counter[str] = Counter()
        self._bodies, self._prefixes = _Repetition(), _Repetition()
        self._sessions: set[str] = set()
        self._requests = self._answered = self._bytes = self._out_of_order = 0
        self._stand_for = 0.0

    def add(self, found: SourceRequest) -> None:
        self._requests += 1
        self._stand_for += 1 / found.ratio
        body = found.request.body.data
        self._bytes += len(body)
        what = f"{found.request.method} {found.request.target}\0".encode("utf-8", "surrogatepass")
        self._bodies.see(what + body)
        self._prefixes.see(what + body[:PREFIX_BYTES])
        self._count_kind(found)
        if found.session and len(self._sessions) < MAX_SEEN:
            self._sessions.add(found.session)
        if found.production is not None:
            self._answered += 1
            self._statuses[str(getattr(found.production.outcome, "status", None) or "failed")] += 1
        if found.at_ns is not None:
            self._out_of_order += bool(self._times) and found.at_ns < self._times[-1]
            self._times.append(found.at_ns)

    def content(self, skips: Skips) -> SourceContent:
        times = np.sort(np.array(self._times, dtype=np.int64))
        lasts = int(times[-1] - times[0]) if len(times) else 0
        pauses = np.diff(times)
        return SourceContent(
            requests=self._requests,
            answered=self._answered,
            timed=len(times),
            first=moment(int(times[0])) if len(times) else None,
            last=moment(int(times[-1])) if len(times) else None,
            lasts_s=lasts / _NS,
            per_s=(len(times) - 1) * _NS / lasts if lasts else None,
            peak_per_s=int(np.bincount((times - times[0]) // _NS).max()) if lasts else None,
            longest_pause_s=float(pauses.max()) / _NS if len(pauses) else None,
            rhythm=np.histogram(times, COLUMNS)[0].tolist() if lasts else [],
            kinds=dict(self._kinds.most_common()),
            statuses=dict(sorted(self._statuses.items())),
            request_bytes=self._bytes,
            seen_before=self._bodies.share(),
            prefix_seen_before=self._prefixes.share(),
            sessions=len(self._sessions),
            kept_ratio=self._requests / self._stand_for if self._requests else 1.0,
            out_of_order=self._out_of_order,
            skipped=dict(skips.counts),
            places={reason: list(places) for reason, places in skips.places.items()},
            notes=list(skips.notes),
        )

    def _count_kind(self, found: SourceRequest) -> None:
        kind = self._view.key(kind_of(found.request).key)
        self._kinds[kind if kind in self._kinds or len(self._kinds) < MAX_KINDS else "(others)"] += 1


class _Repetition:
    """How many of what it was shown it had been shown before."""

    def __init__(self) -> None:
        self._digests: set[bytes] = set()
        self._of = self._again = 0

    def see(self, data: bytes) -> None:
        digest = hashlib.blake2b(data, digest_size=8).digest()
        self._of += 1
        if digest in self._digests:
            self._again += 1
        elif len(self._digests) < MAX_SEEN:
            self._digests.add(digest)

    def share(self) -> float | None:
        return self._again / self._of if self._of else None


def document_of(content: SourceContent, name: str, speed: float = 1.0) -> Blocks:
    """`name`: of the source; `speed`: at which it would be replayed."""
    return (*_head(content, name), *_rhythm(content, speed), *_repeats(content), *_kinds(content), *_left_out(content))


def _head(content: SourceContent, name: str) -> Iterator[Block]:
    yield Heading(1, (Code(name),), (counted(content.requests, "request"),))
    for note in content.notes:
        yield Note((note,), "warning")
    if content.kept_ratio < 1:
        share = Number(content.kept_ratio, "share")
        yield Note(
            (share, " of what production had: the load is a part of its own (--fill makes up for it)"), "warning"
        )
    if content.answered < content.requests:
        missing = Number(content.requests - content.answered, "count")
        yield Note((missing, " without production's answer: these can be sent, and not scored"), "warning")
    told: list[str] = [f"{status} {number:,}" for status, number in content.statuses.items()]
    answered: Line = (" answered: ", ", ".join(told)) if told else (" answered",)
    yield Note((Number(content.answered, "count"), *answered, "; ", _size(content.request_bytes), " of request bodies"))
    if content.sessions:
        yield Note((counted(content.sessions, "session"), ": --sessions session keeps each in order"), "aside")


def _rhythm(content: SourceContent, speed: float) -> Iterator[Block]:
    if not content.timed:
        yield Note(("it does not tell when its requests came: give a rate (--rate 100/s)",), "warning")
        return
    yield Heading(2, ("Rhythm",), (f"{content.first} to {content.last}",))
    takes = Number(1_000 * content.lasts_s / speed, "ms")
    yield Note(("takes ", takes, f" at {speed:g}x; ", *_rates(content, speed)))
    if content.rhythm:
        yield Note((Code(sparkline(content.rhythm)),))
    if content.out_of_order:
        yield Note((counted(content.out_of_order, "request"), " out of the order of time: sent in that order"), "aside")


def _rates(content: SourceContent, speed: float) -> Line:
    per_s = None if content.per_s is None else content.per_s * speed
    peak = None if content.peak_per_s is None else content.peak_per_s * speed
    pause = None if content.longest_pause_s is None else 1_000 * content.longest_pause_s / speed
    return (
        Number(per_s, "per_s"), " on average, ", Number(peak, "per_s"), " in its busiest second; longest pause ",
        Number(pause, "ms"),
    )  # fmt: skip


def _repeats(content: SourceContent) -> Iterator[Block]:
    share, prefix = Number(content.seen_before, "share"), Number(content.prefix_seen_before, "share")
    yield Note(
        ("seen before: ", share, " of the requests, ", prefix, " by their first 4 KB: what a cache would answer")
    )


def _kinds(content: SourceContent) -> Iterator[Block]:
    listed = list(content.kinds.items())[:LISTED]
    rows = tuple(
        (Code(kind), Number(count, "count"), Number(count / content.requests, "share")) for kind, count in listed
    )
    rest = Rest(len(content.kinds) - LISTED, "kinds") if len(content.kinds) > LISTED else None
    columns = tuple(map(TableColumn, ("kind of request", "requests", "share")))
    yield Table((), columns, rows, rest)


def _left_out(content: SourceContent) -> Iterator[Block]:
    for reason, count in content.skipped.items():
        where = content.places.get(reason, [])
        yield Note((Number(count, "count"), f" left out: {reason} (", Code(", ".join(where)), ")"), "warning")


def sparkline(counts: Sequence[int]) -> str:
    """A character each; what is not nothing is never drawn as nothing."""
    most = max(counts, default=0)
    steps = len(_LEVELS) - 1
    return "".join(_LEVELS[0 if not count else max(1, round(steps * count / most))] for count in counts)


def _size(size: int) -> str:
    for unit, least in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if size >= least:
            return f"{size / least:.3g} {unit}"
    return f"{size} B"
