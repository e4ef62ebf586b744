"""Settling a dead writer: what it had counted and not committed is booked, what it held is booked as lost.

Its counters survived it in a file; the store knows what of them arrived. First it is fenced in every partition, so
that nothing of it can arrive any more; then the rest is booked in the first partition. Each step can be repeated.
"""

from collections import Counter
from collections.abc import Mapping, Sequence

import structlog

from records.store.keys import PartitionKeys
from records.store.lua import CLOSE_WRITER, SETTLE_WRITER
from records.store.server import Argument, Client

FENCE_MS = 30 * 86_400_000  # how long a settled writer is remembered: by then its counters must be gone

log = structlog.get_logger()


async def settle(client: Client, partitions: Sequence[PartitionKeys], writer: str, totals: Mapping[str, int]) -> int:
    """Book the rest of `totals`, the writer's final counters. Returns how many exchanges were lost with it."""
    arrived: Counter[str] = Counter()
    for at in partitions:
        arrived.update(await _closed(client, at, writer))
    owed = _owed(totals, arrived)
    at = partitions[0]
    booked: list[Argument] = [part for name, amount in owed.items() if amount for part in (name, amount)]
    lost: int = await SETTLE_WRITER.run(client, (at.sums, at.writer(writer)), owed["shed.worker_died"], *booked)
    log.info("writer.settled", route=at.route, writer=writer, lost=lost)
    return lost


async def _closed(client: Client, at: PartitionKeys, writer: str) -> Counter[str]:
    flat = await CLOSE_WRITER.run(client, (at.writer(writer), at.writers), writer, FENCE_MS)
    fields = {name.decode(): value for name, value in zip(flat[::2], flat[1::2], strict=True)}
    counters = {name: int(value) for name, value in fields.items() if _is_counter(name)}
    return Counter(counters)


def _is_counter(name: str) -> bool:
    return "." in name or name in ("requests", "held", "recorded")


def _owed(totals: Mapping[str, int], arrived: Counter[str]) -> Counter[str]:
    """What to add so that the sums hold all of `totals`, nothing held, and the lost as shed."""
    owed = Counter(totals)
    owed["held"] = 0
    owed["recorded"] = arrived["recorded"]
    decided = sum(amount for name, amount in owed.items() if name not in ("requests", "held"))
    owed["shed.worker_died"] += owed["requests"] - decided
    owed.subtract(arrived)
    return owed
