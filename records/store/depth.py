"""How full a route's recording is, and for how long what its bound holds would last at the rate of what is in it."""

from collections.abc import Sequence
from dataclasses import dataclass

from records.store.keys import PartitionKeys
from records.store.lua import DEPTH
from records.store.server import Client

MIN_SPAN_S = 10.0  # a rate of less is no rate


@dataclass(frozen=True, slots=True, kw_only=True)
class Depth:
    bytes: int
    span_s: float  # from the oldest record to the newest

    def lasts_s(self, max_bytes: int) -> float | None:
        """How long `max_bytes` hold at the rate of this span; None where there is too little to tell."""
        if self.span_s < MIN_SPAN_S or self.bytes == 0:
            return None
        return max_bytes * self.span_s / self.bytes


async def measured(client: Client, partitions: Sequence[PartitionKeys]) -> Depth:
    """Over all partitions: their bytes, and the longest of their spans. Raises StoreError."""
    total, span_ms = 0, 0
    for at in partitions:
        newest_ms, size, oldest = await DEPTH.run(client, (at.exchanges.head, at.exchanges.ledger))
        total += int(size or 0)
        if oldest is not None and newest_ms is not None:
            span_ms = max(span_ms, int(newest_ms) - int(oldest.partition(b"-")[0]))
    return Depth(bytes=total, span_s=span_ms / 1000)
