"""A candidate's comings and goings in one partition: joining, leaving, being counted. Each is one script."""

from typing import Any

from records.keys import SAMPLES, PartitionKeys
from records.lua import COVERAGE, JOIN, REMOVE
from records.server import Client


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
    names = (
        at.exchanges.head,
        at.sums,
        at.lease("mirror", candidate),
        at.lease("compare", candidate),
        at.counts(candidate),
        at.joined(candidate),
        at.left(candidate),
        at.pairs(candidate).head,
    )
    answer: list[Any] = await COVERAGE.run(client, names)
    return answer
