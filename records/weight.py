"""What a body becomes in memory once it is parsed: an estimate from above, made by counting. Pure.

Two bytes of JSON can stand for a list of 64. Whoever parses what came with the traffic asks here first.
"""

# Bytes in CPython for what each mark can begin or part: a list with its place in another, a dict of few keys, half a
# short text, a number with its place, a line of CSV as a list. Measured by how much a process grows.
_MARKS = ((b"[", 80), (b"{", 200), (b'"', 32), (b",", 32), (b"\n", 40))
_ITSELF = 2  # the bytes, and the texts that are cut out of them

MAX_PARSED_BYTES = 268_435_456  # what weighs more is not parsed
MOST_A_BYTE = _ITSELF + max(cost for _, cost in _MARKS)
SMALL_BYTES = MAX_PARSED_BYTES // MOST_A_BYTE  # a body up to this never weighs more, whatever is in it


def parsed_bytes(data: bytes) -> int:
    """About how much memory `data` takes, as JSON or as lines of it."""
    return _ITSELF * len(data) + sum(cost * data.count(mark) for mark, cost in _MARKS)


def is_too_heavy(data: bytes) -> bool:
    """Whether it would take more than MAX_PARSED_BYTES."""
    return len(data) > SMALL_BYTES and parsed_bytes(data) > MAX_PARSED_BYTES
