"""Whether a Redis can be trusted with recordings: it must not evict keys, and must have room for our bounds."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

HEADROOM = 1.5  # of our bounds: streams, groups and summaries cost more than their records


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreHealth:
    reachable: bool
    version: str = ""  # as `Valkey 9.1.2`
    store_id: str = ""  # another one than before: the store came back empty, or is not the same
    problems: tuple[str, ...] = ()  # what an operator should mend; mirror and compare are not ready until then


def problems(servers: Sequence[Mapping[str, str]], bounds_bytes: int) -> list[str]:
    """From the INFO of each server; `bounds_bytes` is what all of them together must hold."""
    found = []
    for info in servers:
        limit, policy = int(info.get("maxmemory", 0)), info.get("maxmemory_policy", "noeviction")
        if policy != "noeviction":
            found.append(f"maxmemory-policy is {policy}: Redis may drop recordings; noeviction is right")
        needed = int(HEADROOM * bounds_bytes / len(servers))
        if 0 < limit < needed:
            found.append(f"maxmemory is {limit} bytes; {needed} (our bounds and half as much again), or 0, is right")
    return list(dict.fromkeys(found))


def version(info: Mapping[str, str]) -> str:
    """Valkey gives, for old clients' sake, a Redis version as well."""
    if "valkey_version" in info:
        return f"Valkey {info['valkey_version']}"
    return f"Redis {info.get('redis_version', '')}".strip()


def parse_info(reply: bytes) -> dict[str, str]:
    lines = (line.split(":", 1) for line in reply.decode(errors="replace").splitlines() if ":" in line)
    return dict(lines)
