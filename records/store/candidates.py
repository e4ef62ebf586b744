"""A candidate's comings and goings in one partition: joining, leaving, being counted. Each is one script."""

from typing import Any

from records.store.keys import SAMPLES, PartitionKeys
from records.store.lua import COVERAGE, JOIN, LOOK, REMOVE
from records.store.server import Client


async def join(client: Client, at: PartitionKeys, candidate: str, start: str) -> bool:
    """Create its groups; False where they are there already. `start`: now, beginning, or ms."""
    names = (
        at.exchanges.records,
        at.exchanges.head,
        at.sums,
        at.lease("mirror", candidate),
        at.lease("compare", candidate),
        at.counts(candidate),
        at.joined(candidate),
        at.left(candidate),
        at.pairs(candidate).records,
    )
    return bool(await JOIN.run(client, names, candidate, start))


async def remove(client: Client, at: PartitionKeys, candidate: str) -> None:
    """Book what waits as removed; delete groups, pairs and samples. Counts and summaries stay."""
    pairs = at.pairs(candidate)
    names = (
        at.exchanges.records,
        at.exchanges.head,
        at.sums,
        at.lease("mirror", candidate),
        at.lease("compare", candidate),
        at.counts(candidate),
        at.left(candidate),
        pairs.records,
        pairs.ledger,
        pairs.head,
        *(key for kind in SAMPLES for key in at.sample(kind, candidate)),
    )
    await REMOVE.run(client, names, candidate)


async def counted(client: Client, at: PartitionKeys, candidate: str) -> list[Any]:
    """All counters of one moment, as coverage.py reads them. Without a candidate ("") the route's own."""
    answer: list[Any] = await COVERAGE.run(client, _counters(at, candidate))
    return answer


async def looked_at(client: Client, at: PartitionKeys, candidate: str) -> tuple[list[Any], dict[str, bytes | None]]:
    """A candidate's counters and, of the same moment, the stamps of its summaries by short name: None for no stamp."""
    names = (*_counters(at, candidate), at.summary_names(candidate), at.summary_stamps(candidate))
    counts, summaries, flat = await LOOK.run(client, names)
    stamps = dict(zip(flat[::2], flat[1::2], strict=True))
    return counts, {name.decode(): stamps.get(name) for name in summaries}


def _counters(at: PartitionKeys, candidate: str) -> tuple[str, ...]:
    return (
        at.exchanges.head,
        at.sums,
        at.lease("mirror", candidate),
        at.lease("compare", candidate),
        at.counts(candidate),
        at.joined(candidate),
        at.left(candidate),
        at.pairs(candidate).head,
    )
