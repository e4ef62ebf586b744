"""How many bytes records count for, and how the bounds of the settings are shared out. Pure."""

from collections.abc import Sequence

from records.settings import RecordingSettings
from records.store.keys import SampleKind

RECORD_OVERHEAD_BYTES = 64  # a stream's own, about: id, field, lengths


def size_of(records: Sequence[bytes]) -> int:
    return sum(map(len, records)) + RECORD_OVERHEAD_BYTES * len(records)


def exchanges_bytes(recording: RecordingSettings, routes: int) -> int:
    """Of one partition's exchanges: `max_bytes` is shared evenly by all routes and their partitions."""
    return recording.max_bytes // (max(1, routes) * recording.partitions)


def pairs_bytes(recording: RecordingSettings) -> int:
    """Of one partition's pairs of one candidate."""
    return recording.max_pairs_bytes // recording.partitions


def sample_bytes(recording: RecordingSettings, kind: SampleKind) -> int:
    """Of one partition's sample of one candidate's pairs."""
    whole = recording.control_max_bytes if kind == "control" else recording.disagreements_max_bytes
    return whole // recording.partitions


def whole_bytes(recording: RecordingSettings, candidates: int) -> int:
    """What the store must hold of records: the exchanges, and of each candidate its pairs and their samples."""
    samples = recording.control_max_bytes + recording.disagreements_max_bytes
    return recording.max_bytes + candidates * (recording.max_pairs_bytes + samples)
