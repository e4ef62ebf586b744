"""How many bytes records count for, and how the bounds of the settings are shared out. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from records.settings import RecordingSettings

RECORD_OVERHEAD_BYTES = 64  # a stream's own, about: id, field, lengths


@dataclass(frozen=True, slots=True)
class Fill:
    """How full a route's exchanges are, and since when they lie there. Sums over its partitions."""

    bytes: int
    oldest_ms: int
    newest_ms: int

    def lasts_s(self, max_bytes: int) -> float | None:
        """How long `max_bytes` would last at the rate of what lies there; None where that tells no rate yet."""
        if not self.bytes or self.newest_ms <= self.oldest_ms:
            return None
        return (self.newest_ms - self.oldest_ms) / 1000 * max_bytes / self.bytes


def fill_of(partitions: Iterable[tuple[int, int, int]]) -> Fill:
    """From each partition's bytes, oldest and newest ms; empty ones have no bytes."""
    filled = [each for each in partitions if each[0]]
    if not filled:
        return Fill(0, 0, 0)
    sizes, oldest, newest = zip(*filled, strict=True)
    return Fill(sum(sizes), min(oldest), max(newest))


def size_of(records: Sequence[bytes]) -> int:
    return sum(map(len, records)) + RECORD_OVERHEAD_BYTES * len(records)


def exchanges_bytes(recording: RecordingSettings, routes: int) -> int:
    """Of one partition's exchanges: `max_bytes` is shared evenly by all routes and their partitions."""
    return recording.max_bytes // (max(1, routes) * recording.partitions)


def pairs_bytes(recording: RecordingSettings) -> int:
    """Of one partition's pairs of one candidate."""
    return recording.max_pairs_bytes // recording.partitions
