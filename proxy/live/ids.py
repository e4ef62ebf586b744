"""Ids of exchanges and traces. One maker for each worker, which holds its randomness."""

from __future__ import annotations

import secrets
from binascii import hexlify
from random import Random

_NOT_ZERO = 1 << 64 | 1  # the last bits of a trace id and of a span id, of which neither may be 0


class Ids:
    """Exchange ids, unique without asking anybody: 60 random bits a worker, then a count. And trace ids."""

    def __init__(self) -> None:
        self._prefix = secrets.token_hex(8)[:15]
        self._count = 0
        self._random = Random(secrets.randbits(128))  # noqa: S311  a trace id is no secret, and asked for often

    def next(self) -> str:
        self._count += 1
        return f"{self._prefix}-{self._count:x}"

    def traceparent(self) -> bytes:
        """A new trace (W3C Trace Context §3.2), not marked as sampled: we report no spans."""
        digits = hexlify((self._random.getrandbits(192) | _NOT_ZERO).to_bytes(24))
        return b"00-%b-%b-00" % (digits[:32], digits[32:])
