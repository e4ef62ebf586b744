"""X-Understudy-Shadow: how a copy is told from a request. Pure.

Each copy is signed; a proxy that meets a valid mark serves it and never records it again, so that an endpoint behind
another proxy cannot start a loop. A forged mark is worth nothing: no client can exempt itself.
"""

from __future__ import annotations

import hashlib
import hmac

HEADER = b"x-understudy-shadow"
_DIGITS = 32


def sign(secret: bytes, exchange_id: str) -> str:
    """The header's value: `<exchange id>.<HMAC>`."""
    return f"{exchange_id}.{_digest(secret, exchange_id)}"


def valid(secret: bytes, value: bytes) -> bool:
    exchange_id, dot, digest = value.decode("latin-1").rpartition(".")
    return bool(dot) and hmac.compare_digest(digest.encode("latin-1"), _digest(secret, exchange_id).encode())


def _digest(secret: bytes, exchange_id: str) -> str:
    return hmac.new(secret, b"shadow\0" + exchange_id.encode("latin-1"), hashlib.sha256).hexdigest()[:_DIGITS]
