"""Which route a request belongs to. Pure.

The longest prefix wins, on a segment boundary of the raw path: `/v2/models/late` takes `/v2/models/late` and
`/v2/models/late/infer`, not `/v2/models/later`. The path is not decoded or normalised: production sees what came.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Generic, TypeVar

Routed = TypeVar("Routed")


class RouteTable(Generic[Routed]):
    """Prefix → whatever the caller routes to. Longest prefix first; few routes, so a scan is fastest."""

    def __init__(self, routes: Iterable[tuple[str, Routed]]) -> None:
        self._routes = sorted(
            ((prefix.rstrip("/").encode(), routed) for prefix, routed in routes), key=lambda entry: -len(entry[0])
        )

    def find(self, path: bytes) -> Routed | None:
        """`path` without query."""
        for prefix, routed in self._routes:
            if path.startswith(prefix) and (not prefix or path[len(prefix) : len(prefix) + 1] in (b"", b"/", b":")):
                return routed
        return None
