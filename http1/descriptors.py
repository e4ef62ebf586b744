"""File descriptors: how many this process may open, and how many clients fit beside what else needs one.

A process that has none left can neither ask production nor reach the store, so clients get what is left after these.
"""

import resource

_MOST = 1_048_576  # more is of no use, and some systems call "no limit" 2 ** 63


def raise_limit() -> int:
    """Lift the soft limit to the hard one, for this process and those it starts. Answers what it is then."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _MOST if hard == resource.RLIM_INFINITY else min(hard, _MOST)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
    return limit()


def limit() -> int:
    """The soft limit of this process."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return _MOST if soft == resource.RLIM_INFINITY else soft


def clients_within(limit: int, wanted: int, *, own: int, outward: int) -> int:
    """How many of `wanted` clients fit under `limit`, beside the process's `own` descriptors and at most `outward`
    connections to endpoints. A client has one request under way at most: what is shared is halved, if need be.
    """
    shared = max(2, limit - own)
    return min(wanted, shared - min(outward, (shared + 1) // 2))
