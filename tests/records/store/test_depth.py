"""How full a recording is, and for how long its bound lasts."""

import pytest

from records.store.bounds import RECORD_OVERHEAD_BYTES
from records.store.depth import Depth
from records.store.store import Store
from tests.redis_server import RedisServer


async def test_a_depth_adds_up_over_partitions(store: Store, redis_server: RedisServer) -> None:
    """Bytes as the ledger counts them, and the time between the oldest record and the newest."""
    assert await store.depth("root") == Depth(bytes=0, span_s=0.0)
    writer = store.writer("root", "w")
    await writer.commit(0, 1, [b"x" * 100, b"y" * 50], {"requests": 2})
    await writer.commit(1, 2, [b"z" * 10], {"requests": 3})
    found = await store.depth("root")
    assert found.bytes == 160 + 3 * RECORD_OVERHEAD_BYTES
    assert found.span_s >= 0.0


@pytest.mark.parametrize(
    ("depth", "lasts_s"),
    [
        (Depth(bytes=0, span_s=0.0), None),
        (Depth(bytes=1_000, span_s=9.9), None),
        (Depth(bytes=0, span_s=100.0), None),
        (Depth(bytes=1_000, span_s=100.0), 1_000.0),
        (Depth(bytes=20_000, span_s=100.0), 50.0),
    ],
)
def test_a_bound_lasts_as_long_as_its_bytes_at_the_present_rate(depth: Depth, lasts_s: float | None) -> None:
    """100 s of a stream that fills a tenth of 10,000 bytes make 1,000 s; too little tells nothing."""
    assert depth.lasts_s(10_000) == lasts_s
