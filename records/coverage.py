"""How many requests were compared, and the rest by reason: the counters of the store, added up over partitions.

Each counter was incremented where its event happened. Here they are only summed, each candidate's from where it joined
to where it was removed; the tests hold that both sides of records/reasons.py's equations come out equal.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    requests: int
    not_sampled: Mapping[str, int]
    shed: Mapping[str, int]
    held: int  # not decided or not committed yet: 0 at rest
    recorded: int
    mirrored: int
    skipped: Mapping[str, int]
    waiting: int
    compared: int
    incomparable: Mapping[str, int]
    uncompared: int
    uncompared_by: Mapping[str, int]  # of these; the others are on their way
    latency_excluded: Mapping[str, int]

    def as_json(self) -> dict[str, Any]:
        """The `coverage` of the JSON face."""
        return {
            "requests": self.requests,
            "not_sampled": sum(self.not_sampled.values()),
            "not_sampled_by": dict(self.not_sampled),
            "shed": dict(self.shed),
            "held": self.held,
            "recorded": self.recorded,
            "skipped": dict(self.skipped),
            "waiting": self.waiting,
            "mirrored": self.mirrored,
            "compared": self.compared,
            "incomparable": dict(self.incomparable),
            "uncompared": self.uncompared,
            "uncompared_by": dict(self.uncompared_by),
            "latency_excluded": dict(self.latency_excluded),
        }


def add_up(partitions: Sequence[Sequence[Any]], *, of_route: bool) -> Coverage:
    """From what coverage.lua answered for each partition. `of_route`: the route's own, whatever candidates did."""
    total: Counter[str] = Counter()
    for answer in partitions:
        total.update(_partition(answer, of_route))
    return Coverage(
        requests=total["requests"],
        not_sampled=_named(total, "not_sampled."),
        shed=_named(total, "shed."),
        held=total["held"],
        recorded=total["recorded"],
        mirrored=total["mirrored"],
        skipped=_named(total, "skipped."),
        waiting=total["waiting"],
        compared=total["compared"],
        incomparable=_named(total, "incomparable."),
        uncompared=total["uncompared"],
        uncompared_by=_named(total, "uncompared."),
        latency_excluded=_named(total, "latency_excluded."),
    )


def _partition(answer: Sequence[Any], of_route: bool) -> Counter[str]:
    newest, newest_pair = int(answer[0]), int(answer[1])
    sums, mirror, compare, counts, joined, left = (_integers(flat) for flat in answer[2:])
    if not (of_route or mirror or left):
        return Counter()  # it has not joined: nothing counts for it yet
    total = Counter(left or sums)
    total.subtract(joined)
    total["skipped.store_lost"] = total.pop("store_lost", 0)
    total.update(counts)
    if mirror and "removed" not in mirror:
        total["waiting"] = newest - mirror["joined"] - mirror.get("settled", 0)
        total["uncompared"] = newest_pair - compare.get("settled", 0)
        total["uncompared.undecided"] = compare.get("deferred", 0)
    return total


def _integers(flat: Sequence[bytes]) -> dict[str, int]:
    """A hash without what is no number in it, a lease's owner."""
    pairs = zip(flat[::2], flat[1::2], strict=True)
    return {name.decode(): int(value) for name, value in pairs if value.lstrip(b"-").isdigit()}


def _named(total: Counter[str], prefix: str) -> dict[str, int]:
    return {name.removeprefix(prefix): n for name, n in sorted(total.items()) if name.startswith(prefix) and n}
