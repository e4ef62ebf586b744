"""What the id of a stored record says: "<ms>-<number>", its time by Redis's clock and its sequence number. Pure."""


def ms_of(entry: str) -> int:
    return int(entry.partition("-")[0])


def number_of(entry: str) -> int:
    """Numbers are dense within a partition: a gap is a record that was dropped."""
    return int(entry.rpartition("-")[2])
