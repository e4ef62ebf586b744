"""Which requests are recorded. Pure: randomness and the secret are passed in.

One decision a request, for all candidates alike: they are compared on the same requests, and production is asked twice
on the same ones.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from dataclasses import dataclass

from proxy.settings import RouteSettings

# Paths that ask whether a server lives or what it is, not what a model says: Kubernetes, Prometheus, Open Inference
# Protocol V2, KServe V1, TensorFlow Serving, TorchServe, MLflow and SageMaker.
_WELL_KNOWN = re.compile(
    rb"/(?:healthz?|livez?|readyz?|ready|startupz?|ping|metrics|version|status|favicon\.ico)/?"
    rb"|.*/v2/health/(?:live|ready)|.*/v2/?|.*/v2/models/[^/]+(?:/versions/[^/]+)?(?:/ready|/config|/stats)?/?"
    rb"|.*/v2/repository/.*|.*/v1/models(?:/[^/:]+(?:/versions/[^/:]+)?(?:/metadata)?)?/?"
)
_ASKING = (b"GET", b"HEAD")
_SCALE = 1 << 64


@dataclass(frozen=True, slots=True)
class Sampler:
    """The share of a route's requests that is recorded; with a key, whole users at a time."""

    ratio: float
    secret: bytes

    def wants(self, draw: float) -> bool:
        """`draw`: uniform in [0, 1), for a request without a key."""
        return draw < self.ratio

    def wants_key(self, key_hash: str) -> bool:
        """`key_hash` from `hash_key`: the same user is always in or always out, on every host with this secret."""
        return int(key_hash, 16) / _SCALE < self.ratio

    def hash_key(self, value: bytes) -> str:
        """A keyed hash of the sampling header's value, 16 hexadecimal digits; the value itself is not kept."""
        return hmac.new(self.secret, b"sampling\0" + value, hashlib.sha256).hexdigest()[:16]


def wants_noise(sample: float, exchange_id: str) -> bool:
    """Is production asked once more for this exchange? A hash of its id: the same on every host and at every try.

    Nothing else is drawn by this hash: not what is recorded, nor which pairs the store keeps as a sample.
    """
    digest = hashlib.blake2b(exchange_id.encode(), digest_size=8, person=b"noise").digest()
    return int.from_bytes(digest, "big") / _SCALE < sample


class HealthPaths:
    """The paths that are never sampled: the well-known ones, and a route's own patterns."""

    def __init__(self, route: RouteSettings) -> None:
        own = [re.escape(pattern.encode()).replace(rb"\*", b".*") for pattern in route.health_paths]
        self._own = re.compile(b"|".join(own)) if own else None

    def has(self, method: bytes, path: bytes) -> bool:
        """The V2 and V1 metadata paths count for GET and HEAD alone: a POST to one is somebody's inference."""
        if self._own is not None and self._own.fullmatch(path):
            return True
        return (method in _ASKING or path.count(b"/") == 1) and _WELL_KNOWN.fullmatch(path) is not None
